// A fence between threads of which one side pays nearly nothing, because the other, which runs
// rarely, reaches into it. [membarrier(2)]
#pragma once

#include <atomic>

namespace waxwing::platform {

/// Whether `heavy_fence` orders the other threads too. The first call costs a system call.
/// Thread-safe and async-signal-safe.
bool has_heavy_fence();

/// Orders this thread's accesses and, where there is one, those of all threads of the process: each
/// of them is before or after it in the order of its program. Takes microseconds; the first call of
/// a process may take milliseconds. Thread-safe; async-signal-safe, and keeps errno.
void heavy_fence();

/// Orders this thread's accesses before and after it against a thread that uses `heavy_fence`, if
/// `has_heavy_fence`; where there is none, it takes std::atomic_thread_fence.
inline void light_fence() { std::atomic_signal_fence(std::memory_order_seq_cst); }

}  // namespace waxwing::platform
