// Positions in files that are not the system's.
#pragma once

#include <cstdint>
#include <limits>

#include "vfs/object.h"

namespace waxwing::vfs {

/// `base`, which is below 2^63, moved by `delta`; `inval` where that is before 0 or past 2^63 - 1.
inline FileResult<uint64_t> moved_position(uint64_t base, int64_t delta) {
  const uint64_t distance =
      delta < 0 ? uint64_t{0} - static_cast<uint64_t>(delta) : static_cast<uint64_t>(delta);
  constexpr uint64_t last = std::numeric_limits<int64_t>::max();
  const bool is_before = delta < 0 && distance > base;
  if (is_before || (delta >= 0 && distance > last - base)) {
    return std::unexpected(FileError::inval);
  }
  return delta < 0 ? base - distance : base + distance;
}

}  // namespace waxwing::vfs
