// Division by a constant as a multiplication: Granlund and Montgomery, "Division by Invariant
// Integers using Multiplication", figures 4.2, 5.2 and 6.2.
#pragma once

#include <bit>
#include <cstdint>

#include "numeric/wide_ops.h"

namespace waxwing::baseline {

/// x / d is the upper half of x * (multiplier + 2^bits if `exceeds`), shifted right by `shift`.
struct Reciprocal {
  uint64_t multiplier = 0;
  unsigned shift = 0;
  bool exceeds = false;
};

/// Good for dividends below 2^precision. REQUIRES: `bits` is 32 or 64, precision at most that;
/// 2 < divisor < 2^bits, no power of two.
constexpr Reciprocal reciprocal(uint64_t divisor, unsigned bits, unsigned precision) {
  using numeric::Uint128;
  const auto log2 = static_cast<unsigned>(std::bit_width(divisor));  // rounded up
  const Uint128 one = 1;
  // Both quotients are 2^bits and more; without that they fit.
  const Uint128 numerator = ((one << log2) - divisor) << bits;
  Uint128 low = numerator / divisor + (one << bits);
  Uint128 high = (numerator + (one << (bits + log2 - precision))) / divisor + (one << bits);
  unsigned shift = log2;
  for (; shift > 0 && low / 2 < high / 2; --shift) {
    low /= 2;
    high /= 2;
  }
  const uint64_t mask = bits == 64 ? UINT64_MAX : (uint64_t{1} << bits) - 1;
  return {static_cast<uint64_t>(high) & mask, shift, high >> bits != 0};
}

/// For all dividends of `bits` bits.
constexpr Reciprocal unsigned_reciprocal(uint64_t divisor, unsigned bits) {
  return reciprocal(divisor, bits, bits);
}

/// For magnitudes up to 2^(bits - 1), the dividend and the divisor without their signs. Where
/// `multiplier` as a signed number is negative, or it exceeds, the dividend is to be added.
constexpr Reciprocal signed_reciprocal(uint64_t divisor, unsigned bits) {
  return reciprocal(divisor, bits, bits - 1);
}

}  // namespace waxwing::baseline
