#include "c_api/value.h"

#include <cstring>
#include <string>

#include "c_api/types.h"
#include "c_api/vec.h"

namespace waxwing::c_api {
namespace {

/// What an externref holds of a handle: without its store, which would never end then.
struct Held {
  Object object;
};

bool is_func_type(ValType type) {
  return type.heap() == HeapKind::func || type.heap() == HeapKind::nofunc || is_concrete(type);
}

/// i32 and f32 are half a slot wide, and the other half is zero.
bool is_narrow(wasm_valkind_t kind) { return kind == WASM_I32 || kind == WASM_F32; }

bool is_fit(wasm_valkind_t kind, ValType wanted) {
  return wanted.is_ref() ? wasm_valkind_is_ref(kind) : kind == kind_of(wanted);
}

}  // namespace

Error wrong_kind(wasm_valkind_t kind, ValType wanted) {
  const auto type = type_of(kind);
  return Error(ErrorCode::wrong_type, "a value is of kind " +
                                          (type ? to_string(*type) : std::to_string(kind)) +
                                          " where a " + to_string(wanted) + " is needed");
}

Result<Ref> to_cpp(const StorePtr& store, const wasm_ref_t* ref, ValType wanted) {
  if (!ref) return Ref();
  if (ref->store && ref->store != store) {
    return std::unexpected(
        Error(ErrorCode::wrong_store, "a reference is to an object of another store"));
  }
  const auto* const func = find<FuncHandle>(ref);
  if (func && is_func_type(wanted)) return Ref(func->func);
  if (const auto* const value = find<std::shared_ptr<ValueObject>>(ref)) return (*value)->ref;
  return Ref::host(store->store, Held{ref->object});
}

wasm_ref_t* new_ref(const StorePtr& store, const Ref& ref) {
  if (ref.is_null()) return nullptr;
  if (auto func = ref.func()) return new_handle<wasm_ref_t>(store, FuncHandle{*std::move(func)});
  if (const Held* const held = ref.host<Held>()) return new_handle<wasm_ref_t>(store, held->object);
  auto value = std::make_shared<ValueObject>();
  value->ref = ref;
  return new_handle<wasm_ref_t>(store, std::move(value));
}

Result<Value> to_cpp(const StorePtr& store, const wasm_val_t& value, ValType wanted) {
  if (!is_fit(value.kind, wanted)) return std::unexpected(wrong_kind(value.kind, wanted));
  switch (wanted.kind()) {
    case ValKind::i32: return Value(value.of.i32);
    case ValKind::i64: return Value(value.of.i64);
    case ValKind::f32: return Value(value.of.f32);
    case ValKind::f64: return Value(value.of.f64);
    case ValKind::v128: return std::unexpected(wrong_kind(value.kind, wanted));
    case ValKind::ref: break;
  }
  auto ref = to_cpp(store, value.of.ref, wanted);
  if (!ref) return std::unexpected(std::move(ref).error());
  return Value(*std::move(ref));
}

wasm_val_t new_val(const StorePtr& store, const Value& value, ValType type) {
  wasm_val_t made = {.kind = kind_of(type), .of = {.i64 = 0}};
  switch (value.kind()) {
    case ValKind::i32: made.of.i32 = *value.i32(); break;
    case ValKind::i64: made.of.i64 = *value.i64(); break;
    case ValKind::f32: made.of.f32 = *value.f32(); break;
    case ValKind::f64: made.of.f64 = *value.f64(); break;
    case ValKind::v128: made.kind = WASM_I32; break;
    case ValKind::ref:
      made.of.ref = new_ref(store, *value.ref());
      if (is_concrete(type) && find<FuncHandle>(made.of.ref)) made.kind = WASM_FUNCREF;
      break;
  }
  return made;
}

uint64_t to_slot(const wasm_val_t& value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value.of, sizeof bits);
  return is_narrow(value.kind) ? static_cast<uint32_t>(bits) : bits;
}

wasm_val_t from_slot(uint64_t slot, wasm_valkind_t kind) {
  wasm_val_t value = {.kind = kind, .of = {.i64 = 0}};
  std::memcpy(&value.of, &slot, sizeof slot);
  return value;
}

Result<> check_args(std::span<const wasm_val_t> args, const Signature& signature) {
  const std::vector<wasm_valkind_t>& kinds = signature.params;
  if (args.size() != kinds.size()) {
    return std::unexpected(
        Error(ErrorCode::wrong_type, "the function takes " + std::to_string(kinds.size()) +
                                         " arguments, and " + std::to_string(args.size()) +
                                         " were given"));
  }
  for (size_t i = 0; i < kinds.size(); ++i) {
    const bool is_fit = args[i].kind == kinds[i] ||
                        (wasm_valkind_is_ref(kinds[i]) && wasm_valkind_is_ref(args[i].kind));
    if (!is_fit) [[unlikely]]
      return std::unexpected(wrong_kind(args[i].kind, signature.type.params[i]));
  }
  return {};
}

}  // namespace waxwing::c_api

using namespace waxwing::c_api;

void wasm_val_delete(wasm_val_t* value) {
  if (!value || !wasm_valkind_is_ref(value->kind)) return;
  wasm_ref_delete(value->of.ref);
  value->of.ref = nullptr;
}

void wasm_val_copy(wasm_val_t* out, const wasm_val_t* from) {
  if (!out) return;
  *out = from ? *from : wasm_val_t{.kind = WASM_I32, .of = {.i64 = 0}};
  if (wasm_valkind_is_ref(out->kind)) out->of.ref = wasm_ref_copy(out->of.ref);
}
