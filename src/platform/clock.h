// The host's clocks, in nanoseconds. Sleeping is `poll` (platform/poll.h) with no files.
#pragma once

#include <cstdint>

namespace waxwing::platform {

enum class Clock : uint8_t {
  realtime,     // since 1970-01-01 UTC; can jump
  monotonic,    // since an arbitrary start; never goes back; the clock of std::chrono::steady_clock
  process_cpu,  // processor time of this process
  thread_cpu,   // processor time of the calling thread
};

/// The time of `clock`. Never fails; a time before the clock's start reads as 0.
uint64_t clock_ns(Clock clock);

/// The smallest step of `clock`, at least 1.
uint64_t clock_resolution_ns(Clock clock);

inline uint64_t realtime_ns() { return clock_ns(Clock::realtime); }
inline uint64_t monotonic_ns() { return clock_ns(Clock::monotonic); }
inline uint64_t process_cpu_ns() { return clock_ns(Clock::process_cpu); }
inline uint64_t thread_cpu_ns() { return clock_ns(Clock::thread_cpu); }

}  // namespace waxwing::platform
