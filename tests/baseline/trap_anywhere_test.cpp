// Memory of guests becomes inaccessible at random moments. A fault of machine code is a trap, as if
// the access were out of bounds; one of C++ (the interpreter, builtins, the host) is for whoever
// handled faults before us, here a handler that mends the memory and lets the access happen again.
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "build_kind.h"
#include "platform/fault_handler.h"
#include "world.h"

namespace waxwing::baseline {
namespace {

using syntax::TrapCode;

constexpr size_t memory_bytes = 65536;
constexpr int rounds = 20;  // of every guest in every way

// The handler that was there before ours: it is installed before `main`.
constinit std::atomic<uint8_t*> mendable = nullptr;
constinit std::atomic<uint32_t> mended = 0;

void mend(int signal, siginfo_t* info, void*) {
  uint8_t* const begin = mendable.load();
  const auto* const address = static_cast<const uint8_t*>(info->si_addr);
  if (begin == nullptr || address < begin || address >= begin + memory_bytes) {
    ::signal(signal, SIG_DFL);
    return;
  }
  ::mprotect(begin, memory_bytes, PROT_READ | PROT_WRITE);
  mended.fetch_add(1);
}

struct sigaction action_of(void (*function)(int, siginfo_t*, void*)) {
  struct sigaction action{};
  action.sa_sigaction = function;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  return action;
}

const bool mends = [] {
  const struct sigaction action = action_of(&mend);
  return ::sigaction(SIGSEGV, &action, nullptr) == 0;
}();

/// What is done to memory again and again, at $i.
struct Work {
  std::string_view name;
  std::string_view code;
  std::string_view memory = "(memory (export \"m\") 1)";
};

constexpr std::string_view shared = "(memory (export \"m\") 1 1 shared)";
constexpr std::string_view wide = "(memory (export \"m\") i64 1)";

constexpr Work accesses[] = {
    {"loads", R"((local.set $x (i32.load offset=4 (local.get $i)))
       (local.set $y (i64.load32_s (local.get $i))) (local.set $x (i32.load8_u (local.get $i)))
       (local.set $y (i64.load offset=1 (local.get $i))))"},
    {"stores", R"((i32.store8 (local.get $i) (local.get $x))
       (i64.store offset=8 (local.get $i) (local.get $y)) (i32.store16 (local.get $i) (i32.const 7))
       (i64.store32 offset=3 (local.get $i) (i64.const -1)))"},
    {"loads_in_arithmetic", R"((local.set $x (i32.add (local.get $x) (i32.load (local.get $i))))
       (local.set $y (i64.xor (local.get $y) (i64.load (local.get $i))))
       (if (i64.lt_u (local.get $y) (i64.load (local.get $i))) (then (local.set $y (i64.const 1))))
       (local.set $d (f64.mul (local.get $d) (f64.load (local.get $i)))))"},
    {"floats", R"((f32.store (local.get $i) (f32.add (local.get $f) (f32.load (local.get $i))))
       (f64.store offset=8 (local.get $i) (local.get $d)))"},
    {"vectors", R"((local.set $v (i8x16.add (local.get $v) (v128.load (local.get $i))))
       (local.set $v (v128.load16_splat (local.get $i)))
       (local.set $v (v128.load8x8_s (local.get $i)))
       (local.set $v (v128.load32_zero (local.get $i))) (v128.store (local.get $i) (local.get $v)))"},
    {"lanes", R"((local.set $v (v128.load8_lane 3 (local.get $i) (local.get $v)))
       (local.set $v (v128.load64_lane 1 (local.get $i) (local.get $v)))
       (v128.store16_lane 2 (local.get $i) (local.get $v)))"},
    {"atomics", R"((drop (i32.atomic.rmw.add (local.get $i) (i32.const 1)))
       (drop (i64.atomic.rmw.or (local.get $i) (local.get $y)))
       (drop (i32.atomic.rmw8.cmpxchg_u (local.get $i) (local.get $x) (i32.const 3)))
       (local.set $y (i64.atomic.rmw.xchg (local.get $i) (local.get $y)))
       (local.set $x (i32.atomic.load (local.get $i))) (i64.atomic.store (local.get $i) (local.get $y)))",
     shared},
    {"wide_addresses", R"((i64.store (i64.extend_i32_u (local.get $i)) (local.get $y))
       (local.set $x (i32.load offset=8 (i64.extend_i32_u (local.get $i)))))",
     wide},
    {"second_memory", R"((i64.store 1 (local.get $i) (local.get $y))
       (local.set $x (i32.load 1 (local.get $i))))",
     "(memory 1) (memory (export \"m\") 1)"},
    {"calls", R"((call $deep (local.get $i) (i32.const 5)))"},
    {"indirect_calls", R"((call_indirect (type $t) (local.get $i) (i32.const 0) (i32.const 0)))"},
    {"tries", R"((block $h (try_table (catch_all $h) (call $deep (local.get $i) (i32.const 1))
       (throw $e))))"},
    {"calls_through_the_host",
     R"((global.set $place (local.get $i)) (drop (call $call (ref.func $through))))"},
};

/// C++ that accesses memory for the guest: machine code does not fault here.
constexpr Work builtins[] = {
    {"fill", R"((memory.fill (i32.const 0) (local.get $x) (i32.const 65536)))"},
    {"copy", R"((memory.copy (i32.const 1) (i32.const 0) (i32.const 65535)))"},
    {"init", R"((memory.init $d (local.get $i) (i32.const 0) (i32.const 16)))"},
    {"wait", R"((drop (memory.atomic.wait32 (local.get $i) (i32.const 1) (i64.const 0))))", shared},
};

std::string module_of(const Work& work) {
  return "(module (type $t (func (param i32 i32)))"
         R"((import "host" "call" (func $call (param funcref) (result i32))))" +
         std::string(work.memory) + R"((table funcref (elem $deep)) (tag $e)
    (data $d "0123456789abcdef") (elem declare func $through)
    (global $place (mut i32) (i32.const 0))
    (func $deep (type $t)
      (if (local.get 1) (then (call $deep (local.get 0) (i32.sub (local.get 1) (i32.const 1))))
        (else )" +
         (work.memory == wide ? "" : "(i32.store (local.get 0) (i32.const 1))") + R"()))
    (func $through (result i32) (call $deep (global.get $place) (i32.const 0)) (i32.const 0))
    (func (export "answer") (result i32) (i32.const 42))
    (func $run (export "run") (local $i i32) (local $x i32) (local $y i64) (local $f f32)
      (local $d f64) (local $v v128)
      (loop $l
        (local.set $i (i32.and (i32.add (local.get $i) (i32.const 4128)) (i32.const 0xffe0)))
        )" +
         std::string(work.code) + "(br $l))))";
}

size_t lines_of(const char* file) {
  std::ifstream in(file);
  size_t count = 0;
  for (std::string line; std::getline(in, line);) ++count;
  return count;
}

size_t open_files() {
  const std::filesystem::directory_iterator files("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(files), end(files)));
}

class TrapAnywhere : public WorldTest {
 protected:
  TrapAnywhere() : WorldTest(runtime::StoreLimits()) {}
  ~TrapAnywhere() override { mendable = nullptr; }

  bool is_interpreter() const { return GetParam().config.tier == engine::Tier::interpreter; }

  bool begin(const Work& work) {
    if (add(std::string(work.name), module_of(work)) == nullptr) return false;
    memory_ = std::get<runtime::Memory*>(*last_->find_export("m"))->base();
    mendable = memory_;
    return true;
  }

  /// Takes a part of the memory away, after a random time.
  void attack() {
    std::this_thread::sleep_for(std::chrono::microseconds(random_() % 400));
    const auto page_bytes = static_cast<size_t>(::getpagesize());
    const size_t first = random_() % (memory_bytes / page_bytes);
    const size_t pages = 1 + random_() % (memory_bytes / page_bytes - first);
    ASSERT_EQ(::mprotect(memory_ + first * page_bytes, pages * page_bytes, PROT_NONE), 0);
  }

  /// Calls "run" while another thread attacks, and asks the call to end where that was mended. What
  /// the call came to.
  TrapCode run_attacked() {
    const uint64_t call = store_->current_call();
    const uint32_t mended_before = mended;
    std::atomic<bool> is_done = false;
    std::thread other([&] {
      attack();
      while (!is_done && mended == mended_before)
        std::this_thread::sleep_for(std::chrono::microseconds(20));
      store_->interrupt(call, TrapCode::interrupted);
    });
    auto& func = *std::get<runtime::Func*>(*last_->find_export("run"));
    const auto results = runtime::call(*store_, func, {});
    is_done = true;
    other.join();
    ::mprotect(memory_, memory_bytes, PROT_READ | PROT_WRITE);
    if (results || !std::holds_alternative<runtime::Trap>(results.error())) return TrapCode::none;
    trap_ = std::get<runtime::Trap>(results.error());
    return trap_.code;
  }

  /// The trap happened in a load or a store, called by "run" in the end.
  void check_trace() const {
    ASSERT_FALSE(trap_.frames.empty());
    EXPECT_EQ(trap_.frames.back().name, "run");
    const uint8_t opcode = last_->module().bytes[trap_.frames.front().offset];
    const bool is_access = (opcode >= 0x28 && opcode <= 0x3e) || opcode == 0xfd || opcode == 0xfe;
    EXPECT_TRUE(is_access) << "opcode " << static_cast<int>(opcode);
  }

  void check_store() {
    EXPECT_EQ(run("answer"), "42");
    EXPECT_EQ(store_->execution_state().exit_sp, store_->wasm_stack().high);
    EXPECT_EQ(store_->execution_state().failure, 0u);
    EXPECT_EQ(store_->stack().top, store_->stack().base);
  }

  uint8_t* memory_ = nullptr;
  runtime::Trap trap_;
  std::mt19937 random_{11};
};

INSTANTIATE_TEST_SUITE_P(ways, TrapAnywhere, testing::ValuesIn(all_ways()),
                         [](const auto& way) { return way.param.name; });

/// The interpreter's faults are for the handler before.
class TrapsOfMachineCode : public TrapAnywhere {};

INSTANTIATE_TEST_SUITE_P(ways, TrapsOfMachineCode, testing::ValuesIn(machine_code_ways()),
                         [](const auto& way) { return way.param.name; });

TEST_P(TrapAnywhere, a_fault_of_machine_code_is_a_trap) {
  ASSERT_TRUE(mends);
  for (const Work& work : accesses) {
    SCOPED_TRACE(work.name);
    ASSERT_TRUE(begin(work));
    for (int i = 0; i < rounds; ++i) {
      const uint32_t mended_before = mended;
      const TrapCode code = run_attacked();
      if (is_interpreter()) {
        ASSERT_EQ(code, TrapCode::interrupted);
        EXPECT_EQ(mended, mended_before + 1);
      } else {
        ASSERT_EQ(code, TrapCode::out_of_bounds_memory);
        EXPECT_EQ(mended, mended_before);
        check_trace();
      }
      check_store();
    }
  }
}

TEST_P(TrapAnywhere, a_fault_of_the_runtime_is_for_the_handler_before) {
  for (const Work& work : builtins) {
    SCOPED_TRACE(work.name);
    ASSERT_TRUE(begin(work));
    for (int i = 0; i < rounds; ++i) {
      const uint32_t mended_before = mended;
      ASSERT_EQ(run_attacked(), TrapCode::interrupted);
      EXPECT_EQ(mended, mended_before + 1);
      check_store();
    }
  }
}

TEST_P(TrapAnywhere, nothing_is_left_behind) {
  ASSERT_TRUE(begin(accesses[0]));
  for (int i = 0; i < 5; ++i) run_attacked();
  const size_t mappings = lines_of("/proc/self/maps");
  const size_t files = open_files();
  for (int i = 0; i < 100; ++i) run_attacked();
  check_store();
  EXPECT_LE(lines_of("/proc/self/maps"), mappings + 4);  // malloc's and the threads'
  EXPECT_EQ(open_files(), files);
}

/// Calls a function of type [] -> [i32]: its result, or -1 where it trapped.
runtime::Outcome attempt(void*, runtime::Caller& caller, runtime::Slot* slots) {
  const runtime::Outcome outcome =
      caller.store.call(*runtime::Ref::from_bits(slots[0]).func(), slots);
  if (outcome == runtime::Outcome::trapped) {
    EXPECT_EQ(caller.store.take_trap().code, TrapCode::out_of_bounds_memory);
    slots[0] = UINT32_MAX;
  }
  return runtime::Outcome::returned;
}

/// Guest, host, guest, host, guest: the host in the middle goes on after the innermost trapped.
TEST_P(TrapsOfMachineCode, a_host_function_may_survive_what_it_called) {
  runtime::HostFunc host;
  host.type = {{syntax::funcref}, {syntax::i32_type}};
  host.code = &attempt;
  ASSERT_TRUE(linker_.define_func(*store_, "host", "attempt", host));
  ASSERT_NE(add("nested", R"((module
    (import "host" "call" (func $call (param funcref) (result i32)))
    (import "host" "attempt" (func $attempt (param funcref) (result i32)))
    (memory (export "m") 1) (elem declare func $endless $middle)
    (func $endless (result i32) (local $i i32) (loop $l
      (local.set $i (i32.and (i32.add (local.get $i) (i32.const 4128)) (i32.const 0xffe0)))
      (i64.store (local.get $i) (i64.const 1)) (br $l)) (i32.const 0))
    (func $middle (result i32) (local $a i32) (local $b i64) (local $c f64)
      (local.set $a (i32.const 1)) (local.set $b (i64.const 20)) (local.set $c (f64.const 300))
      (i32.add (i32.add (local.get $a) (call $attempt (ref.func $endless)))
               (i32.add (i32.wrap_i64 (local.get $b)) (i32.trunc_f64_s (local.get $c)))))
    (func (export "run") (result i32) (local $x i32) (local.set $x (i32.const 4000))
      (i32.add (call $call (ref.func $middle)) (local.get $x)))))"),
            nullptr);
  memory_ = std::get<runtime::Memory*>(*last_->find_export("m"))->base();
  for (int i = 0; i < rounds; ++i) {
    std::thread other([&] { attack(); });
    EXPECT_EQ(run("run"), "4320");  // 1 - 1 + 20 + 300 + 4000
    other.join();
    ::mprotect(memory_, memory_bytes, PROT_READ | PROT_WRITE);
    EXPECT_EQ(store_->execution_state().exit_sp, store_->wasm_stack().high);
  }
}

/// The file behind a page becomes shorter.
TEST_P(TrapsOfMachineCode, a_page_without_its_file_is_a_trap) {
  ASSERT_TRUE(begin(accesses[0]));
  const auto page_bytes = static_cast<size_t>(::getpagesize());
  for (int i = 0; i < rounds; ++i) {
    const int file = ::memfd_create("page", MFD_CLOEXEC);
    ASSERT_EQ(::ftruncate(file, static_cast<off_t>(page_bytes)), 0);
    uint8_t* const page = memory_ + random_() % (memory_bytes / page_bytes) * page_bytes;
    ASSERT_EQ(::mmap(page, page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0),
              page);
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::microseconds(random_() % 300));
      ASSERT_EQ(::ftruncate(file, 0), 0);
    });
    EXPECT_EQ(run("run"), "trap " + std::to_string(int(TrapCode::out_of_bounds_memory)));
    other.join();
    ::close(file);
    ASSERT_EQ(::mmap(page, page_bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
              page);
    check_store();
  }
}

// Other threads, with signal stacks of their own or without.

enum class SignalStack : uint8_t { none, large, smallest };

TEST_P(TrapsOfMachineCode, threads_with_any_signal_stack_trap_alike) {
  const auto bytes = text::assemble(module_of(accesses[0]));
  ASSERT_TRUE(bytes);
  const auto compiled = engine_.compile(*bytes);
  ASSERT_TRUE(compiled);
  const auto work = [&](SignalStack kind) {
    std::vector<uint8_t> room(kind == SignalStack::large ? 1 << 18 : 16384);
    stack_t own{.ss_sp = room.data(), .ss_flags = 0, .ss_size = room.size()};
    if (kind == SignalStack::smallest)
      own.ss_size = static_cast<size_t>(::sysconf(_SC_MINSIGSTKSZ));
    if (kind != SignalStack::none) {
      ASSERT_EQ(::sigaltstack(&own, nullptr), 0);
    }
    runtime::Linker linker;
    const auto store = engine_.new_store({}).value();
    runtime::HostFunc call;
    call.type = {{syntax::funcref}, {syntax::i32_type}};
    call.code = &attempt;
    ASSERT_TRUE(linker.define_func(*store, "host", "call", call));
    const auto instance = linker.instantiate(*store, *compiled, "m");
    ASSERT_TRUE(instance);
    uint8_t* const memory = std::get<runtime::Memory*>(*(*instance)->find_export("m"))->base();
    auto& run = *std::get<runtime::Func*>(*(*instance)->find_export("run"));
    for (int i = 0; i < rounds; ++i) {
      ASSERT_EQ(::mprotect(memory + 8192, 4096, PROT_NONE), 0);
      const auto results = runtime::call(*store, run, {});
      ASSERT_FALSE(results);
      EXPECT_EQ(std::get<runtime::Trap>(results.error()).code, TrapCode::out_of_bounds_memory);
    }
    stack_t now{};
    ASSERT_EQ(::sigaltstack(nullptr, &now), 0);
    if (kind == SignalStack::large) {
      EXPECT_EQ(now.ss_sp, room.data()) << "the host's is large enough";
    }
    stack_t off{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
    if (kind == SignalStack::large) {
      ASSERT_EQ(::sigaltstack(&off, nullptr), 0);
    }
  };
  std::vector<std::thread> threads;
  for (const SignalStack kind : {SignalStack::none, SignalStack::large, SignalStack::smallest})
    threads.emplace_back(work, kind);
  for (std::thread& thread : threads) thread.join();
}

// Handlers that come after ours.

constinit struct sigaction ours = {};
constinit std::atomic<uint32_t> seen_after = 0;

/// Passes on what it does not want.
void pass_on(int signal, siginfo_t* info, void* context) {
  seen_after.fetch_add(1);
  ours.sa_sigaction(signal, info, context);
}

/// Asks whether it is Waxwing's.
void ask(int signal, siginfo_t* info, void* context) {
  seen_after.fetch_add(1);
  if (!platform::handle_fault(signal, info, context)) mend(signal, info, context);
}

TEST_P(TrapsOfMachineCode, later_handlers_that_pass_on_or_ask_change_nothing) {
  size_t which = 0;  // modules have names of their own
  for (const auto handler : {&pass_on, &ask}) {
    ASSERT_TRUE(begin(accesses[which]));
    const struct sigaction later = action_of(handler);
    ASSERT_EQ(::sigaction(SIGSEGV, &later, &ours), 0);
    for (int i = 0; i < rounds; ++i) {
      const uint32_t seen_before = seen_after;
      EXPECT_EQ(run_attacked(), TrapCode::out_of_bounds_memory);
      EXPECT_EQ(seen_after, seen_before + 1);
      check_store();
    }
    ASSERT_TRUE(begin(builtins[which++]));
    const uint32_t mended_before = mended;
    EXPECT_EQ(run_attacked(), TrapCode::interrupted);
    EXPECT_EQ(mended, mended_before + 1);
    ASSERT_EQ(::sigaction(SIGSEGV, &ours, nullptr), 0);
  }
}

}  // namespace
}  // namespace waxwing::baseline
