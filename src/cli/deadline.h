// --timeout: a point in time at which whatever the guest does is stopped.
#pragma once

#include <atomic>
#include <memory>

#include "base/stop_flag.h"
#include "cli/messages.h"
#include "platform/thread.h"
#include "runtime/store.h"

namespace waxwing::cli {

/// Stops the call that runs in a store, and what is compiled, when the time is over. Calls that
/// would begin after that are for the caller to leave out: it asks `has_passed` before each.
class Deadline {
 public:
  /// `store` must outlive the result.
  static Fallible<std::unique_ptr<Deadline>> start(runtime::Store& store, uint64_t timeout_ns);

  bool has_passed() const { return has_passed_.load(); }
  /// For work that is no call.
  const base::StopFlag* flag() const { return &flag_; }

 private:
  std::atomic<bool> has_passed_ = false;
  base::StopFlag flag_;
  platform::Watchdog watchdog_;  // below the flags that its callback sets: gone before them
};

}  // namespace waxwing::cli
