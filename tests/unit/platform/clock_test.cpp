#include "platform/clock.h"

#include <chrono>
#include <gtest/gtest.h>

#include "platform/poll.h"

namespace waxwing::platform {
namespace {

TEST(clock, realtime_is_the_time_of_day) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto expected = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  EXPECT_NEAR(static_cast<double>(realtime_ns()), static_cast<double>(expected), 5e9);
}

TEST(clock, monotonic_is_the_steady_clock_and_goes_on) {
  const auto steady = std::chrono::steady_clock::now().time_since_epoch().count();
  const uint64_t first = monotonic_ns();
  EXPECT_GE(first, static_cast<uint64_t>(steady));
  EXPECT_LT(first - static_cast<uint64_t>(steady), 5'000'000'000u);
  EXPECT_FALSE(sleep_until(first + 10'000'000));
  EXPECT_GE(monotonic_ns(), first + 10'000'000);
}

TEST(clock, processor_time_counts_work_not_sleep) {
  const uint64_t asleep = thread_cpu_ns();
  sleep_until(monotonic_ns() + 50'000'000);
  EXPECT_LT(thread_cpu_ns() - asleep, 40'000'000u);
  const uint64_t process = process_cpu_ns();
  const uint64_t thread = thread_cpu_ns();
  while (thread_cpu_ns() < thread + 5'000'000) {
  }
  EXPECT_GE(process_cpu_ns(), process + 4'000'000);
}

TEST(clock, resolutions_are_positive) {
  for (const Clock clock :
       {Clock::realtime, Clock::monotonic, Clock::process_cpu, Clock::thread_cpu}) {
    EXPECT_GE(clock_resolution_ns(clock), 1u);
    EXPECT_LE(clock_resolution_ns(clock), 1'000'000'000u);
  }
}

}  // namespace
}  // namespace waxwing::platform
