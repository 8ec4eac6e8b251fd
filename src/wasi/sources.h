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
};

class RandomSource {
 public:
  virtual ~RandomSource() = default;

  /// Fills `bytes`, or returns false where that cannot be done.
  virtual bool fill(std::span<uint8_t> bytes) = 0;
};

std::shared_ptr<Clocks> host_clocks();
std::shared_ptr<RandomSource> host_random();

}  // namespace waxwing::wasi
