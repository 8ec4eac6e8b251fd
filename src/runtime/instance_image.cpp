// See instance_image.h.
#include "runtime/instance_image.h"

#include <algorithm>
#include <expected>
#include <unordered_map>
#include <utility>

#include "platform/virtual_memory.h"

namespace waxwing::runtime {
namespace {

using base::ErrorCode;

constexpr uint64_t func_tag = 2;  // above it, a function's index
constexpr uint64_t tag_mask = 3;

std::unexpected<base::Error> unsupported(std::string why) {
  return base::fail(ErrorCode::unsupported, "the instance cannot be captured: " + std::move(why));
}

base::Result<> check_module(const syntax::Module& module) {
  for (const syntax::Import& import : module.imports) {
    const bool is_lasting = import.kind() == syntax::ExternKind::func ||
                            import.kind() == syntax::ExternKind::tag ||
                            (import.kind() == syntax::ExternKind::global &&
                             !std::get<syntax::GlobalType>(import.type).is_mutable);
    if (!is_lasting) {
      return unsupported("it shares an imported " +
                         std::string(syntax::extern_kind_text(import.kind())) + " with others");
    }
  }
  constexpr size_t max_memories = 8;  // each keeps a file open
  if (module.memories.size() > max_memories) {
    return unsupported("it has " + std::to_string(module.memories.size()) + " memories, and " +
                       std::to_string(max_memories) + " is the most");
  }
  for (const syntax::MemoryType& memory : module.memories)
    if (memory.is_shared) return unsupported("other threads may write to its shared memory");
  return {};
}

/// The imported functions by their objects. Of one that is imported twice, the first.
using ImportedFuncs = std::unordered_map<const Func*, uint32_t>;

ImportedFuncs imported_funcs(const Instance& instance) {
  ImportedFuncs indices;
  for (uint32_t i = 0; i < instance.module().imported_funcs; ++i)
    indices.emplace(instance.data.imported_funcs[i], i);
  return indices;
}

/// `ref`, of that type, without its store; or what it refers to that cannot be captured.
std::expected<uint64_t, std::string_view> to_portable(const Instance& instance,
                                                      const ImportedFuncs& imported, Ref ref,
                                                      syntax::ValType type) {
  if (ref.is_null() || ref.is_i31()) return ref.bits();
  const syntax::HeapType func_type(syntax::AbstractHeap::func);
  if (!instance.store().types().is_subtype(type.heap(), func_type))
    return std::unexpected("an object of the heap or of the host");
  const Func* const func = ref.func();
  if (!func->is_host() && &func->instance() == &instance)
    return uint64_t{func->func_index().value} << 2 | func_tag;
  const auto found = imported.find(func);
  if (found == imported.end())
    return std::unexpected("a function that the module neither has nor imports");
  return uint64_t{found->second} << 2 | func_tag;
}

/// Fails where an import stands for another that the place's type does not fit: what was there may
/// have had a more special type than its import asks for.
base::Result<Ref> from_portable(Instance& instance, uint64_t bits, syntax::ValType type) {
  if ((bits & tag_mask) != func_tag) return Ref::from_bits(bits);
  const syntax::FuncIdx index(static_cast<uint32_t>(bits >> 2));
  Func& func = instance.func(index);
  const auto func_type = syntax::ValType::ref(false, syntax::HeapType(syntax::TypeIdx(func.type)));
  if (instance.store().types().is_subtype(func_type, type)) return Ref(&func);
  return base::fail(ErrorCode::incompatible_import,
                    "the captured instance has function " + std::to_string(index.value) +
                        ", an import, where this one's type does not fit");
}

bool is_zero(base::ByteSpan bytes) {
  return std::ranges::all_of(bytes, [](uint8_t byte) { return byte == 0; });
}

/// Whole pages of the memory that are not all zero.
base::Result<platform::MemoryImage> copy_bytes(const Memory& memory) {
  const size_t size = platform::round_up_to_page(memory.size_bytes());
  auto image = TRY(platform::MemoryImage::create(size));
  constexpr size_t piece = size_t{64} << 10;
  for (size_t at = 0; at < size; at += piece) {
    // Behind the memory's last byte a page of the host may end, or another's memory begin.
    const base::ByteSpan bytes(memory.base() + at,
                               std::min<uint64_t>(piece, memory.size_bytes() - at));
    if (!is_zero(bytes)) TRY(image.write(at, bytes));
  }
  return image;
}

}  // namespace

base::Result<std::shared_ptr<const InstanceImage>> InstanceImage::capture(Instance& instance) {
  TRY(check_module(instance.module()));
  std::shared_ptr<InstanceImage> image(new InstanceImage(instance.shared_compiled()));
  TRY(image->capture_tables(instance));
  TRY(image->capture_globals(instance));
  TRY(image->capture_memories(instance));
  const syntax::Module& module = instance.module();
  for (uint32_t i = 0; i < module.elems.size(); ++i)
    image->dropped_elems_.push_back(instance.elem(syntax::ElemIdx(i)).empty());
  for (uint32_t i = 0; i < module.datas.size(); ++i)
    image->dropped_datas_.push_back(instance.data_segment(syntax::DataIdx(i)).empty());
  return image;
}

base::Result<> InstanceImage::capture_memories(const Instance& instance) {
  for (size_t i = 0; i < instance.module().memories.size(); ++i) {
    const Memory& memory = *instance.data.memories[i];
    CapturedMemory& captured = memories_.emplace_back();
    captured.size_pages = memory.size_pages();
    if (memory.size_bytes() != 0) captured.bytes = TRY(copy_bytes(memory));
  }
  return {};
}

base::Result<> InstanceImage::capture_tables(Instance& instance) {
  const ImportedFuncs imported = imported_funcs(instance);
  for (size_t i = 0; i < instance.module().tables.size(); ++i) {
    const Table& table = *instance.data.tables[i];
    std::vector<uint64_t>& refs = tables_.emplace_back();
    refs.reserve(table.size());
    for (uint64_t k = 0; k < table.size(); ++k) {
      const auto ref = to_portable(instance, imported, table.data()[k], table.type().element);
      if (!ref) {
        return unsupported("element " + std::to_string(k) + " of table " + std::to_string(i) +
                           " refers to " + std::string(ref.error()));
      }
      refs.push_back(*ref);
    }
  }
  return {};
}

base::Result<> InstanceImage::capture_globals(Instance& instance) {
  const syntax::Module& module = instance.module();
  const ImportedFuncs imported = imported_funcs(instance);
  for (uint32_t i = module.imported_globals; i < module.globals.size(); ++i) {
    GlobalCell& cell = globals_.emplace_back(instance.data.globals[i - module.imported_globals]);
    const syntax::ValType type =
        engine_wide(module.globals[syntax::GlobalIdx(i)].type.value, compiled_->type_ids);
    if (!type.is_ref()) continue;
    const auto ref = to_portable(instance, imported, Ref::from_bits(cell.slots[0]), type);
    if (!ref)
      return unsupported("global " + std::to_string(i) + " refers to " + std::string(ref.error()));
    cell.slots[0] = *ref;
  }
  return {};
}

base::Result<> InstanceImage::fill(Instance& instance) const {
  const auto no_room = [](std::string_view what, size_t index, uint64_t size) {
    return base::fail(ErrorCode::resource_limit, std::string(what) + " " + std::to_string(index) +
                                                     " had grown to " + std::to_string(size) +
                                                     ", which this store has no room for");
  };
  for (size_t i = 0; i < memories_.size(); ++i) {
    Memory& memory = *instance.data.memories[i];
    const uint64_t pages = memories_[i].size_pages;
    if (memory.grow(pages - memory.size_pages()) < 0) return no_room("memory", i, pages);
    if (pages != 0) TRY(memory.map_image(0, memories_[i].bytes));
  }
  for (size_t i = 0; i < tables_.size(); ++i) {
    Table& table = *instance.data.tables[i];
    const uint64_t size = tables_[i].size();
    if (table.grow(size - table.size(), Ref()) < 0) return no_room("table", i, size);
    instance.store().shade_elements(table, 0, size);
    for (uint64_t k = 0; k < size; ++k)
      table.data()[k] = TRY(from_portable(instance, tables_[i][k], table.type().element));
  }
  const syntax::Module& module = instance.module();
  for (uint32_t i = 0; i < globals_.size(); ++i) {
    GlobalCell cell = globals_[i];
    const syntax::ValType type =
        engine_wide(module.globals[syntax::GlobalIdx(i + module.imported_globals)].type.value,
                    compiled_->type_ids);
    if (type.is_ref()) cell.slots[0] = TRY(from_portable(instance, cell.slots[0], type)).bits();
    instance.data.globals[i] = cell;
  }
  for (uint32_t i = 0; i < dropped_elems_.size(); ++i)
    if (dropped_elems_[i]) instance.drop_elem(syntax::ElemIdx(i));
  for (uint32_t i = 0; i < dropped_datas_.size(); ++i)
    if (dropped_datas_[i]) instance.drop_data(syntax::DataIdx(i));
  return {};
}

std::expected<Instance*, InstantiateError> InstanceImage::instantiate(
    Store& store, std::span<const Extern> imports, std::string name) const {
  return instantiate_filled(store, compiled_, imports, std::move(name),
                            [this](Instance& instance) { return fill(instance); });
}

}  // namespace waxwing::runtime
