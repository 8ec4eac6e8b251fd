// Bytes that any number of reservations begin with, each with a page of its own where it writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "platform/file.h"
#include "platform/virtual_memory.h"

namespace waxwing::platform {

/// A handle: copies are of the same bytes. Thread-safe once it is written. Takes a file descriptor,
/// and as much memory as was written.
class MemoryImage {
 public:
  /// No bytes.
  MemoryImage() = default;

  /// The bytes [offset, offset + size_bytes) of `file`, which is open for reading and keeps them as
  /// they are. Takes nothing. Where one is no multiple of the page size, mapping fails.
  MemoryImage(std::shared_ptr<const File> file, uint64_t offset, size_t size_bytes)
      : file_(std::move(file)), offset_(offset), size_(size_bytes) {}

  /// `size_bytes` zeros, a multiple of the page size. Fails with `out_of_memory` where the host
  /// refuses.
  static base::Result<MemoryImage> create(size_t size_bytes);

  /// REQUIRES: `create` made it, and it was not mapped yet. Fails with `invalid_argument` out of
  /// bounds, `out_of_memory`.
  base::Result<> write(size_t offset, base::ByteSpan bytes);

  /// Puts the image's bytes into committed pages from `offset` (a multiple of the page size) on,
  /// whatever they held; `Reservation::discard` brings these bytes back. Does not read the bytes.
  /// Fails with `invalid_argument` where they do not fit, changing nothing, or `out_of_memory`, and
  /// then the pages may be zero.
  base::Result<> map(Reservation& reservation, size_t offset) const;

  size_t size() const { return size_; }
  /// See platform::may_stay_open.
  bool may_stay_open() const { return file_ && platform::may_stay_open(*file_); }

 private:
  std::shared_ptr<const File> file_;
  uint64_t offset_ = 0;  // in the file
  size_t size_ = 0;
};

}  // namespace waxwing::platform
