// Globals, tables, memories and foreign objects.
#include <algorithm>

#include "c_api/ref.h"
#include "c_api/types.h"
#include "c_api/value.h"
#include "waxwing/c.h"

using namespace waxwing::c_api;
using waxwing::Error;
using waxwing::ErrorCode;
using waxwing::Result;

namespace {

constexpr uint32_t max_size = wasm_limits_max_default;

uint32_t cut(uint64_t count) { return static_cast<uint32_t>(std::min<uint64_t>(count, max_size)); }

/// Types with an index belong to a module: the host makes no objects of them.
bool check_type(const StorePtr& store, waxwing::ValType type) {
  if (!is_concrete(type)) return true;
  note_error(store, Error(ErrorCode::wrong_type,
                          "a type with an index means something in its module only; objects of the "
                          "host take types without one"));
  return false;
}

/// Whether it succeeded; else the error is noted.
template <typename T>
bool succeeds(const StorePtr& store, const Result<T>& result) {
  if (!result) note_error(store, result.error());
  return result.has_value();
}

}  // namespace

// -- Foreign objects

wasm_foreign_t* wasm_foreign_new(wasm_store_t* store) {
  if (!store) return nullptr;
  return new_handle<wasm_foreign_t>(store->state, std::make_shared<ForeignObject>());
}

// -- Globals

wasm_global_t* wasm_global_new(wasm_store_t* store, const wasm_globaltype_t* type,
                               const wasm_val_t* value) {
  if (!store || !type || !value || !check_type(store->state, type->content.type)) return nullptr;
  const StorePtr& state = store->state;
  const auto initial = value_or_note(state, to_cpp(state, *value, type->content.type));
  if (!initial) return nullptr;
  auto global = value_or_note(
      state,
      waxwing::Global::create(
          state->store, {.value = type->content.type, .is_mutable = type->mutability == WASM_VAR},
          *initial));
  return global ? new_handle<wasm_global_t>(state, *std::move(global)) : nullptr;
}

wasm_globaltype_t* wasm_global_type(const wasm_global_t* handle) {
  const auto* const global = find<waxwing::Global>(handle);
  const auto type = global ? value_or_note(to_ref(handle)->store, global->type()) : std::nullopt;
  if (!type) return nullptr;
  return wasm_externtype_as_globaltype(new_externtype(*type));
}

void wasm_global_get(const wasm_global_t* handle, wasm_val_t* out) {
  if (!out) return;
  *out = {.kind = WASM_I32, .of = {.i64 = 0}};
  const auto* const global = find<waxwing::Global>(handle);
  if (!global) return;
  const StorePtr& store = to_ref(handle)->store;
  const auto type = value_or_note(store, global->type());
  const auto value = value_or_note(store, global->get());
  if (type && value) *out = new_val(store, *value, type->value);
}

void wasm_global_set(wasm_global_t* handle, const wasm_val_t* value) {
  const auto* const global = find<waxwing::Global>(handle);
  if (!global || !value) return;
  const StorePtr& store = to_ref(handle)->store;
  const auto type = value_or_note(store, global->type());
  if (!type) return;
  const auto cpp_value = value_or_note(store, to_cpp(store, *value, type->value));
  if (cpp_value) succeeds(store, global->set(*cpp_value));
}

// -- Tables

wasm_table_t* wasm_table_new(wasm_store_t* store, const wasm_tabletype_t* type, wasm_ref_t* init) {
  if (!store || !type || !check_type(store->state, type->type.element)) return nullptr;
  const StorePtr& state = store->state;
  const auto ref = value_or_note(state, to_cpp(state, init, type->type.element));
  if (!ref) return nullptr;
  auto table = value_or_note(state, waxwing::Table::create(state->store, type->type, *ref));
  return table ? new_handle<wasm_table_t>(state, *std::move(table)) : nullptr;
}

wasm_tabletype_t* wasm_table_type(const wasm_table_t* handle) {
  const auto* const table = find<waxwing::Table>(handle);
  const auto type = table ? value_or_note(to_ref(handle)->store, table->type()) : std::nullopt;
  return type ? wasm_externtype_as_tabletype(new_externtype(*type)) : nullptr;
}

wasm_ref_t* wasm_table_get(const wasm_table_t* handle, wasm_table_size_t index) {
  const auto* const table = find<waxwing::Table>(handle);
  if (!table) return nullptr;
  const StorePtr& store = to_ref(handle)->store;
  const auto ref = value_or_note(store, table->get(index));
  return ref ? new_ref(store, *ref) : nullptr;
}

bool wasm_table_set(wasm_table_t* handle, wasm_table_size_t index, wasm_ref_t* value) {
  const auto* const table = find<waxwing::Table>(handle);
  if (!table) return false;
  const StorePtr& store = to_ref(handle)->store;
  const auto type = value_or_note(store, table->type());
  if (!type) return false;
  const auto ref = value_or_note(store, to_cpp(store, value, type->element));
  return ref && succeeds(store, table->set(index, *ref));
}

wasm_table_size_t wasm_table_size(const wasm_table_t* handle) {
  const auto* const table = find<waxwing::Table>(handle);
  return table ? cut(table->size()) : 0;
}

bool wasm_table_grow(wasm_table_t* handle, wasm_table_size_t delta, wasm_ref_t* init) {
  const auto* const table = find<waxwing::Table>(handle);
  if (!table) return false;
  const StorePtr& store = to_ref(handle)->store;
  const auto type = value_or_note(store, table->type());
  if (!type) return false;
  const auto ref = value_or_note(store, to_cpp(store, init, type->element));
  return ref && succeeds(store, table->grow(delta, *ref));
}

// -- Memories

wasm_memory_t* wasm_memory_new(wasm_store_t* store, const wasm_memorytype_t* type) {
  if (!store || !type) return nullptr;
  const StorePtr& state = store->state;
  auto memory = value_or_note(state, waxwing::Memory::create(state->store, type->type));
  return memory ? new_handle<wasm_memory_t>(state, *std::move(memory)) : nullptr;
}

wasm_memorytype_t* wasm_memory_type(const wasm_memory_t* handle) {
  const auto* const memory = find<waxwing::Memory>(handle);
  const auto type = memory ? value_or_note(to_ref(handle)->store, memory->type()) : std::nullopt;
  return type ? wasm_externtype_as_memorytype(new_externtype(*type)) : nullptr;
}

byte_t* wasm_memory_data(wasm_memory_t* handle) {
  const auto* const memory = find<waxwing::Memory>(handle);
  return memory ? reinterpret_cast<byte_t*>(memory->all().data()) : nullptr;
}

size_t wasm_memory_data_size(const wasm_memory_t* handle) {
  const auto* const memory = find<waxwing::Memory>(handle);
  return memory ? memory->size_bytes() : 0;
}

wasm_memory_pages_t wasm_memory_size(const wasm_memory_t* handle) {
  const auto* const memory = find<waxwing::Memory>(handle);
  return memory ? cut(memory->size_pages()) : 0;
}

bool wasm_memory_grow(wasm_memory_t* handle, wasm_memory_pages_t delta) {
  const auto* const memory = find<waxwing::Memory>(handle);
  return memory && succeeds(to_ref(handle)->store, memory->grow(delta));
}

bool waxwing_memory_read(const wasm_memory_t* handle, uint64_t address, void* to, size_t size) {
  const auto* const memory = find<waxwing::Memory>(handle);
  if (!memory || (!to && size != 0)) return false;
  const auto bytes = value_or_note(to_ref(handle)->store, memory->bytes(address, size));
  if (bytes) std::copy_n(bytes->data(), size, static_cast<uint8_t*>(to));
  return bytes.has_value();
}

bool waxwing_memory_write(wasm_memory_t* handle, uint64_t address, const void* from, size_t size) {
  const auto* const memory = find<waxwing::Memory>(handle);
  if (!memory || (!from && size != 0)) return false;
  const auto bytes = value_or_note(to_ref(handle)->store, memory->bytes(address, size));
  if (bytes) std::copy_n(static_cast<const uint8_t*>(from), size, bytes->data());
  return bytes.has_value();
}
