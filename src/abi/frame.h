// How a frame of generated code lies on the stack, by its distance from the frame pointer. Frames
// are chained: a walk needs no table. [System V ABI 3.2.2]
//
// A walk starts at ExecutionState::exit_sp, a record {caller's frame pointer, return address}.
// Every return address lies in the image of the instance whose context is at `frame_context` of the
// caller's frame, be that a function, or a stub: `foreign` ones have frames of their own to be
// passed over, `restore` has what follows below, and `enter` (CodeStubs::enter_end) ends the walk.
#pragma once

#include <cstdint>

namespace waxwing::abi {

inline constexpr int32_t frame_return_address = 8;
inline constexpr int32_t frame_caller = 0;    // the caller's frame pointer
inline constexpr int32_t frame_context = -8;  // the VmContext of the function's instance

/// A tail call to another instance's function puts this between the callee's frame and its caller:
/// the callee returns to CodeStubs::restore of the caller's image, which brings back the caller's
/// context and goes on at the real return address. There is at most one for a frame. Distances from
/// the callee's frame pointer.
inline constexpr int32_t restore_context = 16;
inline constexpr int32_t restore_return_address = 24;
inline constexpr uint32_t restore_bytes = 16;  // above the callee's return address

/// On the thread's stack: from ExecutionState::native_sp, where the entry stub keeps the exit_sp of
/// outside, which is where the activation's part of the Wasm stack begins.
inline constexpr int32_t entry_stack_high = 0;

}  // namespace waxwing::abi
