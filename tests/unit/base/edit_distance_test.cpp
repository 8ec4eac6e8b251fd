// How alike two names are.
#include "base/edit_distance.h"

#include <gtest/gtest.h>

namespace waxwing::base {
namespace {

TEST(edit_distance, counts_insertions_deletions_and_replacements) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("fd_read", "fd_read"), 0u);
  EXPECT_EQ(edit_distance("fd_read", "fd_reads"), 1u);
  EXPECT_EQ(edit_distance("fd_read", "fd_red"), 1u);
  EXPECT_EQ(edit_distance("fd_read", "fd_lead"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("ab", "ba"), 2u);
}

TEST(edit_distance, is_the_size_of_the_other_where_one_is_empty) {
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
}

TEST(edit_distance, is_the_same_both_ways) {
  EXPECT_EQ(edit_distance("memory.grow", "memory.size"),
            edit_distance("memory.size", "memory.grow"));
}

}  // namespace
}  // namespace waxwing::base
