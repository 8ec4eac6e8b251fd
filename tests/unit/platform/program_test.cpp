#include "platform/program.h"

#include <gtest/gtest.h>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

#include "base/bytes.h"
#include "platform/clock.h"
#include "platform/output_file.h"
#include "platform/sealed_file.h"

namespace waxwing::platform {
namespace {

constexpr uint64_t second_ns = 1'000'000'000;

FileResult<ChildProgram> start(const std::string& path, const File* input, const File* output) {
  const File* const files[] = {input, output};
  return ChildProgram::start(path, files);
}

std::string text_of(const File& file) {
  std::string text(file.stat()->size_bytes, '\0');
  const IoBuffer buffer{reinterpret_cast<uint8_t*>(text.data()), text.size()};
  EXPECT_EQ(file.read_at({&buffer, 1}, 0), text.size());
  return text;
}

/// A file with `text`, at its start.
File file_with(std::string_view text) {
  return std::move(*make_sealable_file("test", base::as_bytes(text)));
}

TEST(program, runs_beside_this_one_and_tells_how_it_ended) {
  const File output = file_with("");
  const File script = file_with("echo said; exit 7");
  auto child = start("/bin/sh", &script, &output);
  ASSERT_TRUE(child);
  EXPECT_EQ(child->wait(), 7);
  EXPECT_EQ(text_of(output), "said\n");
  EXPECT_EQ(child->wait(), std::unexpected(FileError::child));
}

TEST(program, that_ended_by_a_signal_says_which) {
  const File script = file_with("kill -TERM $$");
  auto child = start("/bin/sh", &script, nullptr);
  ASSERT_TRUE(child);
  EXPECT_EQ(child->wait(), 128 + 15);
}

TEST(program, ends_when_it_is_killed_and_with_its_object) {
  const uint64_t begin = monotonic_ns();
  const File script = file_with("sleep 60; true");
  {
    auto child = start("/bin/sh", &script, nullptr);
    ASSERT_TRUE(child);
    EXPECT_EQ(child->kill(), 128 + 9);
  }
  EXPECT_TRUE(start("/bin/cat", nullptr, nullptr));
  EXPECT_LT(monotonic_ns() - begin, 20 * second_ns);
}

TEST(program, gets_null_files_and_files_that_are_in_one_anothers_place) {
  // The child's 0 and 1 are this process's 1 and 0.
  const File script = file_with("echo said");
  const File output = file_with("");
  const int old_input = ::dup(0);
  const int old_output = ::dup(1);
  ::dup2(output.descriptor(), 0);
  ::dup2(script.descriptor(), 1);
  const File zero = File::borrow(0);
  const File one = File::borrow(1);
  auto child = start("/bin/sh", &one, &zero);
  ::dup2(old_input, 0);
  ::dup2(old_output, 1);
  ::close(old_input);
  ::close(old_output);
  ASSERT_TRUE(child);
  EXPECT_EQ(child->wait(), 0);
  EXPECT_EQ(text_of(output), "said\n");
}

TEST(program, gets_no_file_that_it_was_not_given) {
  const int open = ::dup(0);  // not to be closed by exec
  ASSERT_GT(open, 2);
  const File output = file_with("");
  const File script =
      file_with("[ -e /proc/self/fd/" + std::to_string(open) + " ] && echo open; echo said");
  auto child = start("/bin/sh", &script, &output);
  ASSERT_TRUE(child);
  EXPECT_EQ(child->wait(), 0);
  ::close(open);
  EXPECT_EQ(text_of(output), "said\n");
}

TEST(program, that_is_not_there_is_a_failure_at_once) {
  EXPECT_EQ(start("/nowhere/at/all", nullptr, nullptr).error(), FileError::noent);
}

TEST(sealed_file, changes_no_more) {
  const File file = file_with("bytes");
  ASSERT_TRUE(seal(file));
  EXPECT_FALSE(write_all(file, base::as_bytes("other")));
  EXPECT_FALSE(file.truncate(1));
  EXPECT_FALSE(file.truncate(1 << 20));
  EXPECT_EQ(text_of(file), "bytes");
}

TEST(sealed_file, of_given_bytes_is_sealed) {
  const auto file = make_sealed_file("test", base::as_bytes("bytes"));
  ASSERT_TRUE(file);
  EXPECT_EQ(text_of(*file), "bytes");
  EXPECT_FALSE(write_all(*file, base::as_bytes("other")));
  EXPECT_EQ(text_of(*file), "bytes");
}

TEST(sealed_file, that_is_larger_than_files_may_be_ends_nobody) {
  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit little = {.rlim_cur = 3, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &little), 0);
  const auto file = make_sealable_file("test", base::as_bytes("four"));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error(), FileError::fbig);
}

TEST(sealed_file, is_one_that_was_made_for_it) {
  const Pipe pipe = std::move(*make_pipe());
  EXPECT_FALSE(seal(pipe.write_end));
}

}  // namespace
}  // namespace waxwing::platform
