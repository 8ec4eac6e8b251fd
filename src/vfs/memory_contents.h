// What a file system in memory may hold, and the contents of its files. Private to the layer.
#pragma once

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "vfs/object.h"

namespace waxwing::vfs {

/// How much a volume holds, of how much it may. The volume's mutex is held meanwhile.
class MemoryBudget {
 public:
  /// Charged for a name and what it leads to, besides what those have bytes.
  static constexpr uint64_t node_bytes = 768;
  static uint64_t cost_of(std::string_view name) { return node_bytes + name.size(); }

  static constexpr uint64_t most_bytes = uint64_t{1} << 40;  // whatever the options say

  explicit MemoryBudget(uint64_t max_bytes) : max_bytes_(std::min(max_bytes, most_bytes)) {}

  uint64_t max_bytes() const { return max_bytes_; }
  uint64_t left_bytes() const { return max_bytes_ - used_bytes_; }

  /// `nospc` where there is no room.
  FileResult<> charge(uint64_t size_bytes) {
    if (size_bytes > max_bytes_ - used_bytes_) return std::unexpected(FileError::nospc);
    used_bytes_ += size_bytes;
    return {};
  }
  void release(uint64_t size_bytes) { used_bytes_ -= size_bytes; }

 private:
  uint64_t max_bytes_;
  uint64_t used_bytes_ = 0;  // never more
};

/// Bytes in pages, of which those that were never written take no memory: they are zero, or what a
/// lower file has there. The volume's mutex is held meanwhile.
class MemoryContents {
 public:
  explicit MemoryContents(MemoryBudget& budget)
      : budget_(budget), max_size_bytes_(budget.max_bytes()) {}
  MemoryContents(const MemoryContents&) = delete;
  MemoryContents& operator=(const MemoryContents&) = delete;
  ~MemoryContents() { drop_from(0); }

  /// Before anything is written: has the `size_bytes` of a lower file, and shows them.
  void begin_over(uint64_t size_bytes);
  /// Whether the lower file still matters.
  bool shows_lower() const { return lower_bytes_ != 0; }
  /// The lower file while it is open; null where it is not, and then what it has is `io`.
  File* lower() const { return lower_.get(); }
  void set_lower(std::unique_ptr<File> lower) { lower_ = std::move(lower); }

  uint64_t size_bytes() const { return size_bytes_; }

  /// Reads what there is.
  FileResult<size_t> read(std::span<const IoBuffer> buffers, uint64_t offset) const;
  /// Writes as much as there is room for; `nospc` where there is none, `fbig` past the largest
  /// size.
  FileResult<size_t> write(std::span<const ConstIoBuffer> buffers, uint64_t offset);
  FileResult<> resize(uint64_t size_bytes);
  /// Pages for all of the range, growing the file to hold it.
  FileResult<> allocate(uint64_t offset, uint64_t size_bytes);

 private:
  static constexpr size_t page_bytes = 4096;
  using Page = std::unique_ptr<uint8_t[]>;
  /// Of a file of that size.
  static size_t page_count(uint64_t size_bytes) {
    return static_cast<size_t>((size_bytes + page_bytes - 1) / page_bytes);
  }

  /// The page with the number `index`, made where there is none; its bytes do not matter where all
  /// are about to be written.
  FileResult<uint8_t*> page(size_t index, bool is_overwritten);
  const uint8_t* find_page(uint64_t index) const {
    return index < pages_.size() ? pages_[static_cast<size_t>(index)].get() : nullptr;
  }
  /// Reads some of [at, at + size), which is within the file.
  FileResult<size_t> read_piece(IoBuffer target, uint64_t at) const;
  /// What was never written.
  FileResult<> read_lower(IoBuffer target, uint64_t at) const;
  void drop_from(size_t index);

  MemoryBudget& budget_;
  uint64_t max_size_bytes_;
  std::vector<Page> pages_;
  uint64_t size_bytes_ = 0;
  uint64_t lower_bytes_ = 0;  // shown of the lower file, where there is no page
  std::unique_ptr<File> lower_;
};

}  // namespace waxwing::vfs
