// A validated module with the code of one tier: immutable, shared by threads and stores.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "runtime/data_images.h"
#include "runtime/slot.h"
#include "runtime/trap.h"
#include "runtime/type_registry.h"
#include "syntax/module.h"

namespace waxwing::runtime {

class Instance;
class NativeCode;

/// What instances and their contexts hold of a module's machine code; nulls where there is none.
struct NativeEntries {
  const NativeCode* code = nullptr;
  const std::atomic<const void*>* code_ptrs = nullptr;  // by defined function; see abi::VmContext
  const void* const* builtins = nullptr;                // by abi::BuiltinId
};

/// The code of a module in one tier. A tier implements it; nobody else knows what is inside.
class ModuleCode {
 public:
  virtual ~ModuleCode() = default;

  /// Calls a defined function by the array ABI. REQUIRES: `instance` is an instance of this module;
  /// the store has begun a call (see `Store::call`). On `trapped` or `threw` the store holds the
  /// details.
  virtual Outcome call(Instance& instance, syntax::FuncIdx func, Slot* args_and_results) const = 0;

  virtual NativeEntries native_entries() const { return {}; }
};

/// What `Engine::compile` yields.
struct CompiledModule {
  syntax::Module module;
  base::IndexVector<syntax::TypeIdx, TypeId> type_ids;
  base::IndexVector<syntax::TypeIdx, const TypeInfo*> type_infos;  // of type_ids
  std::shared_ptr<TypeRegistry> types;
  std::unique_ptr<const ModuleCode> code;
  DataImages data_images;
};

}  // namespace waxwing::runtime
