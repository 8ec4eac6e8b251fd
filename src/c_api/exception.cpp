// Tags, and exceptions of Wasm that C makes, throws and looks into.
#include "waxwing/exception.h"

#include <algorithm>
#include <utility>

#include "c_api/ref.h"
#include "c_api/trap.h"
#include "c_api/types.h"
#include "c_api/value.h"
#include "c_api/vec.h"
#include "waxwing/c.h"

using namespace waxwing::c_api;
using waxwing::Error;
using waxwing::ErrorCode;
using waxwing::Exception;
using waxwing::Tag;
using waxwing::ValType;
using waxwing::Value;

namespace {

std::optional<Exception> exception_of(const wasm_ref_t* ref) {
  const auto* const value = find<std::shared_ptr<ValueObject>>(ref);
  return value ? Exception::from((*value)->ref) : std::nullopt;
}

}  // namespace

wasm_extern_t* waxwing_tag_new(wasm_store_t* store, const wasm_tagtype_t* type) {
  if (!store || !type) return nullptr;
  const StorePtr& state = store->state;
  const std::vector<ValType> params = to_cpp(*type->functype).params;
  if (std::ranges::any_of(params, is_concrete)) {
    note_error(state, Error(ErrorCode::wrong_type,
                            "a type with an index means something in its module only; tags of the "
                            "host take types without one"));
    return nullptr;
  }
  auto tag = value_or_note(state, Tag::create(state->store, {params}));
  return tag ? new_handle<wasm_extern_t>(state, *std::move(tag)) : nullptr;
}

bool waxwing_tag_same(const wasm_extern_t* a, const wasm_extern_t* b) {
  const auto* const tag = find<Tag>(a);
  const auto* const other = find<Tag>(b);
  return tag && other && *tag == *other;
}

wasm_ref_t* waxwing_exception_new(const wasm_extern_t* handle, const wasm_val_vec_t* values) {
  const auto* const tag = find<Tag>(handle);
  if (!tag) return nullptr;
  const StorePtr& store = to_ref(handle)->store;
  const auto type = value_or_note(store, tag->type());
  if (!type) return nullptr;
  const auto given = elements(values);
  if (given.size() != type->params.size()) {
    note_error(store,
               Error(ErrorCode::wrong_type, "the tag has " + std::to_string(type->params.size()) +
                                                " parameters, and " + std::to_string(given.size()) +
                                                " values were given"));
    return nullptr;
  }
  std::vector<Value> payload;
  for (size_t i = 0; i < given.size(); ++i) {
    auto value = value_or_note(store, to_cpp(store, given[i], type->params[i]));
    if (!value) return nullptr;
    payload.push_back(*std::move(value));
  }
  const auto exception = value_or_note(store, Exception::create(*tag, payload));
  return exception ? new_ref(store, exception->ref()) : nullptr;
}

wasm_extern_t* waxwing_exception_tag(const wasm_ref_t* ref) {
  const auto exception = exception_of(ref);
  if (!exception) return nullptr;
  auto tag = value_or_note(ref->store, exception->tag());
  return tag ? new_handle<wasm_extern_t>(ref->store, *std::move(tag)) : nullptr;
}

bool waxwing_exception_values(const wasm_ref_t* ref, wasm_val_vec_t* out) {
  if (!out) return false;
  *out = {.size = 0, .data = nullptr};
  const auto exception = exception_of(ref);
  const auto values = exception ? value_or_note(ref->store, exception->values()) : std::nullopt;
  const auto tag = values ? value_or_note(ref->store, exception->tag()) : std::nullopt;
  const auto type = tag ? value_or_note(ref->store, tag->type()) : std::nullopt;
  if (!type) return false;
  vec_allocate(out, values->size());
  if (out->size != values->size()) return false;
  std::ranges::transform(*values, type->params, out->data, [&](const Value& value, ValType param) {
    return new_val(ref->store, value, param);
  });
  return true;
}

wasm_trap_t* waxwing_exception_trap(const wasm_ref_t* ref) {
  const auto exception = exception_of(ref);
  return exception ? new_host_trap(ref->store, Error(*exception)) : nullptr;
}
