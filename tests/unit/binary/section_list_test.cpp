#include "binary/section_list.h"

#include <gtest/gtest.h>

#include "hex.h"

namespace waxwing::binary {
namespace {

std::vector<SectionPlace> sections_of(std::string_view sections) {
  return list_sections(hex(std::string(preamble) + std::string(sections)));
}

TEST(section_list, tells_where_contents_lie) {
  // A type section of 4 bytes with a long size, a custom section without contents.
  const auto places = sections_of("01 84 00 01 60 00 00 00 00");
  ASSERT_EQ(places.size(), 2u);
  EXPECT_EQ(places[0].id, SectionId::type);
  EXPECT_EQ(places[0].header_offset, 8u);
  EXPECT_EQ(places[0].offset, 11u);
  EXPECT_EQ(places[0].size_bytes, 4u);
  EXPECT_EQ(places[1].id, SectionId::custom);
  EXPECT_EQ(places[1].offset, 17u);
}

TEST(section_list, ends_at_what_is_no_section) {
  EXPECT_EQ(sections_of("00 00 0e 00").size(), 1u);     // an unknown id
  EXPECT_EQ(sections_of("00 00 01 05 01").size(), 1u);  // cut off
  EXPECT_EQ(sections_of("00 00 01 80").size(), 1u);     // a size without end
  EXPECT_TRUE(list_sections({}).empty());
}

TEST(section_list, bodies_begin_behind_their_sizes) {
  EXPECT_EQ(list_body_offsets(hex("02 02 00 0b 82 00 00 0b")), (std::vector<uint64_t>{2, 6}));
  EXPECT_EQ(list_body_offsets(hex("02 02 00 0b 03 00 0b")), (std::vector<uint64_t>{2}));
}

}  // namespace
}  // namespace waxwing::binary
