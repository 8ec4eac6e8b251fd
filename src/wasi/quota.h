// How much a guest may add to the directories that it was given.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "wasi/errno.h"

namespace waxwing::wasi {

/// By default there is no limit but that of the file system.
struct QuotaConfig {
  static constexpr uint64_t unlimited = std::numeric_limits<uint64_t>::max();
  uint64_t max_written_bytes = unlimited;  // of all writes, whatever they replace
  uint64_t max_entries = unlimited;        // names made, less those removed
};

/// What is left of it. What goes beyond is `dquot`. Streams do not count. Not thread-safe.
class Quota {
 public:
  explicit Quota(const QuotaConfig& config) : left_(config), max_entries_(config.max_entries) {}

  bool limits_bytes() const { return left_.max_written_bytes != QuotaConfig::unlimited; }
  bool limits_entries() const { return max_entries_ != QuotaConfig::unlimited; }

  /// How many bytes may still be written; `dquot` where there are none.
  WasiResult<uint64_t> room_bytes() const {
    if (left_.max_written_bytes == 0) return fail(Errno::dquot);
    return left_.max_written_bytes;
  }
  /// Counts bytes that were written, room_bytes() at most.
  void count_bytes(uint64_t size_bytes) {
    if (limits_bytes()) left_.max_written_bytes -= std::min(size_bytes, left_.max_written_bytes);
  }
  /// `dquot` where not all of `size_bytes` may be written.
  WasiResult<> check_bytes(uint64_t size_bytes) const {
    if (size_bytes > left_.max_written_bytes) return fail(Errno::dquot);
    return {};
  }

  /// `dquot` where no name may be made.
  WasiResult<> check_entry() const {
    if (left_.max_entries == 0) return fail(Errno::dquot);
    return {};
  }
  void count_entry() {
    if (limits_entries() && left_.max_entries > 0) --left_.max_entries;
  }
  /// A name was removed, perhaps one that was there before: that gives no more than `max_entries`.
  void return_entry() {
    if (limits_entries() && left_.max_entries < max_entries_) ++left_.max_entries;
  }

 private:
  QuotaConfig left_;
  uint64_t max_entries_;
};

}  // namespace waxwing::wasi
