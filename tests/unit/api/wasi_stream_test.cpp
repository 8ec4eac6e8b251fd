// Standard streams that are files, descriptors, bytes and functions; clocks and randomness of the
// embedder's.
#include <array>
#include <atomic>
#include <chrono>
#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "../platform/temporary_directory.h"
#include "api_case.h"

namespace waxwing {
namespace {

using platform::TemporaryDirectory;

constexpr int success = 0, badf = 8, io = 29, nospc = 51, pipe_broken = 64;

/// What was read or written lies from 4096 on.
constexpr const char* guest_text = R"((module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fdstat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_res_get" (func $res (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 1)
  (func $vectors (param $first i32) (param $second i32)
    (i32.store (i32.const 0) (i32.const 4096)) (i32.store (i32.const 4) (local.get $first))
    (i32.store (i32.const 8) (i32.add (i32.const 4096) (local.get $first)))
    (i32.store (i32.const 12) (local.get $second)))
  (func (export "read") (param $first i32) (param $second i32) (result i32)
    (call $vectors (local.get $first) (local.get $second))
    (call $read (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 64)))
  (func (export "write") (param $fd i32) (param $first i32) (param $second i32) (result i32)
    (call $vectors (local.get $first) (local.get $second))
    (call $write (local.get $fd) (i32.const 0) (i32.const 2) (i32.const 64)))
  (func (export "done") (result i32) (i32.load (i32.const 64)))
  (func (export "type") (param i32) (result i32)
    (drop (call $fdstat (local.get 0) (i32.const 128))) (i32.load8_u (i32.const 128)))
  (func (export "seek") (param i32) (result i32)
    (call $seek (local.get 0) (i64.const 0) (i32.const 0) (i32.const 64)))
  (func (export "close") (param i32) (result i32) (call $close (local.get 0)))
  ;; Events told for a clock of that timeout and, of descriptor `fd`, one of `type`.
  (func (export "poll") (param $timeout i64) (param $fd i32) (param $type i32) (result i32)
    (i64.store (i32.const 256) (i64.const 1)) (i64.store (i32.const 264) (i64.const 0))
    (i64.store (i32.const 272) (i64.const 1)) (i64.store (i32.const 280) (local.get $timeout))
    (i64.store (i32.const 288) (i64.const 0)) (i64.store (i32.const 296) (i64.const 0))
    (i64.store (i32.const 304) (i64.const 2)) (i32.store8 (i32.const 312) (local.get $type))
    (i32.store (i32.const 320) (local.get $fd))
    (drop (call $poll (i32.const 256) (i32.const 512)
      (select (i32.const 2) (i32.const 1) (local.get $type)) (i32.const 64)))
    (i32.load (i32.const 64)))
  (func (export "bytes_ready") (result i64) (i64.load (i32.const 528)))
  (func (export "time") (param i32) (result i64)
    (drop (call $time (local.get 0) (i64.const 0) (i32.const 64))) (i64.load (i32.const 64)))
  (func (export "resolution") (param i32) (result i64)
    (drop (call $res (local.get 0) (i32.const 64))) (i64.load (i32.const 64)))
  (func (export "random") (param i32) (result i32)
    (call $random (i32.const 4096) (local.get 0)))
  (func (export "yield") (result i32) (call $yield))))";

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Guest {
 public:
  Guest(const Engine& engine, WasiConfig config) : store(require(Store::create(engine))) {
    Linker linker;
    require(linker.wasi(std::move(config)));
    instance = require(linker.instantiate(store, compile(engine, guest_text)));
    memory = require(instance->memory("memory"));
  }

  template <typename... Args>
  Result<int32_t> try_call(const char* name, Args... args) {
    const auto func = instance->func<int32_t(Args...)>(name);
    if (!func) return std::unexpected(func.error());
    return (*func)(args...);
  }
  template <typename... Args>
  int32_t call(const char* name, Args... args) {
    return require(try_call(name, args...));
  }
  template <typename... Args>
  uint64_t call64(const char* name, Args... args) {
    return require(require(instance->func<uint64_t(Args...)>(name))(args...));
  }
  std::string text(size_t size) {
    const auto bytes = require(memory->bytes(4096, size));
    return {reinterpret_cast<const char*>(bytes.data()), size};
  }
  /// What one read of two buffers gives.
  std::string read(int first, int second) {
    EXPECT_EQ(call("read", first, second), success);
    return text(static_cast<size_t>(call("done")));
  }
  /// The result of writing the text in two buffers.
  int write(int fd, std::string_view source, size_t first) {
    const auto bytes = require(memory->bytes(4096, source.size()));
    std::copy(source.begin(), source.end(), bytes.begin());
    return call("write", fd, int32_t(first), int32_t(source.size() - first));
  }

  Store store;
  std::optional<Instance> instance;
  std::optional<Memory> memory;
};

class Streams : public Tiers {};

std::string message_of(const Engine& engine, WasiConfig config) {
  Store store = require(Store::create(engine));
  Linker linker;
  require(linker.wasi(std::move(config)));
  const auto instance = linker.try_instantiate(store, compile(engine, guest_text));
  return instance ? "" : instance.error().message();
}

TEST_P(Streams, files_are_read_made_emptied_and_appended_to) {
  const TemporaryDirectory directory;
  directory.write("in", "one two");
  directory.write("out", "what was there");
  for (int run = 1; run <= 2; ++run) {
    Guest guest(engine, {.standard_input = WasiStream::file(directory / "in"),
                         .standard_output = WasiStream::file(directory / "out"),
                         .standard_error = WasiStream::append_to(directory / "log")});
    EXPECT_EQ(guest.read(3, 2), "one t");
    EXPECT_EQ(guest.read(9, 9), "wo");
    EXPECT_EQ(guest.read(9, 9), "");
    EXPECT_EQ(guest.write(1, "hello", 2), success);
    EXPECT_EQ(guest.write(2, "line\n", 1), success);
    EXPECT_EQ(guest.call("write", 0, 1, 1), badf);
    EXPECT_EQ(guest.call("type", 0), 4) << "a regular file";
    EXPECT_EQ(guest.call("seek", 0), success);
    EXPECT_EQ(guest.read(3, 0), "one");
    EXPECT_EQ(read_text(directory / "out"), "hello");
  }
  EXPECT_EQ(read_text(directory / "log"), "line\nline\n");
}

TEST_P(Streams, what_cannot_be_opened_is_an_error_that_says_so) {
  const TemporaryDirectory directory;
  directory.write("file", "");
  const auto expect = [&](WasiConfig config, std::string_view words) {
    const std::string message = message_of(engine, std::move(config));
    EXPECT_NE(message.find(words), std::string::npos) << message;
  };
  expect({.standard_input = WasiStream::file(directory / "none")}, directory / "none");
  expect({.standard_input = WasiStream::file(directory / ".")}, "is a directory");
  expect({.standard_output = WasiStream::file(directory / ".")}, "standard output");
  expect({.standard_error = WasiStream::file(directory / "no/such")}, "standard error");
  expect({.standard_input = WasiStream::file("")}, "standard input");
  expect({.standard_input = WasiStream::file(std::string("a\0b", 3))}, "standard input");
  expect({.standard_input = WasiStream::descriptor(-1)}, "descriptor -1");
  expect({.standard_input = WasiStream::descriptor(1'000'000)}, "descriptor 1000000");
  expect({.standard_input = WasiStream::append_to(directory / "file")}, "a stream for output");
  expect({.standard_input = WasiBuffer()}, "a stream for output");
  expect({.standard_input = WasiStream::writer([](std::span<const uint8_t>) {})}, "for output");
  expect({.standard_output = WasiStream::bytes("x")}, "a stream for input");
  expect({.standard_error = WasiStream::reader([](std::span<uint8_t>) { return 0u; })},
         "a stream for input");
}

TEST_P(Streams, a_descriptor_stays_the_hosts) {
  std::array<int, 2> input{}, output{};
  ASSERT_EQ(::pipe(input.data()), 0);
  ASSERT_EQ(::pipe(output.data()), 0);
  EXPECT_NE(message_of(engine, {.standard_input = WasiStream::descriptor(output[1])}), "");
  std::optional<Guest> guest;
  guest.emplace(engine, WasiConfig{.standard_input = WasiStream::descriptor(input[0]),
                                   .standard_output = WasiStream::descriptor(output[1])});
  ASSERT_EQ(::write(input[1], "abc", 3), 3);
  EXPECT_EQ(guest->read(9, 9), "abc");
  EXPECT_EQ(guest->write(1, "xyz", 3), success);
  EXPECT_EQ(::close(output[1]), 0) << "the store has its own";
  EXPECT_EQ(guest->write(1, "!", 1), success);
  guest.reset();
  char bytes[8] = {};
  EXPECT_EQ(::read(output[0], bytes, sizeof bytes), 4);
  EXPECT_STREQ(bytes, "xyz!");
  EXPECT_EQ(::read(output[0], bytes, sizeof bytes), 0) << "and has closed it";
  EXPECT_EQ(::close(input[0]) | ::close(input[1]) | ::close(output[0]), 0);
}

TEST_P(Streams, a_guest_that_waits_for_a_pipe_can_be_interrupted) {
  std::array<int, 2> input{};
  ASSERT_EQ(::pipe(input.data()), 0);
  Guest guest(engine, {.standard_input = WasiStream::descriptor(input[0])});
  const Interrupter interrupter = guest.store.interrupter();
  std::atomic<bool> has_ended = false;
  std::thread other([&] {
    while (!has_ended) {
      interrupter.interrupt();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  const auto result = guest.try_call("read", 1, 1);
  has_ended = true;
  other.join();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::interrupted);
  EXPECT_EQ(::close(input[0]) | ::close(input[1]), 0);
}

TEST_P(Streams, a_guest_that_waits_for_the_other_end_of_a_fifo_can_be_interrupted) {
  const TemporaryDirectory directory;
  for (const char* name : {"in", "out"}) ASSERT_EQ(::mkfifo((directory / name).c_str(), 0600), 0);
  Guest guest(engine, {.standard_input = WasiStream::file(directory / "in"),
                       .standard_output = WasiStream::file(directory / "out")});
  const CallOptions options{.timeout = std::chrono::milliseconds(20)};
  const auto read = require(guest.instance->func<int32_t(int32_t, int32_t)>("read"));
  EXPECT_EQ(read(options, 1, 1).error().trap()->code, TrapCode::deadline_exceeded);
  const auto write = require(guest.instance->func<int32_t(int32_t, int32_t, int32_t)>("write"));
  EXPECT_EQ(write(options, 1, 1, 1).error().trap()->code, TrapCode::deadline_exceeded);
  const int other = ::open((directory / "out").c_str(), O_RDONLY | O_NONBLOCK);
  EXPECT_EQ(guest.write(1, "abc", 1), success);
  char bytes[8] = {};
  EXPECT_EQ(::read(other, bytes, sizeof bytes), 3);
  EXPECT_EQ(::close(other), 0);
}

TEST_P(Streams, bytes_are_read_by_each_store_from_the_start) {
  const WasiConfig config{.standard_input = WasiStream::bytes("hello world")};
  for (int run = 1; run <= 2; ++run) {
    Guest guest(engine, config);
    EXPECT_EQ(guest.call("poll", int64_t{1} << 60, 0, 1), 1);
    EXPECT_EQ(guest.call64("bytes_ready"), 11u);
    EXPECT_EQ(guest.read(2, 3), "hello");
    EXPECT_EQ(guest.read(0, 0), "");
    EXPECT_EQ(guest.read(0, 9), " world");
    EXPECT_EQ(guest.read(1, 1), "");
    EXPECT_EQ(guest.call("type", 0), 0) << "no terminal: unknown, as a pipe";
    EXPECT_NE(guest.call("seek", 0), success);
  }
}

TEST_P(Streams, a_buffer_collects_what_all_stores_write_up_to_its_maximum) {
  WasiBuffer output(8);
  WasiConfig config{.standard_output = output};
  config.standard_error = output;
  Guest one(engine, config), two(engine, config);
  EXPECT_EQ(one.write(1, "ab", 1), success);
  EXPECT_EQ(two.write(2, "cd", 1), success);
  EXPECT_EQ(output.text(), "abcd");
  EXPECT_FALSE(output.has_overflowed());
  EXPECT_EQ(one.write(1, "efghij", 3), success);
  EXPECT_EQ(one.call("done"), 4) << "what there was room for";
  EXPECT_EQ(one.write(1, "x", 1), nospc);
  EXPECT_TRUE(output.has_overflowed());
  EXPECT_EQ(output.take(), "abcdefgh");
  EXPECT_EQ(output.text(), "");
  EXPECT_EQ(two.write(1, "more", 2), success);
  EXPECT_EQ(output.take(), "more");
  EXPECT_TRUE(output.has_overflowed());
  EXPECT_EQ(one.call("type", 1), 0);
  WasiBuffer moved = std::move(output);
  EXPECT_EQ(moved.text() + output.text(), "") << "both are the same buffer";
  WasiBuffer none(0);
  Guest mute(engine, {.standard_output = none});
  EXPECT_EQ(mute.write(1, "x", 1), nospc);
  EXPECT_EQ(mute.write(1, "", 0), success);
}

TEST_P(Streams, functions_are_asked_for_input_and_given_output) {
  std::string written;
  int asked = 0;
  Guest guest(engine, {.standard_input = WasiStream::reader([&](std::span<uint8_t> to) {
                         if (++asked > 2) return size_t{0};
                         std::fill(to.begin(), to.end(), uint8_t('a' + asked - 1));
                         return to.size();
                       }),
                       .standard_output = WasiStream::writer([&](std::span<const uint8_t> from) {
                         written.append(from.begin(), from.end());
                         written += '|';
                       })});
  EXPECT_EQ(guest.read(0, 3), "aaa");
  EXPECT_EQ(guest.read(2, 3), "bb") << "one buffer each time";
  EXPECT_EQ(guest.read(2, 3), "");
  EXPECT_EQ(guest.write(1, "hello", 2), success);
  EXPECT_EQ(guest.call("done"), 5);
  EXPECT_EQ(guest.write(1, "", 0), success);
  EXPECT_EQ(written, "he|llo|");
  EXPECT_EQ(guest.call("type", 0), 0);
  EXPECT_EQ(guest.call("type", 1), 0);
  EXPECT_EQ(guest.call("poll", int64_t{1} << 60, 1, 2), 1) << "ready at once";
  EXPECT_EQ(guest.call("close", 1), success);
  EXPECT_EQ(guest.write(1, "x", 1), badf);
}

TEST_P(Streams, functions_may_take_less_and_fail) {
  std::vector<WasiStream::Transferred> answers;
  size_t next = 0;
  const auto answer = [&](auto) { return answers.at(next++); };
  Guest guest(engine, {.standard_input = WasiStream::reader(answer),
                       .standard_output = WasiStream::writer(answer)});
  const auto play = [&](std::vector<WasiStream::Transferred> given) {
    answers = std::move(given);
    next = 0;
  };
  play({2u, 1u});
  EXPECT_EQ(guest.write(1, "abcd", 2), success);
  EXPECT_EQ(guest.call("done"), 3);
  play({1u});
  EXPECT_EQ(guest.write(1, "abcd", 2), success);
  EXPECT_EQ(guest.call("done"), 1) << "the rest is not tried";
  play({2u, std::unexpected(WasiErrno::pipe)});
  EXPECT_EQ(guest.write(1, "abcd", 2), success);
  EXPECT_EQ(guest.call("done"), 2);
  play({std::unexpected(WasiErrno::pipe)});
  EXPECT_EQ(guest.write(1, "abcd", 2), pipe_broken);
  play({std::unexpected(WasiErrno(0))});
  EXPECT_EQ(guest.write(1, "abcd", 2), io) << "success is no error";
  play({std::unexpected(WasiErrno(9999))});
  EXPECT_EQ(guest.call("read", 2, 2), io);
  play({3u});
  EXPECT_EQ(guest.write(1, "abcd", 2), io) << "more than there was";
  play({size_t(-1)});
  EXPECT_EQ(guest.call("read", 2, 2), io);
  play({std::unexpected(WasiErrno::again)});
  EXPECT_EQ(guest.call("read", 2, 2), 6);
}

TEST_P(Streams, threads_share_buffers_and_functions) {
  constexpr int threads = 4, rounds = 50;
  WasiBuffer output;
  std::atomic<size_t> heard = 0;
  WasiConfig config{.standard_output = output};
  config.standard_error =
      WasiStream::writer([&](std::span<const uint8_t> from) { heard += from.size(); });
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i) {
    all.emplace_back([&] {
      Guest guest(engine, config);
      for (int round = 0; round < rounds; ++round) {
        EXPECT_EQ(guest.write(1, "ab\n", 2), success);
        EXPECT_EQ(guest.write(2, "xyz", 1), success);
        (void)output.text();
      }
    });
  }
  for (std::thread& thread : all) thread.join();
  EXPECT_EQ(output.take().size(), size_t{3} * threads * rounds);
  EXPECT_EQ(heard, size_t{3} * threads * rounds);
}

struct Thrown : std::runtime_error {
  using std::runtime_error::runtime_error;
};

TEST_P(Streams, what_a_function_throws_ends_the_call_and_reaches_the_host) {
  int calls = 0;
  Guest guest(engine,
              {.standard_input = WasiStream::reader([](std::span<uint8_t>) -> size_t { throw 5; }),
               .standard_output = WasiStream::writer([&](std::span<const uint8_t>) {
                 if (++calls == 2) throw Thrown("the disk is on fire");
               })});
  const auto write = require(guest.instance->func<int32_t(int32_t, int32_t, int32_t)>("write"));
  EXPECT_THROW((void)write(1, 2, 2), Thrown) << "though the first buffer was taken";
  EXPECT_EQ(require(write(1, 2, 2)), success) << "and the next call is well";
  calls = 1;
  const auto slow = require(guest.instance->func("write"));
  const auto failed = slow.try_call(std::array{Value(1), Value(2), Value(2)});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::trapped);
  EXPECT_EQ(failed.error().trap()->code, TrapCode::host_error);
  EXPECT_NE(failed.error().message().find("the disk is on fire"), std::string::npos);
  EXPECT_TRUE(failed.error().exception());
  EXPECT_THROW((void)require(guest.instance->func<int32_t(int32_t, int32_t)>("read"))(1, 1), int);
}

TEST_P(Streams, a_function_cannot_use_the_store_that_calls_it) {
  std::optional<Guest> guest;
  std::optional<ErrorCode> refused;
  guest.emplace(engine,
                WasiConfig{.standard_output = WasiStream::writer([&](std::span<const uint8_t>) {
                             const auto called = guest->try_call("close", 1);
                             if (!called) refused = called.error().code();
                             (void)guest->store.close();
                           })});
  EXPECT_EQ(guest->write(1, "x", 1), success);
  EXPECT_EQ(refused, ErrorCode::invalid_argument);
  EXPECT_EQ(guest->try_call("close", 1).error().code(), ErrorCode::store_closed);
}

class Clocks final : public WasiClocks {
 public:
  uint64_t time_ns(WasiClock clock) noexcept override {
    return now_ns + 10 * static_cast<uint64_t>(clock);
  }
  uint64_t resolution_ns(WasiClock clock) noexcept override {
    return clock == WasiClock::realtime ? 0 : 7;
  }
  uint64_t wait_ns(uint64_t timeout_ns) noexcept override {
    if (is_real) return timeout_ns;
    now_ns += timeout_ns;
    return 0;
  }
  void yield() noexcept override { ++yields; }

  uint64_t now_ns = 1000;
  bool is_real = false;
  int yields = 0;
};

class Random final : public WasiRandom {
 public:
  bool fill(std::span<uint8_t> bytes) noexcept override {
    std::fill(bytes.begin(), bytes.end(), uint8_t{'r'});
    return bytes.size() != 3;
  }
};

TEST_P(Streams, time_and_randomness_may_be_the_embedders) {
  const auto clocks = std::make_shared<Clocks>();
  Guest guest(engine, {.host_clocks = true,
                       .host_random = true,
                       .clocks = clocks,
                       .random = std::make_shared<Random>()});
  EXPECT_EQ(guest.call64("time", 0), 1000u);
  EXPECT_EQ(guest.call64("time", 3), 1030u);
  EXPECT_EQ(guest.call64("resolution", 1), 7u);
  EXPECT_EQ(guest.call64("resolution", 0), 1u) << "at least 1";
  EXPECT_EQ(guest.call("poll", int64_t{3'600'000'000'000}, 0, 0), 1)
      << "an hour has passed at once";
  EXPECT_EQ(guest.call64("time", 0), 3'600'000'001'000u);
  EXPECT_EQ(guest.call("yield"), success);
  EXPECT_EQ(clocks->yields, 1);
  EXPECT_EQ(guest.call("random", 4), success);
  EXPECT_EQ(guest.text(4), "rrrr");
  EXPECT_EQ(guest.call("random", 3), io);
}

TEST_P(Streams, clocks_cannot_use_the_store_that_asks_them) {
  struct Meddler final : WasiClocks {
    uint64_t time_ns(WasiClock) noexcept override { return 0; }
    uint64_t wait_ns(uint64_t) noexcept override {
      const auto called = guest->try_call("close", 0);
      if (!called) refused = called.error().code();
      return 0;
    }
    Guest* guest = nullptr;
    std::optional<ErrorCode> refused;
  };
  const auto clocks = std::make_shared<Meddler>();
  std::array<int, 2> input{};
  ASSERT_EQ(::pipe(input.data()), 0);
  Guest guest(engine, {.standard_input = WasiStream::descriptor(input[0]), .clocks = clocks});
  clocks->guest = &guest;
  EXPECT_EQ(guest.call("poll", int64_t{5}, 0, 1), 1);
  EXPECT_EQ(clocks->refused, ErrorCode::invalid_argument);
  EXPECT_EQ(::close(input[0]) | ::close(input[1]), 0);
}

TEST_P(Streams, an_embedders_wait_takes_real_time_and_can_be_interrupted) {
  const auto clocks = std::make_shared<Clocks>();
  clocks->is_real = true;
  Guest guest(engine, {.clocks = clocks});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(guest.call("poll", int64_t{20'000'000}, 0, 0), 1);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(20));
  const auto poll = require(guest.instance->func<int32_t(int64_t, int32_t, int32_t)>("poll"));
  const auto stopped =
      poll({.timeout = std::chrono::milliseconds(20)}, std::numeric_limits<int64_t>::max(), 0, 0);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().trap()->code, TrapCode::deadline_exceeded);
}

TEST_P(Streams, a_seed_decides_what_is_random) {
  const auto bytes = [&](WasiConfig config) {
    Guest guest(engine, std::move(config));
    EXPECT_EQ(guest.call("random", 16), success);
    return guest.text(16);
  };
  EXPECT_EQ(bytes({}), bytes({.random_seed = 42}));
  EXPECT_EQ(bytes({.random_seed = 7}), bytes({.random_seed = 7}));
  EXPECT_NE(bytes({.random_seed = 7}), bytes({.random_seed = 8}));
}

INSTANTIATE_TEST_SUITE_P(in, Streams, all_tiers, tier_name);

}  // namespace
}  // namespace waxwing
