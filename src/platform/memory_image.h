// Bytes that any number of reservations begin with, each with a page of its own where it writes.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"
#include "platform/file.h"
#include "platform/virtual_memory.h"

namespace waxwing::platform {

/// Thread-safe once it is written. Takes a file descriptor, and as much memory as was written.
class MemoryImage {
 public:
  /// `size_bytes` zeros, a multiple of the page size. Fails with `out_of_memory` where the host
  /// refuses.
  static base::Result<MemoryImage> create(size_t size_bytes);

  /// REQUIRES: it was not mapped yet. Fails with `invalid_argument` out of bounds, `out_of_memory`.
  base::Result<> write(size_t offset, base::ByteSpan bytes);

  /// Puts the image's bytes into committed pages from `offset` (a multiple of the page size) on,
  /// whatever they held; `Reservation::discard` brings these bytes back. Does not read the bytes.
  /// Fails with `invalid_argument` where they do not fit, changing nothing, or `out_of_memory`, and
  /// then the pages may be zero.
  base::Result<> map(Reservation& reservation, size_t offset) const;

  size_t size() const { return size_; }

 private:
  explicit MemoryImage(File file, size_t size) : file_(std::move(file)), size_(size) {}

  File file_;
  size_t size_;
};

}  // namespace waxwing::platform
