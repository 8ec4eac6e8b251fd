// Jumps: which form is chosen, and that each reaches its label; padding; the table of instructions.
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

#include "assembler/x64/assembler.h"
#include "assembler/x64/instruction_table.h"

namespace waxwing::assembler::x64 {
namespace {

using Bytes = std::vector<uint8_t>;

class x64_jump : public testing::Test {
 protected:
  Bytes bytes() {
    const auto code = buffer_.finish();
    if (!code) return {};
    return {code->begin(), code->end()};
  }
  // The last `count` bytes.
  Bytes last(size_t count) {
    const Bytes all = bytes();
    return {all.end() - static_cast<ptrdiff_t>(count), all.end()};
  }

  CodeBuffer buffer_;
  Assembler a_{buffer_};
  Label label_;
};

TEST_F(x64_jump, forward_is_near_by_default) {
  a_.jmp(label_);
  a_.jcc(Condition::equal, label_);
  a_.call(label_);
  a_.bind(label_);
  EXPECT_EQ(bytes(), (Bytes{0xe9, 11, 0, 0, 0, 0x0f, 0x84, 5, 0, 0, 0, 0xe8, 0, 0, 0, 0}));
}

TEST_F(x64_jump, forward_is_short_where_asked_for) {
  a_.jmp_short(label_);
  a_.jcc_short(Condition::greater, label_);
  a_.nop(127 - 2);
  a_.bind(label_);
  const Bytes code = bytes();
  EXPECT_EQ((Bytes{code.begin(), code.begin() + 4}), (Bytes{0xeb, 127, 0x7f, 125}));
}

TEST_F(x64_jump, backward_is_short_to_the_last_byte_that_fits) {
  a_.bind(label_);
  a_.nop(126);
  a_.jmp(label_);
  EXPECT_EQ(last(2), (Bytes{0xeb, 0x80}));
}

TEST_F(x64_jump, backward_is_near_one_byte_farther) {
  a_.bind(label_);
  a_.nop(127);
  a_.jmp(label_);
  EXPECT_EQ(last(5), (Bytes{0xe9, 0x7c, 0xff, 0xff, 0xff}));
}

TEST_F(x64_jump, conditions_choose_their_form_alike) {
  a_.bind(label_);
  a_.nop(126);
  a_.jcc(Condition::below, label_);
  EXPECT_EQ(last(2), (Bytes{0x72, 0x80}));
  a_.jcc(Condition::below, label_);
  EXPECT_EQ(last(6), (Bytes{0x0f, 0x82, 0x7a, 0xff, 0xff, 0xff}));
}

TEST_F(x64_jump, call_is_never_short) {
  a_.bind(label_);
  a_.call(label_);
  EXPECT_EQ(bytes(), (Bytes{0xe8, 0xfb, 0xff, 0xff, 0xff}));
}

TEST_F(x64_jump, rip_relative_fields_count_from_the_end_of_the_instruction) {
  a_.mov(Width::w32, Mem::at(label_), 7);
  a_.bind(label_);
  EXPECT_EQ(bytes(), (Bytes{0xc7, 0x05, 0, 0, 0, 0, 7, 0, 0, 0}));
}

TEST_F(x64_jump, distances_may_be_written_later) {
  a_.nop(1);
  EXPECT_EQ(a_.call_rel32(5), 2u);
  const uint32_t field = a_.jmp_rel32();
  buffer_.overwrite(field, 0x04030201);
  EXPECT_EQ(bytes(), (Bytes{0x90, 0xe8, 5, 0, 0, 0, 0xe9, 1, 2, 3, 4}));
}

TEST_F(x64_jump, long_forms_end_with_the_field_whatever_its_value) {
  a_.sub_imm32(Width::w64, Gpr::rsp, 8);
  EXPECT_EQ(bytes(), (Bytes{0x48, 0x81, 0xec, 8, 0, 0, 0}));
  a_.cmp_imm32(Width::w32, Gpr::rax, -1);
  EXPECT_EQ(last(6), (Bytes{0x81, 0xf8, 0xff, 0xff, 0xff, 0xff}));
  a_.lea(Width::w64, Gpr::r11, Mem::with_disp32(Gpr::rsp, -8));
  EXPECT_EQ(last(8), (Bytes{0x4c, 0x8d, 0x9c, 0x24, 0xf8, 0xff, 0xff, 0xff}));
  a_.lea(Width::w64, Gpr::rax, Mem::with_disp32(Gpr::r13, 0));
  EXPECT_EQ(last(7), (Bytes{0x49, 0x8d, 0x85, 0, 0, 0, 0}));
}

TEST_F(x64_jump, nops_have_the_size_asked_for) {
  for (uint32_t size = 0; size < 40; ++size) {
    buffer_.clear();
    a_.nop(size);
    EXPECT_EQ(buffer_.position(), size);
  }
  a_.align(16);
  EXPECT_EQ(buffer_.position() % 16, 0u);
}

TEST_F(x64_jump, failure_ends_padding_too) {
  uint8_t memory[40];
  CodeBuffer small{std::span<uint8_t>(memory)};
  Assembler a(small);
  a.nop(1u << 31);
  EXPECT_TRUE(small.has_failed());
}

TEST_F(x64_jump, debug_builds_stop_at_what_cannot_be_encoded) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEBUG_DEATH(a_.imul(Width::w8, Gpr::rax, Gpr::rcx), "has_byte_form");
  EXPECT_DEBUG_DEATH(a_.shlx(Width::w16, Gpr::rax, Gpr::rcx, Gpr::rdx), "width");
  EXPECT_DEBUG_DEATH(a_.add(Width::w8, Gpr::rcx, 256), "fits");
  EXPECT_DEBUG_DEATH(a_.paddd(Xmm::xmm16, Xmm::xmm1), "is_legacy");
}

TEST(x64_condition, inverse_and_swapped_undo_themselves) {
  for (unsigned i = 0; i < 16; ++i) {
    const auto condition = static_cast<Condition>(i);
    EXPECT_NE(inverse(condition), condition);
    EXPECT_EQ(inverse(inverse(condition)), condition);
    EXPECT_EQ(swapped(swapped(condition)), condition);
  }
  EXPECT_EQ(inverse(Condition::less), Condition::greater_equal);
  EXPECT_EQ(swapped(Condition::less), Condition::greater);
  EXPECT_EQ(swapped(Condition::equal), Condition::equal);
}

TEST(x64_instruction_table, says_what_each_row_needs) {
  const auto feature_of = [](std::string_view name) {
    for (const InstructionInfo& info : instruction_table) {
      if (info.name == name) return info.feature;
    }
    ADD_FAILURE() << name;
    return Feature::base;
  };
  EXPECT_EQ(feature_of("add"), Feature::base);
  EXPECT_EQ(feature_of("popcnt"), Feature::popcnt);
  EXPECT_EQ(feature_of("shlx"), Feature::bmi2);
  EXPECT_EQ(feature_of("pshufb"), Feature::ssse3);
  EXPECT_EQ(feature_of("vpternlogd"), Feature::avx512f);
  for (const InstructionInfo& info : instruction_table) {
    EXPECT_TRUE(info.feature < Feature::avx || info.name[0] == 'v') << info.name;
  }
}

}  // namespace
}  // namespace waxwing::assembler::x64
