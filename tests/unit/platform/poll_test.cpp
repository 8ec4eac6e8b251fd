#include "platform/poll.h"

#include <array>
#include <gtest/gtest.h>
#include <signal.h>

#include "platform/clock.h"
#include "platform/thread.h"
#include "temporary_directory.h"

namespace waxwing::platform {
namespace {

constexpr uint64_t ms = 1'000'000;

TEST(poll, waits_for_time_alone) {
  const uint64_t deadline = monotonic_ns() + 20 * ms;
  EXPECT_EQ(poll({}, {.deadline_ns = deadline}), PollOutcome::timed_out);
  EXPECT_GE(monotonic_ns(), deadline);
  EXPECT_EQ(poll({}, {.deadline_ns = 0}), PollOutcome::timed_out);
}

TEST(poll, marks_the_files_that_are_ready) {
  auto pipe = make_pipe();
  ASSERT_TRUE(pipe);
  std::array<PollItem, 2> items = {PollItem{.file = &pipe->read_end, .want_read = true},
                                   PollItem{.file = &pipe->write_end, .want_write = true}};
  EXPECT_EQ(poll(items, {}), PollOutcome::ready);
  EXPECT_FALSE(items[0].is_ready());
  EXPECT_TRUE(items[1].writable);
  EXPECT_EQ(poll({&items[0], 1}, {.deadline_ns = 0}), PollOutcome::timed_out);

  ASSERT_TRUE(write_text(pipe->write_end, "hello"));
  EXPECT_EQ(poll(items, {}), PollOutcome::ready);
  EXPECT_TRUE(items[0].readable);
  EXPECT_FALSE(items[0].hung_up);
  EXPECT_EQ(items[0].bytes_ready, 5u);

  EXPECT_EQ(read_text(pipe->read_end), "hello");
  pipe->write_end = File();
  EXPECT_EQ(poll({&items[0], 1}, {}), PollOutcome::ready);
  EXPECT_TRUE(items[0].readable);
  EXPECT_TRUE(items[0].hung_up);
}

TEST(poll, regular_files_and_directories_are_ready_and_no_file_is_invalid) {
  const TemporaryDirectory directory;
  directory.write("file", "12345678");
  auto file = open_host_path(directory / "file", {.read = true, .write = true});
  auto folder = open_host_path(directory / ".", {.read = true, .directory = true});
  ASSERT_TRUE(file && folder);
  const File none;
  std::array<PollItem, 3> items = {PollItem{.file = &*file, .want_read = true, .want_write = true},
                                   PollItem{.file = &*folder, .want_read = true},
                                   PollItem{.file = &none, .want_read = true}};
  EXPECT_EQ(poll(items, {}), PollOutcome::ready);
  EXPECT_TRUE(items[0].readable && items[0].writable);
  EXPECT_EQ(items[0].bytes_ready, 8u);
  EXPECT_TRUE(items[1].readable);
  EXPECT_TRUE(items[2].invalid);
  EXPECT_FALSE(items[2].readable);
}

TEST(poll, another_thread_can_end_the_wait) {
  auto wake = WakeEvent::create();
  auto pipe = make_pipe();
  ASSERT_TRUE(wake && pipe);
  EXPECT_FALSE(wake->is_signalled());
  auto thread = Thread::start([&] {
    sleep_until(monotonic_ns() + 20 * ms);
    wake->signal();
  });
  ASSERT_TRUE(thread);
  PollItem item{.file = &pipe->read_end, .want_read = true};
  const uint64_t start = monotonic_ns();
  EXPECT_EQ(poll({&item, 1}, {.deadline_ns = start + 60'000 * ms, .wake = &*wake}),
            PollOutcome::woken);
  EXPECT_LT(monotonic_ns() - start, 30'000 * ms);
  // It stays signalled until it is cleared.
  EXPECT_TRUE(wake->is_signalled());
  EXPECT_TRUE(sleep_until(start + 60'000 * ms, &*wake));
  wake->clear();
  EXPECT_FALSE(wake->is_signalled());
  EXPECT_EQ(poll({&item, 1}, {.deadline_ns = 0, .wake = &*wake}), PollOutcome::timed_out);
}

TEST(poll, signals_do_not_end_the_wait) {
  struct sigaction action{};
  struct sigaction previous{};
  action.sa_handler = [](int) {};
  sigaction(SIGUSR1, &action, &previous);
  const pthread_t self = pthread_self();
  auto thread = Thread::start([&] {
    for (int i = 0; i < 10; ++i) {
      sleep_until(monotonic_ns() + 2 * ms);
      pthread_kill(self, SIGUSR1);
    }
  });
  ASSERT_TRUE(thread);
  const uint64_t deadline = monotonic_ns() + 40 * ms;
  EXPECT_EQ(poll({}, {.deadline_ns = deadline}), PollOutcome::timed_out);
  EXPECT_GE(monotonic_ns(), deadline);
  thread->join();
  sigaction(SIGUSR1, &previous, nullptr);
}

}  // namespace
}  // namespace waxwing::platform
