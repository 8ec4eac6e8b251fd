// Vector instructions on float lanes. Relaxed ones do as the deterministic profile says:
// multiply-add rounds twice, minimum and maximum are the plain ones. [spec 4.3.3, 4.3.5, 4.3.6]
#pragma once

#include "numeric/float_ops.h"
#include "numeric/lanes.h"
#include "numeric/machine.h"

namespace waxwing::numeric {

/// Applies `vector` to whole vectors at run time and `scalar` to each lane where constants are
/// evaluated.
template <typename F, typename Scalar, typename VectorF>
constexpr V128 map_floats(Scalar scalar, VectorF vector, V128 a, V128 b) {
  if consteval {
    return each_lane<F, F>(scalar, a, b);
  } else {
    return from_vector(vector(to_vector<F>(a), to_vector<F>(b)));
  }
}

// f32x4
constexpr V128 f32x4_eq(V128 a, V128 b) { return compare_lanes<float>(lane::eq, a, b); }
constexpr V128 f32x4_ne(V128 a, V128 b) { return compare_lanes<float>(lane::ne, a, b); }
constexpr V128 f32x4_lt(V128 a, V128 b) { return compare_lanes<float>(lane::lt, a, b); }
constexpr V128 f32x4_gt(V128 a, V128 b) { return compare_lanes<float>(lane::gt, a, b); }
constexpr V128 f32x4_le(V128 a, V128 b) { return compare_lanes<float>(lane::le, a, b); }
constexpr V128 f32x4_ge(V128 a, V128 b) { return compare_lanes<float>(lane::ge, a, b); }
constexpr V128 f32x4_abs(V128 a) {
  return map_lanes<uint32_t>([](auto x) { return x & ~FloatFormat<float>::sign; }, a);
}
constexpr V128 f32x4_neg(V128 a) {
  return map_lanes<uint32_t>([](auto x) { return x ^ FloatFormat<float>::sign; }, a);
}
constexpr V128 f32x4_add(V128 a, V128 b) { return map_floats<float>(f32_add, lane::add, a, b); }
constexpr V128 f32x4_sub(V128 a, V128 b) { return map_floats<float>(f32_sub, lane::sub, a, b); }
constexpr V128 f32x4_mul(V128 a, V128 b) { return map_floats<float>(f32_mul, lane::mul, a, b); }
constexpr V128 f32x4_div(V128 a, V128 b) {
  return map_floats<float>(f32_div, [](auto x, auto y) { return x / y; }, a, b);
}
constexpr V128 f32x4_sqrt(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::f32x4_sqrt(a);
  }
  return each_lane<float, float>(f32_sqrt, a);
}
constexpr V128 f32x4_ceil(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::f32x4_ceil(a);
  }
  return each_lane<float, float>(f32_ceil, a);
}
constexpr V128 f32x4_floor(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::f32x4_floor(a);
  }
  return each_lane<float, float>(f32_floor, a);
}
constexpr V128 f32x4_trunc(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::f32x4_trunc(a);
  }
  return each_lane<float, float>(f32_trunc, a);
}
constexpr V128 f32x4_nearest(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::f32x4_nearest(a);
  }
  return each_lane<float, float>(f32_nearest, a);
}
constexpr V128 f32x4_min(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::f32x4_min(a, b);
  }
  return each_lane<float, float>(f32_min, a, b);
}
constexpr V128 f32x4_max(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::f32x4_max(a, b);
  }
  return each_lane<float, float>(f32_max, a, b);
}
constexpr V128 f32x4_pmin(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::f32x4_pmin(a, b);
  }
  return each_lane<float, float>([](auto x, auto y) { return y < x ? y : x; }, a, b);
}
constexpr V128 f32x4_pmax(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::f32x4_pmax(a, b);
  }
  return each_lane<float, float>([](auto x, auto y) { return x < y ? y : x; }, a, b);
}
constexpr V128 f32x4_relaxed_min(V128 a, V128 b) { return f32x4_min(a, b); }
constexpr V128 f32x4_relaxed_max(V128 a, V128 b) { return f32x4_max(a, b); }
constexpr V128 f32x4_relaxed_madd(V128 a, V128 b, V128 c) { return f32x4_add(f32x4_mul(a, b), c); }
constexpr V128 f32x4_relaxed_nmadd(V128 a, V128 b, V128 c) {
  return f32x4_add(f32x4_mul(f32x4_neg(a), b), c);
}

// f64x2
constexpr V128 f64x2_eq(V128 a, V128 b) { return compare_lanes<double>(lane::eq, a, b); }
constexpr V128 f64x2_ne(V128 a, V128 b) { return compare_lanes<double>(lane::ne, a, b); }
constexpr V128 f64x2_lt(V128 a, V128 b) { return compare_lanes<double>(lane::lt, a, b); }
constexpr V128 f64x2_gt(V128 a, V128 b) { return compare_lanes<double>(lane::gt, a, b); }
constexpr V128 f64x2_le(V128 a, V128 b) { return compare_lanes<double>(lane::le, a, b); }
constexpr V128 f64x2_ge(V128 a, V128 b) { return compare_lanes<double>(lane::ge, a, b); }
constexpr V128 f64x2_abs(V128 a) {
  return map_lanes<uint64_t>([](auto x) { return x & ~FloatFormat<double>::sign; }, a);
}
constexpr V128 f64x2_neg(V128 a) {
  return map_lanes<uint64_t>([](auto x) { return x ^ FloatFormat<double>::sign; }, a);
}
constexpr V128 f64x2_add(V128 a, V128 b) { return map_floats<double>(f64_add, lane::add, a, b); }
constexpr V128 f64x2_sub(V128 a, V128 b) { return map_floats<double>(f64_sub, lane::sub, a, b); }
constexpr V128 f64x2_mul(V128 a, V128 b) { return map_floats<double>(f64_mul, lane::mul, a, b); }
constexpr V128 f64x2_div(V128 a, V128 b) {
  return map_floats<double>(f64_div, [](auto x, auto y) { return x / y; }, a, b);
}
constexpr V128 f64x2_sqrt(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::f64x2_sqrt(a);
  }
  return each_lane<double, double>(f64_sqrt, a);
}
constexpr V128 f64x2_ceil(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::f64x2_ceil(a);
  }
  return each_lane<double, double>(f64_ceil, a);
}
constexpr V128 f64x2_floor(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::f64x2_floor(a);
  }
  return each_lane<double, double>(f64_floor, a);
}
constexpr V128 f64x2_trunc(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::f64x2_trunc(a);
  }
  return each_lane<double, double>(f64_trunc, a);
}
constexpr V128 f64x2_nearest(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::f64x2_nearest(a);
  }
  return each_lane<double, double>(f64_nearest, a);
}
constexpr V128 f64x2_min(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::f64x2_min(a, b);
  }
  return each_lane<double, double>(f64_min, a, b);
}
constexpr V128 f64x2_max(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::f64x2_max(a, b);
  }
  return each_lane<double, double>(f64_max, a, b);
}
constexpr V128 f64x2_pmin(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::f64x2_pmin(a, b);
  }
  return each_lane<double, double>([](auto x, auto y) { return y < x ? y : x; }, a, b);
}
constexpr V128 f64x2_pmax(V128 a, V128 b) {
  if !consteval {
    if constexpr (machine::available) return machine::f64x2_pmax(a, b);
  }
  return each_lane<double, double>([](auto x, auto y) { return x < y ? y : x; }, a, b);
}
constexpr V128 f64x2_relaxed_min(V128 a, V128 b) { return f64x2_min(a, b); }
constexpr V128 f64x2_relaxed_max(V128 a, V128 b) { return f64x2_max(a, b); }
constexpr V128 f64x2_relaxed_madd(V128 a, V128 b, V128 c) { return f64x2_add(f64x2_mul(a, b), c); }
constexpr V128 f64x2_relaxed_nmadd(V128 a, V128 b, V128 c) {
  return f64x2_add(f64x2_mul(f64x2_neg(a), b), c);
}

}  // namespace waxwing::numeric
