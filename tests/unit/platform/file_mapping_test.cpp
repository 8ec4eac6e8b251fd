#include "platform/file_mapping.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <utility>

#include "platform/virtual_memory.h"
#include "temporary_directory.h"

namespace waxwing::platform {
namespace {

TEST(file_mapping, has_the_files_bytes_though_the_file_goes) {
  const TemporaryDirectory directory;
  const std::string text(10'000, 'x');
  directory.write("file", text);
  auto file = open_host_path(directory / "file", {.read = true});
  ASSERT_TRUE(file);
  auto mapping = FileMapping::map(*file, text.size());
  ASSERT_TRUE(mapping) << failure(mapping);
  *file = File();
  std::filesystem::remove(directory / "file");
  EXPECT_EQ(base::as_text(mapping->bytes()), text);

  FileMapping moved = std::move(*mapping);
  EXPECT_EQ(base::as_text(moved.bytes()), text);
  FileMapping target;
  target = std::move(moved);
  EXPECT_EQ(base::as_text(target.bytes()), text);
  EXPECT_TRUE(moved.bytes().empty());
}

TEST(file_mapping, may_be_empty_and_may_fail) {
  const TemporaryDirectory directory;
  directory.write("file", "x");
  const File file = *open_host_path(directory / "file", {.read = true});
  EXPECT_TRUE(FileMapping::map(file, 0)->bytes().empty());
  EXPECT_EQ(failure(FileMapping::map(File(), 1)), text_of(FileError::badf));
  EXPECT_EQ(failure(FileMapping::map(directory.open(), 1)), text_of(FileError::badf));
  EXPECT_EQ(failure(FileMapping::map(file, SIZE_MAX / 2)), text_of(FileError::nomem));
}

TEST(file_mapping, is_populated_or_known_to_be_unreadable) {
  const TemporaryDirectory directory;
  const size_t size = 10 * page_size() + 5;
  directory.write("file", std::string(size, 'x'));
  const File file = *open_host_path(directory / "file", {.read = true, .write = true});
  const auto mapping = FileMapping::map(file, size);
  ASSERT_TRUE(mapping);
  const base::ByteSpan bytes = mapping->bytes();
  EXPECT_TRUE(populate(bytes));
  EXPECT_TRUE(populate(bytes.subspan(3, 1)));
  EXPECT_TRUE(populate(bytes.subspan(page_size() + 7)));
  EXPECT_TRUE(populate({}));
  ASSERT_TRUE(file.truncate(page_size()));
  const auto populated = populate(bytes);
  if (populated) GTEST_SKIP() << "before Linux 5.14";
  EXPECT_EQ(failure(populated), text_of(FileError::io));
  EXPECT_TRUE(populate(bytes.first(page_size())));
}

}  // namespace
}  // namespace waxwing::platform
