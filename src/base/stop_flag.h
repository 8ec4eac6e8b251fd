// How work that takes long is told to end: whoever does it looks at a flag now and then.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>

#include "base/result.h"

namespace waxwing::base {

enum class StopReason : uint8_t { none, interrupted, deadline_exceeded };

/// Asks for the end of one piece of work, on however many threads it goes on, and for ever. Any
/// thread and any signal handler may set it; looking costs a load. What was done until then is
/// thrown away by those who look.
class StopFlag {
 public:
  /// The first reason is the one that counts.
  void set(StopReason reason) {
    StopReason expected = StopReason::none;
    reason_.compare_exchange_strong(expected, reason, std::memory_order_relaxed);
  }
  bool is_set() const { return reason() != StopReason::none; }
  StopReason reason() const { return reason_.load(std::memory_order_relaxed); }

 private:
  std::atomic<StopReason> reason_ = StopReason::none;
};

/// Null stands for work that cannot be stopped.
inline bool is_stopped(const StopFlag* flag) { return flag && flag->is_set(); }

/// Why the work failed. REQUIRES: it was stopped.
inline Error stopped_error(const StopFlag& flag) {
  const bool is_late = flag.reason() == StopReason::deadline_exceeded;
  return {is_late ? ErrorCode::deadline_exceeded : ErrorCode::interrupted, Error::no_offset, {}};
}

/// Fails with `interrupted` or `deadline_exceeded` where the work shall end.
inline Result<> go_on(const StopFlag* flag) {
  if (is_stopped(flag)) [[unlikely]]
    return std::unexpected(stopped_error(*flag));
  return {};
}

}  // namespace waxwing::base
