// Deadlines of calls: one thread of an engine that sleeps until the next one.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "base/result.h"
#include "platform/thread.h"

namespace waxwing::api {

/// Calls functions at points in time. The thread begins with the first alarm and ends with this.
/// Thread-safe; setting and cancelling take a lock and a logarithm of the number of alarms.
class Alarms {
 public:
  Alarms() = default;
  ~Alarms();
  Alarms(const Alarms&) = delete;
  Alarms& operator=(const Alarms&) = delete;

  using Id = std::pair<uint64_t, uint64_t>;  // the time, and a number of its own
  /// Calls `ring` at `deadline_ns` of `monotonic_ns()`, in the alarms' thread, unless it is
  /// cancelled before. `ring` must be short. Fails with `resource_limit` where the system refuses
  /// the thread.
  base::Result<Id> set(uint64_t deadline_ns, std::function<void()> ring);
  /// The alarm does not ring any more when this returns, and is not ringing.
  void cancel(const Id& id);

 private:
  void watch();

  std::mutex mutex_;
  std::condition_variable changed_;  // an earlier alarm than all others, or the end
  std::map<Id, std::function<void()>> alarms_;
  uint64_t next_number_ = 0;
  bool is_ending_ = false;
  platform::Thread thread_;
};

}  // namespace waxwing::api
