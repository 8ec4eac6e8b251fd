// Sleeping until another thread, or a signal handler, says so. [futex(2)]
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

namespace waxwing::platform {

/// Where a thread sleeps. It notes `count`, then looks whether what it waits for has happened, then
/// sleeps; whoever makes that happen calls `wake` afterwards. So nothing is missed.
class WakeWord {
 public:
  /// How often `wake` was called, modulo 2^32.
  uint32_t count() const { return count_.load(); }

  /// Ends all sleeps with an older count, now and later. Takes no lock, keeps errno,
  /// async-signal-safe.
  void wake();

  /// Returns at once where `count` is not `seen` any more, else when `wake` is called, when
  /// `deadline_ns` of `monotonic_ns()` has passed, after a signal, or for no reason.
  void sleep(uint32_t seen, std::optional<uint64_t> deadline_ns);

 private:
  std::atomic<uint32_t> count_ = 0;
};

}  // namespace waxwing::platform
