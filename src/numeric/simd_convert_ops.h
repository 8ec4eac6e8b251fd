// Vector conversions between integer and float lanes, and between float lanes. [spec 4.3.4, 4.3.5]
#pragma once

#include "numeric/convert_ops.h"
#include "numeric/lanes.h"
#include "numeric/machine.h"

namespace waxwing::numeric {

/// Makes a vector of lanes To by `f` from the first lanes of `a`, of type From; what it does not
/// give is 0.
template <typename To, typename From, typename F>
constexpr V128 convert_low_lanes(F f, V128 a) {
  return generate_lanes<To>(
      [&](size_t i) { return i < lane_count<From> ? f(a.lanes<From>()[i]) : To{0}; });
}

constexpr V128 i32x4_trunc_sat_f32x4_s(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i32x4_trunc_sat_f32x4_s(a);
  }
  return convert_low_lanes<uint32_t, float>(i32_trunc_sat_f32_s, a);
}
constexpr V128 i32x4_trunc_sat_f32x4_u(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i32x4_trunc_sat_f32x4_u(a);
  }
  return convert_low_lanes<uint32_t, float>(i32_trunc_sat_f32_u, a);
}
constexpr V128 i32x4_trunc_sat_f64x2_s_zero(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i32x4_trunc_sat_f64x2_s_zero(a);
  }
  return convert_low_lanes<uint32_t, double>(i32_trunc_sat_f64_s, a);
}
constexpr V128 i32x4_trunc_sat_f64x2_u_zero(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::i32x4_trunc_sat_f64x2_u_zero(a);
  }
  return convert_low_lanes<uint32_t, double>(i32_trunc_sat_f64_u, a);
}
constexpr V128 f32x4_convert_i32x4_s(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::f32x4_convert_i32x4_s(a);
  }
  return convert_low_lanes<float, uint32_t>(f32_convert_i32_s, a);
}
constexpr V128 f32x4_convert_i32x4_u(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::f32x4_convert_i32x4_u(a);
  }
  return convert_low_lanes<float, uint32_t>(f32_convert_i32_u, a);
}
constexpr V128 f64x2_convert_low_i32x4_s(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::f64x2_convert_low_i32x4_s(a);
  }
  return convert_low_lanes<double, uint32_t>(f64_convert_i32_s, a);
}
constexpr V128 f64x2_convert_low_i32x4_u(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::f64x2_convert_low_i32x4_u(a);
  }
  return convert_low_lanes<double, uint32_t>(f64_convert_i32_u, a);
}
constexpr V128 f32x4_demote_f64x2_zero(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::f32x4_demote_f64x2_zero(a);
  }
  return convert_low_lanes<float, double>(f32_demote_f64, a);
}
constexpr V128 f64x2_promote_low_f32x4(V128 a) {
  if !consteval {
    if constexpr (machine::available) return machine::f64x2_promote_low_f32x4(a);
  }
  return convert_low_lanes<double, float>(f64_promote_f32, a);
}

constexpr V128 i32x4_relaxed_trunc_f32x4_s(V128 a) { return i32x4_trunc_sat_f32x4_s(a); }
constexpr V128 i32x4_relaxed_trunc_f32x4_u(V128 a) { return i32x4_trunc_sat_f32x4_u(a); }
constexpr V128 i32x4_relaxed_trunc_f64x2_s_zero(V128 a) { return i32x4_trunc_sat_f64x2_s_zero(a); }
constexpr V128 i32x4_relaxed_trunc_f64x2_u_zero(V128 a) { return i32x4_trunc_sat_f64x2_u_zero(a); }

}  // namespace waxwing::numeric
