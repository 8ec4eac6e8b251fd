// Runs the meaning of a PURE instruction on operands that are known: constant folding, and the
// tests' way to every row.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "numeric/results.h"
#include "syntax/opcode.h"

namespace waxwing::numeric {

/// What an instruction yields. A scalar is in the lowest bytes of its V128, the others are 0.
struct Folded {
  TrapCode trap = TrapCode::none;  // where it is not none, there are no values
  uint8_t value_count = 0;
  std::array<V128, 2> values{};
};

/// `x` as an operand of `fold`.
template <typename T>
constexpr V128 fold_operand(T x) {
  static_assert(sizeof(T) <= 16);
  V128 operand{};
  const auto bytes = std::bit_cast<std::array<uint8_t, sizeof(T)>>(x);
  for (size_t i = 0; i < sizeof(T); ++i) operand.bytes[i] = bytes[i];
  return operand;
}

/// Computes `op`. `operands` are those of the row's signature and then its immediate, if it has
/// one. Returns nothing where `op` is not PURE or the number of operands is wrong. REQUIRES:
/// immediates are valid.
std::optional<Folded> fold(syntax::Op op, std::span<const V128> operands);

}  // namespace waxwing::numeric
