// Where in a text the instructions of an assembled module come from, for errors that are found in
// its bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace waxwing::text {

/// The instruction at `body_offset` of function `func`, its locals included, began in the text at
/// `text_offset`.
struct SourcePlace {
  uint32_t func = 0;
  uint32_t body_offset = 0;
  size_t text_offset = 0;
};

/// The places of all functions that a module defines, in the order of its bytes.
class SourceMap {
 public:
  void add(SourcePlace place) { places_.push_back(place); }

  /// The text offset of what is at `offset` in `module`, which was assembled with this map; nothing
  /// where that is in no function. Linear time.
  std::optional<size_t> find(base::ByteSpan module, uint64_t offset) const;

 private:
  std::vector<SourcePlace> places_;
};

}  // namespace waxwing::text
