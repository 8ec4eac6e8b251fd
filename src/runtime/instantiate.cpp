// Instantiation, step by step in the order of the specification. [spec 4.7.2]
#include <algorithm>
#include <new>

#include "runtime/builtins.h"
#include "runtime/bulk.h"
#include "runtime/const_expr.h"
#include "runtime/imports.h"
#include "runtime/instance.h"
#include "runtime/instance_image.h"
#include "runtime/native_code.h"

namespace waxwing::runtime {

using base::ErrorCode;
using syntax::SegmentMode;
using syntax::TrapCode;

/// One instantiation at work. Until `keep`, nothing of it is visible to others, and failing leaves
/// no trace but objects of the heap and tags that nobody can reach.
class Instantiation {
 public:
  Instantiation(Store& store, std::shared_ptr<const CompiledModule> compiled, std::string name)
      : store_(store),
        module_(compiled->module),
        owned_(new Instance(std::move(compiled), store, std::move(name))),
        instance_(*owned_) {
    store.set_unfinished(owned_.get());
  }
  ~Instantiation() { store_.set_unfinished(nullptr); }
  Instantiation(const Instantiation&) = delete;
  Instantiation& operator=(const Instantiation&) = delete;

  /// Makes the room of global cells, function objects, and what machine code reads, empty.
  base::Result<> make_context();
  /// Fills the index spaces with the imports, which fit.
  void take_imports(std::span<const Extern> imports);
  /// Makes what the module defines, and evaluates its initial values and segments.
  base::Result<> allocate();
  Instance& instance() { return instance_; }
  /// Hands the objects to the store.
  Instance& keep();
  /// Runs the active segments and the start function.
  std::expected<void, InstantiateError> run();

 private:
  base::Result<> allocate_memories();
  base::Result<> check_guards() const;
  base::Result<> evaluate_globals();
  base::Result<> allocate_tables();
  base::Result<> evaluate_elems();
  void fill_context();
  std::expected<void, InstantiateError> run_elem(syntax::ElemIdx index);
  std::expected<void, InstantiateError> run_data(syntax::DataIdx index);
  bool map_images();
  std::expected<uint64_t, InstantiateError> offset(syntax::ConstExpr expr,
                                                   syntax::AddressType address);

  Store& store_;
  const syntax::Module& module_;
  std::unique_ptr<Instance> owned_;
  Instance& instance_;
  std::vector<std::unique_ptr<Memory>> new_memories_;
  std::vector<std::unique_ptr<Table>> new_tables_;
};

void Instantiation::take_imports(std::span<const Extern> imports) {
  instance_.funcs_.resize(module_.funcs.size());
  instance_.globals_.resize(module_.globals.size());
  instance_.tables_.reserve(module_.tables.size());
  instance_.memories_.reserve(module_.memories.size());
  instance_.tags_.reserve(module_.tags.size());
  size_t funcs = 0;
  size_t globals = 0;
  for (const Extern& given : imports) {
    if (Func* const* func = std::get_if<Func*>(&given)) instance_.funcs_[funcs++] = *func;
    if (Table* const* table = std::get_if<Table*>(&given)) instance_.tables_.push_back(*table);
    if (Memory* const* memory = std::get_if<Memory*>(&given))
      instance_.memories_.push_back(*memory);
    if (Global* const* global = std::get_if<Global*>(&given))
      instance_.globals_[globals++] = *global;
    if (Tag* const* tag = std::get_if<Tag*>(&given)) instance_.tags_.push_back(*tag);
  }
  instance_.data.imported_funcs = instance_.funcs_.data();
  instance_.data.imported_globals = instance_.globals_.data();
}

base::Result<> Instantiation::allocate() {
  TRY(allocate_memories());
  TRY(evaluate_globals());
  TRY(allocate_tables());
  TRY(evaluate_elems());
  for (uint32_t i = module_.imported_tags; i < module_.tags.size(); ++i) {
    const syntax::TypeIdx type = module_.tags[syntax::TagIdx(i)].type;
    instance_.tags_.push_back(&store_.add_tag(instance_.compiled().type_ids[type]));
  }
  instance_.datas_.reserve(module_.datas.size());
  for (const syntax::DataSegment& segment : module_.datas)
    instance_.datas_.push_back(segment.bytes);

  InstanceData& data = instance_.data;
  data.tables = instance_.tables_.data();
  data.memories = instance_.memories_.data();
  data.memory0 = instance_.memories_.empty() ? nullptr : instance_.memories_.front();
  data.tags = instance_.tags_.data();
  fill_context();
  if (instance_.compiled().code->native_entries().code_ptrs) TRY(store_.make_wasm_stack());
  return {};
}

base::Result<> Instantiation::make_context() {
  const abi::VmLayout& layout = instance_.layout_;
  const NativeCode* const code = instance_.compiled().code->native_entries().code;
  const bool counts = code && code->tables().has_counters;
  instance_.context_block_ = TRY(
      platform::Buffer::allocate(counts ? layout.size_bytes_with_counters() : layout.size_bytes()));
  // Pages of it that no function object lies in take no memory. One more has their number.
  const size_t defined_funcs = module_.funcs.size() - module_.imported_funcs;
  TRY(instance_.func_block_.resize((defined_funcs + 1) * sizeof(Func)));
  new (instance_.func_block_.data()) uint64_t(0);
  uint8_t* const block = instance_.context_block_.data();
  instance_.data.context = new (block) abi::VmContext;
  instance_.context().instance = &instance_;
  static_assert(sizeof(GlobalCell) == abi::VmLayout::global_cell_bytes);
  instance_.data.globals = reinterpret_cast<GlobalCell*>(
      block + layout.global(syntax::GlobalIdx(module_.imported_globals)));
  return {};
}

void Instantiation::fill_context() {
  const InstanceData& data = instance_.data;
  const abi::VmLayout& layout = instance_.layout_;
  const NativeEntries entries = instance_.compiled().code->native_entries();
  abi::VmContext& context = instance_.context();
  context.memory0_base = data.memory0 ? data.memory0->base() : nullptr;
  context.state = &store_.execution_state();
  context.code_ptrs = entries.code_ptrs;
  context.builtins = entries.builtins;
  if (store_.limits().has_checkpoints && entries.builtins)
    context.builtins = builtin_functions_with_checkpoints;
  context.store = &store_;

  uint8_t* const block = instance_.context_block_.data();
  auto* memories = reinterpret_cast<abi::MemoryRecord**>(block + layout.memory({}));
  for (Memory* memory : instance_.memories_) *memories++ = &memory->record();
  auto* tables = reinterpret_cast<abi::TableRecord**>(block + layout.table({}));
  for (Table* table : instance_.tables_) *tables++ = &table->record();
  auto* cells = reinterpret_cast<GlobalCell**>(block + layout.imported_global({}));
  for (uint32_t i = 0; i < module_.imported_globals; ++i) *cells++ = data.imported_globals[i]->cell;
  std::copy_n(data.imported_funcs, module_.imported_funcs,
              reinterpret_cast<abi::FuncRecord**>(block + layout.imported_func({})));
  static_assert(sizeof(TypeId) == sizeof(uint32_t));
  std::copy_n(data.type_ids, module_.types.size(),
              reinterpret_cast<TypeId*>(block + layout.type_id({})));
}

base::Result<> Instantiation::allocate_memories() {
  for (uint32_t i = module_.imported_memories; i < module_.memories.size(); ++i) {
    new_memories_.push_back(
        TRY(Memory::create(module_.memories[syntax::MemIdx(i)], store_.budget())));
    instance_.memories_.push_back(new_memories_.back().get());
  }
  return check_guards();
}

/// Most machine code relies on what lies behind a 32-bit memory: without it an index could reach
/// memory that is not the guest's. Imported memories too may have been made where no address space
/// was left.
base::Result<> Instantiation::check_guards() const {
  const NativeCode* const code = instance_.compiled().code->native_entries().code;
  if (!code || !code->tables().relies_on_guards) return {};
  for (const Memory* memory : instance_.memories_) {
    const syntax::MemoryType& type = memory->type();
    const bool needs_guard = type.address == syntax::AddressType::i32 &&
                             type.page_size_log2 == syntax::MemoryType::usual_page_size_log2;
    if (needs_guard && memory->is_allocated()) {
      return base::fail(ErrorCode::unsupported,
                        "machine code that relies on guard pages cannot use a memory of the "
                        "embedder's allocator, which has none: compile the module with explicit "
                        "bounds (Bounds::explicit_)");
    }
    if (needs_guard && !memory->is_guarded()) {
      return base::fail(ErrorCode::out_of_memory,
                        "machine code that relies on guard pages needs 4 GiB of address space for "
                        "a memory, which the host refused: allow more, or compile the module with "
                        "explicit bounds (--codegen=explicit-bounds)");
    }
  }
  return {};
}

base::Result<> Instantiation::evaluate_globals() {
  for (uint32_t i = module_.imported_globals; i < module_.globals.size(); ++i) {
    instance_.data.globals[i - module_.imported_globals] =
        TRY(evaluate(instance_, module_.globals[syntax::GlobalIdx(i)].init));
  }
  return {};
}

base::Result<> Instantiation::allocate_tables() {
  for (uint32_t i = module_.imported_tables; i < module_.tables.size(); ++i) {
    const syntax::Table& table = module_.tables[syntax::TableIdx(i)];
    syntax::TableType type = table.type;
    type.element = engine_wide(type.element, instance_.compiled().type_ids);
    Ref init;
    if (table.init) init = Ref::from_bits(TRY(evaluate(instance_, *table.init)).slots[0]);
    new_tables_.push_back(TRY(Table::create(type, init, store_.budget())));
    instance_.tables_.push_back(new_tables_.back().get());
  }
  return {};
}

base::Result<> Instantiation::evaluate_elems() {
  instance_.elems_.resize(module_.elems.size());
  for (uint32_t i = 0; i < module_.elems.size(); ++i) {
    const syntax::ElemSegment& segment = module_.elems[syntax::ElemIdx(i)];
    if (segment.mode == SegmentMode::declarative) continue;
    std::vector<Ref>& items = instance_.elems_[i];
    items.reserve(segment.size());
    for (syntax::FuncIdx func : segment.funcs) items.push_back(Ref(&instance_.func(func)));
    for (syntax::ConstExpr expr : segment.exprs) {
      items.push_back(Ref::from_bits(TRY(evaluate(instance_, expr)).slots[0]));
    }
  }
  return {};
}

Instance& Instantiation::keep() {
  for (std::unique_ptr<Memory>& memory : new_memories_)
    store_.adopt(std::shared_ptr<Memory>(std::move(memory)));
  for (std::unique_ptr<Table>& table : new_tables_) store_.adopt(std::move(table));
  store_.set_unfinished(nullptr);
  return store_.add_instance(std::move(owned_));
}

std::expected<uint64_t, InstantiateError> Instantiation::offset(syntax::ConstExpr expr,
                                                                syntax::AddressType address) {
  base::Result<GlobalCell> value = evaluate(instance_, expr);
  if (!value) return std::unexpected(InstantiateError(std::move(value).error()));
  return address == syntax::AddressType::i32 ? uint32_t(value->slots[0]) : value->slots[0];
}

std::expected<void, InstantiateError> Instantiation::run_elem(syntax::ElemIdx index) {
  const syntax::ElemSegment& segment = module_.elems[index];
  Table& table = *instance_.tables_[segment.table.value];
  const uint64_t to = TRY(offset(segment.offset, table.type().address));
  store_.shade_elements(table, to, segment.size());
  const TrapCode code = table_init(table, instance_.elem(index), {to, 0, segment.size()});
  instance_.drop_elem(index);
  if (code == TrapCode::none) return {};
  Trap trap;
  trap.code = code;
  trap.detail = "element segment " + std::to_string(index.value) + " writes " +
                std::to_string(segment.size()) + " elements at " + std::to_string(to) +
                " to table " + std::to_string(segment.table.value) + " of " +
                std::to_string(table.size());
  return std::unexpected(InstantiateError(std::move(trap)));
}

std::expected<void, InstantiateError> Instantiation::run_data(syntax::DataIdx index) {
  const syntax::DataSegment& segment = module_.datas[index];
  Memory& memory = *instance_.memories_[segment.memory.value];
  const uint64_t to = TRY(offset(segment.offset, memory.type().address));
  const TrapCode code = memory_init(memory, segment.bytes, {to, 0, segment.bytes.size()});
  instance_.drop_data(index);
  if (code == TrapCode::none) return {};
  Trap trap;
  trap.code = code;
  trap.detail = "data segment " + std::to_string(index.value) + " writes " +
                std::to_string(segment.bytes.size()) + " bytes at " + std::to_string(to) +
                " to memory " + std::to_string(segment.memory.value) + " of " +
                std::to_string(memory.size_bytes());
  return std::unexpected(InstantiateError(std::move(trap)));
}

/// Whether images stand for all active data segments. Nobody could write to the memories so far.
bool Instantiation::map_images() {
  const std::vector<DataImage>& images = instance_.compiled().loaded->data_images.find(module_);
  for (const DataImage& image : images) {
    // Where one fails, the segments write the same bytes over those that were mapped.
    if (instance_.memories_[image.memory.value]->is_allocated() ||
        !instance_.memories_[image.memory.value]->map_image(image.offset, image.image))
      return false;
  }
  return !images.empty();
}

std::expected<void, InstantiateError> Instantiation::run() {
  for (uint32_t i = 0; i < module_.elems.size(); ++i) {
    if (module_.elems[syntax::ElemIdx(i)].mode == SegmentMode::active)
      TRY(run_elem(syntax::ElemIdx(i)));
  }
  const bool is_mapped = map_images();
  for (uint32_t i = 0; i < module_.datas.size(); ++i) {
    const syntax::DataIdx index(i);
    if (module_.datas[index].mode != SegmentMode::active) continue;
    if (is_mapped)
      instance_.drop_data(index);
    else
      TRY(run_data(index));
  }
  if (!module_.start) return {};
  Slot none[1] = {0};
  const Outcome outcome = store_.call(instance_.func(*module_.start), none);
  if (outcome != Outcome::returned)
    return std::unexpected(InstantiateError(store_.take_failure(outcome)));
  return {};
}

namespace {

/// Types are numbers of their engine, and functions run on the stack of their store.
base::Result<> check_store(const Store& store, const CompiledModule& compiled,
                           std::span<const Extern> imports) {
  if (compiled.types.get() != &store.types()) {
    return base::fail(ErrorCode::invalid_argument,
                      "the module was compiled by another engine than the store's: compile it by "
                      "that, or make a store of the other");
  }
  for (size_t i = 0; i < imports.size(); ++i) {
    const Func* const* func = std::get_if<Func*>(&imports[i]);
    if (func == nullptr || (*func)->is_host() || &(*func)->instance().store() == &store) continue;
    return base::fail(ErrorCode::invalid_argument,
                      "import " + std::to_string(i) +
                          " is a function of another store: only shared memories may be");
  }
  return {};
}

/// What an instance is made of.
struct Given {
  std::shared_ptr<const CompiledModule> compiled;
  std::span<const Extern> imports;
  std::string name;
};

/// Whether an instance with these imports may be made in the store.
std::expected<void, InstantiateError> check_given(const Store& store,
                                                  const CompiledModule& compiled,
                                                  std::span<const Extern> imports) {
  if (store.instance_count() >= store.limits().max_instances) {
    return std::unexpected(
        InstantiateError(base::Error{ErrorCode::resource_limit, base::Error::no_offset,
                                     "the store holds " + std::to_string(store.instance_count()) +
                                         " instances, all that it may"}));
  }
  if (auto fits = check_store(store, compiled, imports); !fits) {
    return std::unexpected(InstantiateError(std::move(fits).error()));
  }
  if (auto fits = check_imports(compiled, imports); !fits) {
    return std::unexpected(InstantiateError(std::move(fits).error()));
  }
  return {};
}

/// Checks what is given, makes and allocates; `fill` is the last to do so before others can see the
/// instance, `run` does the rest.
template <typename Fill, typename Run>
std::expected<Instance*, InstantiateError> make_instance(Store& store, Given given,
                                                         const Fill& fill, Run run) {
  TRY(check_given(store, *given.compiled, given.imports));
  Instantiation instantiation(store, std::move(given.compiled), std::move(given.name));
  if (auto made = instantiation.make_context(); !made) {
    return std::unexpected(InstantiateError(std::move(made).error()));
  }
  instantiation.take_imports(given.imports);
  if (auto allocated = instantiation.allocate(); !allocated) {
    return std::unexpected(InstantiateError(std::move(allocated).error()));
  }
  if (auto filled = fill(instantiation.instance()); !filled) {
    return std::unexpected(InstantiateError(std::move(filled).error()));
  }
  Instance& instance = instantiation.keep();
  TRY(run(instantiation));
  return &instance;
}

}  // namespace

std::expected<Instance*, InstantiateError> instantiate(
    Store& store, std::shared_ptr<const CompiledModule> compiled, std::span<const Extern> imports,
    std::string name) {
  return make_instance(
      store, {std::move(compiled), imports, std::move(name)},
      [](Instance&) { return base::Result<>(); },
      [](Instantiation& instantiation) { return instantiation.run(); });
}

std::expected<Instance*, InstantiateError> instantiate_filled(
    Store& store, std::shared_ptr<const CompiledModule> compiled, std::span<const Extern> imports,
    std::string name, const Fill& fill) {
  return make_instance(store, {std::move(compiled), imports, std::move(name)}, fill,
                       [](Instantiation&) { return std::expected<void, InstantiateError>(); });
}

}  // namespace waxwing::runtime
