#include "platform/path_components.h"

#include <gtest/gtest.h>
#include <string>

#include "temporary_directory.h"

namespace waxwing::platform {
namespace {

std::string rest(PathComponents& components) {
  std::string result;
  while (!components.empty()) result += components.take() + ",";
  return result;
}

TEST(path_components, come_one_after_another) {
  PathComponents components;
  EXPECT_TRUE(components.push("a//b/./../c"));
  EXPECT_FALSE(components.wants_directory());
  EXPECT_EQ(components.take(), "a");
  EXPECT_EQ(rest(components), "b,.,..,c,");
}

TEST(path_components, of_a_link_are_in_front_of_those_that_are_left) {
  PathComponents components;
  EXPECT_TRUE(components.push("link/c"));
  EXPECT_EQ(components.take(), "link");
  EXPECT_TRUE(components.follow("../b/"));
  EXPECT_FALSE(components.wants_directory()) << "there is something behind it";
  EXPECT_EQ(rest(components), "..,b,c,");
  EXPECT_TRUE(components.follow("d/"));
  EXPECT_TRUE(components.wants_directory());
}

TEST(path_components, links_end) {
  PathComponents components;
  EXPECT_TRUE(components.push("link"));
  EXPECT_EQ(failure(components.follow("/etc")), text_of(FileError::perm));
  EXPECT_EQ(failure(components.follow("")), text_of(FileError::noent));
  EXPECT_EQ(failure(components.follow(std::string(max_path_bytes, 'x'))),
            text_of(FileError::nametoolong));
  for (int i = 3; i < 40; ++i) EXPECT_TRUE(components.follow("link"));
  EXPECT_EQ(failure(components.follow("link")), text_of(FileError::loop));
}

TEST(path_components, paths_are_checked) {
  EXPECT_TRUE(check_path("a"));
  EXPECT_TRUE(check_path(std::string(max_path_bytes - 1, 'x')));
  EXPECT_EQ(failure(check_path("")), text_of(FileError::noent));
  EXPECT_EQ(failure(check_path("/a")), text_of(FileError::perm));
  EXPECT_EQ(failure(check_path(std::string("a\0b", 3))), text_of(FileError::inval));
  EXPECT_EQ(failure(check_path(std::string(max_path_bytes, 'x'))), text_of(FileError::nametoolong));
}

}  // namespace
}  // namespace waxwing::platform
