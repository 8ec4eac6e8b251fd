// The handler runs with no more signals blocked than the thread had, so that what was installed
// before can be given exactly the mask that the system would have given it.
#include "platform/fault_handler.h"

#include <atomic>
#include <errno.h>
#include <iterator>
#include <optional>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"
#include "platform/code_ranges.h"
#include "platform/fault_context.h"

namespace waxwing::platform {
namespace {

struct HandledSignal {
  int signal;
  FaultKind kind;
};
constexpr HandledSignal handled_signals[] = {
    {SIGSEGV, FaultKind::access},
    {SIGBUS, FaultKind::bus},
    {SIGILL, FaultKind::illegal_instruction},
    {SIGFPE, FaultKind::arithmetic},
};
constexpr size_t signal_count = std::size(handled_signals);

std::optional<size_t> index_of(int signal) {
  for (size_t i = 0; i < signal_count; ++i) {
    if (handled_signals[i].signal == signal) return i;
  }
  return std::nullopt;
}

/// What was installed for a signal before us.
struct Previous {
  struct sigaction storage[2];  // the second where a host was quicker than our first look
  std::atomic<const struct sigaction*> action;
  std::atomic<bool> spent;  // it was to be called once, and was
};
constinit Previous previous_actions[signal_count] = {};

/// The processor's doing, not kill(2)'s or its kin's.
bool is_fault(const siginfo_t& info) { return info.si_code > 0; }

/// Lets the default action happen where the thread was interrupted: the signal waits, blocked,
/// until the handler's return restores the thread's mask and registers. So a core file shows the
/// fault and the exit status is the signal's, whether or not the fault would repeat itself.
void act_by_default(int signal, siginfo_t* info) {
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, signal);
  ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  ::sigaction(signal, &action, nullptr);
  const auto thread = static_cast<pid_t>(::syscall(SYS_gettid));
  if (::syscall(SYS_rt_tgsigqueueinfo, ::getpid(), thread, signal, info) != 0) ::raise(signal);
}

/// Delivers the signal as the system would have done without us.
void pass_on(int signal, siginfo_t* info, void* context) {
  Previous& previous = previous_actions[*index_of(signal)];
  const struct sigaction* const action = previous.action.load(std::memory_order_acquire);
  const bool once = (static_cast<unsigned>(action->sa_flags) & SA_RESETHAND) != 0;
  const bool has_function = (action->sa_flags & SA_SIGINFO) != 0 ||
                            (action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN);
  if (!has_function || (once && previous.spent.exchange(true))) {
    const bool ignored = !has_function && action->sa_handler == SIG_IGN;
    if (!ignored || is_fault(*info)) act_by_default(signal, info);  // nobody can ignore a fault
    return;
  }
  sigset_t blocked = action->sa_mask;
  if ((action->sa_flags & SA_NODEFER) == 0) ::sigaddset(&blocked, signal);
  ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  if ((action->sa_flags & SA_SIGINFO) != 0) {
    action->sa_sigaction(signal, info, context);
  } else {
    action->sa_handler(signal);
  }
}

void on_signal(int signal, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  const bool ours = handle_fault(signal, info, context);
  errno = saved_errno;
  if (!ours) pass_on(signal, info, context);
}

void install(size_t index) {
  const int signal = handled_signals[index].signal;
  Previous& previous = previous_actions[index];
  struct sigaction action{};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  ::sigemptyset(&action.sa_mask);
  // Known before our handler can run for the first time.
  CHECK(::sigaction(signal, nullptr, &previous.storage[0]) == 0);
  previous.action.store(&previous.storage[0], std::memory_order_release);
  CHECK(::sigaction(signal, &action, &previous.storage[1]) == 0);
  previous.action.store(&previous.storage[1], std::memory_order_release);
}

bool install_all() {
  for (size_t i = 0; i < signal_count; ++i) install(i);
  return true;
}

}  // namespace

base::Result<> install_fault_handler() {
  if (!fault_context_known()) {
    return base::fail(base::ErrorCode::unsupported,
                      "faults cannot be handled on this processor; check bounds explicitly");
  }
  static const bool installed = install_all();
  static_cast<void>(installed);
  return {};
}

bool handle_fault(int signal, const void* info, void* context) {
  const auto index = index_of(signal);
  const auto& details = *static_cast<const siginfo_t*>(info);
  if (!index || !is_fault(details) || !fault_context_known()) return false;
  Fault fault{.kind = handled_signals[*index].kind,
              .address = reinterpret_cast<uintptr_t>(details.si_addr),
              .registers = read_registers(context)};
  if (!answer_fault(fault)) return false;
  write_registers(fault.registers, context);
  return true;
}

}  // namespace waxwing::platform
