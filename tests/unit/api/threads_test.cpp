// What the table "Threads" of docs/api.md lets threads share, used by several at once. The thread
// sanitizer judges most of it.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <thread>

#include "../platform/temporary_directory.h"
#include "api_case.h"
#include "waxwing/checkpoint.h"
#include "waxwing/file_system.h"
#include "waxwing/listener.h"
#include "waxwing/memory_allocator.h"

namespace waxwing {
namespace {

using platform::TemporaryDirectory;

constexpr int thread_count = 4;
constexpr int rounds = 10;

/// Does `work(thread, round)` in all threads at once.
void in_threads(const std::function<void(int thread, int round)>& work) {
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < thread_count; ++thread) {
    threads.emplace_back([thread, &work] {
      for (int round = 0; round < rounds; ++round) work(thread, round);
    });
  }
}

class SharedByThreads : public Tiers {};
INSTANTIATE_TEST_SUITE_P(in, SharedByThreads, all_tiers, tier_name);

// The worlds of guests.

/// Each returns the errno of the first thing that ever failed in the instance, or 0: `write` writes
/// to the file `a` of a directory, `look` reads it and lists the directory, `move` makes, renames
/// and removes another file, `world` writes to the standard output and asks for time and
/// randomness.
constexpr std::string_view worker = R"((module
  (import "wasi_snapshot_preview1" "path_open" (func $open
    (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir"
    (func $list (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_rename"
    (func $rename (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file"
    (func $unlink (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\40\00\00\00\01\00\00\00")  ;; [64, 65)
  (data (i32.const 8) "\80\00\00\00\64\00\00\00")  ;; [128, 228)
  (data (i32.const 64) "J")
  (data (i32.const 72) "anm")
  (global $error (mut i32) (i32.const 0))
  (func $check (param i32)
    (if (i32.eqz (global.get $error)) (then (global.set $error (local.get 0)))))
  (func $open_name (param $at i32) (param $name i32) (param $flags i32) (param $rights i64)
    (call $check (call $open (local.get $at) (i32.const 0) (local.get $name) (i32.const 1)
      (local.get $flags) (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 256))))
  (func (export "write") (param $at i32) (result i32)
    (call $open_name (local.get $at) (i32.const 72) (i32.const 1) (i64.const 0x66))
    (call $check (call $write (i32.load (i32.const 256)) (i32.const 0) (i32.const 1)
      (i32.const 260)))
    (call $check (call $close (i32.load (i32.const 256))))
    (global.get $error))
  (func (export "look") (param $at i32) (result i32)
    (call $open_name (local.get $at) (i32.const 72) (i32.const 0) (i64.const 6))
    (call $check (call $read (i32.load (i32.const 256)) (i32.const 8) (i32.const 1)
      (i32.const 260)))
    (call $check (call $close (i32.load (i32.const 256))))
    (call $check (call $list (local.get $at) (i32.const 4096) (i32.const 1000) (i64.const 0)
      (i32.const 264)))
    (global.get $error))
  (func (export "move") (param $at i32) (result i32)
    (call $open_name (local.get $at) (i32.const 73) (i32.const 1) (i64.const 0x40))
    (call $check (call $close (i32.load (i32.const 256))))
    (call $check (call $rename (local.get $at) (i32.const 73) (i32.const 1) (local.get $at)
      (i32.const 74) (i32.const 1)))
    (call $check (call $unlink (local.get $at) (i32.const 74) (i32.const 1)))
    (global.get $error))
  (func (export "world") (param i32) (result i32)
    (call $check (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 260)))
    (call $check (call $time (i32.const 0) (i64.const 1) (i32.const 272)))
    (call $check (call $random (i32.const 4096) (i32.const 100)))
    (global.get $error))))";

/// A directory of one file, of the embedder's, for any threads.
struct OneFile : FileNode {
  struct Contents : FileNode {
    struct Open : OpenFile {
      explicit Open(Contents& node) : file(node) {}
      FileResult<size_t> read(std::span<uint8_t> to, uint64_t offset) noexcept override {
        const std::scoped_lock lock(file.mutex);
        if (offset >= file.text.size()) return 0;
        return file.text.copy(reinterpret_cast<char*>(to.data()), to.size(), offset);
      }
      FileResult<size_t> write(std::span<const uint8_t> from, uint64_t offset) noexcept override {
        const std::scoped_lock lock(file.mutex);
        file.text.resize(std::max<size_t>(file.text.size(), offset + from.size()));
        std::copy(from.begin(), from.end(),
                  file.text.begin() + static_cast<std::ptrdiff_t>(offset));
        return from.size();
      }
      Contents& file;
    };
    FileKind kind() const noexcept override { return FileKind::file; }
    FileResult<FileStatus> status() noexcept override {
      const std::scoped_lock lock(mutex);
      return FileStatus{.size_bytes = text.size()};
    }
    FileResult<std::unique_ptr<OpenFile>> open(FileAccess) noexcept override {
      return std::make_unique<Open>(*this);
    }
    std::mutex mutex;
    std::string text = "hello";
  };

  FileKind kind() const noexcept override { return FileKind::directory; }
  FileResult<std::shared_ptr<FileNode>> find(std::string_view name) noexcept override {
    if (name == "a") return contents;
    return std::unexpected(WasiErrno::noent);
  }
  FileResult<std::vector<FileEntry>> list() noexcept override {
    return std::vector<FileEntry>{{.name = "a"}};
  }
  std::shared_ptr<Contents> contents = std::make_shared<Contents>();
};

struct CountedClocks : WasiClocks {
  uint64_t time_ns(WasiClock) noexcept override { return ++asked; }
  std::atomic<uint64_t> asked = 0;
};
struct CountedRandom : WasiRandom {
  bool fill(std::span<uint8_t>) noexcept override { return ++asked != 0; }
  std::atomic<uint64_t> asked = 0;
};

TEST_P(SharedByThreads, one_configuration_makes_the_worlds_of_many_stores) {
  const TemporaryDirectory directory;
  directory.write("a", "hello");
  const std::map<std::string, std::string> contents = {{"a", "bytes"}, {"dir/b", "more"}};
  const auto files = require(make_files(contents));
  const auto node = std::make_shared<OneFile>();
  const auto clocks = std::make_shared<CountedClocks>();
  const auto random = std::make_shared<CountedRandom>();
  const WasiBuffer output;
  WasiConfig config{
      .directories = {{.host_path = directory / ".", .guest_path = "/host", .read_only = true}},
      .memory_directories = {{.guest_path = "/memory"}},
      .overlays = {{.host_path = directory / ".", .guest_path = "/over"},
                   {.guest_path = "/over_files", .files = files},
                   {.guest_path = "/over_node", .files = node}},
      .file_systems = {{.root = node, .guest_path = "/node"},
                       {.root = files, .guest_path = "/files", .read_only = true}},
      .standard_output = output,
      .clocks = clocks,
      .random = random};
  require(linker.wasi(std::move(config)));
  const Module module = compile(engine, worker);
  in_threads([&](int, int) {
    Store own = require(Store::create(engine));
    const Instance instance = require(linker.instantiate(own, module));
    const auto all_do = [&](const char* name, std::initializer_list<int32_t> directories) {
      const auto func = require(instance.func<int32_t(int32_t)>(name));
      for (const int32_t fd : directories) EXPECT_EQ(require(func(fd)), 0) << name << " " << fd;
    };
    all_do("write", {4, 5, 6, 7, 8});
    all_do("look", {3, 4, 5, 6, 7, 8, 9});
    all_do("move", {4, 5, 6, 7});
    all_do("world", {0});
  });
  constexpr uint64_t all = uint64_t{thread_count} * rounds;
  EXPECT_EQ(output.text(), std::string(all, 'J'));
  EXPECT_GE(clocks->asked, all);
  EXPECT_EQ(random->asked, all);
  EXPECT_EQ(node->contents->text, "Jello");
}

/// Accepts a connection from descriptor 3 and closes it.
constexpr std::string_view server = R"((module
  (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "serve") (result i32)
    (if (call $accept (i32.const 3) (i32.const 0) (i32.const 16)) (then (return (i32.const 1))))
    (call $close (i32.load (i32.const 16))))))";

TEST_P(SharedByThreads, a_listener_is_waited_for_by_many_stores_and_each_can_be_stopped) {
  const WasiSocket listener = require(WasiSocket::listen("127.0.0.1:0"));
  require(linker.wasi({.sockets = {listener}}));
  const Module module = compile(engine, server);
  std::stop_source source;
  std::atomic<int> waiting = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < thread_count; ++thread) {
    threads.emplace_back([&] {
      Store own = require(Store::create(engine));
      const Instance instance = require(linker.instantiate(own, module));
      const auto serve = require(instance.func<int32_t()>("serve"));
      ++waiting;
      const auto result = serve({.stop = source.get_token()});
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().code(), ErrorCode::interrupted);
    });
  }
  while (waiting < thread_count) std::this_thread::yield();
  source.request_stop();
}

// Stores.

/// What a store does of all kinds: calls, growth, objects, exceptions, traps.
constexpr std::string_view varied = R"((module
  (import "env" "throw" (func $throw (param i32)))
  (tag $odd (param i32))
  (type $list (struct (field (ref null $list))))
  (memory (export "memory") 1 1000)
  (table 1 1000 funcref)
  (global $kept (mut (ref null $list)) (ref.null $list))
  (func (export "objects") (param $n i32) (loop $l
    (global.set $kept (struct.new $list (global.get $kept)))
    (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (global.set $kept (ref.null $list)))
  (func (export "grow") (param i32)
    (drop (memory.grow (local.get 0))) (drop (table.grow (ref.null func) (local.get 0))))
  (func (export "catch") (param i32)
    (block $h (result i32) (try_table (catch $odd $h) (throw $odd (local.get 0))) (unreachable))
    (drop))
  (func (export "trap") (param i32) (drop (i32.load (i32.const -1))))
  (func $deep (export "deep") (param i32) (call $deep (local.get 0)))
  (func (export "throw") (param i32) (call $throw (local.get 0)))))";

/// A store whose stack is soon exhausted, however slow the interpreter is.
Store make_store(const Engine& engine) {
  return require(Store::create(engine, {.stack_bytes = uint64_t{256} << 10}));
}

struct Thrown : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws its argument's text.
void throw_it(int32_t number) { throw Thrown(std::to_string(number)); }

/// All that `varied` does, each as it should end.
void do_all(const Instance& instance, int number) {
  const auto run = [&](const char* name, int32_t argument) {
    return require(instance.func<void(int32_t)>(name))(argument);
  };
  EXPECT_TRUE(run("objects", 1000));
  EXPECT_TRUE(run("grow", 1));
  EXPECT_TRUE(run("catch", number));
  EXPECT_EQ(run("trap", 0).error().trap()->code, TrapCode::out_of_bounds_memory);
  EXPECT_EQ(run("deep", 0).error().trap()->code, TrapCode::call_stack_exhausted);
  try {
    static_cast<void>(run("throw", number));
    ADD_FAILURE() << "what the host threw is lost";
  } catch (const Thrown& thrown) {
    EXPECT_EQ(thrown.what(), std::to_string(number));
  }
}

TEST_P(SharedByThreads, a_store_goes_from_thread_to_thread) {
  require(linker.func("env", "throw", &throw_it));
  Store own = make_store(engine);
  const Instance instance = require(linker.instantiate(own, compile(engine, varied)));
  std::mutex mutex;
  in_threads([&](int thread, int round) {
    const std::scoped_lock lock(mutex);
    do_all(instance, thread * rounds + round);
  });
  require(own.close());
}

TEST_P(SharedByThreads, what_hosts_throw_stays_in_its_thread) {
  require(linker.func("env", "throw", &throw_it));
  const Module module = compile(engine, varied);
  in_threads([&](int thread, int round) {
    Store own = make_store(engine);
    do_all(require(linker.instantiate(own, module)), thread * rounds + round);
  });
}

TEST_P(SharedByThreads, an_error_is_read_by_many_threads) {
  require(linker.func("env", "throw", &throw_it));
  const Instance instance = instantiate(varied);
  const auto trap = require(instance.func<void(int32_t)>("trap"));
  const std::string message = trap(0).error().message();
  const Error error = trap(0).error();  // nobody has read it yet
  in_threads([&](int, int) {
    const Error copy = error;
    EXPECT_EQ(copy.message(), message);
    ASSERT_FALSE(copy.trap()->frames.empty());
    EXPECT_TRUE(copy.trap()->frames[0].source().empty());
  });
}

TEST_P(SharedByThreads, requests_to_stop_come_while_stores_begin_and_end) {
  require(linker.func("env", "throw", &throw_it));
  const Module module = compile(engine, varied);
  std::mutex mutex;
  std::optional<Interrupter> interrupter;
  std::jthread other([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::optional<Interrupter> current;
      {
        const std::scoped_lock lock(mutex);
        current = interrupter;
      }
      if (current) current->interrupt();
      std::this_thread::yield();
    }
  });
  for (int round = 0; round < 100; ++round) {
    Store own = make_store(engine);
    {
      const std::scoped_lock lock(mutex);
      interrupter = own.interrupter();
    }
    const auto instance = linker.try_instantiate(own, module);
    if (!instance) {
      EXPECT_EQ(instance.error().code(), ErrorCode::interrupted);
      continue;
    }
    const auto ended = require(instance->func<void(int32_t)>("deep"))(0);
    const TrapCode code = ended.error().trap()->code;
    EXPECT_TRUE(code == TrapCode::interrupted || code == TrapCode::call_stack_exhausted);
  }
}

// What an engine's embedder gives it.

TEST_P(SharedByThreads, an_engine_tells_of_what_happens_in_many_threads) {
  std::atomic<uint64_t> compiled = 0, trapped = 0, grown = 0, looked_up = 0;
  const auto count = [&](const Event& event) {
    if (event.kind == Event::Kind::compile_ended) ++compiled;
    if (event.kind == Event::Kind::trap) ++trapped;
    if (event.kind == Event::Kind::memory_grown) ++grown;
  };
  const CompilationCache cache =
      CompilationCache::in_memory({.on_event = [&](const Event&) { ++looked_up; }});
  const Engine telling(Config{.tier = GetParam(), .cache = cache, .on_event = count});
  require(linker.func("env", "throw", &throw_it));
  const auto bytes = require(wat_to_wasm(varied));
  in_threads([&](int, int) {
    const Module module = require(telling.compile(bytes));
    Store own = make_store(telling);
    do_all(require(linker.instantiate(own, module)), 1);
  });
  constexpr uint64_t all = uint64_t{thread_count} * rounds;
  EXPECT_EQ(compiled, all);
  EXPECT_GE(trapped, 2 * all);
  EXPECT_EQ(grown, all);
  EXPECT_GE(looked_up, all);
}

TEST_P(SharedByThreads, compilations_of_one_module_are_stopped_apart) {
  std::string text = "(module";
  for (int i = 0; i < 300; ++i) text += "(func (param i32) (result i32) local.get 0 i32.eqz)";
  const auto bytes = require(wat_to_wasm(text + ")"));
  for (int round = 0; round < rounds; ++round) {
    const Engine cached(Config{.tier = GetParam(), .cache = CompilationCache::in_memory()});
    std::stop_source source;
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < thread_count; ++thread) {
      threads.emplace_back([&, thread] {
        const bool may_stop = thread % 2 == 0;
        const CompileOptions options{.stop = may_stop ? source.get_token() : std::stop_token()};
        const auto module = cached.compile(bytes, options);
        if (module) return;
        EXPECT_TRUE(may_stop) << module.error().message();
        EXPECT_EQ(module.error().code(), ErrorCode::interrupted) << module.error().message();
      });
    }
    source.request_stop();
  }
}

/// Gives blocks of the usual memory, and counts those that are out.
struct SharedPool : MemoryAllocator {
  std::optional<Block> allocate(const Request& request) noexcept override {
    const uint64_t size = std::max<uint64_t>(request.min_bytes, 1 << 20);
    auto* const base = static_cast<uint8_t*>(std::aligned_alloc(65536, size));
    ++out;
    return Block{.base = base, .reserved_bytes = size, .data = nullptr};
  }
  bool grow(const Block& block, uint64_t, uint64_t new_bytes) noexcept override {
    return new_bytes <= block.reserved_bytes;
  }
  void release(const Block& block) noexcept override {
    --out;
    std::free(block.base);
  }
  std::atomic<int64_t> out = 0;
};

TEST_P(SharedByThreads, an_allocator_serves_the_memories_of_many_stores) {
  const auto pool = std::make_shared<SharedPool>();
  {
    const Engine allocating(Config{.tier = GetParam(), .memory_allocator = pool});
    require(linker.func("env", "throw", &throw_it));
    const Module module = compile(allocating, varied);
    in_threads([&](int, int) {
      Store own = make_store(allocating);
      const Instance instance = require(linker.instantiate(own, module));
      const Instance second = require(linker.instantiate(own, module));
      EXPECT_GE(pool->out, 2);
      do_all(instance, 1);
      do_all(second, 2);
    });
  }
  EXPECT_EQ(pool->out, 0);
}

/// A listener of any number of stores.
struct SharedCounter : FuncListener {
  bool before(const ListenedCall& call) override {
    depths += call.depth();
    ++begun;
    return true;
  }
  void after(const ListenedCall& call) override { ended += 1 + call.values().size(); }
  void abort(const ListenedCall&, std::optional<TrapCode>) override { ++ended; }
  std::atomic<uint64_t> begun = 0, ended = 0, depths = 0;
};

TEST_P(SharedByThreads, a_listener_hears_of_many_stores) {
  const Engine listening(Config{.tier = GetParam(), .listeners = true});
  require(linker.func("env", "throw", &throw_it));
  const Module module = compile(listening, varied);
  const auto counter = std::make_shared<SharedCounter>();
  in_threads([&](int thread, int round) {
    Store own = make_store(listening);
    require(own.set_listener(counter));
    const Instance instance = require(linker.instantiate(own, module));
    for (const char* name : {"objects", "grow", "catch", "trap"})
      static_cast<void>(require(instance.func<void(int32_t)>(name))(1 + thread + round));
    if (round % 2 == 0) require(own.set_listener(nullptr));
  });
  EXPECT_EQ(counter->begun, uint64_t{4} * thread_count * rounds);
  EXPECT_EQ(counter->ended, counter->begun);
}

TEST_P(SharedByThreads, calls_return_twice_in_many_stores) {
  const Engine returning(Config{.tier = GetParam(), .checkpoints = true});
  const Module module = compile(returning, R"((module
    (import "env" "set" (func $set (result i32))) (import "env" "jump" (func $jump (param i32)))
    (func (export "run") (param $times i32) (result i32) (local $n i32)
      (local.set $n (call $set))
      (if (i32.lt_u (local.get $n) (local.get $times))
        (then (call $jump (i32.add (local.get $n) (i32.const 1)))))
      (local.get $n))))");
  in_threads([&](int, int round) {
    std::optional<Checkpoint> checkpoint;
    Linker own_linker;
    require(own_linker.func("env", "set", [&](Caller& caller) -> Result<int32_t> {
      auto taken = caller.checkpoint();
      if (!taken) return std::unexpected(taken.error());
      checkpoint = *taken;
      return 0;
    }));
    require(own_linker.func("env", "jump", [&](Caller& caller, int32_t value) -> Result<> {
      return caller.restore(*checkpoint, {value});
    }));
    Store own = make_store(returning);
    const Instance instance = require(own_linker.instantiate(own, module));
    EXPECT_EQ(require(require(instance.func<int32_t(int32_t)>("run"))(round)), round);
    checkpoint.reset();
  });
}

}  // namespace
}  // namespace waxwing
