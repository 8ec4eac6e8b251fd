// The file that the processes which share a directory agree by: locks on ranges past its end, and a
// hint of how much the directory holds, which is safe to lose and never believed for long.
#pragma once

#include <memory>

#include "cache/store.h"
#include "platform/file_lock.h"

namespace waxwing::cache {

/// Tries to lock `range` of `file` ever less often, until `timeout_ns` have passed. `unavailable`
/// where the file system has no locks.
Lease::State lock_within(const platform::File& file, platform::LockRange range, uint64_t timeout_ns,
                         const base::StopFlag* stop = nullptr);

/// One opening of the state file, and the locks that were taken with it; they end with it. Not
/// thread-safe: whoever wants a lock opens the file.
class DirectoryState {
 public:
  /// Opens the state file of `root`, called `path`, making it where it is missing.
  static StoreResult<DirectoryState> open(const platform::File& root, std::string_view path);

  /// Locks what stands for `key`, waiting at most `timeout_ns`, or until `stop` is set.
  /// `unavailable` where the file system has no locks. Two keys share a lock once in 2^62.
  Lease::State lock_key(const Digest& key, uint64_t timeout_ns,
                        const base::StopFlag* stop = nullptr) const;

  /// Ends that lock at once: a forked child, which has the file open as well, would keep it.
  void unlock_key(const Digest& key) const;

  /// Locks housekeeping as a whole, without waiting; true, too, where there are no locks.
  bool lock_housekeeping() const;
  void unlock_housekeeping() const;

  /// What a directory held when it was looked through, and what was put since.
  struct Hint {
    uint64_t bytes = 0;
    uint64_t entries = 0;
    uint64_t scanned_ns = 0;  // since 1970
  };
  /// Adds an entry of `size_bytes` to the hint, and returns it; all zero where it cannot be known.
  Hint add_entry(uint64_t size_bytes) const;
  void write_hint(const Hint& hint) const;

 private:
  explicit DirectoryState(platform::File file) : file_(std::move(file)) {}
  Hint read_hint() const;

  platform::File file_;
};

}  // namespace waxwing::cache
