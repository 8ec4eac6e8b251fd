// Vector instructions that make integer lanes wider or narrower, the dot products among them.
// [spec 4.3.5]
#pragma once

#include "numeric/simd_int_ops.h"

namespace waxwing::numeric {

enum class Half : uint8_t { low, high };

/// Lane i of one half of `a`, where lanes have type Narrow.
template <typename Narrow>
constexpr Narrow lane_of_half(V128 a, Half half, size_t i) {
  return a.lanes<Narrow>()[half == Half::low ? i : i + lane_count<Narrow> / 2];
}

template <typename Wide, typename Narrow>
constexpr V128 extend_lanes(V128 a, Half half) {
  return generate_lanes<Wide>([&](size_t i) { return Wide{lane_of_half<Narrow>(a, half, i)}; });
}

/// Exact: the product of two lanes always fits their double width.
template <typename Wide, typename Narrow>
constexpr V128 multiply_extended_lanes(V128 a, V128 b, Half half) {
  return generate_lanes<Wide>([&](size_t i) {
    using Product = typename WideLane<Wide>::Type;
    return Product{lane_of_half<Narrow>(a, half, i)} * Product{lane_of_half<Narrow>(b, half, i)};
  });
}

template <typename Wide, typename Narrow>
constexpr V128 add_lanes_pairwise(V128 a) {
  return generate_lanes<Wide>([&](size_t i) {
    const auto lanes = a.lanes<Narrow>();
    return Wide{lanes[2 * i]} + Wide{lanes[2 * i + 1]};
  });
}

/// Saturates the lanes of `a`, then those of `b`. Wide is signed.
template <typename Narrow, typename Wide>
constexpr V128 narrow_lanes(V128 a, V128 b) {
  return generate_lanes<Narrow>([&](size_t i) {
    const V128& source = i < lane_count<Wide> ? a : b;
    return saturate<Narrow>(source.lanes<Wide>()[i % lane_count<Wide>]);
  });
}

// i16x8 from i8x16
constexpr V128 i16x8_extend_low_i8x16_s(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i16x8_extend_low_i8x16_s(a);
  }
  return extend_lanes<int16_t, int8_t>(a, Half::low);
}
constexpr V128 i16x8_extend_low_i8x16_u(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i16x8_extend_low_i8x16_u(a);
  }
  return extend_lanes<uint16_t, uint8_t>(a, Half::low);
}
constexpr V128 i16x8_extend_high_i8x16_s(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i16x8_extend_high_i8x16_s(a);
  }
  return extend_lanes<int16_t, int8_t>(a, Half::high);
}
constexpr V128 i16x8_extend_high_i8x16_u(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i16x8_extend_high_i8x16_u(a);
  }
  return extend_lanes<uint16_t, uint8_t>(a, Half::high);
}
constexpr V128 i16x8_extmul_low_i8x16_s(V128 a, V128 b) {
  return i16x8_mul(i16x8_extend_low_i8x16_s(a), i16x8_extend_low_i8x16_s(b));
}
constexpr V128 i16x8_extmul_low_i8x16_u(V128 a, V128 b) {
  return i16x8_mul(i16x8_extend_low_i8x16_u(a), i16x8_extend_low_i8x16_u(b));
}
constexpr V128 i16x8_extmul_high_i8x16_s(V128 a, V128 b) {
  return i16x8_mul(i16x8_extend_high_i8x16_s(a), i16x8_extend_high_i8x16_s(b));
}
constexpr V128 i16x8_extmul_high_i8x16_u(V128 a, V128 b) {
  return i16x8_mul(i16x8_extend_high_i8x16_u(a), i16x8_extend_high_i8x16_u(b));
}
constexpr V128 i16x8_extadd_pairwise_i8x16_s(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i16x8_extadd_pairwise_i8x16_s(a);
  }
  return add_lanes_pairwise<int16_t, int8_t>(a);
}
constexpr V128 i16x8_extadd_pairwise_i8x16_u(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i16x8_extadd_pairwise_i8x16_u(a);
  }
  return add_lanes_pairwise<uint16_t, uint8_t>(a);
}

// i32x4 from i16x8
constexpr V128 i32x4_extend_low_i16x8_s(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i32x4_extend_low_i16x8_s(a);
  }
  return extend_lanes<int32_t, int16_t>(a, Half::low);
}
constexpr V128 i32x4_extend_low_i16x8_u(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i32x4_extend_low_i16x8_u(a);
  }
  return extend_lanes<uint32_t, uint16_t>(a, Half::low);
}
constexpr V128 i32x4_extend_high_i16x8_s(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i32x4_extend_high_i16x8_s(a);
  }
  return extend_lanes<int32_t, int16_t>(a, Half::high);
}
constexpr V128 i32x4_extend_high_i16x8_u(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i32x4_extend_high_i16x8_u(a);
  }
  return extend_lanes<uint32_t, uint16_t>(a, Half::high);
}
constexpr V128 i32x4_extmul_low_i16x8_s(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i32x4_extmul_low_i16x8_s(a, b);
  }
  return multiply_extended_lanes<int32_t, int16_t>(a, b, Half::low);
}
constexpr V128 i32x4_extmul_low_i16x8_u(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i32x4_extmul_low_i16x8_u(a, b);
  }
  return multiply_extended_lanes<uint32_t, uint16_t>(a, b, Half::low);
}
constexpr V128 i32x4_extmul_high_i16x8_s(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i32x4_extmul_high_i16x8_s(a, b);
  }
  return multiply_extended_lanes<int32_t, int16_t>(a, b, Half::high);
}
constexpr V128 i32x4_extmul_high_i16x8_u(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i32x4_extmul_high_i16x8_u(a, b);
  }
  return multiply_extended_lanes<uint32_t, uint16_t>(a, b, Half::high);
}
constexpr V128 i32x4_extadd_pairwise_i16x8_s(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i32x4_extadd_pairwise_i16x8_s(a);
  }
  return add_lanes_pairwise<int32_t, int16_t>(a);
}
constexpr V128 i32x4_extadd_pairwise_i16x8_u(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i32x4_extadd_pairwise_i16x8_u(a);
  }
  return add_lanes_pairwise<uint32_t, uint16_t>(a);
}

// i64x2 from i32x4
constexpr V128 i64x2_extend_low_i32x4_s(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i64x2_extend_low_i32x4_s(a);
  }
  return extend_lanes<int64_t, int32_t>(a, Half::low);
}
constexpr V128 i64x2_extend_low_i32x4_u(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i64x2_extend_low_i32x4_u(a);
  }
  return extend_lanes<uint64_t, uint32_t>(a, Half::low);
}
constexpr V128 i64x2_extend_high_i32x4_s(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i64x2_extend_high_i32x4_s(a);
  }
  return extend_lanes<int64_t, int32_t>(a, Half::high);
}
constexpr V128 i64x2_extend_high_i32x4_u(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i64x2_extend_high_i32x4_u(a);
  }
  return extend_lanes<uint64_t, uint32_t>(a, Half::high);
}
constexpr V128 i64x2_extmul_low_i32x4_s(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i64x2_extmul_low_i32x4_s(a, b);
  }
  return multiply_extended_lanes<int64_t, int32_t>(a, b, Half::low);
}
constexpr V128 i64x2_extmul_low_i32x4_u(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i64x2_extmul_low_i32x4_u(a, b);
  }
  return multiply_extended_lanes<uint64_t, uint32_t>(a, b, Half::low);
}
constexpr V128 i64x2_extmul_high_i32x4_s(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i64x2_extmul_high_i32x4_s(a, b);
  }
  return multiply_extended_lanes<int64_t, int32_t>(a, b, Half::high);
}
constexpr V128 i64x2_extmul_high_i32x4_u(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i64x2_extmul_high_i32x4_u(a, b);
  }
  return multiply_extended_lanes<uint64_t, uint32_t>(a, b, Half::high);
}

// Narrowing reads lanes as signed and saturates to the signed or unsigned range.
constexpr V128 i8x16_narrow_i16x8_s(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i8x16_narrow_i16x8_s(a, b);
  }
  return narrow_lanes<int8_t, int16_t>(a, b);
}
constexpr V128 i8x16_narrow_i16x8_u(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i8x16_narrow_i16x8_u(a, b);
  }
  return narrow_lanes<uint8_t, int16_t>(a, b);
}
constexpr V128 i16x8_narrow_i32x4_s(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i16x8_narrow_i32x4_s(a, b);
  }
  return narrow_lanes<int16_t, int32_t>(a, b);
}
constexpr V128 i16x8_narrow_i32x4_u(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i16x8_narrow_i32x4_u(a, b);
  }
  return narrow_lanes<uint16_t, int32_t>(a, b);
}

// Products and dot products
constexpr V128 i16x8_q15mulr_sat_s(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i16x8_q15mulr_sat_s(a, b);
  }
  const auto multiply = [](int32_t x, int32_t y) {
    return saturate<int16_t>((x * y + 0x4000) >> 15);
  };
  return each_lane<int16_t, int16_t>(multiply, a, b);
}

constexpr V128 i32x4_dot_i16x8_s(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i32x4_dot_i16x8_s(a, b);
  }
  const V128 low = multiply_extended_lanes<int32_t, int16_t>(a, b, Half::low);
  const V128 high = multiply_extended_lanes<int32_t, int16_t>(a, b, Half::high);
  return generate_lanes<uint32_t>([&](size_t i) {
    const auto products = (i < 2 ? low : high).lanes<uint32_t>();
    return products[2 * (i % 2)] + products[2 * (i % 2) + 1];
  });
}

// Relaxed instructions do as the deterministic profile says: signed operands, saturated 16-bit
// sums. [spec 4.3.6]
constexpr V128 i16x8_relaxed_q15mulr_s(V128 a, V128 b) { return i16x8_q15mulr_sat_s(a, b); }

constexpr V128 i16x8_relaxed_dot_i8x16_i7x16_s(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i16x8_relaxed_dot_i8x16_i7x16_s(a, b);
  }
  return i16x8_narrow_i32x4_s(
      i32x4_dot_i16x8_s(i16x8_extend_low_i8x16_s(a), i16x8_extend_low_i8x16_s(b)),
      i32x4_dot_i16x8_s(i16x8_extend_high_i8x16_s(a), i16x8_extend_high_i8x16_s(b)));
}

constexpr V128 i32x4_relaxed_dot_i8x16_i7x16_add_s(V128 a, V128 b, V128 c) {
  return i32x4_add(i32x4_extadd_pairwise_i16x8_s(i16x8_relaxed_dot_i8x16_i7x16_s(a, b)), c);
}

}  // namespace waxwing::numeric
