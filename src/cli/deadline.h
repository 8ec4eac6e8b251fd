// --timeout: a point in time at which whatever the guest does is stopped.
#pragma once

#include <atomic>
#include <memory>

#include "cli/messages.h"
#include "platform/thread.h"
#include "runtime/store.h"

namespace waxwing::cli {

/// Stops the call that runs in a store when the time is over. Calls that would begin after that are
/// for the caller to leave out: it asks `has_passed` before each.
class Deadline {
 public:
  /// `store` must outlive the result.
  static Fallible<std::unique_ptr<Deadline>> start(runtime::Store& store, uint64_t timeout_ns);

  bool has_passed() const { return has_passed_.load(); }

 private:
  std::atomic<bool> has_passed_ = false;
  platform::Watchdog watchdog_;  // below the flag that its callback sets: gone before it
};

}  // namespace waxwing::cli
