// What ends decoding although the bytes may be well: limits of this implementation [spec A.3], and
// whoever has it stopped.
#pragma once

#include <string>

#include "base/stop_flag.h"
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

/// Whether `reader` has no error; where the work is stopped, that is one.
inline bool goes_on(Reader& reader, const base::StopFlag* stop) {
  if (!reader.ok()) return false;
  if (base::is_stopped(stop)) [[unlikely]]
    reader.fail(base::stopped_error(*stop).code, base::Error::no_offset);
  return reader.ok();
}

}  // namespace waxwing::binary
