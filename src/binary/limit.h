// Refuses what is beyond the limits of this implementation. [spec A.3]
#pragma once

#include <string>

#include "binary/reader.h"

namespace waxwing::binary {

/// Whether `reader` has no error and `count` is at most `limit`; if it is more, the error says how
/// many `what` there are, and how many there may be.
inline bool within_limit(Reader& reader, uint64_t count, uint64_t limit, std::string_view what,
                         uint64_t offset) {
  if (count <= limit) [[likely]]
    return reader.ok();
  std::string detail = std::to_string(count);
  detail.append(" ").append(what).append(", at most ").append(std::to_string(limit));
  reader.fail(base::ErrorCode::implementation_limit, offset, std::move(detail));
  return false;
}

}  // namespace waxwing::binary
