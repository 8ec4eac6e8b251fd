#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"
#include "interrupter.h"
#include "wasi/stream_file.h"

namespace waxwing::wasi {
namespace {

std::string message_of(ContextConfig config) {
  const auto context = Context::create(std::move(config));
  return context ? "" : context.error().message();
}

TEST(context_create, names_a_directory_that_cannot_be_opened) {
  const TemporaryDirectory directory;
  directory.write("file", "");
  EXPECT_NE(message_of(Guest::config(directory / "none")).find(directory / "none"),
            std::string::npos);
  EXPECT_NE(message_of(Guest::config(directory / "file")), "");
  EXPECT_EQ(message_of(Guest::config(directory / ".")), "");
}

TEST(context_create, refuses_strings_that_no_c_program_could_read) {
  const auto create = [](std::vector<std::string> args, std::vector<std::string> env) {
    ContextConfig config;
    config.args = std::move(args);
    config.env = std::move(env);
    return message_of(std::move(config));
  };
  EXPECT_NE(create({std::string("a\0b", 3)}, {}), "");
  EXPECT_NE(create({}, {"NAME"}), "");
  EXPECT_NE(create({}, {"=value"}), "");
  EXPECT_EQ(create({"a"}, {"NAME="}), "");
}

TEST(context_create, a_guest_without_streams_has_the_null_device) {
  Guest guest{ContextConfig()};
  EXPECT_EQ(guest.read(0).value(), "");
  EXPECT_EQ(guest.write(1, "lost").value(), 4u);
  EXPECT_EQ(guest.write(2, "lost").value(), 4u);
  EXPECT_ERRNO(guest.write(0, "x"), badf);
  EXPECT_ERRNO(guest.read(1), badf);
  EXPECT_ERRNO(guest.read(3), badf);
}

TEST(context_create, files_that_are_read_or_appended_to_keep_what_they_have) {
  const TemporaryDirectory directory;
  for (const char* name : {"in", "log", "out"}) directory.write(name, "abc");
  const auto open = [&](const char* name, const platform::OpenOptions& options) {
    return platform::open_host_path(directory / name, options).value();
  };
  ContextConfig config;
  config.standard_input = open("in", {.read = true, .write = true});
  config.standard_output = open("log", {.write = true, .append = true});
  config.standard_error = open("out", {.write = true});
  Guest guest(std::move(config));
  EXPECT_FALSE(fd_filestat_set_size(guest.call(), 0, 0));
  EXPECT_FALSE(fd_allocate(guest.call(), 0, 0, 4096));
  EXPECT_FALSE(fd_filestat_set_times(guest.call(), 0, {0, 0, time_flags::atim_now}));
  EXPECT_FALSE(fd_filestat_set_size(guest.call(), 1, 0));
  EXPECT_FALSE(fd_allocate(guest.call(), 1, 0, 4096));
  EXPECT_SUCCESS(fd_filestat_set_size(guest.call(), 2, 0));
  EXPECT_EQ(read_text(open("in", {.read = true})), "abc");
  EXPECT_EQ(read_text(open("log", {.read = true})), "abc");
  EXPECT_EQ(read_text(open("out", {.read = true})), "");
}

/// A guest whose standard input, or output, is a FIFO.
class Fifo : public testing::Test {
 protected:
  Fifo() { EXPECT_EQ(::mkfifo(path_.c_str(), 0600), 0); }

  ContextConfig config(StreamUse use) {
    ContextConfig result;
    StandardStream& stream =
        use == StreamUse::read ? result.standard_input : result.standard_output;
    stream = open_stream_file(path_, use).value();
    return result;
  }
  /// The other end, without waiting.
  platform::File open(const platform::OpenOptions& options) {
    auto file = platform::open_host_path(path_, options);
    EXPECT_TRUE(file);
    return file ? *std::move(file) : platform::File();
  }
  static constexpr platform::OpenOptions read_it{.read = true, .nonblock = true};
  static constexpr platform::OpenOptions write_it{.write = true, .nonblock = true};

  TemporaryDirectory directory_;
  std::string path_ = directory_ / "fifo";
};

TEST_F(Fifo, waiting_for_its_other_end_is_interrupted) {
  const auto trap = [&](StreamUse use) {
    Guest guest(config(use));
    return trap_of(guest, [&] {
      const Interrupter interrupter(guest.store());
      if (use == StreamUse::read) {
        EXPECT_ERRNO(guest.read(0), intr);
      } else {
        EXPECT_ERRNO(guest.write(1, "x"), intr);
      }
      return guest.call().outcome;
    });
  };
  EXPECT_EQ(trap(StreamUse::read), syntax::TrapCode::interrupted);
  EXPECT_EQ(trap(StreamUse::write), syntax::TrapCode::interrupted);
}

TEST_F(Fifo, is_read_from_the_first_writer_on_to_its_end) {
  Guest guest(config(StreamUse::read));
  EXPECT_SUCCESS(fd_fdstat_set_flags(guest.call(), 0, fd_flags::nonblock));
  EXPECT_ERRNO(guest.read(0), again) << "there is no writer, which is not the end";
  EXPECT_EQ(fd_filestat_get(guest.call(), 0).value().kind, platform::FileKind::fifo);
  EXPECT_SUCCESS(fd_fdstat_set_flags(guest.call(), 0, 0));
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const platform::File end = open(write_it);
    write_text(end, "hello").value();
  });
  EXPECT_EQ(guest.read(0, 3).value(), "hel");
  EXPECT_EQ(guest.read(0).value(), "lo");
  other.join();
  EXPECT_EQ(guest.read(0).value(), "");
  EXPECT_ERRNO(guest.write(0, "x"), badf);
}

TEST_F(Fifo, a_writer_that_writes_nothing_is_the_end) {
  Guest guest(config(StreamUse::read));
  open(write_it);
  EXPECT_EQ(guest.read(0).value(), "");
}

TEST_F(Fifo, is_written_when_somebody_reads) {
  Guest guest(config(StreamUse::append));
  EXPECT_EQ(fd_filestat_get(guest.call(), 1).value().kind, platform::FileKind::fifo);
  EXPECT_SUCCESS(fd_fdstat_set_flags(guest.call(), 1, fd_flags::nonblock));
  EXPECT_ERRNO(guest.write(1, "x"), again);
  EXPECT_SUCCESS(fd_fdstat_set_flags(guest.call(), 1, 0));
  platform::File end;
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    end = open(read_it);
  });
  EXPECT_EQ(guest.write(1, "hello").value(), 5u);
  other.join();
  EXPECT_EQ(fd_filestat_get(guest.call(), 1).value().kind, platform::FileKind::fifo);
  EXPECT_EQ(guest.write(1, "!").value(), 1u);
  char bytes[8] = {};
  EXPECT_EQ(::read(end.descriptor(), bytes, sizeof bytes), 6);
  EXPECT_STREQ(bytes, "hello!");
  end = platform::File();
  EXPECT_ERRNO(guest.write(1, "x"), pipe) << "it does not wait for the next reader";
}

TEST_F(Fifo, that_is_there_no_more_is_an_error) {
  Guest guest(config(StreamUse::write));
  EXPECT_EQ(::unlink(path_.c_str()), 0);
  EXPECT_ERRNO(guest.write(1, "x"), noent);
  directory_.write("fifo", "a file");
  EXPECT_ERRNO(guest.write(1, "x"), noent) << "what is there now is another one's";
  EXPECT_EQ(read_text(open({.read = true})), "a file");
}

TEST_F(Fifo, is_the_same_from_wherever_the_host_is) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(directory_.path());
  ContextConfig config;
  config.standard_output = open_stream_file("fifo", StreamUse::write).value();
  std::filesystem::current_path(before);
  Guest guest(std::move(config));
  const platform::File end = open(read_it);
  EXPECT_EQ(guest.write(1, "x").value(), 1u);
}

TEST_F(Fifo, that_nobody_wrote_is_at_its_end_when_the_guest_is) {
  std::optional<Guest> guest;
  guest.emplace(config(StreamUse::write));
  const platform::File end = open(read_it);
  platform::PollItem item{.file = &end, .want_read = true};
  EXPECT_EQ(platform::poll({&item, 1}, {.deadline_ns = 0}), platform::PollOutcome::timed_out);
  guest.reset();
  EXPECT_EQ(platform::poll({&item, 1}, {.deadline_ns = 0}), platform::PollOutcome::ready);
  EXPECT_TRUE(item.hung_up);
}

TEST(args, are_packed_with_their_nuls) {
  ContextConfig config;
  config.args = {"program", "", "last"};
  Guest guest(std::move(config));
  const StringSizes sizes = args_sizes_get(guest.call()).value();
  EXPECT_EQ(sizes.count, 3u);
  EXPECT_EQ(sizes.size_bytes, 8u + 1u + 5u);
  EXPECT_SUCCESS(args_get(guest.call(), 16, 64));
  EXPECT_EQ(guest.load<uint32_t>(16), 64u);
  EXPECT_EQ(guest.load<uint32_t>(20), 72u);
  EXPECT_EQ(guest.load<uint32_t>(24), 73u);
  EXPECT_EQ(guest.text({64, 14}), std::string("program\0\0last\0", 14));
}

TEST(environ, bad_pointers_are_fault_and_write_nothing) {
  ContextConfig config;
  config.env = {"A=1", "B=2"};
  Guest guest(std::move(config));
  EXPECT_ERRNO(environ_get(guest.call(), Guest::memory_size - 4, 0), fault);
  EXPECT_ERRNO(environ_get(guest.call(), 0, Guest::memory_size - 7), fault);
  EXPECT_ERRNO(environ_get(guest.call(), 0xfffffffc, 0xfffffffc), fault);
  EXPECT_EQ(guest.load<uint64_t>(0), 0u);
  EXPECT_SUCCESS(environ_get(guest.call(), 0, Guest::memory_size - 8));
  EXPECT_EQ(guest.text({Guest::memory_size - 8, 8}), std::string("A=1\0B=2\0", 8));
}

class FakeClocks final : public Clocks {
 public:
  uint64_t time_ns(platform::Clock clock) override { return now_ns + uint64_t(clock); }
  uint64_t resolution_ns(platform::Clock) override { return 5; }
  uint64_t deadline_ns(uint64_t timeout_ns) override {
    now_ns += timeout_ns;
    return 0;
  }
  uint64_t now_ns = 1000;
};

class FakeRandom final : public RandomSource {
 public:
  bool fill(std::span<uint8_t> bytes) override {
    std::fill(bytes.begin(), bytes.end(), uint8_t{7});
    return bytes.size() != 13;
  }
};

TEST(sources, clocks_and_randomness_are_the_embedders) {
  const auto clocks = std::make_shared<FakeClocks>();
  ContextConfig config;
  config.clocks = clocks;
  config.random = std::make_shared<FakeRandom>();
  Guest guest(std::move(config));
  EXPECT_EQ(clock_time_get(guest.call(), 0, 0).value(), 1000u);
  EXPECT_EQ(clock_time_get(guest.call(), 3, 0).value(), 1003u);
  EXPECT_ERRNO(clock_time_get(guest.call(), 4, 0), inval);
  EXPECT_EQ(clock_res_get(guest.call(), 1).value(), 5u);
  EXPECT_ERRNO(clock_res_get(guest.call(), 4), inval);
  EXPECT_SUCCESS(random_get(guest.call(), {0, 3}));
  EXPECT_EQ(guest.text({0, 4}), std::string("\7\7\7\0", 4));
  EXPECT_SUCCESS(random_get(guest.call(), {Guest::memory_size, 0}));
  EXPECT_ERRNO(random_get(guest.call(), {Guest::memory_size, 1}), fault);
  EXPECT_ERRNO(random_get(guest.call(), {1, 0xffffffff}), fault);
  EXPECT_ERRNO(random_get(guest.call(), {0, 13}), io);
}

TEST(sources, an_interruption_ends_who_asks_for_random_bytes) {
  Guest guest{ContextConfig()};
  const auto asks = [&] {
    guest.store().interrupt(guest.store().current_call(), syntax::TrapCode::interrupted);
    EXPECT_ERRNO(random_get(guest.call(), {0, 8}), intr);
    return guest.call().outcome;
  };
  EXPECT_EQ(trap_of(guest, asks), syntax::TrapCode::interrupted);
  EXPECT_EQ(guest.load<uint64_t>(0), 0u);
}

TEST(proc, exit_and_fatal_signals_end_the_guest) {
  Guest guest{ContextConfig()};
  proc_exit(guest.call(), 42);
  EXPECT_EQ(guest.call().outcome, runtime::Outcome::trapped);
  const runtime::Trap trap = guest.store().take_trap();
  EXPECT_EQ(trap.code, syntax::TrapCode::exit);
  EXPECT_EQ(trap.exit_status, 42);

  Guest other{ContextConfig()};
  EXPECT_SUCCESS(proc_raise(other.call(), 0));
  EXPECT_SUCCESS(proc_raise(other.call(), 16));
  EXPECT_ERRNO(proc_raise(other.call(), 18), notsup);
  EXPECT_ERRNO(proc_raise(other.call(), 31), inval);
  EXPECT_EQ(other.call().outcome, runtime::Outcome::returned);
  EXPECT_SUCCESS(proc_raise(other.call(), 6));
  EXPECT_EQ(other.call().outcome, runtime::Outcome::trapped);
  EXPECT_EQ(other.store().take_trap().exit_status, 134);
}

TEST(errno_table, is_the_standards) {
  EXPECT_EQ(uint16_t(Errno::badf), 8);
  EXPECT_EQ(uint16_t(Errno::inval), 28);
  EXPECT_EQ(uint16_t(Errno::noent), 44);
  EXPECT_EQ(uint16_t(Errno::perm), 63);
  EXPECT_EQ(uint16_t(Errno::rofs), 69);
  EXPECT_EQ(uint16_t(Errno::xdev), 75);
  EXPECT_EQ(errno_name(Errno::toobig), "2big");
  EXPECT_EQ(to_errno(platform::FileError::txtbsy), Errno::txtbsy);
}

}  // namespace
}  // namespace waxwing::wasi
