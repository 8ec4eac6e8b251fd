// What the nodes of a file system in memory share, and the contents of its files. Private to the
// layer.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "vfs/memory.h"

namespace waxwing::vfs {

class MemoryVolume {
 public:
  /// Charged for a node and for a name, besides what that has bytes. A file that has several names
  /// pays for a node each time.
  static constexpr uint64_t node_bytes = 768;
  static uint64_t cost_of(std::string_view name, std::string_view target = {}) {
    return node_bytes + name.size() + target.size();
  }

  static constexpr uint64_t most_bytes = uint64_t{1} << 40;  // whatever the options say

  explicit MemoryVolume(const MemoryOptions& options) : options_(options) {
    options_.max_bytes = std::min(options_.max_bytes, most_bytes);
  }

  const MemoryOptions& options() const { return options_; }
  uint64_t now_ns() const { return options_.now_ns(); }
  uint64_t next_inode() { return next_inode_.fetch_add(1); }

  /// Held by whoever looks at nodes or changes them.
  std::mutex& mutex() { return mutex_; }

  /// `nospc` where there is no room.
  FileResult<> charge(uint64_t size_bytes) {
    if (used_bytes_.fetch_add(size_bytes) + size_bytes <= options_.max_bytes) return {};
    used_bytes_.fetch_sub(size_bytes);
    return std::unexpected(FileError::nospc);
  }
  void release(uint64_t size_bytes) { used_bytes_.fetch_sub(size_bytes); }

 private:
  MemoryOptions options_;
  std::atomic<uint64_t> next_inode_ = 1;
  std::atomic<uint64_t> used_bytes_ = 0;
  std::mutex mutex_;
};

/// Bytes in pages, of which those that were never written take no memory. The volume's mutex is
/// held meanwhile.
class MemoryContents {
 public:
  explicit MemoryContents(MemoryVolume& volume) : volume_(volume) {}
  MemoryContents(const MemoryContents&) = delete;
  MemoryContents& operator=(const MemoryContents&) = delete;
  ~MemoryContents() { drop_from(0); }

  uint64_t size_bytes() const { return size_bytes_; }

  /// Reads what there is.
  size_t read(std::span<const IoBuffer> buffers, uint64_t offset) const;
  /// Writes as much as there is room for; `nospc` where there is none, `fbig` past the largest
  /// size.
  FileResult<size_t> write(std::span<const ConstIoBuffer> buffers, uint64_t offset);
  FileResult<> resize(uint64_t size_bytes);
  /// Pages for all of the range, growing the file to hold it.
  FileResult<> allocate(uint64_t offset, uint64_t size_bytes);

 private:
  static constexpr size_t page_bytes = 4096;
  using Page = std::unique_ptr<uint8_t[]>;

  /// The page with the number `index`, made where there is none; null where there is no room.
  uint8_t* page(size_t index);
  void drop_from(size_t index);

  MemoryVolume& volume_;
  std::vector<Page> pages_;
  uint64_t size_bytes_ = 0;
};

}  // namespace waxwing::vfs
