// Pages of files in memory.
#include <algorithm>
#include <cstring>
#include <new>

#include "base/fallible.h"
#include "vfs/memory_volume.h"

namespace waxwing::vfs {

uint8_t* MemoryContents::page(size_t index) {
  if (index >= pages_.size()) {
    const uint64_t room_bytes = (index + 1 - pages_.size()) * sizeof(Page);
    if (!volume_.charge(room_bytes)) return nullptr;
    if (!base::try_reserve(pages_, index + 1)) {
      volume_.release(room_bytes);
      return nullptr;
    }
    pages_.resize(index + 1);
  }
  Page& page = pages_[index];
  if (page == nullptr) {
    if (!volume_.charge(page_bytes)) return nullptr;
    page.reset(new (std::nothrow) uint8_t[page_bytes]());
    if (page == nullptr) volume_.release(page_bytes);
  }
  return page.get();
}

void MemoryContents::drop_from(size_t index) {
  for (size_t i = index; i < pages_.size(); ++i) {
    if (pages_[i] != nullptr) volume_.release(page_bytes);
  }
  if (index >= pages_.size()) return;
  volume_.release((pages_.size() - index) * sizeof(Page));
  pages_.resize(index);
  pages_.shrink_to_fit();
}

size_t MemoryContents::read(std::span<const IoBuffer> buffers, uint64_t offset) const {
  size_t total = 0;
  for (const IoBuffer& buffer : buffers) {
    for (size_t done = 0; done < buffer.size;) {
      const uint64_t at = offset + total;
      if (offset >= size_bytes_ || at >= size_bytes_) return total;
      const size_t index = static_cast<size_t>(at / page_bytes);
      const size_t within = static_cast<size_t>(at % page_bytes);
      const uint64_t room = std::min<uint64_t>(page_bytes - within, size_bytes_ - at);
      const size_t size = std::min(buffer.size - done, static_cast<size_t>(room));
      if (index < pages_.size() && pages_[index] != nullptr) {
        std::memcpy(buffer.data + done, pages_[index].get() + within, size);
      } else {
        std::memset(buffer.data + done, 0, size);
      }
      done += size;
      total += size;
    }
  }
  return total;
}

FileResult<size_t> MemoryContents::write(std::span<const ConstIoBuffer> buffers, uint64_t offset) {
  const uint64_t max_bytes = volume_.options().max_bytes;
  size_t total = 0;
  std::optional<FileError> stopped;
  for (const ConstIoBuffer& buffer : buffers) {
    for (size_t done = 0; done < buffer.size && !stopped;) {
      const uint64_t at = offset + total;
      if (offset >= max_bytes || at >= max_bytes) {
        stopped = FileError::fbig;
        break;
      }
      const size_t within = static_cast<size_t>(at % page_bytes);
      uint8_t* const target = page(static_cast<size_t>(at / page_bytes));
      if (target == nullptr) {
        stopped = FileError::nospc;
        break;
      }
      const uint64_t room = std::min<uint64_t>(page_bytes - within, max_bytes - at);
      const size_t size = std::min(buffer.size - done, static_cast<size_t>(room));
      std::memcpy(target + within, buffer.data + done, size);
      done += size;
      total += size;
    }
  }
  if (total == 0 && stopped) return std::unexpected(*stopped);
  if (total != 0) size_bytes_ = std::max(size_bytes_, offset + total);
  return total;
}

FileResult<> MemoryContents::resize(uint64_t size_bytes) {
  if (size_bytes > volume_.options().max_bytes) return std::unexpected(FileError::fbig);
  if (size_bytes < size_bytes_) {
    const size_t kept = static_cast<size_t>((size_bytes + page_bytes - 1) / page_bytes);
    drop_from(kept);
    const size_t within = static_cast<size_t>(size_bytes % page_bytes);
    if (within != 0 && kept == pages_.size() && pages_[kept - 1] != nullptr) {
      std::memset(pages_[kept - 1].get() + within, 0, page_bytes - within);
    }
  }
  size_bytes_ = size_bytes;
  return {};
}

FileResult<> MemoryContents::allocate(uint64_t offset, uint64_t size_bytes) {
  const uint64_t max_bytes = volume_.options().max_bytes;
  if (offset > max_bytes || size_bytes > max_bytes - offset) {
    return std::unexpected(FileError::fbig);
  }
  const uint64_t end = offset + size_bytes;
  for (uint64_t at = offset / page_bytes; at * page_bytes < end; ++at) {
    if (page(static_cast<size_t>(at)) != nullptr) continue;
    drop_from(static_cast<size_t>((size_bytes_ + page_bytes - 1) / page_bytes));
    return std::unexpected(FileError::nospc);
  }
  size_bytes_ = std::max(size_bytes_, end);
  return {};
}

}  // namespace waxwing::vfs
