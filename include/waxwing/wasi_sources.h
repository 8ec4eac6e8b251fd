// Where a guest's time and randomness come from, where the embedder brings its own.
#pragma once

#include <cstdint>
#include <span>

namespace waxwing {

/// The clocks of WASI.
enum class WasiClock : uint8_t {
  realtime,     // since 1970-01-01 UTC
  monotonic,    // since any start; never goes back
  process_cpu,  // processor time
  thread_cpu,
};

/// The clocks of guests, and of the times of files in memory. They are asked in the thread that
/// uses a store, in the middle of a call or while its world is made, and must not throw; no call
/// begins in that store meanwhile. Where several stores have them, their threads ask at once.
class WasiClocks {
 public:
  virtual ~WasiClocks() = default;

  virtual uint64_t time_ns(WasiClock clock) noexcept = 0;
  /// The smallest step, at least 1.
  virtual uint64_t resolution_ns(WasiClock /*clock*/) noexcept { return 1; }
  /// A guest wants to wait for `timeout_ns`, by itself or for something that may come before: how
  /// long the host shall wait in its place, by real time. An interruption of the store ends that
  /// wait. Clocks that are not real may step forward here and return 0. What it does itself that
  /// takes time, nothing interrupts.
  virtual uint64_t wait_ns(uint64_t timeout_ns) noexcept { return timeout_ns; }
  /// `sched_yield`.
  virtual void yield() noexcept {}
};

/// Randomness for guests. Called as WasiClocks are.
class WasiRandom {
 public:
  virtual ~WasiRandom() = default;

  /// Fills `bytes`, one at least. Where not, it is `io` to the guest.
  virtual bool fill(std::span<uint8_t> bytes) noexcept = 0;
};

}  // namespace waxwing
