#include "platform/fault_handler.h"

#include <atomic>
#include <csetjmp>
#include <cstdlib>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "machine_code.h"
#include "platform/code_ranges.h"
#include "platform/signal_stack.h"
#include "platform/thread.h"
#include "platform/virtual_memory.h"

namespace waxwing::platform {
namespace {

/// What a callback saw; goes on at `recover`.
struct Seen {
  const uint8_t* code = nullptr;
  std::atomic<int> count = 0;
  std::atomic<FaultKind> kind = FaultKind::bus;
  std::atomic<uintptr_t> offset = 0;
  std::atomic<uintptr_t> address = 0;
  std::atomic<uintptr_t> argument = 0;
};

bool recover(void* context, Fault& fault) {
  auto& seen = *static_cast<Seen*>(context);
  ++seen.count;
  seen.kind = fault.kind;
  seen.offset = fault.registers.pc - reinterpret_cast<uintptr_t>(seen.code);
  seen.address = fault.address;
  seen.argument = fault.registers.argument(0);
  fault.registers.pc = reinterpret_cast<uintptr_t>(seen.code) + code_offset::recover;
  return true;
}

bool refuse(void* context, Fault& fault) {
  recover(context, fault);
  return false;
}

/// Registered code and the handler for it.
struct World {
  CodeMemory memory = publish_machine_code();
  Seen seen{.code = memory.code().data()};
  CodeRange range;
  Reservation nothing;

  explicit World(FaultCallback callback = recover, bool with_handler = true) {
    auto added = CodeRange::add(memory.code(), callback, &seen);
    EXPECT_TRUE(added) << added.error().message();
    range = *std::move(added);
    nothing = Reservation::reserve(page_size()).value_or(Reservation());
    EXPECT_TRUE(ensure_signal_stack());
    EXPECT_TRUE(!with_handler || install_fault_handler());
  }

  uintptr_t hole() const { return reinterpret_cast<uintptr_t>(nothing.data()) + 24; }
  uintptr_t call(size_t offset, uintptr_t argument) const {
    return call_code(seen.code + offset, argument);
  }
};

struct sigaction action_of(int signal) {
  struct sigaction action{};
  ::sigaction(signal, nullptr, &action);
  return action;
}

void set_default(int signal) { ::signal(signal, SIG_DFL); }

using InfoHandler = void (*)(int, siginfo_t*, void*);
void set_handler(int signal, InfoHandler handler, int flags = 0) {
  struct sigaction action{};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | flags;
  ::sigaction(signal, &action, nullptr);
}

volatile int zero = 0;

/// A fault of each kind in code that is not registered.
[[gnu::noinline]]
#if defined(__clang__)
[[clang::no_sanitize("undefined", "address", "thread")]]
#endif
void fault_in_host_code(int signal, uintptr_t hole) {
  if (signal == SIGSEGV) *reinterpret_cast<volatile int*>(hole) = 1;
#if defined(__x86_64__)
  if (signal == SIGILL) asm volatile("ud2");
  if (signal == SIGFPE) {
    int quotient = 1;
    asm volatile("cltd\n\tidivl %1" : "+a"(quotient) : "r"(zero) : "edx");
  }
#endif
}

class fault_handler_DeathTest : public testing::Test {
 protected:
  // Runs each child from the start, without what other tests of this process have installed.
  fault_handler_DeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST(fault_handler, handles_an_access_to_what_is_not_there) {
  World world;
  EXPECT_EQ(world.call(code_offset::load, world.hole()), 42U);
  EXPECT_EQ(world.seen.count, 1);
  EXPECT_EQ(world.seen.kind, FaultKind::access);
  EXPECT_EQ(world.seen.offset, code_offset::load);
  EXPECT_EQ(world.seen.address, world.hole());
  EXPECT_EQ(world.seen.argument, world.hole());
  constexpr uintptr_t not_canonical = uintptr_t{1} << 63;
  EXPECT_EQ(world.call(code_offset::load, not_canonical), 42U);
  const uintptr_t word = 7;
  EXPECT_EQ(world.call(code_offset::load, reinterpret_cast<uintptr_t>(&word)), 7U);
  EXPECT_EQ(world.seen.count, 2);
}

TEST(fault_handler, handles_illegal_instructions) {
  World world;
  EXPECT_EQ(world.call(code_offset::illegal, 5), 42U);
  EXPECT_EQ(world.seen.kind, FaultKind::illegal_instruction);
  EXPECT_EQ(world.seen.offset, code_offset::illegal);
  EXPECT_EQ(world.seen.argument, 5U);
}

#if defined(__x86_64__)
TEST(fault_handler, handles_division_by_zero) {
  World world;
  EXPECT_EQ(world.call(code_offset::divide, 0), 42U);
  EXPECT_EQ(world.seen.kind, FaultKind::arithmetic);
  EXPECT_EQ(world.call(code_offset::divide, 1), 1U);
  EXPECT_EQ(world.seen.count, 1);
}
#endif

TEST(fault_handler, handles_memory_that_a_file_no_longer_backs) {
  World world;
  const int file = ::memfd_create("test", 0);
  void* page = ::mmap(nullptr, page_size(), PROT_READ, MAP_SHARED, file, 0);
  ASSERT_NE(page, MAP_FAILED);
  EXPECT_EQ(world.call(code_offset::load, reinterpret_cast<uintptr_t>(page)), 42U);
  EXPECT_EQ(world.seen.kind, FaultKind::bus);
  ::munmap(page, page_size());
  ::close(file);
}

TEST(fault_handler, leaves_errno_and_the_signal_mask_alone) {
  World world;
  sigset_t before;
  sigset_t after;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
  errno = EDOM;
  EXPECT_EQ(world.call(code_offset::load, world.hole()), 42U);
  EXPECT_EQ(errno, EDOM);
  ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (int signal = 1; signal < 32; ++signal) {
    EXPECT_EQ(sigismember(&before, signal), sigismember(&after, signal)) << signal;
  }
}

TEST_F(fault_handler_DeathTest, other_faults_end_the_process_as_ever) {
  for (const int signal : {SIGSEGV,
#if defined(__x86_64__)
                           SIGILL, SIGFPE
#endif
       }) {
    EXPECT_EXIT(
        {
          set_default(signal);
          const World world;
          fault_in_host_code(signal, world.hole());
          std::_Exit(0);
        },
        testing::KilledBySignal(signal), "");
  }
}

TEST_F(fault_handler_DeathTest, a_callback_can_decline) {
  EXPECT_EXIT(
      {
        set_default(SIGSEGV);
        const World world(refuse);
        world.call(code_offset::load, world.hole());
        std::_Exit(0);
      },
      testing::KilledBySignal(SIGSEGV), "");
}

TEST_F(fault_handler_DeathTest, code_that_is_not_registered_any_more_faults) {
  EXPECT_EXIT(
      {
        set_default(SIGSEGV);
        World world;
        if (world.call(code_offset::load, world.hole()) != 42) std::_Exit(1);
        world.range = CodeRange();
        world.call(code_offset::load, world.hole());
        std::_Exit(0);
      },
      testing::KilledBySignal(SIGSEGV), "");
}

TEST_F(fault_handler_DeathTest, a_fault_cannot_be_ignored_but_a_sent_signal_can) {
  EXPECT_EXIT(
      {
        ::signal(SIGSEGV, SIG_IGN);
        const World world;
        ::raise(SIGSEGV);
        std::_Exit(3);
      },
      testing::ExitedWithCode(3), "");
  EXPECT_EXIT(
      {
        ::signal(SIGSEGV, SIG_IGN);
        const World world;
        fault_in_host_code(SIGSEGV, world.hole());
        std::_Exit(0);
      },
      testing::KilledBySignal(SIGSEGV), "");
}

TEST_F(fault_handler_DeathTest, a_sent_signal_ends_the_process_by_default) {
  EXPECT_EXIT(
      {
        set_default(SIGFPE);
        const World world;
        ::raise(SIGFPE);
        std::_Exit(0);
      },
      testing::KilledBySignal(SIGFPE), "");
}

uintptr_t expected_address = 0;

// The thread sanitizer's runtime blocks all signals around every handler.
#if defined(__SANITIZE_THREAD__)
constexpr int blocked_beside_the_mask = 1;
#elif defined(__has_feature)
constexpr int blocked_beside_the_mask = __has_feature(thread_sanitizer) ? 1 : 0;
#else
constexpr int blocked_beside_the_mask = 0;
#endif

TEST_F(fault_handler_DeathTest, the_handler_before_gets_what_the_system_would_have_given_it) {
  EXPECT_EXIT(
      {
        struct sigaction action{};
        action.sa_flags = SA_SIGINFO;
        sigaddset(&action.sa_mask, SIGUSR1);
        action.sa_sigaction = [](int signal, siginfo_t* info, void* context) {
          sigset_t mask;
          ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
          const bool right = signal == SIGSEGV && context != nullptr &&
                             reinterpret_cast<uintptr_t>(info->si_addr) == expected_address &&
                             sigismember(&mask, SIGSEGV) == 1 && sigismember(&mask, SIGUSR1) == 1 &&
                             sigismember(&mask, SIGUSR2) == blocked_beside_the_mask;
          ::_exit(right ? 7 : 1);
        };
        ::sigaction(SIGSEGV, &action, nullptr);
        const World world;
        if (world.call(code_offset::load, world.hole()) != 42) std::_Exit(2);
        expected_address = world.hole();
        fault_in_host_code(SIGSEGV, world.hole());
        std::_Exit(0);
      },
      testing::ExitedWithCode(7), "");
}

TEST_F(fault_handler_DeathTest, the_handler_before_can_mend_the_fault) {
  EXPECT_EXIT(
      {
        set_handler(SIGSEGV, [](int, siginfo_t* info, void*) {
          ::mprotect(info->si_addr, 1, PROT_READ | PROT_WRITE);
        });
        const World world;
        const uintptr_t page = world.hole() - 24;
        fault_in_host_code(SIGSEGV, page);
        std::_Exit(world.call(code_offset::load, page) == 1 ? 8 : 1);
      },
      testing::ExitedWithCode(8), "");
}

std::atomic<int> calls = 0;

TEST_F(fault_handler_DeathTest, the_handler_before_is_called_once_where_it_wants_that) {
  EXPECT_EXIT(
      {
        struct sigaction action{};
        action.sa_flags = static_cast<int>(SA_RESETHAND);
        action.sa_handler = [](int) {
          if (++calls == 2) ::_exit(1);
        };
        ::sigaction(SIGSEGV, &action, nullptr);
        const World world;
        fault_in_host_code(SIGSEGV, world.hole());
        std::_Exit(0);
      },
      testing::KilledBySignal(SIGSEGV), "");
}

struct sigaction before_host;

TEST_F(fault_handler_DeathTest, a_handler_after_can_pass_on_to_ours) {
  EXPECT_EXIT(
      {
        set_default(SIGSEGV);
        const World world;
        before_host = action_of(SIGSEGV);
        set_handler(
            SIGSEGV,
            [](int signal, siginfo_t* info, void* context) {
              if (++calls == 3) ::_exit(9);
              before_host.sa_sigaction(signal, info, context);
            },
            SA_ONSTACK);
        if (!install_fault_handler()) std::_Exit(1);  // does not put itself in front
        if (world.call(code_offset::load, world.hole()) != 42) std::_Exit(2);
        if (world.call(code_offset::load, world.hole()) != 42) std::_Exit(3);
        fault_in_host_code(SIGSEGV, world.hole());
        std::_Exit(4);
      },
      testing::ExitedWithCode(9), "");
}

TEST_F(fault_handler_DeathTest, a_host_can_own_the_handler) {
  EXPECT_EXIT(
      {
        const InfoHandler hosts = [](int signal, siginfo_t* info, void* context) {
          if (!handle_fault(signal, info, context)) ::_exit(11);
        };
        set_handler(SIGSEGV, hosts, SA_ONSTACK);
        const World world(recover, false);
        if (action_of(SIGSEGV).sa_sigaction != hosts) std::_Exit(1);
        if (world.call(code_offset::load, world.hole()) != 42) std::_Exit(2);
        fault_in_host_code(SIGSEGV, world.hole());
        std::_Exit(3);
      },
      testing::ExitedWithCode(11), "");
}

TEST_F(fault_handler_DeathTest, a_signal_sent_while_our_code_runs_is_the_hosts) {
  EXPECT_EXIT(
      {
        set_handler(SIGSEGV, [](int, siginfo_t*, void*) { ::_exit(5); });
        const World world;
        const pthread_t spinning = ::pthread_self();
        auto sender = Thread::start([spinning] {
          ::usleep(20'000);
          ::pthread_kill(spinning, SIGSEGV);
        });
        world.call(code_offset::spin, 0);
        std::_Exit(1);
      },
      testing::ExitedWithCode(5), "");
}

#if defined(__clang__)
#pragma clang diagnostic ignored "-Winfinite-recursion"
#else
#pragma GCC diagnostic ignored "-Winfinite-recursion"
#endif
[[gnu::noinline]] int exhaust_stack(volatile int* previous) {
  volatile int frame[256];
  frame[0] = *previous + 1;
  return exhaust_stack(frame) + frame[0];
}

TEST_F(fault_handler_DeathTest, a_host_that_exhausts_its_stack_is_still_told) {
  EXPECT_EXIT(
      {
        set_handler(SIGSEGV, [](int, siginfo_t*, void*) { ::_exit(12); }, SA_ONSTACK);
        const World world;
        std::_Exit(exhaust_stack(&zero) == 0 ? 1 : 2);
      },
      testing::ExitedWithCode(12), "");
}

TEST(fault_handler, threads_fault_while_ranges_come_and_go) {
  World world;
  constexpr int thread_count = 4;
  constexpr int fault_count = 2'000;
  std::atomic<int> running = thread_count;
  std::atomic<int> wrong = 0;
  std::vector<Thread> threads;
  for (int i = 0; i < thread_count; ++i) {
    auto thread = Thread::start([&, i] {
      if (!ensure_signal_stack()) ++wrong;
      const size_t kind = i % 2 == 0 ? code_offset::load : code_offset::illegal;
      for (int n = 0; n < fault_count; ++n) {
        if (world.call(kind, world.hole()) != 42) ++wrong;
      }
      --running;
    });
    ASSERT_TRUE(thread);
    threads.push_back(*std::move(thread));
  }
  const auto others = Reservation::reserve(64 * page_size());
  ASSERT_TRUE(others);
  int changes = 0;
  while (running > 0) {
    std::vector<CodeRange> ranges;
    for (size_t i = 0; i < 64; ++i) {
      auto range = CodeRange::add({others->data() + i * page_size(), 16}, refuse, nullptr);
      ASSERT_TRUE(range);
      ranges.push_back(*std::move(range));
      ++changes;
    }
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(world.seen.count, thread_count * fault_count);
  EXPECT_GT(changes, 0);
}

}  // namespace
}  // namespace waxwing::platform
