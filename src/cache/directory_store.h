// Entries as files in a directory that any number of processes share.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cache/directory_counters.h"
#include "cache/directory_layout.h"
#include "cache/store.h"

namespace waxwing::cache {

struct DirectoryOptions {
  std::string path;  // of the working directory at the time of opening, where it is relative
  /// Names the part of the directory for entries of one kind, such as version, ISA and system: 1 to
  /// 100 letters, digits, `.`, `_`, `+` and `-`. Entries of another generation are never returned.
  std::string generation;
  Budget budget = {};                              // of all generations together
  uint64_t max_entry_bytes = uint64_t{2} << 30;    // larger files are neither written nor read
  uint64_t read_below_bytes = uint64_t{16} << 10;  // smaller entries are read, not mapped
  uint64_t touch_after_ns = 3'600'000'000'000;     // how exactly it is known what was used last
  bool read_only = false;                          // nothing is made, written, touched or locked
  bool sync = false;  // an entry is on the disk before it has its name: slow, and what a checksum
                      // finds out without it
};

/// Waxwing's own directory of entries.
///
/// Trust. The directory, those in it and each entry must belong to this process's user or to root
/// and be writable by nobody else, else they are not used; links are not followed. So what is read
/// was written by whoever could replace this program as well.
///
/// Integrity. An entry is written under a name of its own and renamed when it is whole, and never
/// written to again: readers in any process see all of it or nothing, and what they have mapped
/// stays, whatever becomes of the name. Only the owner can break this, by writing to an entry in
/// place; shortening one that is mapped ends the processes that read it. Whoever cannot exclude
/// that sets `read_below_bytes` to UINT64_MAX, and no entry is mapped. A power failure can leave an
/// entry of the right size without the right bytes, unless `sync` is set.
///
/// Cost. Getting an entry is ten system calls, whatever its size, and sometimes an eleventh;
/// putting one about twenty, and sometimes a look at all entries.
class DirectoryStore final : public CacheStore {
 public:
  /// Makes the directory, and what it lacks above it, for the user alone. Fails where it cannot be
  /// made, is no directory, or is not to be trusted; with `read_only` also where it is missing.
  static StoreResult<std::shared_ptr<DirectoryStore>> open(DirectoryOptions options);
  /// Writes what was counted.
  ~DirectoryStore() override;

  /// The blob keeps the file open: `Blob::without_file` lets go of it. `damaged` where something
  /// that is no entry has its name.
  StoreResult<Blob> get(const Digest& key) override { return read(key, Use::noted); }
  StoreResult<Blob> peek(const Digest& key) override { return read(key, Use::none); }
  /// Evicts what exceeds the budget, the least recently used first. Where the directory was
  /// removed, it is made again.
  StoreResult<> put(const Digest& key, const Blob& blob) override;
  StoreResult<> remove(const Digest& key) override;
  /// Writes a time at most once in `touch_after_ns`.
  StoreResult<> touch(const Digest& key) override;
  Lease lease(const Digest& key, uint64_t timeout_ns,
              const base::StopFlag* stop = nullptr) override;
  /// Those of every generation; at most 2^20.
  StoreResult<std::vector<EntryInfo>> entries() override;

  struct PruneOptions {
    Budget budget = {};                // what may stay, at most
    uint64_t max_age_ns = UINT64_MAX;  // since the last use
    bool remove_other_generations = false;
  };
  struct PruneReport {
    uint64_t removed_entries = 0;
    uint64_t removed_bytes = 0;
    uint64_t kept_entries = 0;
    uint64_t kept_bytes = 0;
    uint64_t removed_temporaries = 0;  // that dead writers left
  };
  /// Removes entries, the least recently used first, and what dead writers left. Readers keep what
  /// they have.
  StoreResult<PruneReport> prune(const PruneOptions& options);
  /// Removes every entry of every generation, and the index of files.
  StoreResult<PruneReport> clear();

  /// Opens the file `name` beside the generations: for reading, or, made where it is missing, for
  /// both, which a read-only store refuses. Not open where there is none to read.
  StoreResult<platform::File> open_beside(std::string_view name, FileUse use) const;

  /// From the root, as the directory was found.
  const std::string& path() const { return path_; }
  const DirectoryOptions& options() const { return options_; }

  /// Counts for all processes and for good: `stores`, `stored_bytes`, `evictions` and
  /// `evicted_bytes` are counted here, all else by who knows it. See `CounterValues::add` for
  /// names. Written every ten seconds at most, and at the end. A read-only store counts nothing.
  void count(std::string_view name, uint64_t amount = 1);
  /// Writes what was counted now, where it can be: whoever leaves without destructors calls this.
  void write_counters();
  /// What all processes counted, and this object.
  CounterValues counters() const;

  /// What putting entries removed, through this object.
  uint64_t evicted_entries() const { return evicted_entries_.load(std::memory_order_relaxed); }
  uint64_t evicted_bytes() const { return evicted_bytes_.load(std::memory_order_relaxed); }

 private:
  struct Handles;
  enum class IfMissing : uint8_t { leave, make };
  class EntryWriter;
  enum class Use : uint8_t { none, noted };

  DirectoryStore(DirectoryOptions options, std::string path);

  StoreResult<std::shared_ptr<const Handles>> open_handles(IfMissing if_missing) const;
  std::shared_ptr<const Handles> handles() const;
  /// Opens the directory again.
  StoreResult<> reopen(IfMissing if_missing);
  /// Whether what is open is no directory of this name any more, or was none yet.
  bool has_lost_directory() const;

  std::string entry_path(const Digest& key) const;
  /// The directory of `key` in this generation; not open where it is missing.
  StoreResult<platform::File> open_fan_out(const Digest& key, IfMissing if_missing);
  StoreResult<Blob> read(const Digest& key, Use use);
  /// Checks that the open file is an entry, and makes a blob of it.
  StoreResult<Blob> load(platform::File file, const std::string& path, Use use) const;
  /// Whether a use now is to be noted for an entry that was used last at `used_ns`.
  bool is_touched_after(uint64_t used_ns) const;
  /// One try; `lost_race` where another may succeed.
  StoreResult<> write_entry(const Digest& key, base::ByteSpan bytes);
  StoreResult<> refuse_if_read_only() const;
  /// Notes the new entry, and evicts where it is time.
  void account(const Digest& key, uint64_t size_bytes);

  const DirectoryOptions options_;
  const std::string path_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Handles> handles_;
  DirectoryCounters counters_;
  std::atomic<uint64_t> evicted_entries_ = 0;
  std::atomic<uint64_t> evicted_bytes_ = 0;
};

}  // namespace waxwing::cache
