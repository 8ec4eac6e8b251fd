// How a frame of generated code lies on the stack, by its distance from the frame pointer. Frames
// are chained: a walk needs no table. [System V ABI 3.2.2]
#pragma once

#include <cstdint>

namespace waxwing::abi {

inline constexpr int32_t frame_return_address = 8;
inline constexpr int32_t frame_caller = 0;    // the caller's frame pointer
inline constexpr int32_t frame_context = -8;  // the VmContext of the function's instance

/// A tail call to another instance's function puts this between the callee's frame and its caller:
/// the callee returns to CodeStubs::restore, which brings back the caller's context and goes on at
/// the real return address. Distances from the callee's frame pointer.
inline constexpr int32_t restore_context = 16;
inline constexpr int32_t restore_return_address = 24;
inline constexpr uint32_t restore_bytes = 16;  // above the callee's return address

}  // namespace waxwing::abi
