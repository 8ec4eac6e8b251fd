// Vectored transfers as the system takes them. Private to the layer.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <sys/types.h>
#include <sys/uio.h>

#include "platform/posix.h"

namespace waxwing::platform {

/// The buffers as the system takes them, without those past `max_buffers`.
struct IoVector {
  static constexpr size_t max_buffers = 64;

  std::array<iovec, max_buffers> parts;
  int count = 0;

  size_t size_bytes() const {
    size_t sum = 0;
    for (const iovec& part : std::span(parts).first(static_cast<size_t>(count))) {
      sum += part.iov_len;
    }
    return sum;
  }

  explicit IoVector(std::span<const IoBuffer> buffers) {
    for (const IoBuffer& buffer : buffers.first(std::min(buffers.size(), max_buffers))) {
      parts[static_cast<size_t>(count++)] = {buffer.data, buffer.size};
    }
  }
  explicit IoVector(std::span<const ConstIoBuffer> buffers) {
    for (const ConstIoBuffer& buffer : buffers.first(std::min(buffers.size(), max_buffers))) {
      parts[static_cast<size_t>(count++)] = {const_cast<uint8_t*>(buffer.data), buffer.size};
    }
  }
};

/// What a system call that transfers bytes returned.
inline FileResult<size_t> as_size(ssize_t count) {
  if (count == -1) return last_failure();
  return static_cast<size_t>(count);
}

}  // namespace waxwing::platform
