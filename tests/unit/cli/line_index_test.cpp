#include "cli/line_index.h"

#include <gtest/gtest.h>

namespace waxwing::cli {
namespace {

TEST(line_index, all_ends_of_lines) {
  const std::string_view text = "a\nbc\r\n\rd";
  const LineIndex lines(text);
  const Place places[] = {{1, 1}, {1, 2}, {2, 1}, {2, 2}, {2, 3}, {2, 4}, {3, 1}, {4, 1}, {4, 2}};
  for (size_t offset = 0; offset <= text.size(); ++offset) {
    EXPECT_EQ(lines.place(offset).line, places[offset].line) << offset;
    EXPECT_EQ(lines.place(offset).column, places[offset].column) << offset;
  }
}

TEST(line_index, an_empty_text_has_one_line) { EXPECT_EQ(LineIndex("").place(0).line, 1u); }

}  // namespace
}  // namespace waxwing::cli
