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

}  // namespace waxwing::platform
