#include "platform/file.h"

#include <array>
#include <atomic>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "platform/clock.h"
#include "platform/signal_guard.h"
#include "temporary_directory.h"

namespace waxwing::platform {
namespace {

const OpenOptions new_file = {.read = true, .write = true, .create = true};

File open_new(const TemporaryDirectory& directory, OpenOptions options = new_file) {
  auto file = open_host_path(directory / "file", options);
  EXPECT_TRUE(file) << failure(file);
  return file ? std::move(*file) : File();
}

ConstIoBuffer part(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

TEST(file, vectored_writes_and_reads_are_one_transfer) {
  const TemporaryDirectory directory;
  const File file = open_new(directory);
  const std::array parts = {part("one "), part(""), part("two "), part("three")};
  EXPECT_EQ(file.write(parts), 13u);
  EXPECT_EQ(file.tell(), 13u);
  EXPECT_EQ(file.seek(-9, Whence::end), 4u);
  std::array<uint8_t, 4> first;
  std::array<uint8_t, 100> second;
  const std::array<IoBuffer, 2> targets = {IoBuffer{first.data(), first.size()},
                                           IoBuffer{second.data(), second.size()}};
  EXPECT_EQ(file.read(targets), 9u);
  EXPECT_EQ(std::string(first.begin(), first.end()), "two ");
  EXPECT_EQ(std::string(second.begin(), second.begin() + 5), "three");
  EXPECT_EQ(file.read(targets), 0u);
  EXPECT_EQ(file.read({}), 0u);
}

TEST(file, more_buffers_than_one_call_takes_are_a_short_transfer) {
  const TemporaryDirectory directory;
  const File file = open_new(directory);
  const std::vector<ConstIoBuffer> parts(1000, part("x"));
  EXPECT_EQ(file.write(parts), 64u);
}

TEST(file, positioned_transfers_leave_the_offset) {
  const TemporaryDirectory directory;
  const File file = open_new(directory);
  const ConstIoBuffer text = part("abcdef");
  EXPECT_EQ(file.write_at({&text, 1}, 10), 6u);
  EXPECT_EQ(file.tell(), 0u);
  std::array<uint8_t, 3> target;
  const IoBuffer buffer{target.data(), target.size()};
  EXPECT_EQ(file.read_at({&buffer, 1}, 12), 3u);
  EXPECT_EQ(std::string(target.begin(), target.end()), "cde");
  EXPECT_EQ(file.read_at({&buffer, 1}, 16), 0u);
  EXPECT_EQ(file.stat()->size_bytes, 16u);
  EXPECT_EQ(failure(file.read_at({&buffer, 1}, UINT64_MAX)), text_of(FileError::inval));
  EXPECT_EQ(failure(file.write_at({&text, 1}, uint64_t{1} << 63)), text_of(FileError::inval));
}

TEST(file, seeking_has_the_failures_of_posix) {
  const TemporaryDirectory directory;
  const File file = open_new(directory);
  EXPECT_EQ(failure(file.seek(-1, Whence::set)), text_of(FileError::inval));
  EXPECT_EQ(file.seek(100, Whence::set), 100u);
  EXPECT_EQ(file.seek(-1, Whence::current), 99u);
  auto pipe = make_pipe();
  ASSERT_TRUE(pipe);
  EXPECT_EQ(failure(pipe->read_end.tell()), text_of(FileError::spipe));
}

TEST(file, sizes_change_by_truncate_and_allocate) {
  const TemporaryDirectory directory;
  const File file = open_new(directory);
  ASSERT_TRUE(write_text(file, "12345"));
  ASSERT_TRUE(file.truncate(3));
  EXPECT_EQ(file.stat()->size_bytes, 3u);
  ASSERT_TRUE(file.truncate(5000));
  EXPECT_EQ(file.stat()->size_bytes, 5000u);
  EXPECT_EQ(failure(file.truncate(UINT64_MAX)), text_of(FileError::fbig));
  const auto allocated = file.allocate(4000, 4000);
  if (allocated) {
    EXPECT_EQ(file.stat()->size_bytes, 8000u);
  } else {
    EXPECT_EQ(allocated.error(), FileError::notsup);
  }
  EXPECT_EQ(failure(file.allocate(0, 0)), text_of(FileError::inval));
  EXPECT_EQ(failure(file.allocate(0, UINT64_MAX)), text_of(FileError::fbig));
  EXPECT_TRUE(file.advise(0, 4096, Advice::will_need));
  EXPECT_EQ(failure(file.advise(UINT64_MAX, 1, Advice::normal)), text_of(FileError::inval));
  EXPECT_TRUE(file.sync_data());
  EXPECT_TRUE(file.sync_all());
}

TEST(file, stat_tells_what_it_is_and_when_it_changed) {
  const TemporaryDirectory directory;
  const File file = open_new(directory);
  ASSERT_TRUE(write_text(file, "12"));
  const auto stat = file.stat();
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->kind, FileKind::regular_file);
  EXPECT_EQ(stat->link_count, 1u);
  EXPECT_EQ(stat->size_bytes, 2u);
  EXPECT_NEAR(static_cast<double>(stat->modify_time_ns), static_cast<double>(realtime_ns()), 60e9);
  EXPECT_NE(stat->inode, directory.open().stat()->inode);
  EXPECT_EQ(stat->device, directory.open().stat()->device);
}

TEST(file, kinds_are_told_apart) {
  const TemporaryDirectory directory;
  EXPECT_EQ(open_new(directory).kind(), FileKind::regular_file);
  EXPECT_EQ(directory.open().kind(), FileKind::directory);
  EXPECT_EQ(make_pipe()->read_end.kind(), FileKind::fifo);
  EXPECT_EQ(open_host_path("/dev/null", {.read = true})->kind(), FileKind::character_device);
  directory.link("link", "nowhere");
  EXPECT_EQ(open_host_path(directory / "link", {.follow_final_symlink = false})->kind(),
            FileKind::symbolic_link);
  for (const auto& [type, kind] : {std::pair(SOCK_STREAM, FileKind::stream_socket),
                                   std::pair(SOCK_DGRAM, FileKind::datagram_socket)}) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
    const File first = File::own(ends[0]);
    const File second = File::own(ends[1]);
    EXPECT_EQ(first.kind(), kind);
    EXPECT_EQ(first.stat()->kind, kind);
  }
}

TEST(file, times_are_kept_set_or_now) {
  const TemporaryDirectory directory;
  open_new(directory);
  const NewTime early{.kind = NewTime::Kind::at, .at_ns = 1'000'000'000'123'456'789};
  const NewTime now{.kind = NewTime::Kind::now};
  // With and without access to the data.
  for (const bool data : {true, false}) {
    const auto file = open_host_path(directory / "file", {.read = data});
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->set_times(early, early));
    EXPECT_EQ(file->stat()->access_time_ns, early.at_ns);
    EXPECT_EQ(file->stat()->modify_time_ns, early.at_ns);
    ASSERT_TRUE(file->set_times({}, now));
    EXPECT_EQ(file->stat()->access_time_ns, early.at_ns);
    EXPECT_GT(file->stat()->modify_time_ns, early.at_ns);
  }
}

TEST(file, status_flags_are_those_of_the_opening_and_two_can_change) {
  const TemporaryDirectory directory;
  {
    const File file = open_new(directory);
    const auto flags = file.status_flags();
    ASSERT_TRUE(flags);
    EXPECT_TRUE(flags->read && flags->write);
    EXPECT_FALSE(flags->append || flags->nonblock || flags->dsync || flags->sync);
    ASSERT_TRUE(file.set_status_flags(true, true));
    EXPECT_TRUE(file.status_flags()->append && file.status_flags()->nonblock);
    ASSERT_TRUE(file.set_status_flags(false, false));
    EXPECT_FALSE(file.status_flags()->append || file.status_flags()->nonblock);
  }
  const File file =
      open_new(directory, {.write = true, .append = true, .nonblock = true, .dsync = true});
  const auto flags = file.status_flags();
  ASSERT_TRUE(flags);
  EXPECT_TRUE(!flags->read && flags->write && flags->append && flags->nonblock && flags->dsync);
  EXPECT_FALSE(flags->sync);
  EXPECT_TRUE(open_new(directory, {.write = true, .sync = true}).status_flags()->sync);
  const auto metadata = open_new(directory, {}).status_flags();
  EXPECT_FALSE(metadata->read || metadata->write);
}

TEST(file, appending_goes_to_the_end_whatever_the_offset) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(write_text(open_new(directory), "start"));
  const File file = open_new(directory, {.read = true, .write = true, .append = true});
  ASSERT_TRUE(file.seek(0, Whence::set));
  ASSERT_TRUE(write_text(file, " end"));
  ASSERT_TRUE(file.seek(0, Whence::set));
  EXPECT_EQ(read_text(file), "start end");
}

TEST(file, contradictory_options_are_refused) {
  const TemporaryDirectory directory;
  const OpenOptions wrong[] = {{.create = true},
                               {.read = true, .create = true, .directory = true},
                               {.read = true, .truncate = true}};
  for (const OpenOptions& options : wrong) {
    EXPECT_EQ(failure(open_host_path(directory / "file", options)), text_of(FileError::inval));
  }
}

TEST(file, host_paths_fail_by_name) {
  const TemporaryDirectory directory;
  open_new(directory);
  const auto opened = [&](std::string_view name, OpenOptions options) {
    return failure(open_host_path(directory / name, options));
  };
  EXPECT_EQ(opened("none", {.read = true}), text_of(FileError::noent));
  EXPECT_EQ(opened("file", {.directory = true}), text_of(FileError::notdir));
  EXPECT_EQ(opened("file", {.write = true, .create = true, .exclusive = true}),
            text_of(FileError::exist));
  EXPECT_EQ(opened(".", {.write = true}), text_of(FileError::isdir));
  EXPECT_EQ(opened(std::string_view("a\0b", 3), {.read = true}), text_of(FileError::inval));
}

TEST(file, is_closed_by_its_owner_only) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  {
    const File borrowed = File::borrow(ends[0]);
  }
  EXPECT_NE(fcntl(ends[0], F_GETFD), -1);
  {
    File owned = File::own(ends[0]);
    {
      const File also = owned.borrowed();
    }
    File moved = std::move(owned);
    EXPECT_FALSE(owned.is_open());
    EXPECT_NE(fcntl(ends[0], F_GETFD), -1);
  }
  EXPECT_EQ(fcntl(ends[0], F_GETFD), -1);
  close(ends[1]);
  const File none;
  EXPECT_EQ(failure(none.stat()), text_of(FileError::badf));
  EXPECT_EQ(failure(write_text(none, "x")), text_of(FileError::badf));
  EXPECT_EQ(failure(none.duplicate()), text_of(FileError::badf));
}

TEST(file, a_duplicate_shares_the_offset) {
  const TemporaryDirectory directory;
  const File file = open_new(directory);
  const auto second = file.duplicate();
  ASSERT_TRUE(second);
  ASSERT_TRUE(write_text(file, "12345"));
  EXPECT_EQ(second->tell(), 5u);
  EXPECT_EQ(fcntl(second->descriptor(), F_GETFD), FD_CLOEXEC);
}

std::atomic<int> sigpipes = 0;

TEST(file, a_broken_pipe_is_an_error_and_never_a_signal) {
  struct sigaction action{};
  struct sigaction previous{};
  action.sa_handler = [](int) { ++sigpipes; };
  sigaction(SIGPIPE, &action, &previous);
  auto pipe = make_pipe();
  ASSERT_TRUE(pipe);
  pipe->read_end = File();
  EXPECT_EQ(failure(write_text(pipe->write_end, "x")), text_of(FileError::pipe));
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  close(ends[1]);
  EXPECT_EQ(failure(write_text(File::own(ends[0]), "x")), text_of(FileError::pipe));
  EXPECT_EQ(sigpipes, 0);
  // One whose reader leaves in the midst of it has written something.
  pipe = make_pipe();
  ASSERT_TRUE(pipe);
  std::thread reader([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    pipe->read_end = File();
  });
  const std::string much(1 << 20, 'x');
  const auto written = write_text(pipe->write_end, much);
  reader.join();
  ASSERT_TRUE(written);
  EXPECT_LT(*written, much.size());
  EXPECT_EQ(sigpipes, 0);
  // The host's own signals still arrive.
  raise(SIGPIPE);
  EXPECT_EQ(sigpipes, 1);
  sigaction(SIGPIPE, &previous, nullptr);
}

TEST(file, a_broken_pipe_leaves_nothing_pending_where_its_signal_is_ignored_and_blocked) {
  auto pipe = make_pipe();
  ASSERT_TRUE(pipe);
  pipe->read_end = File();
  const auto previous = signal(SIGPIPE, SIG_IGN);
  sigset_t blocked, mask, pending;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGPIPE);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &blocked, &mask), 0);
  EXPECT_EQ(failure(write_text(pipe->write_end, "x")), text_of(FileError::pipe));
  EXPECT_TRUE(sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 0);
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &mask, nullptr), 0);
  signal(SIGPIPE, previous);
}

std::atomic<int> size_signals = 0;

TEST(file, what_passes_the_limit_of_sizes_is_an_error_and_no_signal_where_it_is_guarded) {
  const TemporaryDirectory directory;
  const File file = open_new(directory);
  struct sigaction action{};
  struct sigaction previous{};
  action.sa_handler = [](int) { ++size_signals; };
  sigaction(SIGXFSZ, &action, &previous);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit little{8, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &little), 0);
  EXPECT_EQ(file_size_limit(), 8u);
  const auto guarded = [&] {
    return within_size_limit([&] { return write_text(file, "012345"); });
  };
  EXPECT_EQ(guarded(), 6u);
  EXPECT_EQ(guarded(), 2u) << "as much as there is room for";
  EXPECT_EQ(failure(guarded()), text_of(FileError::fbig));
  sigset_t blocked, mask, pending;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGXFSZ);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &blocked, &mask), 0);
  EXPECT_EQ(failure(guarded()), text_of(FileError::fbig)) << "blocked or not";
  EXPECT_TRUE(sigpending(&pending) == 0 && sigismember(&pending, SIGXFSZ) == 0);
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &mask, nullptr), 0);
  EXPECT_EQ(size_signals, 0);
  EXPECT_FALSE(write_text(file, "x"));
  EXPECT_EQ(size_signals, 1) << "the host's own";
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  sigaction(SIGXFSZ, &previous, nullptr);
}

TEST(file, terminals_are_known) {
  EXPECT_FALSE(make_pipe()->read_end.is_terminal());
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal == -1) GTEST_SKIP() << "no pseudo-terminals here";
  const File file = File::own(terminal);
  EXPECT_EQ(file.is_terminal(), isatty(terminal) == 1);
  EXPECT_EQ(file.kind(), FileKind::character_device);
}

TEST(file_error, texts_and_errors_for_people) {
  EXPECT_EQ(file_error_text(FileError::toobig), "argument list too long");
  EXPECT_EQ(file_error_text(FileError::xdev), "cross-device link");
  EXPECT_EQ(describe(FileError::noent, "x").message(), "no such file or name: x");
  EXPECT_EQ(describe(FileError::acces, "x").message(),
            "input or output failed: x: permission denied");
  EXPECT_EQ(describe(FileError::nomem, "x").code, base::ErrorCode::out_of_memory);
}

}  // namespace
}  // namespace waxwing::platform
