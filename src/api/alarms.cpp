// See alarms.h.
#include "api/alarms.h"

#include <chrono>

#include "platform/clock.h"

namespace waxwing::api {

Alarms::~Alarms() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

base::Result<Alarms::Id> Alarms::set(uint64_t deadline_ns, std::function<void()> ring) {
  const std::lock_guard lock(mutex_);
  if (!thread_.joinable()) thread_ = TRY(platform::Thread::start([this] { watch(); }));
  const Id id(deadline_ns, next_number_++);
  const auto place = alarms_.emplace(id, std::move(ring)).first;
  if (place == alarms_.begin()) changed_.notify_one();
  return id;
}

void Alarms::cancel(const Id& id) {
  // The lock is held while an alarm rings.
  const std::lock_guard lock(mutex_);
  alarms_.erase(id);
}

void Alarms::watch() {
  std::unique_lock lock(mutex_);
  while (!is_ending_) {
    if (alarms_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const uint64_t deadline_ns = alarms_.begin()->first.first;
    const uint64_t now_ns = platform::monotonic_ns();
    if (now_ns < deadline_ns) {
      // Long waits in parts: a point far off would leave the clock's range.
      constexpr uint64_t longest_ns = 3'600'000'000'000;
      changed_.wait_for(lock, std::chrono::nanoseconds(std::min(deadline_ns - now_ns, longest_ns)));
      continue;
    }
    const auto first = alarms_.extract(alarms_.begin());
    first.mapped()();
  }
}

}  // namespace waxwing::api
