// Bytes that grow, labels bound before and after their uses, and what happens where memory is
// refused.
#include "assembler/code_buffer.h"

#include <array>
#include <gtest/gtest.h>
#include <span>
#include <vector>

namespace waxwing::assembler {
namespace {

void put_byte(CodeBuffer& buffer, uint8_t byte) {
  uint8_t* p = buffer.reserve();
  *p = byte;
  buffer.commit(p + 1);
}

// A field of 4 bytes that refers to `label` from its own end, as x64's do.
void put_reference(CodeBuffer& buffer, Label& label) {
  const uint32_t position = buffer.position();
  buffer.put_bytes(std::array<uint8_t, 4>{});
  buffer.refer(label, FixupKind::rel32, position, -4);
}

std::vector<uint8_t> bytes_of(const CodeBuffer& buffer) {
  const auto bytes = buffer.finish();
  if (!bytes) return {};
  return {bytes->begin(), bytes->end()};
}

TEST(code_buffer, keeps_what_was_written_while_it_grows) {
  CodeBuffer buffer;
  constexpr uint32_t count = 100'000;
  for (uint32_t i = 0; i < count; ++i) {
    ASSERT_EQ(buffer.position(), i);
    put_byte(buffer, static_cast<uint8_t>(i * 7));
  }
  const auto bytes = bytes_of(buffer);
  ASSERT_EQ(bytes.size(), count);
  for (uint32_t i = 0; i < count; ++i) ASSERT_EQ(bytes[i], static_cast<uint8_t>(i * 7)) << i;
}

TEST(code_buffer, is_empty_at_first_and_after_clear) {
  CodeBuffer buffer;
  EXPECT_TRUE(bytes_of(buffer).empty());
  put_byte(buffer, 1);
  buffer.clear();
  EXPECT_EQ(buffer.position(), 0u);
  put_byte(buffer, 2);
  EXPECT_EQ(bytes_of(buffer), (std::vector<uint8_t>{2}));
}

TEST(code_buffer, takes_bytes_larger_than_its_room) {
  CodeBuffer buffer;
  const std::vector<uint8_t> large(50'000, 0xab);
  buffer.put_bytes(large);
  put_byte(buffer, 1);
  EXPECT_EQ(buffer.position(), 50'001u);
  EXPECT_EQ(bytes_of(buffer)[49'999], 0xab);
}

TEST(code_buffer, aligns_with_the_fill_byte) {
  CodeBuffer buffer;
  buffer.align(16, 0xcc);
  EXPECT_EQ(buffer.position(), 0u);
  put_byte(buffer, 1);
  buffer.align(4, 0xcc);
  EXPECT_EQ(bytes_of(buffer), (std::vector<uint8_t>{1, 0xcc, 0xcc, 0xcc}));
}

TEST(code_buffer, overwrites_what_was_written_and_nothing_else) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  CodeBuffer buffer;
  EXPECT_DEATH(buffer.overwrite(0, 1), "position");
  buffer.put_bytes(std::array<uint8_t, 6>{9, 9, 9, 9, 9, 9});
  buffer.overwrite(1, 0x04030201);
  EXPECT_EQ(bytes_of(buffer), (std::vector<uint8_t>{9, 1, 2, 3, 4, 9}));
  buffer.overwrite(2, 0);
  EXPECT_DEATH(buffer.overwrite(3, 0), "position");
  buffer.fail();
  buffer.overwrite(1000, 0);
}

TEST(code_buffer, writes_only_into_the_memory_that_it_was_given) {
  std::array<uint8_t, 128> memory;
  memory.fill(0xee);
  CodeBuffer buffer{std::span<uint8_t>(memory).first(96)};
  for (int i = 0; i < 1000; ++i) {
    uint8_t* p = buffer.reserve();
    for (size_t k = 0; k < CodeBuffer::room_bytes; ++k) p[k] = 1;  // all that reserve promises
    buffer.commit(p + 15);
  }
  EXPECT_TRUE(buffer.has_failed());
  for (size_t i = 96; i < memory.size(); ++i) EXPECT_EQ(memory[i], 0xee) << i;
}

TEST(code_buffer, fails_for_good_where_memory_ends_and_recovers_by_clear) {
  std::array<uint8_t, 64> memory{};
  CodeBuffer buffer(memory);
  Label before, after;
  put_reference(buffer, before);
  for (int i = 0; i < 1000; ++i) put_byte(buffer, 0x90);
  put_reference(buffer, after);
  buffer.bind(before);
  buffer.bind(after);
  const auto bytes = buffer.finish();
  ASSERT_FALSE(bytes.has_value());
  EXPECT_EQ(bytes.error().code, base::ErrorCode::out_of_memory);
  buffer.clear();
  put_byte(buffer, 5);
  EXPECT_EQ(bytes_of(buffer), (std::vector<uint8_t>{5}));
  EXPECT_EQ(memory[0], 5);
}

TEST(code_buffer, fails_at_once_with_no_memory_at_all) {
  CodeBuffer nothing{std::span<uint8_t>()};
  put_byte(nothing, 1);
  nothing.put_bytes(std::array<uint8_t, 3>{});
  nothing.align(64, 0);
  EXPECT_FALSE(nothing.finish().has_value());
}

TEST(code_buffer, refuses_to_grow_beyond_its_limit) {
  CodeBuffer buffer;
  put_byte(buffer, 1);
  buffer.put_bytes({static_cast<const uint8_t*>(nullptr), CodeBuffer::max_size_bytes});
  EXPECT_TRUE(buffer.has_failed());
}

TEST(label, is_reached_from_before_and_behind) {
  CodeBuffer buffer;
  Label label;
  put_reference(buffer, label);
  put_reference(buffer, label);
  EXPECT_EQ(buffer.waiting_fixups(), 2u);
  EXPECT_TRUE(label.is_awaited());
  buffer.bind(label);
  EXPECT_EQ(buffer.waiting_fixups(), 0u);
  EXPECT_EQ(label.position(), 8u);
  put_reference(buffer, label);
  EXPECT_EQ(bytes_of(buffer),
            (std::vector<uint8_t>{4, 0, 0, 0, 0, 0, 0, 0, 0xfc, 0xff, 0xff, 0xff}));
}

TEST(label, may_be_moved_before_it_is_bound) {
  CodeBuffer buffer;
  Label first;
  put_reference(buffer, first);
  Label second = std::move(first);
  buffer.bind(second);
  EXPECT_EQ(bytes_of(buffer), (std::vector<uint8_t>{0, 0, 0, 0}));
}

TEST(label, many_of_them_wait_and_the_fixups_are_used_again) {
  CodeBuffer buffer;
  for (uint32_t round = 0; round < 3; ++round) {
    std::vector<Label> labels(1000);
    const uint32_t start = buffer.position();
    for (Label& label : labels) put_reference(buffer, label);
    for (Label& label : labels) put_reference(buffer, label);
    for (size_t i = labels.size(); i-- > 0;) {
      put_byte(buffer, 0);
      buffer.bind(labels[i]);
    }
    const auto bytes = buffer.finish();
    ASSERT_TRUE(bytes.has_value());
    for (uint32_t i = 0; i < 2000; ++i) {
      const uint32_t field = start + 4 * i;
      ASSERT_EQ(int64_t{field} + 4 + base::load_le<int32_t>(&(*bytes)[field]),
                labels[i % 1000].position());
    }
  }
}

TEST(label_death, a_short_field_that_cannot_reach_is_our_bug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto distance = [](uint32_t gap) {
    CodeBuffer buffer;
    Label label;
    put_byte(buffer, 0);
    buffer.refer(label, FixupKind::rel8, 0, -1);
    for (uint32_t i = 0; i < gap; ++i) put_byte(buffer, 0);
    buffer.bind(label);
    return bytes_of(buffer)[0];
  };
  EXPECT_EQ(distance(127), 127);
  EXPECT_DEATH(distance(128), "distance");
}

TEST(label_death, is_bound_once_and_before_the_end) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  CodeBuffer buffer;
  Label label;
  put_reference(buffer, label);
  EXPECT_DEATH((void)buffer.finish(), "waiting_");
  buffer.bind(label);
  EXPECT_DEATH(buffer.bind(label), "bound_");
}

}  // namespace
}  // namespace waxwing::assembler
