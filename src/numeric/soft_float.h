// IEEE 754 arithmetic in integers, rounding to nearest, ties to even: what float instructions mean
// where constants are evaluated at compile time. At run time the processor does the same.
// [spec 4.3.3; IEEE 754-2019, section 5]
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "numeric/wide_ops.h"

namespace waxwing::numeric {

/// The layout of `F`, float or double.
template <typename F>
struct FloatFormat {
  using Bits = std::conditional_t<sizeof(F) == 4, uint32_t, uint64_t>;

  static constexpr int fraction_bits = std::numeric_limits<F>::digits - 1;
  static constexpr int exponent_field_max = sizeof(F) == 4 ? 0xff : 0x7ff;
  static constexpr int bias = exponent_field_max / 2;
  static constexpr int min_exponent = 1 - bias - fraction_bits;  // of the lowest subnormal
  static constexpr Bits sign = Bits{1} << (sizeof(F) * 8 - 1);
  static constexpr Bits infinity = Bits{exponent_field_max} << fraction_bits;
  static constexpr Bits quiet = Bits{1} << (fraction_bits - 1);
  static constexpr Bits one = Bits{bias} << fraction_bits;
};

template <typename F>
using FloatBits = typename FloatFormat<F>::Bits;

template <typename F>
constexpr FloatBits<F> to_bits(F x) {
  return std::bit_cast<FloatBits<F>>(x);
}

template <typename F>
constexpr F from_bits(FloatBits<F> bits) {
  return std::bit_cast<F>(bits);
}

template <typename F>
constexpr bool is_nan(F x) {
  return x != x;
}

template <typename F>
constexpr F canonical_nan() {
  return from_bits<F>(FloatFormat<F>::infinity | FloatFormat<F>::quiet);
}

namespace soft {

template <typename F>
constexpr bool is_negative(F x) {
  return (to_bits(x) & FloatFormat<F>::sign) != 0;
}

template <typename F>
constexpr bool is_infinite(F x) {
  return (to_bits(x) & ~FloatFormat<F>::sign) == FloatFormat<F>::infinity;
}

template <typename F>
constexpr F with_sign(bool negative, FloatBits<F> magnitude) {
  return from_bits<F>(magnitude | (negative ? FloatFormat<F>::sign : 0));
}

/// The NaN that an operation on `a` and `b` yields. REQUIRES: one of them is a NaN.
template <typename F>
constexpr F quiet_nan_of(F a, F b) {
  return from_bits<F>(to_bits(is_nan(a) ? a : b) | FloatFormat<F>::quiet);
}

/// (-1)^negative * significand * 2^exponent.
struct Unpacked {
  bool negative;
  uint64_t significand;
  int exponent;
};

/// REQUIRES: `x` is finite.
template <typename F>
constexpr Unpacked unpack(F x) {
  using Format = FloatFormat<F>;
  const FloatBits<F> magnitude = to_bits(x) & ~Format::sign;
  const auto field = static_cast<int>(magnitude >> Format::fraction_bits);
  const uint64_t fraction = magnitude & ((FloatBits<F>{1} << Format::fraction_bits) - 1);
  if (field == 0) return {is_negative(x), fraction, Format::min_exponent};
  return {is_negative(x), fraction | uint64_t{1} << Format::fraction_bits,
          Format::min_exponent + field - 1};
}

/// As `unpack`, with the significand's highest bit set unless it is 0.
template <typename F>
constexpr Unpacked unpack_normalized(F x) {
  Unpacked parts = unpack(x);
  const int shift = parts.significand ? std::countl_zero(parts.significand) : 0;
  parts.significand <<= shift;
  parts.exponent -= shift;
  return parts;
}

constexpr int bit_width(Uint128 x) {
  const auto high = static_cast<uint64_t>(x >> 64);
  return high ? 64 + static_cast<int>(std::bit_width(high))
              : static_cast<int>(std::bit_width(static_cast<uint64_t>(x)));
}

/// Rounds (-1)^negative * significand * 2^exponent to an `F`. Where the significand is not exact,
/// its lowest bit is set and lies at least two places below the result's. REQUIRES: significand <
/// 2^127.
template <typename F>
constexpr F round_and_pack(bool negative, Uint128 significand, int exponent) {
  using Format = FloatFormat<F>;
  if (significand == 0) return with_sign<F>(negative, 0);
  const int natural = exponent + bit_width(significand) - (Format::fraction_bits + 1);
  const int result_exponent = natural < Format::min_exponent ? Format::min_exponent : natural;
  const int shift = result_exponent - exponent;
  if (shift >= 128) return with_sign<F>(negative, 0);
  Uint128 kept = significand;
  if (shift <= 0) {
    kept <<= -shift;
  } else {
    kept >>= shift;
    const Uint128 rest = significand - (kept << shift);
    const Uint128 half = Uint128{1} << (shift - 1);
    if (rest > half || (rest == half && (kept & 1))) ++kept;
  }
  const int field = result_exponent - Format::min_exponent;
  if (field >= Format::exponent_field_max - 1) return with_sign<F>(negative, Format::infinity);
  // The hidden bit adds one to the exponent field, and so does the carry out of the fraction.
  return with_sign<F>(
      negative, static_cast<FloatBits<F>>((static_cast<uint64_t>(field) << Format::fraction_bits) +
                                          static_cast<uint64_t>(kept)));
}

template <typename F>
constexpr F add(F a, F b) {
  if (is_nan(a) || is_nan(b)) return quiet_nan_of(a, b);
  if (is_infinite(a))
    return is_infinite(b) && is_negative(a) != is_negative(b) ? canonical_nan<F>() : a;
  if (is_infinite(b)) return b;
  Unpacked high = unpack(a);
  Unpacked low = unpack(b);
  if (high.exponent < low.exponent) {
    const Unpacked swapped = high;
    high = low;
    low = swapped;
  }
  constexpr int widest = 70;
  int distance = high.exponent - low.exponent;
  if (distance > widest) {
    distance = widest;
    low.significand = low.significand != 0;
    low.exponent = high.exponent - widest;
  }
  const auto signed_value = [](Unpacked parts, int shift) {
    const auto value = static_cast<Int128>(Uint128{parts.significand} << shift);
    return parts.negative ? -value : value;
  };
  const Int128 sum = signed_value(high, distance) + signed_value(low, 0);
  const bool negative = sum == 0 ? high.negative && low.negative : sum < 0;
  return round_and_pack<F>(negative, static_cast<Uint128>(sum < 0 ? -sum : sum), low.exponent);
}

template <typename F>
constexpr F subtract(F a, F b) {
  if (is_nan(b)) return quiet_nan_of(a, b);
  return add(a, from_bits<F>(to_bits(b) ^ FloatFormat<F>::sign));
}

template <typename F>
constexpr F multiply(F a, F b) {
  if (is_nan(a) || is_nan(b)) return quiet_nan_of(a, b);
  const bool negative = is_negative(a) != is_negative(b);
  if (is_infinite(a) || is_infinite(b))
    return a == 0 || b == 0 ? canonical_nan<F>() : with_sign<F>(negative, FloatFormat<F>::infinity);
  const Unpacked x = unpack(a);
  const Unpacked y = unpack(b);
  return round_and_pack<F>(negative, Uint128{x.significand} * y.significand,
                           x.exponent + y.exponent);
}

template <typename F>
constexpr F divide(F a, F b) {
  if (is_nan(a) || is_nan(b)) return quiet_nan_of(a, b);
  const bool negative = is_negative(a) != is_negative(b);
  if (is_infinite(a))
    return is_infinite(b) ? canonical_nan<F>() : with_sign<F>(negative, FloatFormat<F>::infinity);
  if (is_infinite(b)) return with_sign<F>(negative, 0);
  if (b == 0) return a == 0 ? canonical_nan<F>() : with_sign<F>(negative, FloatFormat<F>::infinity);
  const Unpacked x = unpack_normalized(a);
  const Unpacked y = unpack_normalized(b);
  constexpr int scale = 62;
  const Uint128 dividend = Uint128{x.significand} << scale;
  const Uint128 quotient = dividend / y.significand;
  const bool inexact = quotient * y.significand != dividend;
  return round_and_pack<F>(negative, quotient | inexact, x.exponent - y.exponent - scale);
}

template <typename F>
constexpr F square_root(F a) {
  if (is_nan(a)) return quiet_nan_of(a, a);
  if (a == 0) return a;
  if (is_negative(a)) return canonical_nan<F>();
  if (is_infinite(a)) return a;
  const Unpacked x = unpack_normalized(a);
  const int scale = x.exponent & 1 ? 61 : 60;  // makes the exponent even
  Uint128 rest = Uint128{x.significand} << scale;
  Uint128 root = 0;
  for (Uint128 bit = Uint128{1} << 124; bit != 0; bit >>= 2) {
    const bool fits = rest >= root + bit;
    if (fits) rest -= root + bit;
    root = (root >> 1) + (fits ? bit : 0);
  }
  return round_and_pack<F>(false, root << 1 | (rest != 0), (x.exponent - scale) / 2 - 1);
}

enum class Rounding : uint8_t { up, down, to_zero, to_nearest };

template <typename F>
constexpr F round_to_integer(F a, Rounding mode) {
  using Format = FloatFormat<F>;
  if (is_nan(a)) return quiet_nan_of(a, a);
  const FloatBits<F> magnitude = to_bits(a) & ~Format::sign;
  const int exponent = static_cast<int>(magnitude >> Format::fraction_bits) - Format::bias;
  if (exponent >= Format::fraction_bits || magnitude == 0) return a;
  const bool small = exponent < 0;  // below 1 in magnitude
  const FloatBits<F> unit =
      small ? Format::one : FloatBits<F>{1} << (Format::fraction_bits - exponent);
  const FloatBits<F> kept = small ? 0 : magnitude & ~(unit - 1);
  if (kept == magnitude) return a;
  constexpr FloatBits<F> half = Format::one - (FloatBits<F>{1} << Format::fraction_bits);
  const FloatBits<F> rest = magnitude - kept;
  const FloatBits<F> tie = small ? half : unit >> 1;
  const bool odd = !small && (exponent == 0 || (magnitude & unit) != 0);
  bool away = false;
  switch (mode) {
    case Rounding::up: away = !is_negative(a); break;
    case Rounding::down: away = is_negative(a); break;
    case Rounding::to_zero: break;
    case Rounding::to_nearest: away = rest > tie || (rest == tie && odd); break;
  }
  return with_sign<F>(is_negative(a), away ? kept + unit : kept);
}

/// `a` as the other float type: exact, or rounded. A NaN is quieted and keeps the top of its
/// payload.
template <typename To, typename From>
constexpr To convert(From a) {
  const bool negative = is_negative(a);
  if (is_nan(a)) {
    constexpr int shift = FloatFormat<To>::fraction_bits - FloatFormat<From>::fraction_bits;
    const FloatBits<From> fraction =
        to_bits(a) & ((FloatBits<From>{1} << FloatFormat<From>::fraction_bits) - 1);
    FloatBits<To> payload;
    if constexpr (shift > 0) {
      payload = FloatBits<To>{fraction} << shift;
    } else {
      payload = static_cast<FloatBits<To>>(fraction >> -shift);
    }
    return with_sign<To>(negative, FloatFormat<To>::infinity | FloatFormat<To>::quiet | payload);
  }
  if (is_infinite(a)) return with_sign<To>(negative, FloatFormat<To>::infinity);
  const Unpacked parts = unpack(a);
  return round_and_pack<To>(negative, parts.significand, parts.exponent);
}

}  // namespace soft
}  // namespace waxwing::numeric
