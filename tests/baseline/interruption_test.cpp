// Calls that are asked to end at random moments, in guests that would never end: none is lost, and
// none hits another call. Late is who uses much of the processor after the request. A machine at
// work can take that from anyone now and then, so it is the median of all requests that is judged.
#include <algorithm>
#include <chrono>
#include <pthread.h>
#include <random>
#include <thread>
#include <time.h>
#include <vector>

#include "world.h"

namespace waxwing::baseline {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;
using syntax::TrapCode;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WAXWING_SLOW_BUILD
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WAXWING_SLOW_BUILD
#endif
#endif

#if defined(WAXWING_SLOW_BUILD) || !defined(NDEBUG)
constexpr nanoseconds most_late = std::chrono::milliseconds(100);
#else
constexpr nanoseconds most_late = std::chrono::milliseconds(10);
#endif

/// Of every guest; there are more than 20.
constexpr int interruptions = 50;

struct Guest {
  std::string_view name;
  std::string_view fields;  // of a module whose "run" never returns
};

constexpr Guest guests[] = {
    {"empty_loop", R"((func (export "run") (loop $l (br $l))))"},
    {"counting_loop", R"((func (export "run") (local $i i64)
       (loop $l (local.set $i (i64.add (local.get $i) (i64.const 1)))
         (br_if $l (i64.ne (local.get $i) (i64.const 0))))))"},
    {"nested_loops", R"((func (export "run") (local $i i32)
       (loop $outer (local.set $i (i32.const 3))
         (loop $inner (br_if $inner (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
         (br $outer))))"},
    {"jump_table", R"((func (export "run") (local $i i32)
       (loop $a (loop $b (local.set $i (i32.add (local.get $i) (i32.const 1)))
         (br_table $a $b $a (i32.and (local.get $i) (i32.const 3)))))))"},
    {"nested_calls", R"((func $h (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
       (func $g (param i32) (result i32) (call $h (call $h (local.get 0))))
       (func (export "run") (local $i i32)
         (loop $l (local.set $i (call $g (local.get $i))) (br $l))))"},
    {"recursion", R"((func $f (param $n i32) (result i32)
         (if (result i32) (local.get $n)
           (then (i32.add (call $f (i32.sub (local.get $n) (i32.const 1)))
                          (call $f (i32.sub (local.get $n) (i32.const 1)))))
           (else (i32.const 1))))
       (func (export "run") (drop (call $f (i32.const 100)))))"},
    {"deep_recursion", R"((func $f (param $n i32) (if (local.get $n)
         (then (call $f (i32.sub (local.get $n) (i32.const 1)))
               (call $f (i32.sub (local.get $n) (i32.const 1))))))
       (func (export "run") (call $f (i32.const 20000))))"},
    {"indirect_calls", R"((type $t (func (param i32) (result i32)))
       (table funcref (elem $f $g))
       (func $f (type $t) (i32.const 1)) (func $g (type $t) (i32.const 0))
       (func (export "run") (local $i i32) (loop $l
         (local.set $i (call_indirect (type $t) (local.get $i) (local.get $i))) (br $l))))"},
    {"typed_references", R"((type $t (func)) (elem declare func $f) (func $f (type $t))
       (func (export "run") (local $r (ref null $t)) (local.set $r (ref.func $f))
         (loop $l (call_ref $t (local.get $r)) (br $l))))"},
    {"tail_calls", R"((func $f (param i32) (return_call $g (local.get 0) (i64.const 1)))
       (func $g (param i32 i64) (return_call $f (i32.add (local.get 0) (i32.const 1))))
       (func (export "run") (return_call $f (i32.const 0))))"},
    {"indirect_tail_calls", R"((type $t (func (param i32))) (table funcref (elem $f))
       (func $f (type $t) (return_call_indirect (type $t) (local.get 0) (i32.const 0)))
       (func (export "run") (return_call $f (i32.const 0))))"},
    {"host_calls", R"((import "host" "call" (func $call (param funcref) (result i32)))
       (elem declare func $f) (func $f (result i32) (i32.const 1))
       (func (export "run") (loop $l (br_if $l (call $call (ref.func $f))))))"},
    {"loop_below_the_host", R"((import "host" "call" (func $call (param funcref) (result i32)))
       (elem declare func $f $g) (func $f (result i32) (loop $l (br $l)) (i32.const 1))
       (func $g (result i32) (call $call (ref.func $f)))
       (func (export "run") (drop (call $call (ref.func $g)))))"},
    {"memory_growth", R"((memory 1 3) (func (export "run")
       (loop $l (drop (memory.grow (i32.const 0))) (drop (memory.grow (i32.const 1))) (br $l))))"},
    {"memory_fill", R"((memory 16384) (func (export "run")
       (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x40000000)) (br $l))))"},
    {"memory_copy", R"((memory 16384) (func (export "run")
       (loop $l (memory.copy (i32.const 1) (i32.const 0) (i32.const 0x3fffffff)) (br $l))))"},
    {"table_fill", R"((table 9000000 funcref) (func (export "run")
       (loop $l (table.fill (i32.const 0) (ref.null func) (i32.const 9000000)) (br $l))))"},
    {"table_copy", R"((table 9000000 funcref) (func (export "run")
       (loop $l (table.copy (i32.const 0) (i32.const 1) (i32.const 8999999)) (br $l))))"},
    {"table_growth", R"((elem declare func $f) (func $f) (func (export "run")
       (loop $l (drop (table.grow $t (ref.func $f) (i32.const 1000000))) (br $l)))
       (table $t 0 funcref))"},
    {"objects", R"((type $s (struct (field (ref null $s)) (field i64)))
       (func (export "run") (local $r (ref null $s)) (local $i i32)
         (loop $l
           (local.set $r (struct.new $s (local.get $r) (i64.const 1)))
           (if (i32.eqz (i32.and (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                                 (i32.const 0xfff)))
             (then (local.set $r (ref.null $s))))
           (br $l))))"},
    {"objects_beside_a_long_list", R"((type $s (struct (field (ref null $s)) (field i64)))
       (global $list (mut (ref null $s)) (ref.null $s))
       (func $start (local $i i32) (loop $l
         (global.set $list (struct.new $s (global.get $list) (i64.const 1)))
         (br_if $l (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                           (i32.const 1000000)))))
       (start $start)
       (func (export "run") (loop $l (drop (struct.new $s (ref.null $s) (i64.const 1))) (br $l))))"},
    {"array_fill", R"((type $a (array (mut i64)))
       (global $a (ref $a) (array.new_default $a (i32.const 16000000)))
       (func (export "run") (loop $l
         (array.fill $a (global.get $a) (i32.const 0) (i64.const 7) (i32.const 16000000)) (br $l))))"},
    {"array_copy", R"((type $a (array (mut i64)))
       (global $a (ref $a) (array.new_default $a (i32.const 16000000)))
       (func (export "run") (loop $l (array.copy $a $a (global.get $a) (i32.const 1)
         (global.get $a) (i32.const 0) (i32.const 15999999)) (br $l))))"},
    {"array_new", R"((type $a (array (mut v128))) (func (export "run")
       (loop $l (drop (array.new $a (v128.const i64x2 1 2) (i32.const 250000))) (br $l))))"},
    {"exceptions", R"((tag $e (param i32)) (func $throw (throw $e (i32.const 1)))
       (func (export "run") (loop $l (block $caught (result i32)
         (try_table (catch $e $caught) (call $throw)) (unreachable)) (drop) (br $l))))"},
    {"exceptions_caught_by_a_loop", R"((tag $e) (func $throw (throw $e))
       (func (export "run") (loop $l (try_table (catch $e $l) (call $throw)))))"},
    {"endless_wait", R"((memory 1 1 shared) (func (export "run")
       (loop $l (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))) (br $l))))"},
    {"short_waits", R"((memory 1 1 shared) (func (export "run")
       (loop $l (drop (memory.atomic.wait64 (i32.const 8) (i64.const 0) (i64.const 1000)))
         (br $l))))"},
};

nanoseconds time_of(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

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

  /// Does `work`, whose outermost call is asked to end after a random time. What `work` says; sets
  /// `late` to the processor time from when the request was made to the end of `work`.
  template <typename Work>
  std::string interrupt(const Work& work, TrapCode reason, nanoseconds& late) {
    const nanoseconds delay = microseconds(std::uniform_int_distribution(0, 1000)(random_));
    const uint64_t call = store_->current_call();
    clockid_t guest_clock{};
    EXPECT_EQ(::pthread_getcpuclockid(::pthread_self(), &guest_clock), 0);
    nanoseconds asked{};
    std::thread other([&] {
      spin_for(delay);
      store_->interrupt(call, reason);
      asked = time_of(guest_clock);
    });
    std::string result = work();
    const nanoseconds ended = time_of(guest_clock);
    other.join();
    late = ended - asked;
    return result;
  }

  std::mt19937 random_{2024};
};

INSTANTIATE_TEST_SUITE_P(ways, Interruptions, testing::ValuesIn(all_ways()),
                         [](const auto& way) { return way.param.name; });

TEST_P(Interruptions, no_guest_goes_on_for_long) {
  for (const Guest& guest : guests) {
    SCOPED_TRACE(guest.name);
    const std::string module = "(module " + std::string(guest.fields) +
                               R"((func (export "answer") (result i32) (i32.const 42))))";
    ASSERT_NE(add(std::string(guest.name), module), nullptr);
    std::vector<nanoseconds> all_late;
    for (int i = 0; i < interruptions; ++i) {
      const TrapCode reason = i % 2 == 0 ? TrapCode::interrupted : TrapCode::deadline_exceeded;
      nanoseconds late{};
      ASSERT_EQ(interrupt([&] { return run("run"); }, reason, late), trap_text(reason));
      ASSERT_EQ(run("answer"), "42");
      all_late.push_back(late);
    }
    std::ranges::sort(all_late);
    EXPECT_LT(all_late[interruptions / 2], most_late);
    const auto latest = std::chrono::duration_cast<microseconds>(all_late.back());
    RecordProperty(std::string(guest.name) + "_latest_us", std::to_string(latest.count()));
  }
}

TEST_P(Interruptions, a_start_function_can_be_stopped) {
  const auto bytes = text::assemble("(module (memory 1) (func $f (loop $l (br $l))) (start $f))");
  ASSERT_TRUE(bytes);
  const auto compiled = engine_.compile(*bytes);
  ASSERT_TRUE(compiled);
  for (int i = 0; i < interruptions; ++i) {
    nanoseconds late{};
    const auto instantiate = [&]() -> std::string {
      const auto instance = linker_.instantiate(*store_, *compiled, "starts");
      if (instance) return "an instance";
      const auto* trap = std::get_if<runtime::Trap>(&instance.error());
      return trap ? trap_text(trap->code) : "an error";
    };
    ASSERT_EQ(interrupt(instantiate, TrapCode::interrupted, late),
              trap_text(TrapCode::interrupted));
    EXPECT_LT(late, most_late);
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
