// A validated module with the code of one tier: immutable, shared by threads and stores.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "dwarf/source_map.h"
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

/// A validated module as all engines of a process can share it: nothing here depends on one.
struct LoadedModule {
  LoadedModule() = default;
  explicit LoadedModule(syntax::Module made) : module(std::move(made)) {}

  syntax::Module module;
  DataImages data_images;
  std::shared_ptr<const ModuleCode> native;  // its machine code; null where it has none
  dwarf::SourceMap source_map;               // of `module`
};

/// What `Engine::compile` yields.
struct CompiledModule {
  /// Gives the types their ids in `registry`; there is no code yet.
  CompiledModule(std::shared_ptr<const LoadedModule> shared, std::shared_ptr<TypeRegistry> registry)
      : loaded(std::move(shared)),
        module(loaded->module),
        types(std::move(registry)),
        type_ids(types->add_module(module)),
        type_infos(types->infos(type_ids)) {}
  /// Of a module that nobody else has.
  CompiledModule(syntax::Module made, std::shared_ptr<TypeRegistry> registry)
      : CompiledModule(std::make_shared<const LoadedModule>(std::move(made)), std::move(registry)) {
  }

  const std::shared_ptr<const LoadedModule> loaded;
  const syntax::Module& module;  // in `loaded`
  const std::shared_ptr<TypeRegistry> types;
  const base::IndexVector<syntax::TypeIdx, TypeId> type_ids;
  const base::IndexVector<syntax::TypeIdx, const TypeInfo*> type_infos;  // of type_ids
  std::shared_ptr<const ModuleCode> code;
};

}  // namespace waxwing::runtime
