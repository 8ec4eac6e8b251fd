// Places in a text, as people are shown them.
#include "text/source_location.h"

#include <gtest/gtest.h>

namespace waxwing::text {
namespace {

std::string render(std::string_view source, uint64_t offset) {
  return render_error("f.wat", source, base::Error{base::ErrorCode::unexpected_token, offset, "x"});
}

TEST(source_location, counts_lines_and_characters_from_one) {
  EXPECT_EQ(render("ab\ncd", 0), "f.wat:1:1: unexpected token: x\n  ab\n  ^\n");
  EXPECT_EQ(render("ab\ncd", 4), "f.wat:2:2: unexpected token: x\n  cd\n   ^\n");
  EXPECT_EQ(render("ab\r\ncd\ref", 8), "f.wat:3:2: unexpected token: x\n  ef\n   ^\n");
  EXPECT_EQ(render("é é x", 6), "f.wat:1:5: unexpected token: x\n  é é x\n      ^\n");
}

TEST(source_location, the_end_is_a_place_too) {
  EXPECT_EQ(render("ab", 2), "f.wat:1:3: unexpected token: x\n  ab\n    ^\n");
  EXPECT_EQ(render("", 7), "f.wat:1:1: unexpected token: x\n  \n  ^\n");
}

TEST(source_location, without_a_place_there_is_the_message_alone) {
  EXPECT_EQ(render("ab", base::Error::no_offset), "f.wat: unexpected token: x\n");
}

TEST(source_location, long_lines_are_cut_around_the_caret) {
  const std::string text = render(std::string(500, 'a') + "X" + std::string(500, 'b'), 500);
  EXPECT_EQ(text, "f.wat:1:501: unexpected token: x\n  ..." + std::string(60, 'a') + "X" +
                      std::string(39, 'b') + "...\n  " + std::string(63, ' ') + "^\n");
}

TEST(source_location, control_characters_do_not_reach_the_terminal) {
  EXPECT_EQ(render("a\t\x1b[1mb", 6), "f.wat:1:7: unexpected token: x\n  a  [1mb\n        ^\n");
}

}  // namespace
}  // namespace waxwing::text
