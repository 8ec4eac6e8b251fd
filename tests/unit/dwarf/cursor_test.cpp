#include "dwarf/cursor.h"

#include <gtest/gtest.h>

#include "section_builder.h"

namespace waxwing::dwarf {
namespace {

TEST(cursor, reads_numbers_of_each_size) {
  const auto bytes = SectionBuilder().number(0x0102030405060708, 8).number(0xabcdef, 3).done();
  Cursor cursor(bytes, 0);
  EXPECT_EQ(cursor.number(8), 0x0102030405060708u);
  EXPECT_EQ(cursor.number(3), 0xabcdefu);
  EXPECT_TRUE(cursor.ok() && cursor.at_end());
  EXPECT_EQ(cursor.number(1), 0u);
  EXPECT_FALSE(cursor.ok());
}

TEST(cursor, reads_leb128) {
  const auto bytes = SectionBuilder().bytes({0xe5, 0x8e, 0x26, 0x7f, 0xc0, 0xbb, 0x78}).done();
  Cursor cursor(bytes, 0);
  EXPECT_EQ(cursor.uleb(), 624485u);
  EXPECT_EQ(cursor.sleb(), -1);
  EXPECT_EQ(cursor.sleb(), -123456);
  EXPECT_TRUE(cursor.ok());
  const std::vector<uint8_t> largest = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
  EXPECT_EQ(Cursor(largest, 0).uleb(), UINT64_MAX);
}

TEST(cursor, what_is_beyond_the_end_is_nothing) {
  const auto bytes = SectionBuilder().bytes({0x80, 0x80}).done();
  for (const uint64_t offset : {uint64_t{0}, uint64_t{2}, uint64_t{3}, UINT64_MAX}) {
    Cursor cursor(bytes, offset);
    EXPECT_EQ(cursor.uleb(), 0u);
    EXPECT_FALSE(cursor.ok());
    EXPECT_EQ(cursor.text(), "");
    EXPECT_EQ(cursor.offset(), 2u);
  }
  Cursor cursor(bytes, 1);
  cursor.skip(UINT64_MAX);
  EXPECT_FALSE(cursor.ok());
}

TEST(cursor, a_number_of_more_than_ten_bytes_is_none) {
  std::vector<uint8_t> bytes(11, 0x80);
  bytes.back() = 0;
  Cursor cursor(bytes, 0);
  EXPECT_EQ(cursor.uleb(), 0u);
  EXPECT_FALSE(cursor.ok());
}

TEST(cursor, texts_end_with_a_zero) {
  const auto bytes = SectionBuilder().text("one").text("").bytes({'t'}).done();
  Cursor cursor(bytes, 0);
  EXPECT_EQ(cursor.text(), "one");
  EXPECT_EQ(cursor.text(), "");
  EXPECT_TRUE(cursor.ok());
  EXPECT_EQ(cursor.text(), "");
  EXPECT_FALSE(cursor.ok());
  EXPECT_EQ(text_at(bytes, 1), "ne");
  EXPECT_EQ(text_at(bytes, 5), "t");
  EXPECT_EQ(text_at(bytes, 6), "");
}

}  // namespace
}  // namespace waxwing::dwarf
