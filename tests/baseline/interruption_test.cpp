// Calls that are asked to end at random moments, in guests that would never end: none is lost, and
// none hits another call. How much a guest still does then is for stopped_work_test.cpp to count.
#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "endless_guests.h"
#include "world.h"

namespace waxwing::baseline {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;
using syntax::TrapCode;

/// Of every guest; there are more than 20.
constexpr int interruptions = 50;

void spin_for(nanoseconds duration) {
  const auto end = std::chrono::steady_clock::now() + duration;
  while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
}

class Interruptions : public WorldTest {
 protected:
  Interruptions() : WorldTest(runtime::StoreLimits()) {}

  static std::string trap_text(TrapCode code) {
    return "trap " + std::to_string(static_cast<int>(code));
  }

  /// Does `work`, whose outermost call is asked to end after a random time. What `work` says.
  template <typename Work>
  std::string interrupt(const Work& work, TrapCode reason) {
    const nanoseconds delay = microseconds(std::uniform_int_distribution(0, 1000)(random_));
    const uint64_t call = store_->current_call();
    std::thread other([&] {
      spin_for(delay);
      store_->interrupt(call, reason);
    });
    std::string result = work();
    other.join();
    return result;
  }

  std::mt19937 random_{2024};
};

INSTANTIATE_TEST_SUITE_P(ways, Interruptions, testing::ValuesIn(all_ways()),
                         [](const auto& way) { return way.param.name; });

TEST_P(Interruptions, no_guest_goes_on_for_ever) {
  for (const EndlessGuest& guest : endless_guests) {
    SCOPED_TRACE(guest.name);
    ASSERT_NE(add(std::string(guest.name), module_of(guest)), nullptr);
    for (int i = 0; i < interruptions; ++i) {
      const TrapCode reason = i % 2 == 0 ? TrapCode::interrupted : TrapCode::deadline_exceeded;
      ASSERT_EQ(interrupt([&] { return run("run"); }, reason), trap_text(reason));
      ASSERT_EQ(run("answer"), "42");
    }
  }
}

TEST_P(Interruptions, a_start_function_can_be_stopped) {
  const auto bytes = text::assemble("(module (memory 1) (func $f (loop $l (br $l))) (start $f))");
  ASSERT_TRUE(bytes);
  const auto compiled = engine_.compile(*bytes);
  ASSERT_TRUE(compiled);
  for (int i = 0; i < interruptions; ++i) {
    const auto instantiate = [&]() -> std::string {
      const auto instance = linker_.instantiate(*store_, *compiled, "starts");
      if (instance) return "an instance";
      const auto* trap = std::get_if<runtime::Trap>(&instance.error());
      return trap ? trap_text(trap->code) : "an error";
    };
    ASSERT_EQ(interrupt(instantiate, TrapCode::interrupted), trap_text(TrapCode::interrupted));
  }
}

TEST_P(Interruptions, the_search_for_a_handler_is_stopped) {
  runtime::HostFunc stop;
  stop.type = {{}, {}};
  stop.code = [](void*, runtime::Caller& caller, runtime::Slot*) {
    caller.store.interrupt(caller.store.current_call(), TrapCode::interrupted);
    return runtime::Outcome::returned;
  };
  ASSERT_TRUE(linker_.define_func(*store_, "host", "stop", stop));
  for (const size_t clauses : {1u, 10'000u}) {
    std::string text = R"((module (import "host" "stop" (func $stop)) (tag $odd) (tag $other)
      (func (export "run") (block $h (try_table)";
    for (size_t i = 0; i < clauses; ++i) text += " (catch $other $h)";
    ASSERT_TRUE(add(std::to_string(clauses), text + "(call $stop) (throw $odd)))))"));
    const TrapCode expected = clauses == 1 ? TrapCode::uncaught_exception : TrapCode::interrupted;
    EXPECT_EQ(run("run"), trap_text(expected)) << clauses;
  }
}

TEST_P(Interruptions, a_request_hits_the_call_it_is_meant_for_and_no_other) {
  add("m", R"((module (func (export "run") (param $n i32) (result i32) (local $sum i32)
    (loop $l (local.set $sum (i32.add (local.get $sum) (local.get $n)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))))");
  std::atomic<uint64_t> target = 0;  // the newest call that is to be asked, until `done`
  std::atomic<bool> done = false;
  std::thread other([&] {
    uint64_t asked = 0;
    while (!done) {
      const uint64_t call = target;
      if (call == asked) {
        std::this_thread::yield();
        continue;
      }
      store_->interrupt(call, TrapCode::interrupted);
      asked = call;
    }
  });
  int hits = 0;
  for (uint32_t i = 0; i < 2000; ++i) {
    const uint32_t count = 1 + random_() % 4096;
    target = store_->current_call();
    const std::string result = run("run", {count});
    if (result == trap_text(TrapCode::interrupted)) {
      ++hits;
    } else {
      EXPECT_EQ(result, std::to_string(static_cast<int32_t>(count * (count + 1) / 2)));
    }
    // The request may come now, too late.
    EXPECT_EQ(run("run", {100}), "5050");
  }
  done = true;
  other.join();
  RecordProperty("hits", hits);
}

TEST_P(Interruptions, a_request_between_calls_ends_the_next_one_alone) {
  add("m", R"((module (func (export "run") (result i32) (i32.const 42))))");
  for (int i = 0; i < 10; ++i) {
    const uint64_t next = store_->current_call();
    store_->interrupt(next, TrapCode::deadline_exceeded);
    EXPECT_EQ(run("run"), trap_text(TrapCode::deadline_exceeded));
    store_->interrupt(next, TrapCode::interrupted);
    EXPECT_EQ(run("run"), "42");
    store_->interrupt(next, TrapCode::interrupted);
    EXPECT_EQ(run("run"), "42");
  }
}

}  // namespace
}  // namespace waxwing::baseline
