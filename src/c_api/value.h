// The values of wasm.h and those of the C++ API.
#pragma once

#include "c_api/ref.h"
#include "wasm.h"
#include "waxwing/value.h"

namespace waxwing::c_api {

/// The reference as code that wants `wanted` sees it: a function as itself where functions go,
/// anything else as a host's value. Errors: `wrong_type`, `wrong_store`, and those of Ref::host.
Result<Ref> to_cpp(const StorePtr& store, const wasm_ref_t* ref, ValType wanted);
/// What the caller owns; null for the null reference.
wasm_ref_t* new_ref(const StorePtr& store, const Ref& ref);

/// Fails with `wrong_type` also where the kind is another than that of `wanted`.
Result<Value> to_cpp(const StorePtr& store, const wasm_val_t& value, ValType wanted);
/// A value that the caller owns, where C expects one of `type`. A v128, which does not fit, is i32
/// 0.
wasm_val_t new_val(const StorePtr& store, const Value& value, ValType type);

/// For a value of that kind where another one is needed.
Error wrong_kind(wasm_valkind_t kind, ValType wanted);

/// Numbers by the array ABI.
uint64_t to_slot(const wasm_val_t& value);
wasm_val_t from_slot(uint64_t slot, wasm_valkind_t kind);

/// Checks that count and kinds of arguments fit. References may yet be of a wrong type.
Result<> check_args(std::span<const wasm_val_t> args, const Signature& signature);

}  // namespace waxwing::c_api
