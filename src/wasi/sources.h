// Where a guest's time and randomness come from: interfaces that an embedder may implement.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "platform/clock.h"

namespace waxwing::wasi {

/// The clocks of a guest, in nanoseconds.
class Clocks {
 public:
  virtual ~Clocks() = default;

  virtual uint64_t time_ns(platform::Clock clock) = 0;
  /// At least 1.
  virtual uint64_t resolution_ns(platform::Clock clock) = 0;
  /// The point of the host's `platform::monotonic_ns()` at which a wait of `timeout_ns` from now
  /// ends. Clocks that are not the host's may step forward by `timeout_ns` and return 0: the wait
  /// is over at once.
  virtual uint64_t deadline_ns(uint64_t timeout_ns) = 0;
  /// How fast the time of processors may pass, beside that of the host: at least 1.
  virtual uint64_t processors() const { return 1; }
  /// `sched_yield`: others may run first.
  virtual void yield() {}
};

class RandomSource {
 public:
  virtual ~RandomSource() = default;

  /// Fills `bytes`, or returns false where that cannot be done.
  virtual bool fill(std::span<uint8_t> bytes) = 0;
};

std::shared_ptr<Clocks> host_clocks();
std::shared_ptr<RandomSource> host_random();

/// Clocks that tell the same in each run: real time begins at 2022-01-01, the others at 0, and each
/// goes on by a millisecond when it is read. Waits are over at once, and their time has passed. Of
/// one thread.
std::shared_ptr<Clocks> counting_clocks();
inline constexpr uint64_t counting_begin_ns = 1'640'995'200'000'000'000;
/// Bytes that are the same in each run, and no secret. Of one thread. [SplitMix64]
std::shared_ptr<RandomSource> seeded_random(uint64_t seed);
inline constexpr uint64_t usual_seed = 42;

}  // namespace waxwing::wasi
