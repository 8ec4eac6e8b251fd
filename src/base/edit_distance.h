// How alike two names are, for messages that guess what was meant.
#pragma once

#include <cstddef>
#include <string_view>

namespace waxwing::base {

/// Insertions, deletions and replacements that turn `left` into `right`. Time is the product of
/// the sizes: callers bound them. [Levenshtein 1966]
size_t edit_distance(std::string_view left, std::string_view right);

}  // namespace waxwing::base
