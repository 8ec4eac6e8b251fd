// Calls by slots, in and out: what is written where, and how they fail.
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "api_case.h"

namespace waxwing {
namespace {

class Slots : public Tiers {};
INSTANTIATE_TEST_SUITE_P(in, Slots, all_tiers, tier_name);

const FuncType no_type = {};

TEST_P(Slots, host_functions_find_arguments_and_leave_results) {
  const FuncType type{.params = {ValKind::v128, ValKind::i32, ValKind::f32},
                      .results = {ValKind::i32, ValKind::v128, ValKind::i32}};
  require(linker.func("env", "turn",
                      require(HostFunc::by_slots(type, [](Caller&, uint64_t* slots) -> Result<> {
                        const uint64_t low = slots[0];
                        const uint64_t high = slots[1];
                        slots[0] = slots[2] | uint64_t{1} << 40;  // nobody sees it
                        slots[1] = high;
                        slots[2] = low;
                        slots[3] |= ~uint64_t{0} << 32;
                        return {};
                      }))));
  const Instance instance = instantiate(R"((module
    (import "env" "turn" (func $turn (param v128 i32 f32) (result i32 v128 i32)))
    (memory 1) (data (i32.const 7) "\2a")
    (func (export "run") (param i32) (result i64 i64 i32 i32) (local $vector v128) (local $bits i32)
      (call $turn (v128.const i64x2 5 6) (local.get 0) (f32.const 1))
      (local.set $bits) (local.set $vector) (local.set 0)
      (i64x2.extract_lane 0 (local.get $vector)) (i64x2.extract_lane 1 (local.get $vector))
      (i32.load8_u (local.get 0)) (local.get $bits))))");
  const std::vector<Value> args{7};
  const std::vector<Value> results = require(require(instance.func("run")).call(args));
  ASSERT_EQ(results.size(), 4U);
  EXPECT_EQ(results[0].i64(), 6);
  EXPECT_EQ(results[1].i64(), 5);
  EXPECT_EQ(results[2].i32(), 0x2a) << "an address has 32 bits, whatever the host wrote above";
  EXPECT_EQ(results[3].i32(), 0x3f800000);
}

TEST_P(Slots, host_functions_fail_as_others_do) {
  require(linker.func("env", "fail",
                      require(HostFunc::by_slots(no_type, [](Caller&, uint64_t*) -> Result<> {
                        return std::unexpected(Error(ErrorCode::io, "the disk is gone"));
                      }))));
  require(linker.func("env", "throw",
                      require(HostFunc::by_slots(no_type, [](Caller&, uint64_t*) -> Result<> {
                        throw std::runtime_error("thrown");
                      }))));
  const Instance instance = instantiate(R"((module
    (func $fail (import "env" "fail")) (func $throw (import "env" "throw"))
    (func (export "fail") (call $fail)) (func (export "throw") (call $throw))))");
  const auto failed = require(instance.func("fail")).call(std::vector<Value>());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().trap()->code, TrapCode::host_error);
  EXPECT_EQ(failed.error().trap()->detail, "the disk is gone");
  const Func thrower = require(instance.func("throw"));
  EXPECT_THROW((void)thrower.call(std::vector<Value>()), std::runtime_error);
}

TEST_P(Slots, references_are_refused) {
  for (const FuncType& type : {FuncType{.params = {externref}, .results = {}},
                               FuncType{.params = {}, .results = {funcref}}}) {
    const auto func = HostFunc::by_slots(type, [](Caller&, uint64_t*) { return Result<>(); });
    ASSERT_FALSE(func);
    EXPECT_EQ(func.error().code(), ErrorCode::wrong_type);
  }
}

TEST_P(Slots, calls_end_when_their_time_is_over) {
  const Instance instance = instantiate(R"((module
    (func (export "add") (param i64 i64) (result i64) (i64.add (local.get 0) (local.get 1)))
    (func (export "spin") (loop (br 0)))))");
  const CallOptions options{.timeout = std::chrono::milliseconds(20)};
  uint64_t slots[2] = {40, 2};
  require(require(instance.func("add")).call_unchecked(options, slots));
  EXPECT_EQ(slots[0], 42U);
  const Result<> stopped = require(instance.func("spin")).call_unchecked(options, slots);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().trap()->code, TrapCode::deadline_exceeded);
  require(require(instance.func("add")).call_unchecked(slots));
}

}  // namespace
}  // namespace waxwing
