// A module at work in a store. [spec 4.2.5, 4.7.2]
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "abi/vm_context.h"
#include "abi/vm_layout.h"
#include "platform/virtual_memory.h"
#include "runtime/compiled_module.h"
#include "runtime/store.h"

namespace waxwing::runtime {

/// Something that can be imported or exported. The alternatives are in the order of ExternKind.
using Extern = std::variant<Func*, Table*, Memory*, Global*, Tag*>;

/// The parts of an instance that code of every tier reads, in one place.
struct InstanceData {
  Memory* memory0 = nullptr;      // null where there is none
  GlobalCell* globals = nullptr;  // cells of defined globals, by index - imported_globals
  Global** imported_globals = nullptr;
  Func** imported_funcs = nullptr;
  Table** tables = nullptr;                     // by TableIdx
  Memory** memories = nullptr;                  // by MemIdx
  Tag** tags = nullptr;                         // by TagIdx
  const TypeId* type_ids = nullptr;             // by TypeIdx
  const TypeInfo* const* type_infos = nullptr;  // of type_ids
  Store* store = nullptr;
  GcHeap* heap = nullptr;
  abi::VmContext* context = nullptr;
};

/// Why `instantiate` failed: the imports do not fit or a limit was met (Error), or code or a
/// segment trapped (Trap).
using InstantiateError = std::variant<base::Error, Trap>;

class Instance {
 public:
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  InstanceData data;

  const CompiledModule& compiled() const { return *compiled_; }
  const std::shared_ptr<const CompiledModule>& shared_compiled() const { return compiled_; }
  const syntax::Module& module() const { return compiled_->module; }
  Store& store() const { return *data.store; }
  /// The instance as machine code sees it. Its address never changes.
  abi::VmContext& context() { return *data.context; }
  const std::string& name() const { return name_; }

  /// The function object of `index`, made at its first use.
  Func& func(syntax::FuncIdx index) {
    Func* const func = funcs_[index.value];
    return func ? *func : make_func(index);
  }
  /// A defined function has code now, where its object, if there is one, sends callers.
  void note_code(syntax::FuncIdx index, const void* code) {
    if (Func* const func = funcs_[index.value]) func->code = code;
  }
  /// What its code has counted of a defined function so far, or null where it does not count. An
  /// instance that is used again goes on counting. Any thread may read while the instance lives.
  const abi::FuncCounters* counters(syntax::FuncIdx index) const;
  Global& global(syntax::GlobalIdx index);
  /// Whether the address space of one of its memories has that address. Async-signal-safe in the
  /// thread that runs the instance's code.
  bool has_memory_at(uintptr_t address) const;
  /// The export of that name, or nothing. Logarithmic time, after the first one.
  std::optional<Extern> find_export(std::string_view name);
  Extern export_at(const syntax::Export& entry);

  /// Segments: items and bytes are empty once dropped.
  std::span<const Ref> elem(syntax::ElemIdx index) const { return elems_[index.value]; }
  base::ByteSpan data_segment(syntax::DataIdx index) const { return datas_[index.value]; }
  void drop_elem(syntax::ElemIdx index);
  void drop_data(syntax::DataIdx index);

 private:
  friend class Instantiation;
  friend class InstanceSnapshot;
  friend class Store;  // looks for references
  Instance(std::shared_ptr<const CompiledModule> compiled, Store& store, std::string name);
  Func& make_func(syntax::FuncIdx index);

  std::shared_ptr<const CompiledModule> compiled_;
  std::string name_;
  abi::VmLayout layout_;
  platform::Buffer context_block_;  // by layout_: data.context, global cells
  platform::Buffer func_block_;     // room for the defined functions' objects
  std::vector<Func*> funcs_;        // imported ones, then defined ones as they are needed
  std::vector<Global*> globals_;    // imported ones, then defined ones as they are needed
  std::vector<Table*> tables_;
  std::vector<Memory*> memories_;
  std::vector<Tag*> tags_;
  std::vector<std::vector<Ref>> elems_;
  std::vector<base::ByteSpan> datas_;
  std::vector<uint32_t>
      exports_by_name_;  // positions in module().exports, sorted by name at the first lookup
  Instance* next_native_ = nullptr;  // of the store's instances with machine code
};

/// Instantiates in the order of the specification: checks the imports (one per module().imports, of
/// this store; the module is of its engine: else `invalid_argument`), makes the objects, runs the
/// active segments, calls the start function. What was written before a trap stays written, and the
/// store keeps the instance alive then too, since others may have got hold of its functions.
/// [spec 4.7.2]
std::expected<Instance*, InstantiateError> instantiate(
    Store& store, std::shared_ptr<const CompiledModule> compiled, std::span<const Extern> imports,
    std::string name);

}  // namespace waxwing::runtime
