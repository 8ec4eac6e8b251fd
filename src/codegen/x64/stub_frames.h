// Where the stubs save what, and which registers they hold through a call. Private to stubs.cpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "abi/frame.h"
#include "codegen/x64/registers.h"

namespace waxwing::codegen::x64 {

// What `enter` saves on the thread's stack, by distance from its frame pointer. ExecutionState's
// native_sp points to the last of them.
inline constexpr Gpr saved_by_entry[] = {Gpr::rbx, Gpr::r12, Gpr::r13, Gpr::r14,
                                         Gpr::r15};  // below abi::frame_context
constexpr int32_t entry_place(Gpr saved) {
  return -16 - 8 * static_cast<int32_t>(std::ranges::find(saved_by_entry, saved) -
                                        std::begin(saved_by_entry));
}
inline constexpr int32_t entry_native_sp = -56;  // of the activation outside of this one
inline constexpr int32_t entry_exit_sp = -64;
inline constexpr int32_t entry_frame_bytes = 64;
static_assert(entry_exit_sp + entry_frame_bytes == abi::entry_stack_high);

// What `enter` holds through the call. The frame pointer too, though functions give that back: what
// they read from the Wasm stack they wait for, and so would all that C++ has in its registers.
inline constexpr Gpr entry_slots = Gpr::r12;
inline constexpr Gpr entry_frame = Gpr::r13;
// One that holds neither arguments nor results, for ExecutionState before the call and after it.
inline constexpr Gpr entry_state = Gpr::r10;

// The registers of C's first arguments, in which `enter` and `fault` are given theirs.
inline constexpr Gpr c_argument0 = Gpr::rdi;
inline constexpr Gpr c_argument1 = Gpr::rsi;
inline constexpr Gpr c_argument2 = Gpr::rdx;

/// What a call of C++ changes.
inline constexpr Gpr caller_saved_gprs[] = {Gpr::rax, Gpr::rcx, Gpr::rdx, Gpr::rsi, Gpr::rdi,
                                            Gpr::r8,  Gpr::r9,  Gpr::r10, Gpr::r11};
inline constexpr int32_t caller_saved_bytes = std::size(caller_saved_gprs) * 8 + 16 * 16;
// In frames that keep all registers, by distance from the frame pointer; the return address lies
// above.
inline constexpr int32_t kept_word = 8;
static_assert((caller_saved_bytes + kept_word) % 16 == 0);  // so that the frame record is aligned

}  // namespace waxwing::codegen::x64
