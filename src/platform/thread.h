// Threads whose creation can fail without an exception. Locks and waiting are the standard
// library's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.h"

namespace waxwing::platform {

/// A running thread, joined at destruction.
class Thread {
 public:
  Thread() = default;
  Thread(Thread&& other) noexcept;
  Thread& operator=(Thread&& other) noexcept;
  ~Thread();

  /// Runs `body` in a new thread, which blocks all asynchronous signals: they stay the host's.
  /// Fails with `resource_limit` where the system refuses another thread.
  static base::Result<Thread> start(std::function<void()> body);

  /// Waits until the body has returned; at once where there is nothing to wait for.
  void join();
  bool joinable() const { return handle_ != nullptr; }

 private:
  struct Handle;
  explicit Thread(Handle* handle) : handle_(handle) {}

  Handle* handle_ = nullptr;
};

/// Calls a function once, from a thread of its own, at a point in monotonic time, unless it is
/// cancelled first.
class Watchdog {
 public:
  /// Watches nothing.
  Watchdog() = default;
  Watchdog(Watchdog&& other) noexcept = default;
  Watchdog& operator=(Watchdog&& other) noexcept;
  /// Cancels.
  ~Watchdog();

  /// `callback` runs at `deadline_ns` of `monotonic_ns()`, or at once where that is past. Errors as
  /// Thread::start.
  static base::Result<Watchdog> start(uint64_t deadline_ns, std::function<void()> callback);

  /// Returns when the callback will not run any more, waiting for it where it runs now. Returns
  /// whether it ran. Must not be called from the callback.
  bool cancel();

 private:
  struct State;
  Watchdog(std::shared_ptr<State> state, Thread thread);

  std::shared_ptr<State> state_;
  Thread thread_;
};

}  // namespace waxwing::platform
