// What happened to a directory, counted over all processes that used it: for people, never for
// decisions. Lost where it cannot be written.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "platform/file.h"

namespace waxwing::cache {

struct CounterValue {
  std::string name;
  uint64_t value = 0;
};

/// What a directory's counters said when they were read.
struct CounterValues {
  uint64_t since_ns = 0;             // since 1970; when counting began. 0 where nothing was counted
  std::vector<CounterValue> values;  // in no order; no name twice

  /// 0 where there is no such counter.
  uint64_t operator[](std::string_view name) const;
  /// Adds, and stays at the largest number where that is too much. Not counted where the name is no
  /// counter's, or there are too many: a name is 1 to 23 lower-case letters, digits and `_`, and
  /// there are 64.
  void add(std::string_view name, uint64_t amount);
};

/// Counts in memory, and adds that to the file now and then: counting takes a lock and no system
/// call, writing takes six system calls. Thread-safe.
class DirectoryCounters {
 public:
  DirectoryCounters();

  void count(std::string_view name, uint64_t amount);

  /// Whether something is to be written, and the last writing, or the start, was at least `age_ns`
  /// ago.
  bool is_due(uint64_t age_ns) const;

  /// Adds what was counted to `file`, which is open for reading and writing. What cannot be written
  /// is kept for the next time.
  void write_to(const platform::File& file);

  /// What `file`, open for reading or not open, says, and what was counted here and not written.
  CounterValues read(const platform::File& file) const;

 private:
  mutable std::mutex mutex_;
  CounterValues pending_;
  uint64_t written_ns_ = 0;  // of the monotonic clock
};

}  // namespace waxwing::cache
