// Traps as C has them: what stopped a call, and where.
#pragma once

#include "c_api/ref.h"
#include "wasm.h"

namespace waxwing::c_api {

/// What the caller of a C function owns that failed with `error`. What a host function returned is
/// the trap again that it returned.
wasm_trap_t* new_trap(const StorePtr& store, const Error& error);
wasm_trap_t* new_trap(const StorePtr& store, ErrorCode code, std::string message);
/// A trap for a host function to return, which fails with `error`; `is_jump`: or returns to a
/// checkpoint by it.
wasm_trap_t* new_host_trap(const StorePtr& store, const Error& error, bool is_jump = false);

/// Takes over a trap that a host function returned: the failure of the call.
Error take_host_trap(StoreState& store, wasm_trap_t* trap);

}  // namespace waxwing::c_api
