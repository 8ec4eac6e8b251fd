#include "platform/signal_stack.h"

#include <cstddef>
#include <gtest/gtest.h>
#include <signal.h>
#include <vector>

#include "platform/thread.h"

namespace waxwing::platform {
namespace {

stack_t current() {
  stack_t stack{};
  ::sigaltstack(nullptr, &stack);
  return stack;
}

/// Sanitizers give threads a stack; a host's thread may have none.
void take_away() {
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  ::sigaltstack(&none, nullptr);
}

template <typename Body>
void in_thread(Body body) {
  auto thread = Thread::start(body);
  ASSERT_TRUE(thread);
  thread->join();
}

TEST(signal_stack, is_given_to_a_thread_that_has_none) {
  in_thread([] {
    const stack_t before = current();
    take_away();
    EXPECT_TRUE(ensure_signal_stack());
    const stack_t mine = current();
    EXPECT_EQ(mine.ss_flags & SS_DISABLE, 0);
    EXPECT_GE(mine.ss_size, size_t{64} << 10);
    auto* const bytes = static_cast<volatile char*>(mine.ss_sp);
    bytes[0] = 1;
    bytes[mine.ss_size - 1] = 1;
    EXPECT_TRUE(ensure_signal_stack());
    EXPECT_EQ(current().ss_sp, mine.ss_sp);
    if ((before.ss_flags & SS_DISABLE) == 0) ::sigaltstack(&before, nullptr);
  });
}

TEST(signal_stack, replaces_one_that_is_too_small) {
  in_thread([] {
    const stack_t before = current();
    std::vector<std::byte> small(size_t{16} << 10);
    stack_t stack{};
    stack.ss_sp = small.data();
    stack.ss_size = small.size();
    ASSERT_EQ(::sigaltstack(&stack, nullptr), 0);
    EXPECT_TRUE(ensure_signal_stack());
    EXPECT_NE(current().ss_sp, small.data());
    if ((before.ss_flags & SS_DISABLE) == 0) ::sigaltstack(&before, nullptr);
  });
}

TEST(signal_stack, leaves_a_hosts_own_alone) {
  in_thread([] {
    const stack_t before = current();
    std::vector<std::byte> large(size_t{128} << 10);
    stack_t stack{};
    stack.ss_sp = large.data();
    stack.ss_size = large.size();
    ASSERT_EQ(::sigaltstack(&stack, nullptr), 0);
    EXPECT_TRUE(ensure_signal_stack());
    EXPECT_EQ(current().ss_sp, large.data());
    ::sigaltstack(&before, nullptr);
  });
}

}  // namespace
}  // namespace waxwing::platform
