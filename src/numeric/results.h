// What a numeric instruction yields besides a plain value: a value or a trap, or two values.
// [spec 4.3]
#pragma once

#include <cstdint>

#include "base/v128.h"
#include "syntax/trap.h"

namespace waxwing::numeric {

using base::V128;
using syntax::TrapCode;

/// The result of an instruction that can trap. `value` means something only where `trap` is none.
template <typename T>
struct OrTrap {
  T value;
  TrapCode trap = TrapCode::none;

  constexpr bool operator==(const OrTrap&) const = default;
};

/// The two results of wide arithmetic, in the order in which the stack gets them.
struct U64Pair {
  uint64_t low;
  uint64_t high;

  constexpr bool operator==(const U64Pair&) const = default;
};

}  // namespace waxwing::numeric
