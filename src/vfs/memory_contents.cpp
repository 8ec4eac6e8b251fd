// Pages of files in memory.
#include "vfs/memory_contents.h"

#include <cstring>
#include <limits>
#include <new>
#include <optional>

#include "base/fallible.h"

namespace waxwing::vfs {

void MemoryContents::begin_over(uint64_t size_bytes) {
  constexpr uint64_t last = std::numeric_limits<int64_t>::max();
  size_bytes_ = lower_bytes_ = std::min(size_bytes, last);
  max_size_bytes_ = std::max(max_size_bytes_, size_bytes_);
}

FileResult<uint8_t*> MemoryContents::page(size_t index, bool is_overwritten) {
  if (index >= pages_.size()) {
    const uint64_t room_bytes = (index + 1 - pages_.size()) * sizeof(Page);
    TRY(budget_.charge(room_bytes));
    // By an eighth at least: pages that come one by one would move all others each time.
    const size_t room = std::max(index + 1, pages_.size() + pages_.size() / 8);
    if (index >= pages_.capacity() && !base::try_reserve(pages_, room)) {
      budget_.release(room_bytes);
      return std::unexpected(FileError::nospc);
    }
    pages_.resize(index + 1);
  }
  Page& page = pages_[index];
  if (page != nullptr) return page.get();
  TRY(budget_.charge(page_bytes));
  Page made(new (std::nothrow) uint8_t[page_bytes]());
  if (made == nullptr) {
    budget_.release(page_bytes);
    return std::unexpected(FileError::nospc);
  }
  if (!is_overwritten) {
    const auto copied = read_lower({made.get(), page_bytes}, uint64_t{index} * page_bytes);
    if (!copied) {
      budget_.release(page_bytes);
      return std::unexpected(copied.error());
    }
  }
  page = std::move(made);
  return page.get();
}

void MemoryContents::drop_from(size_t index) {
  for (size_t i = index; i < pages_.size(); ++i) {
    if (pages_[i] != nullptr) budget_.release(page_bytes);
  }
  if (index >= pages_.size()) return;
  budget_.release((pages_.size() - index) * sizeof(Page));
  pages_.resize(index);
  pages_.shrink_to_fit();
}

FileResult<> MemoryContents::read_lower(IoBuffer target, uint64_t at) const {
  uint64_t left = at < lower_bytes_ ? std::min<uint64_t>(target.size, lower_bytes_ - at) : 0;
  if (left != 0 && lower_ == nullptr) return std::unexpected(FileError::io);
  while (left != 0) {
    const IoBuffer piece{target.data, static_cast<size_t>(left)};
    const size_t size = TRY(lower_->read_at({&piece, 1}, at));
    if (size == 0 || size > left) break;  // somebody made it shorter
    target.data += size;
    target.size -= size;
    at += size;
    left -= size;
  }
  if (target.size != 0) std::memset(target.data, 0, target.size);
  return {};
}

FileResult<size_t> MemoryContents::read_piece(IoBuffer target, uint64_t at) const {
  uint64_t index = at / page_bytes;
  if (const uint8_t* const page = find_page(index)) {
    const size_t within = static_cast<size_t>(at % page_bytes);
    const size_t size = std::min(target.size, page_bytes - within);
    std::memcpy(target.data, page + within, size);
    return size;
  }
  const uint64_t end = at + target.size;
  do {
    ++index;
  } while (index * page_bytes < end && index < pages_.size() && find_page(index) == nullptr);
  if (index < pages_.size()) {
    target.size = static_cast<size_t>(std::min(end, index * page_bytes) - at);
  }
  TRY(read_lower(target, at));
  return target.size;
}

FileResult<size_t> MemoryContents::read(std::span<const IoBuffer> buffers, uint64_t offset) const {
  size_t total = 0;
  for (const IoBuffer& buffer : buffers) {
    for (size_t done = 0; done < buffer.size;) {
      const uint64_t at = offset + total;
      if (offset >= size_bytes_ || at >= size_bytes_) return total;
      const uint64_t room = std::min<uint64_t>(buffer.size - done, size_bytes_ - at);
      const auto size = read_piece({buffer.data + done, static_cast<size_t>(room)}, at);
      if (!size && total != 0) return total;
      done += TRY(size);
      total += *size;
    }
  }
  return total;
}

FileResult<size_t> MemoryContents::write(std::span<const ConstIoBuffer> buffers, uint64_t offset) {
  size_t total = 0;
  std::optional<FileError> stopped;
  for (const ConstIoBuffer& buffer : buffers) {
    for (size_t done = 0; done < buffer.size && !stopped;) {
      const uint64_t at = offset + total;
      if (offset >= max_size_bytes_ || at >= max_size_bytes_) {
        stopped = FileError::fbig;
        break;
      }
      const size_t within = static_cast<size_t>(at % page_bytes);
      const uint64_t room = std::min<uint64_t>(page_bytes - within, max_size_bytes_ - at);
      const size_t size = std::min(buffer.size - done, static_cast<size_t>(room));
      const auto target = page(static_cast<size_t>(at / page_bytes), size == page_bytes);
      if (!target) {
        stopped = target.error();
        break;
      }
      std::memcpy(*target + within, buffer.data + done, size);
      done += size;
      total += size;
    }
  }
  if (total != 0) size_bytes_ = std::max(size_bytes_, offset + total);
  if (stopped) drop_from(page_count(size_bytes_));
  if (total == 0 && stopped) return std::unexpected(*stopped);
  return total;
}

FileResult<> MemoryContents::resize(uint64_t size_bytes) {
  if (size_bytes > max_size_bytes_) return std::unexpected(FileError::fbig);
  if (size_bytes < size_bytes_) {
    const size_t kept = page_count(size_bytes);
    drop_from(kept);
    const size_t within = static_cast<size_t>(size_bytes % page_bytes);
    if (within != 0 && kept == pages_.size() && pages_[kept - 1] != nullptr) {
      std::memset(pages_[kept - 1].get() + within, 0, page_bytes - within);
    }
    lower_bytes_ = std::min(lower_bytes_, size_bytes);
  }
  size_bytes_ = size_bytes;
  return {};
}

FileResult<> MemoryContents::allocate(uint64_t offset, uint64_t size_bytes) {
  if (offset > max_size_bytes_ || size_bytes > max_size_bytes_ - offset) {
    return std::unexpected(FileError::fbig);
  }
  const uint64_t end = offset + size_bytes;
  // Nothing where there is no room for all: what was made within the file would stay.
  uint64_t missing = page_count(end) - offset / page_bytes;
  for (uint64_t at = offset / page_bytes; at < pages_.size() && at * page_bytes < end; ++at) {
    if (pages_[static_cast<size_t>(at)] != nullptr) --missing;
  }
  if (missing > budget_.left_bytes() / page_bytes) return std::unexpected(FileError::nospc);
  for (uint64_t at = offset / page_bytes; at * page_bytes < end; ++at) {
    const auto made = page(static_cast<size_t>(at), false);
    if (made) continue;
    drop_from(page_count(size_bytes_));
    return std::unexpected(made.error());
  }
  size_bytes_ = std::max(size_bytes_, end);
  return {};
}

}  // namespace waxwing::vfs
