#include "platform/output_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "temporary_directory.h"

namespace waxwing::platform {
namespace {

FileResult<> write(const std::string& path, std::string_view text) {
  return write_whole_file(path, base::as_bytes(text));
}

std::string contents(const std::string& path) {
  const auto file = open_host_path(path, {.read = true});
  return file ? read_text(*file) : "no file";
}

size_t file_count(const TemporaryDirectory& directory) {
  return size_t(std::distance(std::filesystem::directory_iterator(directory.path()), {}));
}

TEST(output_file, makes_or_replaces_a_file_and_leaves_nothing_else) {
  const TemporaryDirectory directory;
  EXPECT_TRUE(write(directory / "a", "one"));
  EXPECT_EQ(contents(directory / "a"), "one");
  EXPECT_TRUE(write(directory / "a", "2"));
  EXPECT_EQ(contents(directory / "a"), "2");
  EXPECT_EQ(file_count(directory), 1u);
}

TEST(output_file, keeps_permissions_and_links) {
  const TemporaryDirectory directory;
  directory.write("a", "before");
  directory.link("link", "a");
  ASSERT_EQ(::chmod((directory / "a").c_str(), 0640), 0);
  EXPECT_TRUE(write(directory / "link", "after"));
  EXPECT_EQ(contents(directory / "a"), "after");
  EXPECT_TRUE(std::filesystem::is_symlink(directory / "link"));
  struct stat status;
  ASSERT_EQ(::stat((directory / "a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, mode_t(0640));
}

TEST(output_file, a_reader_of_the_old_file_sees_the_old_one) {
  const TemporaryDirectory directory;
  directory.write("a", "before");
  const auto old = open_host_path(directory / "a", {.read = true});
  ASSERT_TRUE(old);
  EXPECT_TRUE(write(directory / "a", "after"));
  EXPECT_EQ(read_text(*old), "before");
}

TEST(output_file, failures_leave_nothing) {
  const TemporaryDirectory directory;
  directory.make_directory("folder");
  EXPECT_EQ(write(directory / "none/a", "x").error(), FileError::noent);
  EXPECT_FALSE(write(directory / "folder", "x"));
  EXPECT_EQ(write(directory / std::string_view("a\0b", 3), "x").error(), FileError::inval);
  EXPECT_EQ(file_count(directory), 1u);
}

TEST(output_file, a_device_is_written_to) {
  EXPECT_TRUE(write("/dev/null", "x"));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

}  // namespace
}  // namespace waxwing::platform
