#include "platform/file_lock.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "temporary_directory.h"

namespace waxwing::platform {
namespace {

File open_for_locks(const TemporaryDirectory& directory) {
  auto file = open_host_path(directory / "locks", {.read = true, .write = true, .create = true});
  EXPECT_TRUE(file) << failure(file);
  return file ? std::move(*file) : File();
}

TEST(file_lock, keeps_other_openings_out_of_its_range) {
  const TemporaryDirectory directory;
  const File first = open_for_locks(directory);
  const File second = open_for_locks(directory);
  constexpr uint64_t far = uint64_t{1} << 62;
  EXPECT_EQ(try_lock(first, {.begin = far, .size = 2}), true);
  EXPECT_EQ(try_lock(first, {.begin = far, .size = 2}), true) << "its own does not count";
  EXPECT_EQ(try_lock(second, {.begin = far + 1}), false);
  EXPECT_EQ(try_lock(second, {.begin = far + 2}), true);
  EXPECT_TRUE(unlock(first, {.begin = far, .size = 2}));
  EXPECT_EQ(try_lock(second, {.begin = far + 1}), true);
}

TEST(file_lock, of_one_who_may_only_read_is_a_strangers) {
  const TemporaryDirectory directory;
  const File file = open_for_locks(directory);
  const File reader = *open_host_path(directory / "locks", {.read = true});
  struct flock lock = {};
  lock.l_type = F_RDLCK;
  lock.l_whence = SEEK_SET;
  ASSERT_EQ(::fcntl(reader.descriptor(), F_OFD_SETLK, &lock), 0);  // all of it
  EXPECT_EQ(failure(try_lock(file, {})), text_of(FileError::nolck));
  lock.l_type = F_UNLCK;
  ASSERT_EQ(::fcntl(reader.descriptor(), F_OFD_SETLK, &lock), 0);
  EXPECT_EQ(try_lock(file, {}), true);
}

TEST(file_lock, ends_with_the_last_duplicate) {
  const TemporaryDirectory directory;
  File first = open_for_locks(directory);
  File duplicate = *first.duplicate();
  const File second = open_for_locks(directory);
  ASSERT_EQ(try_lock(first, {}), true);
  first = File();
  EXPECT_EQ(try_lock(second, {}), false);
  duplicate = File();
  EXPECT_EQ(try_lock(second, {}), true);
}

TEST(file_lock, fails_where_there_is_nothing_to_lock) {
  const TemporaryDirectory directory;
  directory.write("locks", "");
  EXPECT_EQ(failure(try_lock(File(), {})), text_of(FileError::badf));
  const File reader = *open_host_path(directory / "locks", {.read = true});
  EXPECT_EQ(failure(try_lock(reader, {})), text_of(FileError::badf));
}

}  // namespace
}  // namespace waxwing::platform
