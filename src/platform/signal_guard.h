// Signals that a failing write raises in its thread, kept from a host that has not asked for them.
#pragma once

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "platform/file_error.h"

namespace waxwing::platform {

/// While it lives, `signal` does not reach this thread, whatever the host's handler: it is blocked,
/// and taken away if `saw_signal` says that it may have been raised.
class SignalGuard {
 public:
  explicit SignalGuard(int signal) {
    ::sigemptyset(&blocked_);
    ::sigaddset(&blocked_, signal);
    ::pthread_sigmask(SIG_BLOCK, &blocked_, &previous_);
    if (::sigismember(&previous_, signal) != 1) return;  // else none would be left pending
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, signal) == 1;
  }
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;
  ~SignalGuard() { ::pthread_sigmask(SIG_SETMASK, &previous_, nullptr); }

  void saw_signal() {
    if (was_pending_) return;
    const timespec at_once{};
    while (::sigtimedwait(&blocked_, nullptr, &at_once) == -1 && errno == EINTR) continue;
  }

 private:
  sigset_t blocked_;
  sigset_t previous_;
  bool was_pending_ = false;
};

/// Whether this thread never sees `signal`. What is blocked stays pending even where it is ignored.
/// Asked anew each time: it is the host's to change.
inline bool ignores(int signal) {
  struct sigaction action;
  if (::sigaction(signal, nullptr, &action) != 0 || action.sa_handler != SIG_IGN) return false;
  sigset_t blocked;
  return ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked) == 0 &&
         ::sigismember(&blocked, signal) == 0;
}

/// Does what may raise `signal` in this thread, and nobody sees it; `may_have_raised` tells by the
/// result whether it may be there.
template <typename Operation, typename Predicate>
auto without_signal(int signal, Operation operation, Predicate may_have_raised) {
  if (ignores(signal)) return operation();
  SignalGuard guard(signal);
  auto result = operation();
  if (may_have_raised(result)) guard.saw_signal();
  return result;
}

/// Does what may pass the process's limit of file sizes (RLIMIT_FSIZE): that is `fbig` and no
/// SIGXFSZ. Costs some system calls, so it is for where `file_size_limit()` says that there is one.
template <typename Operation>
auto within_size_limit(Operation operation) {
  return without_signal(SIGXFSZ, operation, [](const auto& result) {
    return !result && result.error() == FileError::fbig;
  });
}

}  // namespace waxwing::platform
