// Requests to stop that a signal handler makes in the thread that runs the guest: wherever the
// thread is, in machine code, in the runtime, asleep, or in the middle of another such request.
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <random>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

#include "build_kind.h"
#include "endless_guests.h"
#include "world.h"

namespace waxwing::baseline {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;
using syntax::TrapCode;

/// Of every guest; there are more than 20.
constexpr int requests = 20;

// What the handler asks for.
constinit std::atomic<runtime::Store*> target = nullptr;
constinit std::atomic<uint64_t> target_call = 0;  // 0: whichever is the current one
constinit std::atomic<uint32_t> signals = 0;

void on_timer(int) {
  const int saved = errno;
  errno = 0;
  if (runtime::Store* const store = target.load()) {
    const uint64_t call = target_call.load();
    store->interrupt(call == 0 ? store->current_call() : call, TrapCode::interrupted);
    signals.fetch_add(1);
  }
  if (errno != 0) std::abort();  // the thread that was stopped here would see it
  errno = saved;
}

/// Signals for the calling thread, from now on and as long as it lives.
class Timer {
 public:
  Timer(nanoseconds first, nanoseconds interval) {
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGRTMIN;
    event._sigev_un._tid = static_cast<pid_t>(::syscall(SYS_gettid));
    EXPECT_EQ(::timer_create(CLOCK_MONOTONIC, &event, &timer_), 0);
    set(first, interval);
  }
  ~Timer() {
    set({}, {});
    ::timer_delete(timer_);
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

 private:
  static timespec time_of(nanoseconds time) {
    return {.tv_sec = time.count() / 1'000'000'000, .tv_nsec = time.count() % 1'000'000'000};
  }
  void set(nanoseconds first, nanoseconds interval) {
    const itimerspec times{.it_interval = time_of(interval), .it_value = time_of(first)};
    EXPECT_EQ(::timer_settime(timer_, 0, &times, nullptr), 0);
  }
  timer_t timer_{};
};

std::string text_of(TrapCode code) { return "trap " + std::to_string(static_cast<int>(code)); }

class Signals : public WorldTest {
 protected:
  Signals() : WorldTest(runtime::StoreLimits()) {
    install(0);
    target_call = 0;
    target = store_.get();
  }
  ~Signals() override {
    target = nullptr;
    ::sigaction(SIGRTMIN, &before_, nullptr);
  }

  void SetUp() override {
    if (!delivers_signals_at_once) GTEST_SKIP() << "signals wait here";
  }

  void install(int stack_flag) {
    struct sigaction action{};
    action.sa_handler = &on_timer;
    action.sa_flags = stack_flag;
    struct sigaction replaced{};
    ASSERT_EQ(::sigaction(SIGRTMIN, &action, &replaced), 0);
    if (!is_installed_) before_ = replaced;
    is_installed_ = true;
  }

  nanoseconds random_time(int most_us) {
    return microseconds(std::uniform_int_distribution(1, most_us)(random_));
  }

  std::mt19937 random_{7};

 private:
  bool is_installed_ = false;
  struct sigaction before_{};
};

INSTANTIATE_TEST_SUITE_P(ways, Signals, testing::ValuesIn(all_ways()),
                         [](const auto& way) { return way.param.name; });

TEST_P(Signals, a_handler_stops_the_guest_of_its_own_thread) {
  for (const EndlessGuest& guest : endless_guests) {
    SCOPED_TRACE(guest.name);
    ASSERT_NE(add(std::string(guest.name), module_of(guest)), nullptr);
    for (int i = 0; i < requests; ++i) {
      // On the guest's stack, which always has room for a small handler, and on the thread's other.
      install(i % 2 == 0 ? 0 : SA_ONSTACK);
      target_call = store_->current_call();
      const Timer timer(random_time(1000), {});
      ASSERT_EQ(run("run"), text_of(TrapCode::interrupted));
      ASSERT_EQ(run("answer"), "42");
    }
  }
}

TEST_P(Signals, requests_for_one_call_never_end_another_one) {
  add("m", R"((module (func (export "run") (param $n i32) (result i32) (local $sum i32)
    (loop $l (local.set $sum (i32.add (local.get $sum) (local.get $n)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))))");
  target_call = UINT64_MAX;
  const Timer timer(microseconds(20), microseconds(20));
  int hits = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto count = std::uniform_int_distribution<uint32_t>(1, 20000)(random_);
    target_call = store_->current_call();
    const std::string result = run("run", {count});
    if (result == text_of(TrapCode::interrupted))
      ++hits;
    else
      ASSERT_EQ(result, std::to_string(static_cast<int32_t>(count * (count + 1) / 2)));
    // Signals for the former call come all the time.
    ASSERT_EQ(run("run", {100}), "5050");
  }
  EXPECT_GT(hits, 0);
}

TEST_P(Signals, requests_may_come_while_calls_begin_and_end_and_instances_are_made) {
  const auto bytes = text::assemble(R"((module (memory (export "m") 1 2 shared)
    (type $s (struct (field i32)))
    (func $f (result i32) (struct.get $s 0 (struct.new $s (i32.const 42))))
    (func (export "run") (result i32)
      (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 2000)))
      (call $f))))");
  ASSERT_TRUE(bytes);
  const auto compiled = engine_.compile(*bytes);
  ASSERT_TRUE(compiled);
  signals = 0;
  int traps = 0;
  {
    const Timer timer(microseconds(15), microseconds(15));
    for (int i = 0; i < 400; ++i) {
      const auto instance = linker_.instantiate(*store_, *compiled, "m");
      ASSERT_TRUE(instance) << "no code of the guest runs in it";
      last_ = *instance;
      for (int call = 0; call < 3; ++call) {
        const std::string result = run("run");
        if (result != "42") {
          ASSERT_EQ(result, text_of(TrapCode::interrupted));
          ++traps;
        }
      }
    }
  }
  EXPECT_GT(signals, 100u);
  EXPECT_GT(traps, 0);
  // The last request may have been for the next call.
  if (const std::string last = run("run"); last != "42") {
    EXPECT_EQ(last, text_of(TrapCode::interrupted));
  }
  EXPECT_EQ(run("run"), "42");
}

TEST_P(Signals, a_request_between_calls_is_not_lost) {
  add("m", R"((module (func (export "run") (loop $l (br $l)))))");
  for (int i = 0; i < 300; ++i) {
    // Two: the second may come while the end of the first call cleans up.
    target_call = 0;
    const Timer timer(random_time(100), {});
    ASSERT_EQ(run("run"), text_of(TrapCode::interrupted));
    const uint64_t next = store_->current_call();
    target_call = next;
    ASSERT_EQ(::raise(SIGRTMIN), 0);
    ASSERT_EQ(run("run"), text_of(TrapCode::interrupted));
    ASSERT_EQ(store_->current_call(), next + 1);
  }
}

TEST_P(Signals, handlers_and_threads_may_ask_at_once) {
  add("m", R"((module (func (export "run") (loop $l (br $l)))))");
  std::atomic<bool> is_done = false;
  std::thread other([&] {
    while (!is_done) {
      store_->interrupt(store_->current_call(), TrapCode::deadline_exceeded);
      std::this_thread::yield();
    }
  });
  {
    const Timer timer(microseconds(10), microseconds(10));
    for (int i = 0; i < 1000; ++i) {
      const std::string result = run("run");
      if (result != text_of(TrapCode::interrupted)) {
        ASSERT_EQ(result, text_of(TrapCode::deadline_exceeded));
      }
    }
    is_done = true;
  }
  other.join();
}

}  // namespace
}  // namespace waxwing::baseline
