// clock_gettime, which is a read of shared memory for the first two clocks.
#include "platform/clock.h"

#include <time.h>

namespace waxwing::platform {
namespace {

clockid_t system_clock(Clock clock) {
  switch (clock) {
    case Clock::realtime: return CLOCK_REALTIME;
    case Clock::monotonic: return CLOCK_MONOTONIC;
    case Clock::process_cpu: return CLOCK_PROCESS_CPUTIME_ID;
    case Clock::thread_cpu: return CLOCK_THREAD_CPUTIME_ID;
  }
  return CLOCK_MONOTONIC;
}

uint64_t nanoseconds(const timespec& time) {
  if (time.tv_sec < 0) return 0;
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

}  // namespace

uint64_t clock_ns(Clock clock) {
  timespec time{};
  ::clock_gettime(system_clock(clock), &time);
  return nanoseconds(time);
}

uint64_t clock_resolution_ns(Clock clock) {
  timespec time{};
  ::clock_getres(system_clock(clock), &time);
  const uint64_t resolution = nanoseconds(time);
  return resolution == 0 ? 1 : resolution;
}

}  // namespace waxwing::platform
