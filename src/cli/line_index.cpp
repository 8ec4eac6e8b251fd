// The starts of lines, in order.
#include "cli/line_index.h"

#include <algorithm>

namespace waxwing::cli {

LineIndex::LineIndex(std::string_view text) : starts_{0} {
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_pair = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (text[i] == '\n' || (text[i] == '\r' && !is_pair)) starts_.push_back(i + 1);
  }
}

Place LineIndex::place(size_t offset) const {
  const auto after = std::ranges::upper_bound(starts_, offset);
  return {size_t(after - starts_.begin()), offset - *(after - 1) + 1};
}

}  // namespace waxwing::cli
