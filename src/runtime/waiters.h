// Who waits at which address of a shared memory.
#pragma once

#include <array>
#include <mutex>

#include "runtime/memory.h"

namespace waxwing::runtime {

/// First come, first woken queues, one for the addresses of one hash. Entries lie on their threads'
/// stacks.
struct Memory::Waiters {
  struct Waiter {
    uint64_t address = 0;
    bool is_woken = false;
    Waiter* previous = nullptr;
    Waiter* next = nullptr;
    platform::WakeWord* wake = nullptr;
  };

  struct Queue {
    Waiter* first = nullptr;
    Waiter* last = nullptr;

    void append(Waiter& waiter);
    void remove(Waiter& waiter);
  };

  /// Addresses are aligned to 4 at least.
  Queue& queue(uint64_t address) { return queues[(address >> 2 ^ address >> 8) % queues.size()]; }

  std::mutex mutex;  // guards everything here
  std::array<Queue, 64> queues;
};

}  // namespace waxwing::runtime
