#include "platform/thread.h"

#include <atomic>
#include <gtest/gtest.h>
#include <signal.h>
#include <utility>

#include "platform/clock.h"
#include "platform/poll.h"

namespace waxwing::platform {
namespace {

constexpr uint64_t ms = 1'000'000;

TEST(thread, runs_and_is_joined_at_destruction) {
  std::atomic<int> runs = 0;
  {
    auto first = Thread::start([&] { ++runs; });
    ASSERT_TRUE(first);
    Thread second = std::move(*first);
    EXPECT_FALSE(first->joinable());
    EXPECT_TRUE(second.joinable());
  }
  EXPECT_EQ(runs, 1);
}

TEST(thread, leaves_signals_to_the_host) {
  sigset_t mask;
  sigemptyset(&mask);
  auto thread = Thread::start([&] { pthread_sigmask(SIG_SETMASK, nullptr, &mask); });
  ASSERT_TRUE(thread);
  thread->join();
  EXPECT_EQ(sigismember(&mask, SIGINT), 1);
  EXPECT_EQ(sigismember(&mask, SIGSEGV), 0);
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  EXPECT_EQ(sigismember(&mask, SIGINT), 0);
}

TEST(watchdog, calls_at_its_deadline_and_not_before) {
  std::atomic<uint64_t> called_at = 0;
  const uint64_t deadline = monotonic_ns() + 30 * ms;
  auto watchdog = Watchdog::start(deadline, [&] { called_at = monotonic_ns(); });
  ASSERT_TRUE(watchdog);
  while (called_at == 0 && monotonic_ns() < deadline + 10'000 * ms) {
    sleep_until(monotonic_ns() + ms);
  }
  EXPECT_GE(called_at, deadline);
  EXPECT_TRUE(watchdog->cancel());
}

TEST(watchdog, a_past_deadline_is_now) {
  std::atomic<bool> called = false;
  auto watchdog = Watchdog::start(0, [&] { called = true; });
  ASSERT_TRUE(watchdog);
  while (!called) sleep_until(monotonic_ns() + ms);
  EXPECT_TRUE(watchdog->cancel());
}

TEST(watchdog, cancelling_is_prompt_and_final) {
  std::atomic<bool> called = false;
  for (const uint64_t deadline : {UINT64_MAX, monotonic_ns() + 60'000 * ms}) {
    const uint64_t start = monotonic_ns();
    auto watchdog = Watchdog::start(deadline, [&] { called = true; });
    ASSERT_TRUE(watchdog);
    EXPECT_FALSE(watchdog->cancel());
    EXPECT_FALSE(watchdog->cancel());
    EXPECT_LT(monotonic_ns() - start, 5'000 * ms);
  }
  EXPECT_FALSE(called);
}

TEST(watchdog, destruction_and_assignment_cancel) {
  std::atomic<int> calls = 0;
  Watchdog watchdog;
  EXPECT_FALSE(watchdog.cancel());
  for (int i = 0; i < 20; ++i) {
    auto next = Watchdog::start(monotonic_ns() + 60'000 * ms, [&] { ++calls; });
    ASSERT_TRUE(next);
    watchdog = std::move(*next);
  }
  EXPECT_EQ(calls, 0);
}

TEST(watchdog, cancel_waits_for_a_callback_that_runs) {
  for (int i = 0; i < 50; ++i) {
    std::atomic<bool> begun = false;
    std::atomic<bool> ended = false;
    auto watchdog = Watchdog::start(monotonic_ns() + ms / 10, [&] {
      begun = true;
      sleep_until(monotonic_ns() + ms);
      ended = true;
    });
    ASSERT_TRUE(watchdog);
    if (i % 2 == 0) sleep_until(monotonic_ns() + ms / 4);
    EXPECT_EQ(watchdog->cancel(), begun);
    EXPECT_EQ(begun, ended);
  }
}

}  // namespace
}  // namespace waxwing::platform
