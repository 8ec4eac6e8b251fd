// Vector instructions that move lanes: splat, extract, replace, shuffle, swizzle; and those on all
// 128 bits. [spec 4.3.5]
#pragma once

#include "numeric/lanes.h"
#include "numeric/machine.h"

namespace waxwing::numeric {

template <typename T>
constexpr V128 splat(T x) {
  if consteval {
    return generate_lanes<T>([x](size_t) { return x; });
  } else {
    return from_vector(Vector<T>{} + x);
  }
}

/// REQUIRES: lane < lane_count<T>, which validation has checked.
template <typename T>
constexpr T extract_lane(V128 v, uint8_t lane) {
  return v.lanes<T>()[lane];
}

/// REQUIRES: lane < lane_count<T>.
template <typename T>
constexpr V128 replace_lane(V128 v, T x, uint8_t lane) {
  auto lanes = v.lanes<T>();
  lanes[lane] = x;
  return V128::from_lanes(lanes);
}

constexpr V128 i8x16_splat(uint32_t a) { return splat(static_cast<uint8_t>(a)); }
constexpr V128 i16x8_splat(uint32_t a) { return splat(static_cast<uint16_t>(a)); }
constexpr V128 i32x4_splat(uint32_t a) { return splat(a); }
constexpr V128 i64x2_splat(uint64_t a) { return splat(a); }
constexpr V128 f32x4_splat(float a) { return splat(std::bit_cast<uint32_t>(a)); }
constexpr V128 f64x2_splat(double a) { return splat(std::bit_cast<uint64_t>(a)); }

constexpr uint32_t i8x16_extract_lane_s(V128 a, uint8_t lane) {
  return static_cast<uint32_t>(extract_lane<int8_t>(a, lane));
}
constexpr uint32_t i8x16_extract_lane_u(V128 a, uint8_t lane) {
  return extract_lane<uint8_t>(a, lane);
}
constexpr uint32_t i16x8_extract_lane_s(V128 a, uint8_t lane) {
  return static_cast<uint32_t>(extract_lane<int16_t>(a, lane));
}
constexpr uint32_t i16x8_extract_lane_u(V128 a, uint8_t lane) {
  return extract_lane<uint16_t>(a, lane);
}
constexpr uint32_t i32x4_extract_lane(V128 a, uint8_t lane) {
  return extract_lane<uint32_t>(a, lane);
}
constexpr uint64_t i64x2_extract_lane(V128 a, uint8_t lane) {
  return extract_lane<uint64_t>(a, lane);
}
constexpr float f32x4_extract_lane(V128 a, uint8_t lane) { return extract_lane<float>(a, lane); }
constexpr double f64x2_extract_lane(V128 a, uint8_t lane) { return extract_lane<double>(a, lane); }

constexpr V128 i8x16_replace_lane(V128 a, uint32_t x, uint8_t lane) {
  return replace_lane(a, static_cast<uint8_t>(x), lane);
}
constexpr V128 i16x8_replace_lane(V128 a, uint32_t x, uint8_t lane) {
  return replace_lane(a, static_cast<uint16_t>(x), lane);
}
constexpr V128 i32x4_replace_lane(V128 a, uint32_t x, uint8_t lane) {
  return replace_lane(a, x, lane);
}
constexpr V128 i64x2_replace_lane(V128 a, uint64_t x, uint8_t lane) {
  return replace_lane(a, x, lane);
}
constexpr V128 f32x4_replace_lane(V128 a, float x, uint8_t lane) {
  return replace_lane(a, x, lane);
}
constexpr V128 f64x2_replace_lane(V128 a, double x, uint8_t lane) {
  return replace_lane(a, x, lane);
}

/// Lane i is lane `lanes[i]` of `a` followed by `b`. REQUIRES: each is below 32.
constexpr V128 i8x16_shuffle(V128 a, V128 b, V128 lanes) {
  if !consteval {
    if constexpr (machine::available) return machine::i8x16_shuffle(a, b, lanes);
  }
  return generate_lanes<uint8_t>([&](size_t i) {
    const uint8_t lane = lanes.bytes[i];
    return (lane < 16 ? a : b).bytes[lane % 16];
  });
}

constexpr V128 i8x16_swizzle(V128 a, V128 indices) {
  if !consteval {
    if constexpr (machine::available) return machine::i8x16_swizzle(a, indices);
  }
  return generate_lanes<uint8_t>([&](size_t i) {
    const uint8_t index = indices.bytes[i];
    return index < 16 ? a.bytes[index] : uint8_t{0};
  });
}

constexpr V128 i8x16_relaxed_swizzle(V128 a, V128 indices) { return i8x16_swizzle(a, indices); }

constexpr V128 v128_not(V128 a) {
  return map_lanes<uint64_t>([](auto x) { return ~x; }, a);
}
constexpr V128 v128_and(V128 a, V128 b) {
  return map_lanes<uint64_t>([](auto x, auto y) { return x & y; }, a, b);
}
constexpr V128 v128_andnot(V128 a, V128 b) {
  return map_lanes<uint64_t>([](auto x, auto y) { return x & ~y; }, a, b);
}
constexpr V128 v128_or(V128 a, V128 b) {
  return map_lanes<uint64_t>([](auto x, auto y) { return x | y; }, a, b);
}
constexpr V128 v128_xor(V128 a, V128 b) {
  return map_lanes<uint64_t>([](auto x, auto y) { return x ^ y; }, a, b);
}
constexpr V128 v128_bitselect(V128 a, V128 b, V128 mask) {
  return map_lanes<uint64_t>([](auto x, auto y, auto m) { return (x & m) | (y & ~m); }, a, b, mask);
}
constexpr uint32_t v128_any_true(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::v128_any_true(a);
  }
  const auto halves = a.lanes<uint64_t>();
  return (halves[0] | halves[1]) != 0;
}

constexpr V128 i8x16_relaxed_laneselect(V128 a, V128 b, V128 mask) {
  return v128_bitselect(a, b, mask);
}
constexpr V128 i16x8_relaxed_laneselect(V128 a, V128 b, V128 mask) {
  return v128_bitselect(a, b, mask);
}
constexpr V128 i32x4_relaxed_laneselect(V128 a, V128 b, V128 mask) {
  return v128_bitselect(a, b, mask);
}
constexpr V128 i64x2_relaxed_laneselect(V128 a, V128 b, V128 mask) {
  return v128_bitselect(a, b, mask);
}

}  // namespace waxwing::numeric
