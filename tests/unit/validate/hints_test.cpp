// What validation learns about functions on its way.
#include <gtest/gtest.h>

#include "module_builder.h"

namespace waxwing::validate {
namespace {

using syntax::FeatureSet;
using syntax::LoopHints;
using syntax::Module;

Module validated(std::string_view locals, std::string_view body) {
  base::Result<Module> module = house("00", hex(locals), hex(body)).decode();
  EXPECT_TRUE(module) << module.error().message();
  const base::Result<> verdict = validate(*module, FeatureSet::all());
  EXPECT_TRUE(verdict) << verdict.error().message();
  return *std::move(module);
}

const syntax::FuncHints& hints_of(const Module& module) { return module.hints.funcs[tested_func]; }

constexpr std::string_view three_i32 = "01 03 7f";

TEST(hints, stack_and_labels_are_measured) {
  const Module empty = validated("00", "");
  EXPECT_EQ(hints_of(empty).max_stack_slots, 0u);
  EXPECT_EQ(hints_of(empty).max_labels, 1u);
  EXPECT_FALSE(hints_of(empty).has_call);
  const Module deep = validated("00", "41 00 41 00 41 00 6a 6a 1a 02 40 02 40 0b 0b 02 40 0b");
  EXPECT_EQ(hints_of(deep).max_stack_slots, 3u);
  EXPECT_EQ(hints_of(deep).max_labels, 3u);
}

TEST(hints, the_stack_is_measured_beyond_its_first_storage) {
  std::string body;
  for (int i = 0; i < 1000; ++i) body += "41 00 ";
  for (int i = 0; i < 1000; ++i) body += "1a ";
  EXPECT_EQ(hints_of(validated("00", body)).max_stack_slots, 1000u);
}

TEST(hints, vectors_take_two_slots) {
  const Module module = validated("01 01 7b", "20 00 20 00 fd 4e 1a 41 00 1a");
  EXPECT_EQ(hints_of(module).max_stack_slots, 4u);
}

TEST(hints, calls_are_noted) {
  EXPECT_TRUE(hints_of(validated("00", "10 00")).has_call);
  EXPECT_TRUE(hints_of(validated("00", "d2 00 14 00")).has_call);
  EXPECT_FALSE(hints_of(validated("00", "41 00 40 00 1a")).has_call);
}

TEST(hints, loops_know_what_they_write) {
  // loop { local.set 0; loop { local.set 1; call 0 } } loop { } local.set 2
  const Module module =
      validated(three_i32, "03 40 41 00 21 00 03 40 41 00 21 01 10 00 0b 0b 03 40 0b 41 00 21 02");
  const syntax::FuncHints& hints = hints_of(module);
  ASSERT_EQ(hints.loop_count, 3u);
  EXPECT_TRUE(hints.has_loop);
  const LoopHints* loops = &module.hints.loops[hints.first_loop];
  EXPECT_EQ(loops[0].code_offset, 0u);
  EXPECT_EQ(loops[0].written_locals, 0b011u);
  EXPECT_TRUE(loops[0].has_call);
  EXPECT_EQ(loops[1].code_offset, 6u);
  EXPECT_EQ(loops[1].written_locals, 0b010u);
  EXPECT_TRUE(loops[1].has_call);
  EXPECT_EQ(loops[2].written_locals, 0u);
  EXPECT_FALSE(loops[2].has_call);
  EXPECT_FALSE(loops[2].writes_others);
}

TEST(hints, loops_count_locals_from_64_on_together) {
  const Module module = validated("01 c8 00 7f", "03 40 41 00 22 3f 21 c0 00 0b");
  const LoopHints& loop = module.hints.loops[hints_of(module).first_loop];
  EXPECT_EQ(loop.written_locals, uint64_t(1) << 63);
  EXPECT_TRUE(loop.writes_others);
}

TEST(hints, uses_weigh_eight_times_more_in_a_loop) {
  const Module module =
      validated(three_i32, "20 00 1a 03 40 20 01 1a 03 40 20 01 22 02 1a 0b 0b 20 00 1a");
  const syntax::FuncHints& hints = hints_of(module);
  ASSERT_GE(hints.local_count, 3u);
  const uint16_t* weights = &module.hints.local_weights[hints.first_local];
  EXPECT_EQ(weights[0], 2u);
  EXPECT_EQ(weights[1], 8u + 64u);
  EXPECT_EQ(weights[2], 64u);
}

TEST(hints, uses_of_far_locals_weigh_as_much) {
  const Module module =
      validated("01 82 01 7f",  // 130 locals, of which the first 128 are near
                "20 7f 1a 20 80 01 1a 20 80 01 22 81 01 21 7f "
                "01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 "
                "01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 "
                "01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 "
                "01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 "
                "01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01");
  const syntax::FuncHints& hints = hints_of(module);
  ASSERT_EQ(hints.local_count, 130u);
  const uint16_t* weights = &module.hints.local_weights[hints.first_local];
  EXPECT_EQ(weights[126], 0u);
  EXPECT_EQ(weights[127], 2u);
  EXPECT_EQ(weights[128], 2u);
  EXPECT_EQ(weights[129], 1u);
}

TEST(hints, weights_saturate) {
  std::string body;
  for (int i = 0; i < 7; ++i) body += "03 40 ";
  body += "20 00 1a 20 00 1a ";
  for (int i = 0; i < 7; ++i) body += "0b ";
  const Module module = validated(three_i32, body);
  EXPECT_EQ(module.hints.local_weights[hints_of(module).first_local], UINT16_MAX);
}

TEST(hints, weights_are_bounded_by_the_body) {
  const Module module = validated("01 90 ce 00 7f", "20 00 1a");  // 10000 locals
  EXPECT_LT(hints_of(module).local_count, 100u);
}

}  // namespace
}  // namespace waxwing::validate
