// Memories, tables, globals and tags in the host's hands.
#include <algorithm>
#include <utility>

#include "api/convert.h"
#include "api/core.h"
#include "waxwing/store.h"

namespace waxwing {

using detail::Access;

namespace detail {

Result<syntax::ValType> to_engine_type(const StoreCore& core, ValType type) {
  if (type.is_ref() && type.heap() == HeapKind::concrete &&
      !core.store->types().has(runtime::TypeId(type.type_index()))) {
    return api::fail(ErrorCode::invalid_argument,
                     "the engine has no type " + std::to_string(type.type_index()) +
                         ": concrete types are those that objects of the store tell");
  }
  return api::to_internal(type);
}

Result<syntax::FuncType> to_engine_type(const StoreCore& core, const FuncType& type) {
  for (const std::vector<ValType>* const list : {&type.params, &type.results}) {
    for (const ValType item : *list)
      if (const auto checked = to_engine_type(core, item); !checked)
        return std::unexpected(checked.error());
  }
  return api::to_internal(type);
}

}  // namespace detail

namespace {

/// The object of a handle whose store is open; null else.
template <typename Object>
Object* object_of(const detail::Handle& handle) noexcept {
  return Access::core(handle)->store ? static_cast<Object*>(Access::object(handle)) : nullptr;
}

std::string outside(uint64_t offset, uint64_t size, uint64_t has) {
  return std::to_string(size) + " bytes at " + std::to_string(offset) + " are not in a memory of " +
         std::to_string(has) + " bytes";
}

}  // namespace

Result<Memory> Memory::create(Store& store, const MemoryType& type) {
  detail::StoreCore& core = *Access::core(store);
  const auto opened = core.open();
  if (!opened) return std::unexpected(opened.error());
  const auto made = (*opened)->add_memory(api::to_internal(type));
  if (!made) return api::fail(made.error());
  return Access::handle<Memory>(core, *made);
}

Result<MemoryType> Memory::type() const {
  const auto opened = detail::open<runtime::Memory>(*this);
  if (!opened) return std::unexpected(opened.error());
  return api::to_public(opened->second->current_type());
}

uint64_t Memory::size_bytes() const noexcept {
  const auto* const memory = object_of<runtime::Memory>(*this);
  return memory ? memory->size_bytes() : 0;
}

uint64_t Memory::size_pages() const noexcept {
  const auto* const memory = object_of<runtime::Memory>(*this);
  return memory ? memory->size_pages() : 0;
}

Result<uint64_t> Memory::grow(uint64_t delta_pages) const {
  const auto opened = detail::open<runtime::Memory>(*this);
  if (!opened) return std::unexpected(opened.error());
  const int64_t old = opened->second->grow(delta_pages);
  if (old >= 0) return static_cast<uint64_t>(old);
  return api::fail(ErrorCode::resource_limit,
                   "the memory cannot grow by " + std::to_string(delta_pages) +
                       " pages: its maximum, the store's limit or the host forbids it");
}

Result<std::span<uint8_t>> Memory::bytes(uint64_t offset, uint64_t size) const {
  const auto opened = detail::open<runtime::Memory>(*this);
  if (!opened) return std::unexpected(opened.error());
  const runtime::Memory& memory = *opened->second;
  const uint64_t has = memory.size_bytes();
  if (size > has || offset > has - size)
    return api::fail(ErrorCode::out_of_bounds, outside(offset, size, has));
  return std::span(memory.base() + offset, size);
}

std::span<uint8_t> Memory::all() const noexcept {
  const auto* const memory = object_of<runtime::Memory>(*this);
  if (!memory) return {};
  return {memory->base(), memory->size_bytes()};
}

Result<std::string> Memory::read_string(uint64_t offset, uint64_t size) const {
  const auto from = bytes(offset, size);
  if (!from) return std::unexpected(from.error());
  return std::string(from->begin(), from->end());
}

Result<> Memory::write_string(uint64_t offset, std::string_view text) const {
  const auto to = bytes(offset, text.size());
  if (!to) return std::unexpected(to.error());
  std::ranges::copy(text, to->begin());
  return {};
}

Result<Table> Table::create(Store& store, const TableType& type, const Ref& init) {
  detail::StoreCore& core = *Access::core(store);
  const auto opened = core.open();
  if (!opened) return std::unexpected(opened.error());
  if (!type.element.is_ref())
    return api::fail(ErrorCode::invalid, "a table's elements are references");
  const auto element = detail::to_engine_type(core, type.element);
  if (!element) return std::unexpected(element.error());
  const syntax::TableType inner = api::to_internal(type);
  const auto value = detail::to_runtime(core, init, inner.element);
  if (!value) return std::unexpected(value.error());
  const auto made = (*opened)->add_table(inner, runtime::Ref::from_bits(value->slots[0]));
  if (!made) return api::fail(made.error());
  return Access::handle<Table>(core, *made);
}

Result<TableType> Table::type() const {
  const auto opened = detail::open<runtime::Table>(*this);
  if (!opened) return std::unexpected(opened.error());
  return api::to_public(opened->second->current_type());
}

uint64_t Table::size() const noexcept {
  const auto* const table = object_of<runtime::Table>(*this);
  return table ? table->size() : 0;
}

namespace {

std::unexpected<Error> no_element(uint64_t index, uint64_t size) {
  return api::fail(ErrorCode::out_of_bounds, "there is no element " + std::to_string(index) +
                                                 " in a table of " + std::to_string(size));
}

}  // namespace

Result<Ref> Table::get(uint64_t index) const {
  const auto opened = detail::open<runtime::Table>(*this);
  if (!opened) return std::unexpected(opened.error());
  const runtime::Table& table = *opened->second;
  if (!table.contains(index, 1)) return no_element(index, table.size());
  return detail::ref_from_slot(store_, table.data()[index].bits(),
                               api::to_public(table.type().element));
}

Result<> Table::set(uint64_t index, const Ref& value) const {
  const auto opened = detail::open<runtime::Table>(*this);
  if (!opened) return std::unexpected(opened.error());
  const auto [store, table] = *opened;
  if (!table->contains(index, 1)) return no_element(index, table->size());
  const auto inner = detail::to_runtime(*store_, value, table->type().element);
  if (!inner) return std::unexpected(inner.error());
  store->shade_elements(*table, index, 1);
  table->data()[index] = runtime::Ref::from_bits(inner->slots[0]);
  return {};
}

Result<uint64_t> Table::grow(uint64_t delta, const Ref& init) const {
  const auto opened = detail::open<runtime::Table>(*this);
  if (!opened) return std::unexpected(opened.error());
  runtime::Table& table = *opened->second;
  const auto inner = detail::to_runtime(*store_, init, table.type().element);
  if (!inner) return std::unexpected(inner.error());
  const int64_t old = table.grow(delta, runtime::Ref::from_bits(inner->slots[0]));
  if (old >= 0) return static_cast<uint64_t>(old);
  return api::fail(ErrorCode::resource_limit,
                   "the table cannot grow by " + std::to_string(delta) +
                       " elements: its maximum, the store's limit or the host forbids it");
}

Result<Global> Global::create(Store& store, const GlobalType& type, const Value& value) {
  detail::StoreCore& core = *Access::core(store);
  const auto opened = core.open();
  if (!opened) return std::unexpected(opened.error());
  const auto checked_type = detail::to_engine_type(core, type.value);
  if (!checked_type) return std::unexpected(checked_type.error());
  const syntax::GlobalType inner = api::to_internal(type);
  const auto checked = detail::to_runtime(core, value, inner.value);
  if (!checked) return std::unexpected(checked.error());
  runtime::GlobalCell cell;
  std::ranges::copy(checked->slots, cell.slots);
  return Access::handle<Global>(core, &(*opened)->add_global(inner, cell));
}

Result<GlobalType> Global::type() const {
  const auto opened = detail::open<runtime::Global>(*this);
  if (!opened) return std::unexpected(opened.error());
  return api::to_public(opened->second->type);
}

Result<Value> Global::get() const {
  const auto opened = detail::open<runtime::Global>(*this);
  if (!opened) return std::unexpected(opened.error());
  const runtime::Global& global = *opened->second;
  runtime::Value value{.type = global.type.value};
  std::ranges::copy(global.cell->slots, value.slots);
  return detail::to_public(*store_, value);
}

Result<> Global::set(const Value& value) const {
  const auto opened = detail::open<runtime::Global>(*this);
  if (!opened) return std::unexpected(opened.error());
  const auto [store, global] = *opened;
  if (!global->type.is_mutable) return api::fail(ErrorCode::wrong_type, "the global is immutable");
  const auto inner = detail::to_runtime(*store_, value, global->type.value);
  if (!inner) return std::unexpected(inner.error());
  if (global->type.value.is_ref() && store->execution_state().is_marking)
    store->heap().shade(runtime::Ref::from_bits(global->cell->slots[0]));
  std::ranges::copy(inner->slots, global->cell->slots);
  return {};
}

Result<Tag> Tag::create(Store& store, const TagType& type) {
  detail::StoreCore& core = *Access::core(store);
  const auto opened = core.open();
  if (!opened) return std::unexpected(opened.error());
  const auto params = detail::to_engine_type(core, FuncType{type.params, {}});
  if (!params) return std::unexpected(params.error());
  return Access::handle<Tag>(core, &(*opened)->add_tag((*opened)->types().add_func_type(*params)));
}

Result<TagType> Tag::type() const {
  const auto opened = detail::open<runtime::Tag>(*this);
  if (!opened) return std::unexpected(opened.error());
  const auto [store, tag] = *opened;
  return TagType{api::to_public(store->types().func_type(tag->type)).params};
}

}  // namespace waxwing
