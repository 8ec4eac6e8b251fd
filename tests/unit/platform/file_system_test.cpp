#include "platform/file_system.h"

#include <gtest/gtest.h>
#include <sys/vfs.h>

#include "platform/sealed_file.h"
#include "temporary_directory.h"

namespace waxwing::platform {
namespace {

TEST(file_system, in_memory_shows_no_mapped_writes) {
  const auto file = make_sealable_file("test", {});
  ASSERT_TRUE(file);
  EXPECT_FALSE(shows_mapped_writes(*file)) << "it is on a tmpfs of the kernel's own";
}

TEST(file_system, on_a_disk_shows_them) {
  const TemporaryDirectory directory;
  struct statfs status = {};
  ASSERT_EQ(::statfs(directory.path().c_str(), &status), 0);
  constexpr auto tmpfs = 0x0102'1994;
  EXPECT_EQ(shows_mapped_writes(directory.open()), status.f_type != tmpfs);
}

TEST(file_system, of_no_file_shows_nothing) { EXPECT_FALSE(shows_mapped_writes(File())); }

}  // namespace
}  // namespace waxwing::platform
