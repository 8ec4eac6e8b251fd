// Float instructions. NaNs of arithmetic are what the processor yields, always quiet; sign
// operations work on bits. Compilers may not contract these (-ffp-contract=off). [spec 4.3.3]
#pragma once

#include "numeric/soft_float.h"

namespace waxwing::numeric {

template <typename F>
constexpr F float_add(F a, F b) {
  if consteval {
    return soft::add(a, b);
  } else {
    return a + b;
  }
}

template <typename F>
constexpr F float_sub(F a, F b) {
  if consteval {
    return soft::subtract(a, b);
  } else {
    return a - b;
  }
}

template <typename F>
constexpr F float_mul(F a, F b) {
  if consteval {
    return soft::multiply(a, b);
  } else {
    return a * b;
  }
}

template <typename F>
constexpr F float_div(F a, F b) {
  if consteval {
    return soft::divide(a, b);
  } else {
    return a / b;
  }
}

template <typename F>
constexpr F float_sqrt(F a) {
  if consteval {
    return soft::square_root(a);
  }
  if constexpr (sizeof(F) == 4) {
    return __builtin_sqrtf(a);
  } else {
    return __builtin_sqrt(a);
  }
}

template <typename F>
constexpr F float_ceil(F a) {
  if consteval {
    return soft::round_to_integer(a, soft::Rounding::up);
  }
  if constexpr (sizeof(F) == 4) {
    return __builtin_ceilf(a);
  } else {
    return __builtin_ceil(a);
  }
}

template <typename F>
constexpr F float_floor(F a) {
  if consteval {
    return soft::round_to_integer(a, soft::Rounding::down);
  }
  if constexpr (sizeof(F) == 4) {
    return __builtin_floorf(a);
  } else {
    return __builtin_floor(a);
  }
}

template <typename F>
constexpr F float_trunc(F a) {
  if consteval {
    return soft::round_to_integer(a, soft::Rounding::to_zero);
  }
  if constexpr (sizeof(F) == 4) {
    return __builtin_truncf(a);
  } else {
    return __builtin_trunc(a);
  }
}

// rint rounds in the mode of the thread, which Waxwing, like every C++ program, expects to be the
// default.
template <typename F>
constexpr F float_nearest(F a) {
  if consteval {
    return soft::round_to_integer(a, soft::Rounding::to_nearest);
  }
  if constexpr (sizeof(F) == 4) {
    return __builtin_rintf(a);
  } else {
    return __builtin_rint(a);
  }
}

template <typename F>
constexpr F float_min(F a, F b) {
  if (a == b) return from_bits<F>(to_bits(a) | to_bits(b));  // -0 where one of two zeros is
  if (is_nan(a) || is_nan(b)) [[unlikely]]
    return float_add(a, b);
  return a < b ? a : b;
}

template <typename F>
constexpr F float_max(F a, F b) {
  if (a == b) return from_bits<F>(to_bits(a) & to_bits(b));  // +0 where one of two zeros is
  if (is_nan(a) || is_nan(b)) [[unlikely]]
    return float_add(a, b);
  return a > b ? a : b;
}

template <typename F>
constexpr F float_abs(F a) {
  return from_bits<F>(to_bits(a) & ~FloatFormat<F>::sign);
}

template <typename F>
constexpr F float_neg(F a) {
  return from_bits<F>(to_bits(a) ^ FloatFormat<F>::sign);
}

template <typename F>
constexpr F float_copysign(F a, F b) {
  return from_bits<F>((to_bits(a) & ~FloatFormat<F>::sign) | (to_bits(b) & FloatFormat<F>::sign));
}

constexpr uint32_t f32_eq(float a, float b) { return a == b; }
constexpr uint32_t f32_ne(float a, float b) { return a != b; }
constexpr uint32_t f32_lt(float a, float b) { return a < b; }
constexpr uint32_t f32_gt(float a, float b) { return a > b; }
constexpr uint32_t f32_le(float a, float b) { return a <= b; }
constexpr uint32_t f32_ge(float a, float b) { return a >= b; }
constexpr float f32_abs(float a) { return float_abs(a); }
constexpr float f32_neg(float a) { return float_neg(a); }
constexpr float f32_ceil(float a) { return float_ceil(a); }
constexpr float f32_floor(float a) { return float_floor(a); }
constexpr float f32_trunc(float a) { return float_trunc(a); }
constexpr float f32_nearest(float a) { return float_nearest(a); }
constexpr float f32_sqrt(float a) { return float_sqrt(a); }
constexpr float f32_add(float a, float b) { return float_add(a, b); }
constexpr float f32_sub(float a, float b) { return float_sub(a, b); }
constexpr float f32_mul(float a, float b) { return float_mul(a, b); }
constexpr float f32_div(float a, float b) { return float_div(a, b); }
constexpr float f32_min(float a, float b) { return float_min(a, b); }
constexpr float f32_max(float a, float b) { return float_max(a, b); }
constexpr float f32_copysign(float a, float b) { return float_copysign(a, b); }

constexpr uint32_t f64_eq(double a, double b) { return a == b; }
constexpr uint32_t f64_ne(double a, double b) { return a != b; }
constexpr uint32_t f64_lt(double a, double b) { return a < b; }
constexpr uint32_t f64_gt(double a, double b) { return a > b; }
constexpr uint32_t f64_le(double a, double b) { return a <= b; }
constexpr uint32_t f64_ge(double a, double b) { return a >= b; }
constexpr double f64_abs(double a) { return float_abs(a); }
constexpr double f64_neg(double a) { return float_neg(a); }
constexpr double f64_ceil(double a) { return float_ceil(a); }
constexpr double f64_floor(double a) { return float_floor(a); }
constexpr double f64_trunc(double a) { return float_trunc(a); }
constexpr double f64_nearest(double a) { return float_nearest(a); }
constexpr double f64_sqrt(double a) { return float_sqrt(a); }
constexpr double f64_add(double a, double b) { return float_add(a, b); }
constexpr double f64_sub(double a, double b) { return float_sub(a, b); }
constexpr double f64_mul(double a, double b) { return float_mul(a, b); }
constexpr double f64_div(double a, double b) { return float_div(a, b); }
constexpr double f64_min(double a, double b) { return float_min(a, b); }
constexpr double f64_max(double a, double b) { return float_max(a, b); }
constexpr double f64_copysign(double a, double b) { return float_copysign(a, b); }

}  // namespace waxwing::numeric
