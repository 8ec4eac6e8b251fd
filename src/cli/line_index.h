// Lines and columns of a text, for many places of it.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace waxwing::cli {

/// Both from 1; columns count bytes.
struct Place {
  size_t line = 0;
  size_t column = 0;
};

/// Knows where the lines of a text begin. Lines end with \n, \r\n or \r.
class LineIndex {
 public:
  explicit LineIndex(std::string_view text);

  /// REQUIRES: `offset` <= the text's size. Logarithmic time.
  Place place(size_t offset) const;

 private:
  std::vector<size_t> starts_;
};

}  // namespace waxwing::cli
