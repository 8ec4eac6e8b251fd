// Waiting for files, for time, and for another thread's wish, all in one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "platform/file.h"

namespace waxwing::platform {

/// Lets a thread end another's `poll`. Thread-safe.
class WakeEvent {
 public:
  static FileResult<WakeEvent> create();

  /// Ends the polls that wait on this event, now and until `clear`. Async-signal-safe, never
  /// blocks.
  void signal() const;
  void clear() const;
  bool is_signalled() const;

  const File& file() const { return event_; }

 private:
  explicit WakeEvent(File event) : event_(std::move(event)) {}
  File event_;
};

/// One file to wait for. The caller fills `file` (borrowed for the call) and what it wants; `poll`
/// fills the rest.
struct PollItem {
  const File* file = nullptr;
  bool want_read = false;
  bool want_write = false;

  bool readable = false;  // reading would not block: data, the end, or an error is there
  bool writable = false;
  bool hung_up = false;      // the other end is closed
  bool failed = false;       // the file has an error pending
  bool invalid = false;      // not an open file
  uint64_t bytes_ready = 0;  // for `readable`, where the system can tell

  bool is_ready() const { return readable || writable || hung_up || failed || invalid; }
};

struct PollOptions {
  std::optional<uint64_t> deadline_ns;  // of `monotonic_ns()`; a past one only looks
  const WakeEvent* wake = nullptr;
};

enum class PollOutcome : uint8_t { ready, timed_out, woken };

/// Waits in one system call until an item is ready, the deadline has passed or `wake` is signalled;
/// signals do not end it. Items that are ready are marked whatever the outcome; `woken` goes before
/// `ready`. Regular files and directories are always ready. Fails with `nomem` or `inval` where
/// there are more items than the system takes.
FileResult<PollOutcome> poll(std::span<PollItem> items, const PollOptions& options);

/// Waits until `deadline_ns` of `monotonic_ns()`, or until `wake` is signalled; returns whether it
/// was.
bool sleep_until(uint64_t deadline_ns, const WakeEvent* wake = nullptr);

}  // namespace waxwing::platform
