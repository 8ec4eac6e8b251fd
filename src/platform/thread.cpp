// POSIX threads, used directly because std::thread can only throw when it fails.
#include "platform/thread.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <errno.h>
#include <limits>
#include <mutex>
#include <new>
#include <pthread.h>
#include <signal.h>
#include <utility>

namespace waxwing::platform {
namespace {

using Body = std::function<void()>;

void* run_body(void* argument) {
  const std::unique_ptr<Body> body(static_cast<Body*>(argument));
  (*body)();
  return nullptr;
}

/// Blocks what the host may send to the process, so that its handlers never run on a thread of
/// ours. Faults stay.
void block_asynchronous_signals(sigset_t* previous) {
  sigset_t blocked;
  ::sigfillset(&blocked);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) {
    ::sigdelset(&blocked, fault);
  }
  ::pthread_sigmask(SIG_SETMASK, &blocked, previous);
}

}  // namespace

struct Thread::Handle {
  pthread_t id;
};

Thread::Thread(Thread&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

Thread& Thread::operator=(Thread&& other) noexcept {
  if (this != &other) {
    join();
    handle_ = std::exchange(other.handle_, nullptr);
  }
  return *this;
}

Thread::~Thread() { join(); }

base::Result<Thread> Thread::start(std::function<void()> body) {
  auto owned = std::make_unique<Body>(std::move(body));
  auto handle = std::make_unique<Handle>();
  sigset_t previous;
  block_asynchronous_signals(&previous);
  const int error = ::pthread_create(&handle->id, nullptr, run_body, owned.get());
  ::pthread_sigmask(SIG_SETMASK, &previous, nullptr);
  if (error != 0) {
    return base::fail(base::ErrorCode::resource_limit, "the system refuses another thread");
  }
  static_cast<void>(owned.release());  // the thread's now
  return Thread(handle.release());
}

void Thread::join() {
  if (handle_ == nullptr) return;
  ::pthread_join(handle_->id, nullptr);
  delete std::exchange(handle_, nullptr);
}

struct Watchdog::State {
  std::mutex mutex;
  std::condition_variable changed;
  bool cancelled = false;
  bool ran = false;
  Body callback;

  void watch(uint64_t deadline_ns) {
    constexpr uint64_t latest = std::numeric_limits<int64_t>::max();
    const std::chrono::steady_clock::time_point deadline(
        std::chrono::nanoseconds(static_cast<int64_t>(std::min(deadline_ns, latest))));
    {
      std::unique_lock lock(mutex);
      if (changed.wait_until(lock, deadline, [this] { return cancelled; })) return;
      ran = true;
    }
    callback();
  }
};

Watchdog::Watchdog(std::shared_ptr<State> state, Thread thread)
    : state_(std::move(state)), thread_(std::move(thread)) {}

Watchdog& Watchdog::operator=(Watchdog&& other) noexcept {
  if (this != &other) {
    cancel();
    state_ = std::move(other.state_);
    thread_ = std::move(other.thread_);
  }
  return *this;
}

Watchdog::~Watchdog() { cancel(); }

base::Result<Watchdog> Watchdog::start(uint64_t deadline_ns, std::function<void()> callback) {
  auto state = std::make_shared<State>();
  state->callback = std::move(callback);
  Thread thread = TRY(Thread::start([state, deadline_ns] { state->watch(deadline_ns); }));
  return Watchdog(std::move(state), std::move(thread));
}

bool Watchdog::cancel() {
  if (!state_) return false;
  {
    const std::lock_guard lock(state_->mutex);
    state_->cancelled = true;
  }
  state_->changed.notify_all();
  thread_.join();
  return state_->ran;
}

}  // namespace waxwing::platform
