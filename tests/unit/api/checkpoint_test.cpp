// Calls of host functions that return again: what setjmp and longjmp do, over frames of any kind.
#include "waxwing/checkpoint.h"

#include <chrono>

#include "api_case.h"

namespace waxwing {
namespace {

using namespace std::chrono_literals;

/// A store of an engine with checkpoints, in which "env" "set" takes one and returns 0, and "env"
/// "jump" has that return again, with its argument.
class Checkpoints : public testing::TestWithParam<Tier> {
 protected:
  explicit Checkpoints(bool fuel = false)
      : engine(Config{.tier = GetParam(), .fuel = fuel, .checkpoints = true}) {
    require(linker.func("env", "set", [this](Caller& caller) -> Result<int32_t> {
      auto taken = caller.checkpoint();
      if (!taken) return std::unexpected(taken.error());
      checkpoint = *taken;
      return 0;
    }));
    require(linker.func("env", "jump", [this](Caller& caller, int32_t value) -> Result<> {
      ++jumps;
      const Counted counted{&ended};
      return caller.restore(*checkpoint, {value});
    }));
  }

  struct Counted {
    int* ended;
    ~Counted() { ++*ended; }
  };

  Instance instantiate(std::string_view wat) {
    return require(linker.instantiate(store, compile(engine, wat)));
  }

  Engine engine;
  Store store = require(Store::create(engine));
  Linker linker;
  std::optional<Checkpoint> checkpoint;
  int jumps = 0;
  int ended = 0;
};
INSTANTIATE_TEST_SUITE_P(in, Checkpoints, all_tiers, tier_name);

TEST_P(Checkpoints, are_bounded) {
  std::vector<Checkpoint> kept;
  std::optional<ErrorCode> refused;
  require(linker.func("env", "keep", [&](Caller& caller) {
    auto taken = caller.checkpoint();
    if (taken)
      kept.push_back(*taken);
    else
      refused = taken.error().code();
  }));
  const Instance instance = instantiate(R"((module
    (import "env" "keep" (func $keep))
    (func (export "run") (param i32)
      (loop (call $keep)
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))))");
  const auto run = require(instance.func<void(int32_t)>("run"));
  require(run(4096));
  EXPECT_FALSE(refused);
  require(run(1));
  EXPECT_EQ(refused, ErrorCode::resource_limit);
  kept.clear();
  refused.reset();
  require(run(1));
  EXPECT_FALSE(refused);
}

class SilentListener final : public FuncListener {
  bool before(const ListenedCall& /*call*/) override { return false; }
};

TEST_P(Checkpoints, are_not_listened_to) {
  EXPECT_EQ(store.set_listener(std::make_shared<SilentListener>()).error().code(),
            ErrorCode::unsupported);
  EXPECT_TRUE(store.set_listener(nullptr));
}

TEST_P(Checkpoints, return_again_with_the_frames_of_then) {
  const Instance instance = instantiate(R"((module
    (import "env" "set" (func $set (result i32)))
    (import "env" "jump" (func $jump (param i32)))
    (memory 1 100)
    (func $deep (param $depth i32) (param $a i64) (param $b f64) (result f64)
      (if (i32.eqz (local.get $depth)) (then
        (drop (memory.grow (i32.const 1)))
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
        (call $jump (i32.load (i32.const 0)))))
      (f64.add (local.get $b)
        (call $deep (i32.sub (local.get $depth) (i32.const 1)) (i64.const 1) (f64.const 2))))
    (func (export "run") (param $many i32) (result i32 i32 i64 f64 f32 v128 i32)
      (local $a i32) (local $b i64) (local $c f64) (local $d f32) (local $e v128)
      (i32.store (i32.const 0) (i32.const 0))
      (local.set $a (i32.const 5))
      (local.set $b (i64.const 6))
      (local.set $c (f64.const 0.75))
      (local.set $d (f32.const 0.5))
      (local.set $e (v128.const i32x4 1 2 3 4))
      (i32.const 1000)  ;; an operand that waits
      (if (result i32) (i32.lt_s (call $set) (local.get $many))
        (then
          (local.set $a (i32.const 50))
          (local.set $b (i64.const 60))
          (local.set $c (f64.const 7.5))
          (local.set $d (f32.const 5))
          (local.set $e (v128.const i32x4 9 9 9 9))
          (drop (call $deep (i32.const 10) (i64.const 1) (f64.const 1)))
          (unreachable))
        (else (i32.load (i32.const 0))))
      (i32.add)
      (local.get $a) (local.get $b) (local.get $c) (local.get $d) (local.get $e)
      (i32.load (i32.const 0)))))");
  for (const int32_t many : {1, 5, 2000}) {
    jumps = ended = 0;
    const auto results = require(require(instance.func("run")).call({many}));
    EXPECT_EQ(results[0].i32(), 1000 + many);
    EXPECT_EQ(results[1].i32(), 5);
    EXPECT_EQ(results[2].i64(), 6);
    EXPECT_EQ(results[3].f64(), 0.75);
    EXPECT_EQ(results[4].f32(), 0.5f);
    EXPECT_EQ(results[5].v128()->lanes<int32_t>()[3], 4);
    EXPECT_EQ(results[6].i32(), many);
    EXPECT_EQ(jumps, many);
    EXPECT_EQ(ended, many);  // the host's frames end as they do else
  }
}

TEST_P(Checkpoints, return_into_functions_that_have_returned) {
  const Instance instance = instantiate(R"((module
    (import "env" "set" (func $set (result i32)))
    (import "env" "jump" (func $jump (param i32)))
    (global $count (mut i32) (i32.const 0))
    (func $inner (param $x i32) (result i32)
      (i32.add (i32.mul (local.get $x) (i32.const 100)) (call $set)))
    (func (export "run") (result i32) (local $result i32)
      (local.set $result (call $inner (i32.const 3)))
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (if (i32.lt_s (global.get $count) (i32.const 4))
        (then (call $jump (global.get $count))))
      (local.get $result))))");
  const auto run = require(instance.func<int32_t()>("run"));
  EXPECT_EQ(require(run()), 303);
  EXPECT_EQ(jumps, 3);
}

constexpr const char* late = R"((module
  (import "env" "set" (func $set (result i32)))
  (import "env" "jump" (func $jump (param i32)))
  (import "env" "nest" (func $nest))
  (func (export "set") (result i32) (call $set))
  (func (export "jump") (call $jump (i32.const 1)))
  (func (export "set_and_nest") (drop (call $set)) (call $nest))
  (func (export "nest_twice") (call $nest) (call $nest))))";

TEST_P(Checkpoints, cannot_be_returned_to_when_the_call_has_ended_or_others_lie_between) {
  std::function<Result<>()> nested;
  require(linker.func("env", "nest", [&]() -> Result<> { return nested(); }));
  const Instance instance = instantiate(late);
  const auto set = require(instance.func<int32_t()>("set"));
  const auto jump = require(instance.func<void()>("jump"));
  const auto fails = [](const Result<>& result) {
    ASSERT_FALSE(result);
    ASSERT_TRUE(result.error().trap());
    EXPECT_EQ(result.error().trap()->code, TrapCode::host_error);
    EXPECT_NE(result.error().message().find("has ended"), std::string::npos)
        << result.error().message();
  };
  EXPECT_EQ(require(set()), 0);
  fails(jump());
  // A call of the host's in between.
  nested = [&] { return jump(); };
  fails(require(instance.func<void()>("set_and_nest"))());
  // Another activation at the same depth and place.
  bool is_first = true;
  nested = [&]() -> Result<> {
    if (!std::exchange(is_first, false)) return jump();
    require(set());
    return {};
  };
  fails(require(instance.func<void()>("nest_twice"))());
  // By calls that are looked at, too.
  is_first = true;
  nested = [&]() -> Result<> {
    auto done = require(instance.func(std::exchange(is_first, false) ? "set" : "jump")).call({});
    if (!done) return std::unexpected(done.error());
    return {};
  };
  fails(require(instance.func<void()>("nest_twice"))());
  EXPECT_EQ(require(set()), 0);
}

TEST_P(Checkpoints, of_an_inner_call_do_not_disturb_the_outer_one) {
  std::optional<Instance> instance;
  require(linker.func("env", "nest", [&](int32_t value) -> Result<int32_t> {
    const auto kept = checkpoint;
    const auto result = require(instance->func<int32_t(int32_t)>("run"))(value);
    checkpoint = kept;
    return result;
  }));
  instance = instantiate(R"((module
    (import "env" "set" (func $set (result i32)))
    (import "env" "jump" (func $jump (param i32)))
    (import "env" "nest" (func $nest (param i32) (result i32)))
    (func (export "run") (param $left i32) (result i32) (local $got i32)
      (local.set $got (call $set))
      (if (i32.eqz (local.get $got)) (then
        (if (local.get $left) (then
          (call $jump (i32.add (i32.const 10)
            (call $nest (i32.sub (local.get $left) (i32.const 1)))))))
        (call $jump (i32.const 1))))
      (i32.add (local.get $got) (local.get $left)))))");
  const auto run = require(instance->func<int32_t(int32_t)>("run"));
  EXPECT_EQ(require(run(0)), 1);
  EXPECT_EQ(require(run(1)), 10 + 1 + 1);
  EXPECT_EQ(require(run(5)), 5 * 10 + 1 + 5 + 4 + 3 + 2 + 1);
}

TEST_P(Checkpoints, keep_objects_that_only_they_refer_to) {
  const Instance instance = instantiate(R"((module
    (import "env" "set" (func $set (result i32)))
    (import "env" "jump" (func $jump (param i32)))
    (type $box (struct (field (mut i32))))
    (func $litter (local i32)
      (loop $more
        (drop (struct.new $box (local.get 0)))
        (local.set 0 (i32.add (local.get 0) (i32.const 1)))
        (br_if $more (i32.lt_u (local.get 0) (i32.const 1000000)))))
    (func (export "run") (result i32) (local $box (ref null $box)) (local $got i32)
      (local.set $box (struct.new $box (i32.const 77)))
      (local.set $got (call $set))
      (if (i32.lt_s (local.get $got) (i32.const 3)) (then
        (local.set $box (ref.null $box))
        (call $litter)
        (call $jump (i32.add (local.get $got) (i32.const 1)))))
      (struct.get $box 0 (local.get $box)))))");
  EXPECT_EQ(require(require(instance.func<int32_t()>("run"))()), 77);
  EXPECT_EQ(jumps, 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(require(require(instance.func<int32_t()>("run"))()), 77);
}

TEST_P(Checkpoints, lead_into_and_out_of_try_blocks) {
  const Instance instance = instantiate(R"((module
    (import "env" "set" (func $set (result i32)))
    (import "env" "jump" (func $jump (param i32)))
    (tag $tag (param i32))
    (func $jump_in_try (param i32)
      (block $caught (try_table (catch_all $caught) (call $jump (local.get 0))))
      unreachable)
    (func $throw (param i32) (throw $tag (local.get 0)))
    (func (export "run") (result i32) (local $count i32) (local $got i32)
      (local.set $count (i32.const 40))
      (block $caught (result i32)
        (try_table (catch $tag $caught)
          (local.set $got (call $set))
          (if (i32.eqz (local.get $got)) (then (call $jump_in_try (i32.const 2))))
          (call $throw (local.get $got)))
        unreachable)
      (i32.add (local.get $count)))))");
  EXPECT_EQ(require(require(instance.func<int32_t()>("run"))()), 42);
}

TEST_P(Checkpoints, of_tail_calls_return_to_the_callers_caller) {
  const Instance instance = instantiate(R"((module
    (import "env" "set" (func $set (result i32)))
    (import "env" "jump" (func $jump (param i32)))
    (func $tail_set (param i64) (result i32) (return_call $set))
    (func $tail_jump (param i32) (return_call $jump (local.get 0)))
    (func (export "run") (result i32) (local $a i32) (local $got i32)
      (local.set $a (i32.const 9))
      (local.set $got (call $tail_set (i64.const 1)))
      (if (i32.eqz (local.get $got)) (then
        (local.set $a (i32.const 1)) (call $tail_jump (i32.const 5))))
      (i32.add (i32.mul (local.get $a) (i32.const 10)) (local.get $got)))
    (func (export "only") (result i32) (return_call $set))))");
  EXPECT_EQ(require(require(instance.func<int32_t()>("run"))()), 95);
  EXPECT_EQ(require(require(instance.func<int32_t()>("only"))()), 0);
}

TEST_P(Checkpoints, reach_over_other_instances) {
  const Instance thrower = instantiate(R"((module
    (import "env" "jump" (func $jump (param i32)))
    (memory 1)
    (func (export "go") (param i32) (result i32)
      (i32.store (i32.const 0) (i32.const 1)) (call $jump (local.get 0)) (i32.const 1))))");
  require(linker.instance("other", thrower));
  const Instance instance = instantiate(R"((module
    (import "env" "set" (func $set (result i32)))
    (import "other" "go" (func $go (param i32) (result i32)))
    (memory 1)
    (func $down (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
        (else (call $go (i32.const 7)))))
    (func (export "run") (result i32) (local $got i32)
      (i32.store (i32.const 0) (i32.const 30))
      (local.set $got (call $set))
      (if (i32.eqz (local.get $got)) (then (return (call $down (i32.const 5)))))
      (i32.add (local.get $got) (i32.load (i32.const 0))))))");
  EXPECT_EQ(require(require(instance.func<int32_t()>("run"))()), 37);
}

TEST_P(Checkpoints, have_all_results_of_their_function) {
  const FuncType type{{ValKind::i32},
                      {ValKind::i32, ValKind::i64, ValKind::f64, ValKind::v128, externref,
                       ValKind::f32, ValKind::i64, ValKind::i64, ValKind::i64, ValKind::i64}};
  const Ref text = require(Ref::host(store, std::string("text")));
  const V128 vector = V128::from_lanes(std::array<int64_t, 2>{7, 8});
  const std::vector<Value> values = {1,    int64_t{2}, 3.0,        vector,     text,
                                     4.0f, int64_t{5}, int64_t{6}, int64_t{7}, int64_t{8}};
  require(linker.func(
      "env", "many",
      HostFunc(type,
               [&](Caller& caller, std::span<const Value>, std::span<Value> results) -> Result<> {
                 checkpoint = require(caller.checkpoint());
                 for (size_t i = 0; i < results.size(); ++i)
                   if (type.results[i].kind() == ValKind::i64) results[i] = int64_t{0};
                 results[0] = 0;
                 results[2] = 0.0;
                 results[3] = V128();
                 results[4] = Ref();
                 results[5] = 0.0f;
                 return {};
               })));
  require(linker.func("env", "jump_many", [&](Caller& caller) -> Result<> {
    EXPECT_EQ(caller.restore(*checkpoint, {1}).error().code(), ErrorCode::wrong_type);
    auto wrong = values;
    wrong[9] = 1;
    EXPECT_EQ(caller.restore(*checkpoint, wrong).error().code(), ErrorCode::wrong_type);
    return caller.restore(*checkpoint, values);
  }));
  const Instance instance = instantiate(R"((module
    (type $many (func (param i32) (result i32 i64 f64 v128 externref f32 i64 i64 i64 i64)))
    (import "env" "many" (func $many (type $many)))
    (import "env" "jump_many" (func $jump))
    (func (export "run") (type $many) (local $a i64)
      (local i32 i64 f64 v128 externref f32 i64 i64 i64)
      (call $many (i32.const 1))
      (local.set $a)
      (local.set 10) (local.set 9) (local.set 8) (local.set 7) (local.set 6) (local.set 5)
      (local.set 4) (local.set 3) (local.set 2)
      (if (i64.eqz (local.get $a)) (then (call $jump)))
      (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7)
      (local.get 8) (local.get 9) (local.get 10) (local.get $a))))");
  const auto results = require(require(instance.func("run")).call({1}));
  ASSERT_EQ(results.size(), values.size());
  for (size_t i = 0; i < results.size(); ++i)
    EXPECT_EQ(results[i].to_string(), values[i].to_string()) << i;
  EXPECT_EQ(*results[4].ref()->host<std::string>(), "text");
}

constexpr const char* endless = R"((module
  (import "env" "set" (func $set (result i32)))
  (import "env" "jump" (func $jump (param i32)))
  (func $forever (export "forever") (call $jump (call $set)))
  (func $down (param i32) (call $down (i32.const 1)) (call $down (i32.const 2)))
  (func (export "overflow")
    (if (i32.eqz (call $set)) (then (call $jump (i32.const 1))))
    (call $down (i32.const 0)))))";

TEST_P(Checkpoints, do_not_keep_a_guest_from_being_stopped) {
  const Instance instance = instantiate(endless);
  const auto stopped = require(instance.func("forever")).call({}, {.timeout = 50ms});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().trap()->code, TrapCode::deadline_exceeded);
  const auto overflown = require(instance.func<void()>("overflow"))();
  ASSERT_FALSE(overflown);
  EXPECT_EQ(overflown.error().trap()->code, TrapCode::call_stack_exhausted);
  EXPECT_EQ(overflown.error().trap()->frames.size(), 100u);
  EXPECT_EQ(require(instance.func("overflow")).call({}).error().trap()->code,
            TrapCode::call_stack_exhausted);
}

class CountedCheckpoints : public Checkpoints {
 protected:
  CountedCheckpoints() : Checkpoints(true) {}
};
INSTANTIATE_TEST_SUITE_P(in, CountedCheckpoints, all_tiers, tier_name);

TEST_P(CountedCheckpoints, use_fuel) {
  const Instance instance = instantiate(endless);
  store.set_fuel(10'000);
  const auto stopped = require(instance.func<void()>("forever"))();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().trap()->code, TrapCode::out_of_fuel);
  EXPECT_EQ(store.fuel(), 0u);
  EXPECT_GT(jumps, 100);
  const int before = jumps;
  store.set_fuel(10'000);
  EXPECT_FALSE(require(instance.func<void()>("forever"))());
  EXPECT_EQ(jumps, 2 * before);
}

TEST_P(Checkpoints, are_refused_where_they_make_no_sense) {
  // The host's own call of a host function.
  const Func set = require(make_func(store, HostFunc([](Caller& caller) -> Result<> {
                                       const auto taken = caller.checkpoint();
                                       EXPECT_FALSE(taken);
                                       EXPECT_EQ(taken.error().code(), ErrorCode::invalid_argument);
                                       return {};
                                     })));
  require(set.call({}));
  // The same in the middle of another call.
  require(linker.func("env", "nest", [&]() -> Result<> {
    require(set.call({}));
    return {};
  }));
  const Instance instance = instantiate(late);
  require(require(instance.func<void()>("set_and_nest"))());

  Store other = require(Store::create(engine));
  const Func jump = require(make_func(other, HostFunc([&](Caller& caller) -> Result<> {
                                        const auto error = caller.restore(*checkpoint, {1});
                                        EXPECT_EQ(error.error().code(), ErrorCode::wrong_store);
                                        return {};
                                      })));
  require(jump.call({}));

  const Engine plain(Config{.tier = GetParam()});
  Store plain_store = require(Store::create(plain));
  const auto refused =
      require(linker.instantiate(plain_store, compile(plain, late))).func<int32_t()>("set");
  const auto result = require(refused)();
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message().find("Config::checkpoints"), std::string::npos);

  require(store.close());
  checkpoint.reset();
}

TEST_P(Checkpoints, may_outlive_their_store) {
  require(linker.func("env", "nest", [] {}));
  const Instance instance = instantiate(late);
  require(require(instance.func<int32_t()>("set"))());
  const Checkpoint copy = *checkpoint;
  require(store.close());
  checkpoint = copy;
}

}  // namespace
}  // namespace waxwing
