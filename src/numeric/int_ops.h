// Integer instructions, and conversions between integers. [spec 4.3.2]
#pragma once

#include <bit>
#include <limits>
#include <type_traits>

#include "numeric/results.h"

namespace waxwing::numeric {

/// The signed reading of `x`.
template <typename T>
constexpr std::make_signed_t<T> as_signed(T x) {
  return static_cast<std::make_signed_t<T>>(x);
}

/// The lowest bits of `x`, as many as `Narrow` has, sign-extended to T.
template <typename Narrow, typename T>
constexpr T sign_extend(T x) {
  return static_cast<T>(static_cast<std::make_signed_t<T>>(static_cast<Narrow>(x)));
}

template <typename T>
constexpr T shift_left(T x, T count) {
  return x << (count % std::numeric_limits<T>::digits);
}

template <typename T>
constexpr T shift_right_s(T x, T count) {
  return static_cast<T>(as_signed(x) >> (count % std::numeric_limits<T>::digits));
}

template <typename T>
constexpr T shift_right_u(T x, T count) {
  return x >> (count % std::numeric_limits<T>::digits);
}

// Both shift counts are masked, a form that compilers know as one rotate instruction.
template <typename T>
constexpr T rotate_left(T x, T count) {
  constexpr T mask = std::numeric_limits<T>::digits - 1;
  return (x << (count & mask)) | (x >> (-count & mask));
}

template <typename T>
constexpr T rotate_right(T x, T count) {
  constexpr T mask = std::numeric_limits<T>::digits - 1;
  return (x >> (count & mask)) | (x << (-count & mask));
}

template <typename T>
constexpr OrTrap<T> divide_s(T a, T b) {
  if (b == 0) [[unlikely]]
    return {0, TrapCode::integer_divide_by_zero};
  // -1 alone can overflow; testing for it first keeps the other half of the test off the usual
  // path.
  if (b == T(-1)) [[unlikely]] {
    if (as_signed(a) == std::numeric_limits<std::make_signed_t<T>>::min())
      return {0, TrapCode::integer_overflow};
    return {static_cast<T>(0 - a)};
  }
  return {static_cast<T>(as_signed(a) / as_signed(b))};
}

template <typename T>
constexpr OrTrap<T> divide_u(T a, T b) {
  if (b == 0) [[unlikely]]
    return {0, TrapCode::integer_divide_by_zero};
  return {a / b};
}

template <typename T>
constexpr OrTrap<T> remainder_s(T a, T b) {
  if (b == 0) [[unlikely]]
    return {0, TrapCode::integer_divide_by_zero};
  if (b == T(-1)) [[unlikely]]
    return {0};
  return {static_cast<T>(as_signed(a) % as_signed(b))};
}

template <typename T>
constexpr OrTrap<T> remainder_u(T a, T b) {
  if (b == 0) [[unlikely]]
    return {0, TrapCode::integer_divide_by_zero};
  return {a % b};
}

constexpr uint32_t i32_eqz(uint32_t a) { return a == 0; }
constexpr uint32_t i32_eq(uint32_t a, uint32_t b) { return a == b; }
constexpr uint32_t i32_ne(uint32_t a, uint32_t b) { return a != b; }
constexpr uint32_t i32_lt_s(uint32_t a, uint32_t b) { return as_signed(a) < as_signed(b); }
constexpr uint32_t i32_lt_u(uint32_t a, uint32_t b) { return a < b; }
constexpr uint32_t i32_gt_s(uint32_t a, uint32_t b) { return as_signed(a) > as_signed(b); }
constexpr uint32_t i32_gt_u(uint32_t a, uint32_t b) { return a > b; }
constexpr uint32_t i32_le_s(uint32_t a, uint32_t b) { return as_signed(a) <= as_signed(b); }
constexpr uint32_t i32_le_u(uint32_t a, uint32_t b) { return a <= b; }
constexpr uint32_t i32_ge_s(uint32_t a, uint32_t b) { return as_signed(a) >= as_signed(b); }
constexpr uint32_t i32_ge_u(uint32_t a, uint32_t b) { return a >= b; }
constexpr uint32_t i32_clz(uint32_t a) { return static_cast<uint32_t>(std::countl_zero(a)); }
constexpr uint32_t i32_ctz(uint32_t a) { return static_cast<uint32_t>(std::countr_zero(a)); }
constexpr uint32_t i32_popcnt(uint32_t a) { return static_cast<uint32_t>(std::popcount(a)); }
constexpr uint32_t i32_add(uint32_t a, uint32_t b) { return a + b; }
constexpr uint32_t i32_sub(uint32_t a, uint32_t b) { return a - b; }
constexpr uint32_t i32_mul(uint32_t a, uint32_t b) { return a * b; }
constexpr OrTrap<uint32_t> i32_div_s(uint32_t a, uint32_t b) { return divide_s(a, b); }
constexpr OrTrap<uint32_t> i32_div_u(uint32_t a, uint32_t b) { return divide_u(a, b); }
constexpr OrTrap<uint32_t> i32_rem_s(uint32_t a, uint32_t b) { return remainder_s(a, b); }
constexpr OrTrap<uint32_t> i32_rem_u(uint32_t a, uint32_t b) { return remainder_u(a, b); }
constexpr uint32_t i32_and(uint32_t a, uint32_t b) { return a & b; }
constexpr uint32_t i32_or(uint32_t a, uint32_t b) { return a | b; }
constexpr uint32_t i32_xor(uint32_t a, uint32_t b) { return a ^ b; }
constexpr uint32_t i32_shl(uint32_t a, uint32_t b) { return shift_left(a, b); }
constexpr uint32_t i32_shr_s(uint32_t a, uint32_t b) { return shift_right_s(a, b); }
constexpr uint32_t i32_shr_u(uint32_t a, uint32_t b) { return shift_right_u(a, b); }
constexpr uint32_t i32_rotl(uint32_t a, uint32_t b) { return rotate_left(a, b); }
constexpr uint32_t i32_rotr(uint32_t a, uint32_t b) { return rotate_right(a, b); }
constexpr uint32_t i32_extend8_s(uint32_t a) { return sign_extend<int8_t>(a); }
constexpr uint32_t i32_extend16_s(uint32_t a) { return sign_extend<int16_t>(a); }

constexpr uint32_t i64_eqz(uint64_t a) { return a == 0; }
constexpr uint32_t i64_eq(uint64_t a, uint64_t b) { return a == b; }
constexpr uint32_t i64_ne(uint64_t a, uint64_t b) { return a != b; }
constexpr uint32_t i64_lt_s(uint64_t a, uint64_t b) { return as_signed(a) < as_signed(b); }
constexpr uint32_t i64_lt_u(uint64_t a, uint64_t b) { return a < b; }
constexpr uint32_t i64_gt_s(uint64_t a, uint64_t b) { return as_signed(a) > as_signed(b); }
constexpr uint32_t i64_gt_u(uint64_t a, uint64_t b) { return a > b; }
constexpr uint32_t i64_le_s(uint64_t a, uint64_t b) { return as_signed(a) <= as_signed(b); }
constexpr uint32_t i64_le_u(uint64_t a, uint64_t b) { return a <= b; }
constexpr uint32_t i64_ge_s(uint64_t a, uint64_t b) { return as_signed(a) >= as_signed(b); }
constexpr uint32_t i64_ge_u(uint64_t a, uint64_t b) { return a >= b; }
constexpr uint64_t i64_clz(uint64_t a) { return static_cast<uint64_t>(std::countl_zero(a)); }
constexpr uint64_t i64_ctz(uint64_t a) { return static_cast<uint64_t>(std::countr_zero(a)); }
constexpr uint64_t i64_popcnt(uint64_t a) { return static_cast<uint64_t>(std::popcount(a)); }
constexpr uint64_t i64_add(uint64_t a, uint64_t b) { return a + b; }
constexpr uint64_t i64_sub(uint64_t a, uint64_t b) { return a - b; }
constexpr uint64_t i64_mul(uint64_t a, uint64_t b) { return a * b; }
constexpr OrTrap<uint64_t> i64_div_s(uint64_t a, uint64_t b) { return divide_s(a, b); }
constexpr OrTrap<uint64_t> i64_div_u(uint64_t a, uint64_t b) { return divide_u(a, b); }
constexpr OrTrap<uint64_t> i64_rem_s(uint64_t a, uint64_t b) { return remainder_s(a, b); }
constexpr OrTrap<uint64_t> i64_rem_u(uint64_t a, uint64_t b) { return remainder_u(a, b); }
constexpr uint64_t i64_and(uint64_t a, uint64_t b) { return a & b; }
constexpr uint64_t i64_or(uint64_t a, uint64_t b) { return a | b; }
constexpr uint64_t i64_xor(uint64_t a, uint64_t b) { return a ^ b; }
constexpr uint64_t i64_shl(uint64_t a, uint64_t b) { return shift_left(a, b); }
constexpr uint64_t i64_shr_s(uint64_t a, uint64_t b) { return shift_right_s(a, b); }
constexpr uint64_t i64_shr_u(uint64_t a, uint64_t b) { return shift_right_u(a, b); }
constexpr uint64_t i64_rotl(uint64_t a, uint64_t b) { return rotate_left(a, b); }
constexpr uint64_t i64_rotr(uint64_t a, uint64_t b) { return rotate_right(a, b); }
constexpr uint64_t i64_extend8_s(uint64_t a) { return sign_extend<int8_t>(a); }
constexpr uint64_t i64_extend16_s(uint64_t a) { return sign_extend<int16_t>(a); }
constexpr uint64_t i64_extend32_s(uint64_t a) { return sign_extend<int32_t>(a); }

constexpr uint32_t i32_wrap_i64(uint64_t a) { return static_cast<uint32_t>(a); }
constexpr uint64_t i64_extend_i32_s(uint32_t a) { return sign_extend<int32_t>(uint64_t{a}); }
constexpr uint64_t i64_extend_i32_u(uint32_t a) { return a; }

}  // namespace waxwing::numeric
