// A watchdog that interrupts a store.
#include "cli/deadline.h"

#include <algorithm>

#include "platform/clock.h"

namespace waxwing::cli {

Fallible<std::unique_ptr<Deadline>> Deadline::start(runtime::Store& store, uint64_t timeout_ns) {
  auto deadline = std::make_unique<Deadline>();
  const auto stop = [&store, flag = &deadline->has_passed_, work = &deadline->flag_] {
    work->set(base::StopReason::deadline_exceeded);
    // In this order: a call that begins after the flag was read as unset is the current one below.
    flag->store(true);
    store.interrupt(store.current_call(), syntax::TrapCode::deadline_exceeded);
  };
  const uint64_t now_ns = platform::monotonic_ns();
  auto watchdog =
      platform::Watchdog::start(now_ns + std::min(timeout_ns, UINT64_MAX - now_ns), stop);
  if (!watchdog) return std::unexpected(failure_of("--timeout", watchdog.error()));
  deadline->watchdog_ = *std::move(watchdog);
  return deadline;
}

}  // namespace waxwing::cli
