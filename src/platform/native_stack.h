// Where the calling thread's stack lies, for a collector that looks for references on it.
#pragma once

#include <cstdint>

namespace waxwing::platform {

/// Addresses [low, high) of a stack that grows downwards.
struct NativeStack {
  uintptr_t low = 0;
  uintptr_t high = 0;

  bool contains(uintptr_t address) const { return address >= low && address < high; }
};

/// The stack that the system gave the calling thread; empty where it does not tell. A thread that
/// runs on a stack of its own making is elsewhere. The first call of a thread may take 100 us.
NativeStack current_native_stack();

/// Where the calling function's frame ends, or some address close to it. Unlike the address of a
/// local variable or of the frame, it costs the function no frame.
[[gnu::always_inline]] inline uintptr_t stack_pointer() {
  uintptr_t address;
#if defined(__x86_64__)
  asm volatile("mov %%rsp, %0" : "=r"(address));
#elif defined(__aarch64__)
  asm volatile("mov %0, sp" : "=r"(address));
#else
  address = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
#endif
  return address;
}

}  // namespace waxwing::platform
