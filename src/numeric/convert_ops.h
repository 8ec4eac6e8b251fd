// Conversions between integers and floats, and between floats. [spec 4.3.4]
#pragma once

#include "numeric/float_ops.h"
#include "numeric/int_ops.h"
#include "numeric/machine.h"

namespace waxwing::numeric {

/// The range of floats that truncate into `Int`: 2^exponent is the first above it.
template <typename Int, typename F>
constexpr bool truncates_into(F x) {
  constexpr int digits = std::numeric_limits<Int>::digits;
  constexpr F above = from_bits<F>(static_cast<FloatBits<F>>(FloatFormat<F>::bias + digits)
                                   << FloatFormat<F>::fraction_bits);
  if constexpr (!std::is_signed_v<Int>) {
    return x > F(-1) && x < above;
  } else if constexpr (digits < std::numeric_limits<F>::digits) {
    return x > -above - F(1) && x < above;
  } else {
    return x >= -above && x < above;  // nothing lies between -above and the next float below
  }
}

/// Truncates; the answer for what does not fit is the processor's own mark, which the callers
/// check. REQUIRES: truncates_into<Int>(x), unless machine::available.
template <typename Int, typename F>
constexpr Int truncate_or_mark(F x) {
  if !consteval {
    if constexpr (machine::available && sizeof(Int) == 4) return machine::truncate_to_i32(x);
    if constexpr (machine::available && sizeof(Int) == 8) return machine::truncate_to_i64(x);
  }
  return static_cast<Int>(x);
}

template <typename F>
constexpr TrapCode truncation_trap(F x) {
  return is_nan(x) ? TrapCode::invalid_conversion : TrapCode::integer_overflow;
}

/// Whether the fast forms below may hand any float to `truncate_or_mark`.
constexpr bool marks_what_does_not_fit() {
  if consteval {
    return false;
  }
  return machine::available;
}

template <typename Int, typename F>
constexpr OrTrap<std::make_unsigned_t<Int>> truncate(F x) {
  using Result = std::make_unsigned_t<Int>;
  using Signed = std::make_signed_t<Int>;
  constexpr bool is_u32 = std::is_same_v<Int, uint32_t>;
  if (marks_what_does_not_fit()) {
    // One conversion and one test where the value fits, which is nearly always.
    if constexpr (is_u32) {
      const int64_t wide = truncate_or_mark<int64_t>(x);
      if (static_cast<uint64_t>(wide) <= UINT32_MAX) [[likely]]
        return {static_cast<Result>(wide)};
      return {0, truncation_trap(x)};
    }
    const Signed value = truncate_or_mark<Signed>(x);
    if constexpr (std::is_signed_v<Int>) {
      if (value != std::numeric_limits<Int>::min()) [[likely]]
        return {static_cast<Result>(value)};
    } else {
      if (value >= 0) [[likely]]
        return {static_cast<Result>(value)};
    }
  }
  if (!truncates_into<Int>(x)) return {0, truncation_trap(x)};
  if constexpr (std::is_same_v<Int, uint64_t>) {
    constexpr F half = F(uint64_t{1} << 63);
    if (x >= half) return {static_cast<Result>(static_cast<int64_t>(x - half)) ^ uint64_t{1} << 63};
    return {static_cast<Result>(static_cast<int64_t>(x))};
  }
  return {static_cast<Result>(static_cast<Int>(x))};
}

template <typename Int, typename F>
constexpr std::make_unsigned_t<Int> truncate_sat(F x) {
  using Limits = std::numeric_limits<Int>;
  const auto result = truncate<Int>(x);
  if (result.trap == TrapCode::none) [[likely]]
    return result.value;
  if (is_nan(x)) return 0;
  return static_cast<std::make_unsigned_t<Int>>(x < 0 ? Limits::min() : Limits::max());
}

constexpr float f32_demote_f64(double a) {
  if consteval {
    return soft::convert<float>(a);
  }
  return static_cast<float>(a);
}

constexpr double f64_promote_f32(float a) {
  if consteval {
    return soft::convert<double>(a);
  }
  return static_cast<double>(a);
}

constexpr uint32_t i32_reinterpret_f32(float a) { return to_bits(a); }
constexpr uint64_t i64_reinterpret_f64(double a) { return to_bits(a); }
constexpr float f32_reinterpret_i32(uint32_t a) { return from_bits<float>(a); }
constexpr double f64_reinterpret_i64(uint64_t a) { return from_bits<double>(a); }

constexpr OrTrap<uint32_t> i32_trunc_f32_s(float a) { return truncate<int32_t>(a); }
constexpr OrTrap<uint32_t> i32_trunc_f32_u(float a) { return truncate<uint32_t>(a); }
constexpr OrTrap<uint32_t> i32_trunc_f64_s(double a) { return truncate<int32_t>(a); }
constexpr OrTrap<uint32_t> i32_trunc_f64_u(double a) { return truncate<uint32_t>(a); }
constexpr OrTrap<uint64_t> i64_trunc_f32_s(float a) { return truncate<int64_t>(a); }
constexpr OrTrap<uint64_t> i64_trunc_f32_u(float a) { return truncate<uint64_t>(a); }
constexpr OrTrap<uint64_t> i64_trunc_f64_s(double a) { return truncate<int64_t>(a); }
constexpr OrTrap<uint64_t> i64_trunc_f64_u(double a) { return truncate<uint64_t>(a); }

constexpr uint32_t i32_trunc_sat_f32_s(float a) { return truncate_sat<int32_t>(a); }
constexpr uint32_t i32_trunc_sat_f32_u(float a) { return truncate_sat<uint32_t>(a); }
constexpr uint32_t i32_trunc_sat_f64_s(double a) { return truncate_sat<int32_t>(a); }
constexpr uint32_t i32_trunc_sat_f64_u(double a) { return truncate_sat<uint32_t>(a); }
constexpr uint64_t i64_trunc_sat_f32_s(float a) { return truncate_sat<int64_t>(a); }
constexpr uint64_t i64_trunc_sat_f32_u(float a) { return truncate_sat<uint64_t>(a); }
constexpr uint64_t i64_trunc_sat_f64_s(double a) { return truncate_sat<int64_t>(a); }
constexpr uint64_t i64_trunc_sat_f64_u(double a) { return truncate_sat<uint64_t>(a); }

constexpr float f32_convert_i32_s(uint32_t a) { return static_cast<float>(as_signed(a)); }
constexpr float f32_convert_i32_u(uint32_t a) { return static_cast<float>(a); }
constexpr float f32_convert_i64_s(uint64_t a) { return static_cast<float>(as_signed(a)); }
constexpr float f32_convert_i64_u(uint64_t a) { return static_cast<float>(a); }
constexpr double f64_convert_i32_s(uint32_t a) { return static_cast<double>(as_signed(a)); }
constexpr double f64_convert_i32_u(uint32_t a) { return static_cast<double>(a); }
constexpr double f64_convert_i64_s(uint64_t a) { return static_cast<double>(as_signed(a)); }
constexpr double f64_convert_i64_u(uint64_t a) { return static_cast<double>(a); }

}  // namespace waxwing::numeric
