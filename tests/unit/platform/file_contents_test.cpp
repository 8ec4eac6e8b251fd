#include "platform/file_contents.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "platform/thread.h"
#include "temporary_directory.h"

namespace waxwing::platform {
namespace {

constexpr uint64_t no_limit = UINT64_MAX;

TEST(file_contents, are_all_bytes_of_a_file) {
  const TemporaryDirectory directory;
  for (const size_t size : {size_t{0}, size_t{1}, size_t{65536}, size_t{3'000'001}}) {
    std::string text(size, 'x');
    if (size > 0) text.back() = 'y';
    directory.write("file", text);
    const auto contents = FileContents::read(directory / "file", no_limit);
    ASSERT_TRUE(contents) << contents.error().message();
    EXPECT_EQ(base::as_text(contents->bytes()), text);
  }
}

TEST(file_contents, come_from_files_without_a_size_too) {
  const auto status = FileContents::read("/proc/self/status", no_limit);
  ASSERT_TRUE(status);
  EXPECT_TRUE(base::as_text(status->bytes()).starts_with("Name:"));

  for (const bool nonblock : {false, true}) {
    auto pipe = make_pipe();
    ASSERT_TRUE(pipe);
    ASSERT_TRUE(pipe->read_end.set_status_flags(false, nonblock));
    const std::string text(300'000, 'p');
    auto writer = Thread::start([&] {
      std::string_view rest = text;
      while (!rest.empty()) rest.remove_prefix(*write_text(pipe->write_end, rest));
      pipe->write_end = File();
    });
    ASSERT_TRUE(writer);
    const auto contents = FileContents::read(pipe->read_end, "-", no_limit);
    ASSERT_TRUE(contents);
    EXPECT_EQ(base::as_text(contents->bytes()), text);
  }
}

TEST(file_contents, errors_name_the_file_and_the_fault) {
  const TemporaryDirectory directory;
  const auto missing = FileContents::read(directory / "missing.wasm", no_limit);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, base::ErrorCode::not_found);
  EXPECT_TRUE(missing.error().message().ends_with("missing.wasm"));

  const auto folder = FileContents::read(directory / ".", no_limit);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, base::ErrorCode::io_error);
  EXPECT_TRUE(folder.error().message().ends_with("is a directory")) << folder.error().message();

  const auto nul = FileContents::read(std::string_view("a\0b", 3), no_limit);
  ASSERT_FALSE(nul);
  EXPECT_EQ(nul.error().code, base::ErrorCode::io_error);
}

TEST(file_contents, a_limit_is_exact_for_files_and_streams) {
  const TemporaryDirectory directory;
  directory.write("file", "12345");
  EXPECT_EQ(FileContents::read(directory / "file", 5)->bytes().size(), 5u);
  const auto larger = FileContents::read(directory / "file", 4);
  ASSERT_FALSE(larger);
  EXPECT_EQ(larger.error().code, base::ErrorCode::resource_limit);
  const auto endless = FileContents::read("/dev/zero", 1 << 20);
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().code, base::ErrorCode::resource_limit);
}

}  // namespace
}  // namespace waxwing::platform
