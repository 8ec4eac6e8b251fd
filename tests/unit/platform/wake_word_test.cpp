#include "platform/wake_word.h"

#include <cerrno>
#include <gtest/gtest.h>
#include <thread>

#include "platform/clock.h"

namespace waxwing::platform {
namespace {

constexpr uint64_t ms = 1'000'000;

TEST(wake_word, a_sleep_ends_at_its_deadline) {
  WakeWord word;
  const uint64_t deadline = monotonic_ns() + 5 * ms;
  // Signals may end it sooner.
  while (monotonic_ns() < deadline) word.sleep(word.count(), deadline);
  word.sleep(word.count(), 0);  // a past one
}

TEST(wake_word, whoever_comes_after_the_wake_does_not_sleep) {
  WakeWord word;
  const uint32_t seen = word.count();
  word.wake();
  EXPECT_NE(word.count(), seen);
  word.sleep(seen, std::nullopt);
}

TEST(wake_word, no_wake_is_missed) {
  WakeWord word;
  std::atomic<int> turn = 0;
  std::thread other([&] {
    for (int i = 1; i <= 2000; ++i) {
      while (turn != i) std::this_thread::yield();
      turn = -i;
      word.wake();
    }
  });
  for (int i = 1; i <= 2000; ++i) {
    turn = i;
    for (;;) {
      const uint32_t seen = word.count();
      if (turn == -i) break;
      word.sleep(seen, std::nullopt);
    }
  }
  other.join();
}

TEST(wake_word, wake_keeps_errno) {
  WakeWord word;
  errno = 1234;
  word.wake();
  EXPECT_EQ(errno, 1234);
}

}  // namespace
}  // namespace waxwing::platform
