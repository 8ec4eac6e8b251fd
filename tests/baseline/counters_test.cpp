// Tests of what functions count for a later tier.
#include "world.h"

namespace waxwing::baseline {
namespace {

using syntax::FuncIdx;

constexpr std::string_view module_text = R"((module
  (import "host" "call" (func $call (param funcref) (result i32)))
  (type $f (func (param i32) (result i32)))
  (tag $odd (param i32))
  (func $plain (export "plain"))
  (func $nested (export "nested") (param $n i32) (local $i i32) (local $j i32)
    (loop $outer
      (local.set $j (i32.const 0))
      (loop $inner
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (br_if $inner (i32.lt_u (local.get $j) (i32.const 10))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $outer (i32.lt_u (local.get $i) (local.get $n)))))
  (func $down (export "down") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 0))
      (else (return_call $down (i32.sub (local.get 0) (i32.const 1))))))
  (func $catches (export "catches") (param $n i32) (result i32)
    (local.get $n)
    (loop $again (param i32) (result i32)
      (local.set $n)
      (if (i32.eqz (local.get $n)) (then (return (i32.const 7))))
      (try_table (catch $odd $again)
        (throw $odd (i32.sub (local.get $n) (i32.const 1))))
      (i32.const 0)))
  (func $deep (export "deep") (call $deep))
  (func $traps (export "traps") (unreachable))
  (func (export "never") (loop $next (br $next)))))";

/// Every way that makes machine code, with counters.
std::vector<Way> counting_ways() {
  std::vector<Way> ways;
  for (Way& way : all_ways()) {
    if (way.config.tier == engine::Tier::interpreter) continue;
    way.config.codegen.counters = true;
    ways.push_back(way);
    way.config.codegen.lazy = true;
    way.name += "_lazily";
    ways.push_back(way);
  }
  return ways;
}

class Counters : public WorldTest {
 protected:
  Counters() : WorldTest(runtime::StoreLimits{}) {}

  /// Of the defined function of that number: calls and loop headers.
  std::pair<uint64_t, uint64_t> counted(uint32_t defined) {
    const abi::FuncCounters* counters = last_->counters(FuncIdx(defined + 1u));
    if (!counters) {
      ADD_FAILURE() << "the code does not count";
      return {};
    }
    return {counters->entries.load(), counters->loop_headers.load()};
  }
};

using Counts = std::pair<uint64_t, uint64_t>;

INSTANTIATE_TEST_SUITE_P(ways, Counters, testing::ValuesIn(counting_ways()),
                         [](const auto& way) { return way.param.name; });

TEST_P(Counters, calls_and_iterations_are_counted) {
  ASSERT_TRUE(add("m", module_text));
  EXPECT_EQ(counted(0), Counts(0, 0));
  EXPECT_EQ(run("plain"), "");
  EXPECT_EQ(run("plain"), "");
  EXPECT_EQ(counted(0), Counts(2, 0));
  EXPECT_EQ(run("nested", {3}), "");
  EXPECT_EQ(counted(1), Counts(1, 3 + 30));
  EXPECT_EQ(run("nested", {1}), "");
  EXPECT_EQ(counted(1), Counts(2, 33 + 11));
  EXPECT_EQ(counted(0), Counts(2, 0));
}

TEST_P(Counters, tail_calls_are_calls) {
  ASSERT_TRUE(add("m", module_text));
  EXPECT_EQ(run("down", {1000}), "0");
  EXPECT_EQ(counted(2), Counts(1001, 0));
}

TEST_P(Counters, an_exception_that_goes_to_a_loop_is_an_iteration) {
  ASSERT_TRUE(add("m", module_text));
  EXPECT_EQ(run("catches", {5}), "7");
  EXPECT_EQ(counted(3), Counts(1, 6));
}

TEST_P(Counters, traps_do_not_undo_what_was_counted) {
  ASSERT_TRUE(add("m", module_text));
  EXPECT_TRUE(run("deep").starts_with("trap "));
  EXPECT_GT(counted(4).first, 1000u);
  EXPECT_TRUE(run("traps").starts_with("trap "));
  EXPECT_EQ(counted(5), Counts(1, 0));
  EXPECT_EQ(counted(6), Counts(0, 0));
}

TEST_P(Counters, instances_count_for_themselves) {
  ASSERT_TRUE(add("first", module_text));
  EXPECT_EQ(run("plain"), "");
  ASSERT_TRUE(add("second", module_text));
  EXPECT_EQ(counted(0), Counts(0, 0));
}

class Uncounted : public WorldTest {};

INSTANTIATE_TEST_SUITE_P(ways, Uncounted, testing::ValuesIn(all_ways()),
                         [](const auto& way) { return way.param.name; });

TEST_P(Uncounted, there_are_no_counters_unless_asked_for) {
  ASSERT_TRUE(add("m", module_text));
  EXPECT_EQ(last_->counters(FuncIdx(1u)), nullptr);
}

}  // namespace
}  // namespace waxwing::baseline
