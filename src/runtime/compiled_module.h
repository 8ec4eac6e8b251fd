// A validated module with the code of one tier: immutable, shared by threads and stores.
#pragma once

#include <memory>
#include <string>

#include "runtime/slot.h"
#include "runtime/trap.h"
#include "runtime/type_registry.h"
#include "syntax/module.h"

namespace waxwing::runtime {

class Instance;

/// The code of a module in one tier. A tier implements it; nobody else knows what is inside.
class ModuleCode {
 public:
  virtual ~ModuleCode() = default;

  /// Calls a defined function by the array ABI. REQUIRES: `instance` is an instance of this module;
  /// the store has begun a call (see `Store::call`). On `trapped` or `threw` the store holds the
  /// details.
  virtual Outcome call(Instance& instance, syntax::FuncIdx func, Slot* args_and_results) const = 0;
};

/// What `Engine::compile` yields.
struct CompiledModule {
  syntax::Module module;
  base::IndexVector<syntax::TypeIdx, TypeId> type_ids;
  base::IndexVector<syntax::TypeIdx, const TypeInfo*> type_infos;  // of type_ids
  std::shared_ptr<TypeRegistry> types;
  std::unique_ptr<const ModuleCode> code;
};

}  // namespace waxwing::runtime
