// Vector instructions on integer lanes whose results are lanes of the same width, or one bit a
// lane. [spec 4.3.5]
#pragma once

#include <algorithm>
#include <bit>

#include "numeric/int_ops.h"
#include "numeric/lanes.h"
#include "numeric/machine.h"

namespace waxwing::numeric {

template <typename T>
constexpr V128 shift_lanes_left(V128 a, uint32_t count) {
  const auto n = static_cast<T>(count % (sizeof(T) * 8));
  return map_lanes<T>([n](auto x) { return x << n; }, a);
}

template <typename T>
constexpr V128 shift_lanes_right(V128 a, uint32_t count) {
  const auto n = static_cast<T>(count % (sizeof(T) * 8));
  return map_lanes<T>([n](auto x) { return x >> n; }, a);
}

template <typename T>
constexpr uint32_t all_lanes_true(V128 a) {
  return std::ranges::all_of(a.lanes<T>(), [](T x) { return x != 0; });
}

/// The sign bits of the lanes, lane 0 lowest. T is signed.
template <typename T>
constexpr uint32_t sign_bits(V128 a) {
  uint32_t bits = 0;
  for (size_t i = 0; i < lane_count<T>; ++i) bits |= uint32_t{a.lanes<T>()[i] < 0} << i;
  return bits;
}

template <typename T>
constexpr V128 absolute_lanes(V128 a) {
  const auto absolute = [](auto x) {
    const auto bits = static_cast<std::make_unsigned_t<decltype(x)>>(x);
    return x < 0 ? 0 - bits : bits;
  };
  return each_lane<T, T>(absolute, a);
}

/// The value of T nearest to `x`.
template <typename T>
constexpr T saturate(int32_t x) {
  return static_cast<T>(
      std::clamp<int32_t>(x, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
}

template <typename T>
constexpr V128 add_lanes_sat(V128 a, V128 b) {
  return each_lane<T, T>([](auto x, auto y) { return saturate<T>(static_cast<int32_t>(x + y)); }, a,
                         b);
}

template <typename T>
constexpr V128 sub_lanes_sat(V128 a, V128 b) {
  return each_lane<T, T>([](auto x, auto y) { return saturate<T>(static_cast<int32_t>(x - y)); }, a,
                         b);
}

template <typename T>
constexpr V128 average_lanes(V128 a, V128 b) {
  return each_lane<T, T>([](auto x, auto y) { return (x + y + 1) / 2; }, a, b);
}

// i8x16
constexpr V128 i8x16_eq(V128 a, V128 b) { return compare_lanes<uint8_t>(lane::eq, a, b); }
constexpr V128 i8x16_ne(V128 a, V128 b) { return compare_lanes<uint8_t>(lane::ne, a, b); }
constexpr V128 i8x16_lt_s(V128 a, V128 b) { return compare_lanes<int8_t>(lane::lt, a, b); }
constexpr V128 i8x16_lt_u(V128 a, V128 b) { return compare_lanes<uint8_t>(lane::lt, a, b); }
constexpr V128 i8x16_gt_s(V128 a, V128 b) { return compare_lanes<int8_t>(lane::gt, a, b); }
constexpr V128 i8x16_gt_u(V128 a, V128 b) { return compare_lanes<uint8_t>(lane::gt, a, b); }
constexpr V128 i8x16_le_s(V128 a, V128 b) { return compare_lanes<int8_t>(lane::le, a, b); }
constexpr V128 i8x16_le_u(V128 a, V128 b) { return compare_lanes<uint8_t>(lane::le, a, b); }
constexpr V128 i8x16_ge_s(V128 a, V128 b) { return compare_lanes<int8_t>(lane::ge, a, b); }
constexpr V128 i8x16_ge_u(V128 a, V128 b) { return compare_lanes<uint8_t>(lane::ge, a, b); }
constexpr V128 i8x16_neg(V128 a) { return map_lanes<uint8_t>(lane::neg, a); }
constexpr V128 i8x16_add(V128 a, V128 b) { return map_lanes<uint8_t>(lane::add, a, b); }
constexpr V128 i8x16_sub(V128 a, V128 b) { return map_lanes<uint8_t>(lane::sub, a, b); }
constexpr V128 i8x16_min_s(V128 a, V128 b) { return map_lanes<int8_t>(lane::min, a, b); }
constexpr V128 i8x16_min_u(V128 a, V128 b) { return map_lanes<uint8_t>(lane::min, a, b); }
constexpr V128 i8x16_max_s(V128 a, V128 b) { return map_lanes<int8_t>(lane::max, a, b); }
constexpr V128 i8x16_max_u(V128 a, V128 b) { return map_lanes<uint8_t>(lane::max, a, b); }
constexpr V128 i8x16_shl(V128 a, uint32_t count) { return shift_lanes_left<uint8_t>(a, count); }
constexpr V128 i8x16_shr_s(V128 a, uint32_t count) { return shift_lanes_right<int8_t>(a, count); }
constexpr V128 i8x16_shr_u(V128 a, uint32_t count) { return shift_lanes_right<uint8_t>(a, count); }
constexpr V128 i8x16_abs(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i8x16_abs(a);
  }
  return absolute_lanes<int8_t>(a);
}
constexpr uint32_t i8x16_all_true(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i8x16_all_true(a);
  }
  return all_lanes_true<uint8_t>(a);
}
constexpr uint32_t i8x16_bitmask(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i8x16_bitmask(a);
  }
  return sign_bits<int8_t>(a);
}
constexpr V128 i8x16_popcnt(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i8x16_popcnt(a);
  }
  return each_lane<uint8_t, uint8_t>([](uint32_t x) { return std::popcount(x); }, a);
}
constexpr V128 i8x16_add_sat_s(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i8x16_add_sat_s(a, b);
  }
  return add_lanes_sat<int8_t>(a, b);
}
constexpr V128 i8x16_add_sat_u(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i8x16_add_sat_u(a, b);
  }
  return add_lanes_sat<uint8_t>(a, b);
}
constexpr V128 i8x16_sub_sat_s(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i8x16_sub_sat_s(a, b);
  }
  return sub_lanes_sat<int8_t>(a, b);
}
constexpr V128 i8x16_sub_sat_u(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i8x16_sub_sat_u(a, b);
  }
  return sub_lanes_sat<uint8_t>(a, b);
}
constexpr V128 i8x16_avgr_u(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i8x16_avgr_u(a, b);
  }
  return average_lanes<uint8_t>(a, b);
}

// i16x8
constexpr V128 i16x8_eq(V128 a, V128 b) { return compare_lanes<uint16_t>(lane::eq, a, b); }
constexpr V128 i16x8_ne(V128 a, V128 b) { return compare_lanes<uint16_t>(lane::ne, a, b); }
constexpr V128 i16x8_lt_s(V128 a, V128 b) { return compare_lanes<int16_t>(lane::lt, a, b); }
constexpr V128 i16x8_lt_u(V128 a, V128 b) { return compare_lanes<uint16_t>(lane::lt, a, b); }
constexpr V128 i16x8_gt_s(V128 a, V128 b) { return compare_lanes<int16_t>(lane::gt, a, b); }
constexpr V128 i16x8_gt_u(V128 a, V128 b) { return compare_lanes<uint16_t>(lane::gt, a, b); }
constexpr V128 i16x8_le_s(V128 a, V128 b) { return compare_lanes<int16_t>(lane::le, a, b); }
constexpr V128 i16x8_le_u(V128 a, V128 b) { return compare_lanes<uint16_t>(lane::le, a, b); }
constexpr V128 i16x8_ge_s(V128 a, V128 b) { return compare_lanes<int16_t>(lane::ge, a, b); }
constexpr V128 i16x8_ge_u(V128 a, V128 b) { return compare_lanes<uint16_t>(lane::ge, a, b); }
constexpr V128 i16x8_neg(V128 a) { return map_lanes<uint16_t>(lane::neg, a); }
constexpr V128 i16x8_add(V128 a, V128 b) { return map_lanes<uint16_t>(lane::add, a, b); }
constexpr V128 i16x8_sub(V128 a, V128 b) { return map_lanes<uint16_t>(lane::sub, a, b); }
constexpr V128 i16x8_mul(V128 a, V128 b) { return map_lanes<uint16_t>(lane::mul, a, b); }
constexpr V128 i16x8_min_s(V128 a, V128 b) { return map_lanes<int16_t>(lane::min, a, b); }
constexpr V128 i16x8_min_u(V128 a, V128 b) { return map_lanes<uint16_t>(lane::min, a, b); }
constexpr V128 i16x8_max_s(V128 a, V128 b) { return map_lanes<int16_t>(lane::max, a, b); }
constexpr V128 i16x8_max_u(V128 a, V128 b) { return map_lanes<uint16_t>(lane::max, a, b); }
constexpr V128 i16x8_shl(V128 a, uint32_t count) { return shift_lanes_left<uint16_t>(a, count); }
constexpr V128 i16x8_shr_s(V128 a, uint32_t count) { return shift_lanes_right<int16_t>(a, count); }
constexpr V128 i16x8_shr_u(V128 a, uint32_t count) { return shift_lanes_right<uint16_t>(a, count); }
constexpr V128 i16x8_abs(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i16x8_abs(a);
  }
  return absolute_lanes<int16_t>(a);
}
constexpr uint32_t i16x8_all_true(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i16x8_all_true(a);
  }
  return all_lanes_true<uint16_t>(a);
}
constexpr uint32_t i16x8_bitmask(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i16x8_bitmask(a);
  }
  return sign_bits<int16_t>(a);
}
constexpr V128 i16x8_add_sat_s(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i16x8_add_sat_s(a, b);
  }
  return add_lanes_sat<int16_t>(a, b);
}
constexpr V128 i16x8_add_sat_u(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i16x8_add_sat_u(a, b);
  }
  return add_lanes_sat<uint16_t>(a, b);
}
constexpr V128 i16x8_sub_sat_s(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i16x8_sub_sat_s(a, b);
  }
  return sub_lanes_sat<int16_t>(a, b);
}
constexpr V128 i16x8_sub_sat_u(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i16x8_sub_sat_u(a, b);
  }
  return sub_lanes_sat<uint16_t>(a, b);
}
constexpr V128 i16x8_avgr_u(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::i16x8_avgr_u(a, b);
  }
  return average_lanes<uint16_t>(a, b);
}

// i32x4
constexpr V128 i32x4_eq(V128 a, V128 b) { return compare_lanes<uint32_t>(lane::eq, a, b); }
constexpr V128 i32x4_ne(V128 a, V128 b) { return compare_lanes<uint32_t>(lane::ne, a, b); }
constexpr V128 i32x4_lt_s(V128 a, V128 b) { return compare_lanes<int32_t>(lane::lt, a, b); }
constexpr V128 i32x4_lt_u(V128 a, V128 b) { return compare_lanes<uint32_t>(lane::lt, a, b); }
constexpr V128 i32x4_gt_s(V128 a, V128 b) { return compare_lanes<int32_t>(lane::gt, a, b); }
constexpr V128 i32x4_gt_u(V128 a, V128 b) { return compare_lanes<uint32_t>(lane::gt, a, b); }
constexpr V128 i32x4_le_s(V128 a, V128 b) { return compare_lanes<int32_t>(lane::le, a, b); }
constexpr V128 i32x4_le_u(V128 a, V128 b) { return compare_lanes<uint32_t>(lane::le, a, b); }
constexpr V128 i32x4_ge_s(V128 a, V128 b) { return compare_lanes<int32_t>(lane::ge, a, b); }
constexpr V128 i32x4_ge_u(V128 a, V128 b) { return compare_lanes<uint32_t>(lane::ge, a, b); }
constexpr V128 i32x4_neg(V128 a) { return map_lanes<uint32_t>(lane::neg, a); }
constexpr V128 i32x4_add(V128 a, V128 b) { return map_lanes<uint32_t>(lane::add, a, b); }
constexpr V128 i32x4_sub(V128 a, V128 b) { return map_lanes<uint32_t>(lane::sub, a, b); }
constexpr V128 i32x4_mul(V128 a, V128 b) { return map_lanes<uint32_t>(lane::mul, a, b); }
constexpr V128 i32x4_min_s(V128 a, V128 b) { return map_lanes<int32_t>(lane::min, a, b); }
constexpr V128 i32x4_min_u(V128 a, V128 b) { return map_lanes<uint32_t>(lane::min, a, b); }
constexpr V128 i32x4_max_s(V128 a, V128 b) { return map_lanes<int32_t>(lane::max, a, b); }
constexpr V128 i32x4_max_u(V128 a, V128 b) { return map_lanes<uint32_t>(lane::max, a, b); }
constexpr V128 i32x4_shl(V128 a, uint32_t count) { return shift_lanes_left<uint32_t>(a, count); }
constexpr V128 i32x4_shr_s(V128 a, uint32_t count) { return shift_lanes_right<int32_t>(a, count); }
constexpr V128 i32x4_shr_u(V128 a, uint32_t count) { return shift_lanes_right<uint32_t>(a, count); }
constexpr V128 i32x4_abs(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i32x4_abs(a);
  }
  return absolute_lanes<int32_t>(a);
}
constexpr uint32_t i32x4_all_true(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i32x4_all_true(a);
  }
  return all_lanes_true<uint32_t>(a);
}
constexpr uint32_t i32x4_bitmask(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i32x4_bitmask(a);
  }
  return sign_bits<int32_t>(a);
}

// i64x2
constexpr V128 i64x2_eq(V128 a, V128 b) { return compare_lanes<uint64_t>(lane::eq, a, b); }
constexpr V128 i64x2_ne(V128 a, V128 b) { return compare_lanes<uint64_t>(lane::ne, a, b); }
constexpr V128 i64x2_lt_s(V128 a, V128 b) { return compare_lanes<int64_t>(lane::lt, a, b); }
constexpr V128 i64x2_gt_s(V128 a, V128 b) { return compare_lanes<int64_t>(lane::gt, a, b); }
constexpr V128 i64x2_le_s(V128 a, V128 b) { return compare_lanes<int64_t>(lane::le, a, b); }
constexpr V128 i64x2_ge_s(V128 a, V128 b) { return compare_lanes<int64_t>(lane::ge, a, b); }
constexpr V128 i64x2_neg(V128 a) { return map_lanes<uint64_t>(lane::neg, a); }
constexpr V128 i64x2_add(V128 a, V128 b) { return map_lanes<uint64_t>(lane::add, a, b); }
constexpr V128 i64x2_sub(V128 a, V128 b) { return map_lanes<uint64_t>(lane::sub, a, b); }
constexpr V128 i64x2_mul(V128 a, V128 b) { return map_lanes<uint64_t>(lane::mul, a, b); }
constexpr V128 i64x2_shl(V128 a, uint32_t count) { return shift_lanes_left<uint64_t>(a, count); }
constexpr V128 i64x2_shr_s(V128 a, uint32_t count) { return shift_lanes_right<int64_t>(a, count); }
constexpr V128 i64x2_shr_u(V128 a, uint32_t count) { return shift_lanes_right<uint64_t>(a, count); }
constexpr V128 i64x2_abs(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i64x2_abs(a);
  }
  return absolute_lanes<int64_t>(a);
}
constexpr uint32_t i64x2_all_true(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i64x2_all_true(a);
  }
  return all_lanes_true<uint64_t>(a);
}
constexpr uint32_t i64x2_bitmask(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i64x2_bitmask(a);
  }
  return sign_bits<int64_t>(a);
}

}  // namespace waxwing::numeric
