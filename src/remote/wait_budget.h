// How long somebody has waited, and how long they still may.
#pragma once

#include <cstdint>

namespace waxwing::remote {

/// Time that any number of threads wait, counted once where they wait together. Times are of one
/// clock that never goes back. Not thread-safe.
class WaitBudget {
 public:
  explicit WaitBudget(uint64_t budget_ns) : budget_ns_(budget_ns) {}

  /// One more waits from now on. Returns until when it may.
  uint64_t begin(uint64_t now_ns);
  /// One of them does so no longer.
  void end(uint64_t now_ns);

  uint64_t waited_ns(uint64_t now_ns) const;
  /// Until when somebody who begins now may wait; `now_ns` where nothing is left.
  uint64_t deadline_ns(uint64_t now_ns) const;

 private:
  uint64_t budget_ns_;
  uint64_t waited_ns_ = 0;  // before those who wait now
  uint64_t since_ns_ = 0;   // they wait
  uint64_t waiting_ = 0;
};

}  // namespace waxwing::remote
