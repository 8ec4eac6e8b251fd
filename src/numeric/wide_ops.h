// Arithmetic on 128-bit integers that are pairs of i64. [proposal wide-arithmetic]
#pragma once

#include "numeric/results.h"

namespace waxwing::numeric {

__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

constexpr Uint128 join(uint64_t low, uint64_t high) { return Uint128{high} << 64 | low; }

constexpr U64Pair split(Uint128 x) {
  return {static_cast<uint64_t>(x), static_cast<uint64_t>(x >> 64)};
}

constexpr U64Pair i64_add128(uint64_t a_low, uint64_t a_high, uint64_t b_low, uint64_t b_high) {
  return split(join(a_low, a_high) + join(b_low, b_high));
}

constexpr U64Pair i64_sub128(uint64_t a_low, uint64_t a_high, uint64_t b_low, uint64_t b_high) {
  return split(join(a_low, a_high) - join(b_low, b_high));
}

constexpr U64Pair i64_mul_wide_s(uint64_t a, uint64_t b) {
  return split(static_cast<Uint128>(Int128{static_cast<int64_t>(a)} * static_cast<int64_t>(b)));
}

constexpr U64Pair i64_mul_wide_u(uint64_t a, uint64_t b) { return split(Uint128{a} * b); }

}  // namespace waxwing::numeric
