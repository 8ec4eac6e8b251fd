// One thread of this process makes what several ask for at once. Across processes, leases do that:
// cache/store.h.
#pragma once

#include <chrono>
#include <condition_variable>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/stop_flag.h"
#include "cache/digest.h"

namespace waxwing::cache {

/// Values that are being made, by key. It remembers nothing: a value is handed to those who asked
/// while it was made, and whoever asks later makes it again, or finds it in a cache. `Value` is
/// copied to each: a shared_ptr. Thread-safe; must outlive the calls.
template <typename Value, typename Failure>
class SingleFlight {
 public:
  using Result = std::expected<Value, Failure>;

  struct Outcome {
    Result result;
    bool waited = false;  // another thread was making the value when this one came
  };

  /// Calls `make`, which returns a `Result`, unless another thread is doing that for `key`: then
  /// waits for its value. Where that thread fails (or leaves by an exception), the failure is its
  /// own, and one of those who wait calls its own `make`. A thread whose `stop` is set does not
  /// wait on, some milliseconds later: it calls its own `make` for its failure. REQUIRES: `make`
  /// does not run the same key, and fails at once where `stop` is set.
  template <typename Make>
  Outcome run(const Digest& key, Make&& make, const base::StopFlag* stop = nullptr);

  /// How many threads are in `run` for `key`.
  size_t users(const Digest& key) const {
    const std::lock_guard lock(mutex_);
    const auto found = flights_.find(key);
    return found == flights_.end() ? 0 : found->second->users;
  }

 private:
  struct Flight {
    std::condition_variable changed;
    size_t users = 0;
    bool has_owner = false;
    std::optional<Value> value;
  };

  /// A thread's presence in a flight, and its ownership, which the first to come has from the
  /// start; ends both however it is left.
  class Seat {
   public:
    Seat(SingleFlight& flights, const Digest& key);
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
    ~Seat();

    /// False where the value is there; else this thread calls `make`.
    bool wait_or_own(const base::StopFlag* stop);
    void publish(const Value& value);
    const Value& value() const { return *flight_->value; }
    bool waited() const { return waited_; }

   private:
    /// Newcomers start anew.
    void leave_table();

    SingleFlight& flights_;
    Digest key_;
    std::shared_ptr<Flight> flight_;
    bool owns_ = false;
    bool waited_ = false;
  };

  mutable std::mutex mutex_;
  std::unordered_map<Digest, std::shared_ptr<Flight>, DigestHash> flights_;
};

template <typename Value, typename Failure>
template <typename Make>
auto SingleFlight<Value, Failure>::run(const Digest& key, Make&& make, const base::StopFlag* stop)
    -> Outcome {
  Seat seat(*this, key);
  if (!seat.wait_or_own(stop)) return {seat.value(), seat.waited()};
  Result result = std::forward<Make>(make)();
  if (result) seat.publish(*result);
  return {std::move(result), seat.waited()};
}

template <typename Value, typename Failure>
SingleFlight<Value, Failure>::Seat::Seat(SingleFlight& flights, const Digest& key)
    : flights_(flights), key_(key) {
  const std::lock_guard lock(flights_.mutex_);
  std::shared_ptr<Flight>& flight = flights_.flights_[key];
  if (flight == nullptr) flight = std::make_shared<Flight>();
  flight_ = flight;
  ++flight_->users;
  waited_ = std::exchange(flight_->has_owner, true);
  owns_ = !waited_;
}

template <typename Value, typename Failure>
SingleFlight<Value, Failure>::Seat::~Seat() {
  const std::lock_guard lock(flights_.mutex_);
  if (owns_) flight_->has_owner = false;
  // Whoever was woken, and left without a value, wakes the next one.
  if (!flight_->has_owner && !flight_->value) flight_->changed.notify_one();
  if (--flight_->users == 0) leave_table();
}

template <typename Value, typename Failure>
bool SingleFlight<Value, Failure>::Seat::wait_or_own(const base::StopFlag* stop) {
  if (owns_) return true;
  // Nobody is woken by a flag, which signal handlers may set.
  constexpr std::chrono::milliseconds longest_pause(5);
  std::unique_lock lock(flights_.mutex_);
  while (flight_->has_owner && !flight_->value) {
    if (base::is_stopped(stop)) return true;
    if (stop)
      flight_->changed.wait_for(lock, longest_pause);
    else
      flight_->changed.wait(lock);
  }
  owns_ = !flight_->value;
  if (owns_) flight_->has_owner = true;
  return owns_;
}

template <typename Value, typename Failure>
void SingleFlight<Value, Failure>::Seat::publish(const Value& value) {
  const std::lock_guard lock(flights_.mutex_);
  if (flight_->value) return;
  flight_->value = value;
  leave_table();
  flight_->changed.notify_all();
}

template <typename Value, typename Failure>
void SingleFlight<Value, Failure>::Seat::leave_table() {
  const auto found = flights_.flights_.find(key_);
  if (found != flights_.flights_.end() && found->second == flight_) flights_.flights_.erase(found);
}

}  // namespace waxwing::cache
