// Which instructions run together with the one that follows: fused_pairs.def as a table.
#pragma once

#include <algorithm>
#include <array>

#include "interp/code.h"

namespace waxwing::interp {

struct FusedPair {
  Cell first;
  Cell second;

  constexpr auto operator<=>(const FusedPair&) const = default;
};

/// Sorted, without doubles.
inline constexpr auto fused_pairs = [] {
  using enum Mode;
  using syntax::Op;
  auto pairs = std::to_array<FusedPair>({
#define FUSE(FIRST, SECOND) {FIRST, SECOND},
#include "interp/fused_pairs.def"
  });
  std::ranges::sort(pairs);
  return pairs;
}();

/// Every opcode, those of pairs included: the pair at `i` has the number opcode_count + i.
inline constexpr uint32_t all_opcode_count = opcode_count + fused_pairs.size();
static_assert(all_opcode_count <= UINT16_MAX);

/// The opcode that does the work of both, or `first` where there is none. Logarithmic time.
constexpr Cell fused_opcode(Cell first, Cell second) {
  const FusedPair pair{first, second};
  const auto found = std::ranges::lower_bound(fused_pairs, pair);
  if (found == fused_pairs.end() || *found != pair) return first;
  return static_cast<Cell>(opcode_count + (found - fused_pairs.begin()));
}

}  // namespace waxwing::interp
