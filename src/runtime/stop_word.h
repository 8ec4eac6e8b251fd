// How work that takes long sees that the call it belongs to shall end.
#pragma once

#include <atomic>

#include "platform/wake_word.h"
#include "runtime/slot.h"

namespace waxwing::runtime {

/// ExecutionStack::limit of the store whose call does the work, or null for work that cannot be
/// stopped.
using StopWord = const std::atomic<Slot*>*;

inline bool is_stopped(StopWord stop) {
  return stop && stop->load(std::memory_order_relaxed) == nullptr;
}

/// The thread that uses a store, where it sleeps: until `wake`, or until its call is stopped.
struct Sleeper {
  const std::atomic<Slot*>& stop;
  platform::WakeWord& wake;  // is woken after `stop` became null
};

}  // namespace waxwing::runtime
