// What an own stack costs is address space and the few pages that handlers touch.
#include "platform/signal_stack.h"

#include <signal.h>
#include <sys/auxv.h>

#include "platform/virtual_memory.h"

namespace waxwing::platform {
namespace {

#if !defined(AT_MINSIGSTKSZ)
constexpr unsigned long AT_MINSIGSTKSZ = 51;  // NOLINT(readability-identifier-naming): libc's name
#endif

constexpr size_t handler_bytes = size_t{16} << 10;  // what our handler and a callback may use
constexpr size_t own_bytes = size_t{64} << 10;      // leaves room for a host's handler

/// What the kernel saves for a handler: up to 12 KiB on processors with wide registers.
size_t saved_context_bytes() {
  constexpr size_t usual = 4096;
  const size_t told = ::getauxval(AT_MINSIGSTKSZ);
  return told == 0 ? usual : told;
}

/// A thread's own stack, in use while this exists.
class SignalStack {
 public:
  SignalStack() = default;
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;

  ~SignalStack() {
    signal_stack_is_ready = false;
    stack_t current{};
    if (memory_.data() == nullptr || ::sigaltstack(nullptr, &current) != 0) return;
    if (current.ss_sp != memory_.data() + page_size()) return;  // a host has put another one there
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
  }

  base::Result<> ensure() {
    if (has_signal_stack()) return {};
    stack_t current{};
    const bool known = ::sigaltstack(nullptr, &current) == 0;
    if (known && (current.ss_flags & SS_DISABLE) == 0 &&
        current.ss_size >= handler_bytes + saved_context_bytes()) {
      signal_stack_is_ready = true;
      return {};
    }
    const size_t size = round_up_to_page(own_bytes + saved_context_bytes());
    memory_ = TRY(Reservation::reserve(page_size() + size));
    TRY(memory_.commit(page_size(), size));
    stack_t own{};
    own.ss_sp = memory_.data() + page_size();
    own.ss_size = size;
    if (::sigaltstack(&own, nullptr) != 0) {
      memory_ = Reservation();
      return base::fail(base::ErrorCode::unsupported, "the system refuses a signal stack");
    }
    signal_stack_is_ready = true;
    return {};
  }

 private:
  Reservation memory_;  // a guard page, then the stack
};

}  // namespace

base::Result<> ensure_signal_stack() {
  static thread_local SignalStack stack;
  return stack.ensure();
}

intptr_t signal_stack_flag_offset() {
  uintptr_t thread_pointer;
#if defined(__x86_64__)
  asm("mov %%fs:0, %0" : "=r"(thread_pointer));
#else
  thread_pointer = reinterpret_cast<uintptr_t>(__builtin_thread_pointer());
#endif
  return static_cast<intptr_t>(reinterpret_cast<uintptr_t>(&signal_stack_is_ready) -
                               thread_pointer);
}

}  // namespace waxwing::platform
