// Integers by hand; hexadecimal floats by collecting 64 bits and what lies below them; decimal
// floats by std::from_chars, which rounds exactly. [spec 6.3.1-6.3.2]
#include "text/literals.h"

#include <bit>
#include <charconv>
#include <limits>
#include <string>

namespace waxwing::text {
namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

bool take_sign(std::string_view& text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  return is_negative;
}

bool take_hex_prefix(std::string_view& text) {
  if (!text.starts_with("0x")) return false;
  text.remove_prefix(2);
  return true;
}

/// Calls `take(digit)` for each digit that `text` begins with, and removes them: at least one, with
/// a `_` between two at most. Whether there was one.
template <typename Take>
bool take_digits(std::string_view& text, int base, Take take) {
  size_t i = 0;
  bool after_digit = false;
  for (; i < text.size(); ++i) {
    const int digit = digit_of(text[i]);
    if (digit < base) {
      take(digit);
      after_digit = true;
    } else if (text[i] == '_' && after_digit) {
      after_digit = false;
    } else {
      break;
    }
  }
  if (!after_digit) return false;
  text.remove_prefix(i);
  return true;
}

/// The exponent at the start of `text`, after its letter; one that is huge stays huge.
bool take_exponent(std::string_view& text, int64_t& exponent) {
  constexpr int64_t huge = int64_t(1) << 40;
  const bool is_negative = take_sign(text);
  exponent = 0;
  const bool has_digits = take_digits(
      text, 10, [&](int digit) { exponent = exponent < huge ? exponent * 10 + digit : huge; });
  if (is_negative) exponent = -exponent;
  return has_digits;
}

template <typename Float>
struct FloatForm;
template <>
struct FloatForm<float> {
  using Bits = uint32_t;
  static constexpr int fraction_bits = 23;
  static constexpr int min_exponent = -126;
  static constexpr int max_exponent = 127;
};
template <>
struct FloatForm<double> {
  using Bits = uint64_t;
  static constexpr int fraction_bits = 52;
  static constexpr int min_exponent = -1022;
  static constexpr int max_exponent = 1023;
};

/// A number being collected: mantissa * 2^exponent, and whether anything below it was cut off.
struct HexNumber {
  uint64_t mantissa = 0;
  int64_t exponent = 0;
  bool is_cut = false;

  void take(int digit, bool is_fraction) {
    constexpr int64_t huge = int64_t(1) << 40;
    if (mantissa >> 60 == 0) {
      mantissa = mantissa << 4 | uint64_t(digit);
      if (is_fraction) exponent -= 4;
    } else {
      is_cut |= digit != 0;
      if (!is_fraction && exponent < huge) exponent += 4;
    }
  }
};

/// Rounds to the nearest, ties to even.
template <typename Float>
NumberStatus round_hex(HexNumber number, typename FloatForm<Float>::Bits& bits) {
  using Form = FloatForm<Float>;
  using Bits = typename Form::Bits;
  bits = 0;
  if (number.mantissa == 0) return NumberStatus::ok;
  const int zeros = std::countl_zero(number.mantissa);
  uint64_t mantissa = number.mantissa << zeros;  // 1.xxx * 2^exponent, the point after bit 63
  int64_t exponent = number.exponent - zeros + 63;
  if (exponent > Form::max_exponent) return NumberStatus::out_of_range;
  // The bits to drop; more of them where the result is subnormal.
  int64_t drop = 63 - Form::fraction_bits;
  const bool is_subnormal = exponent < Form::min_exponent;
  if (is_subnormal) drop += Form::min_exponent - exponent;
  if (drop > 64) return NumberStatus::ok;  // below half of the least subnormal
  const uint64_t kept = drop == 64 ? 0 : mantissa >> drop;
  const uint64_t half = uint64_t(1) << (drop - 1);
  const uint64_t rest = drop == 64 ? mantissa : mantissa & ((half << 1) - 1);
  const bool is_above_half = rest > half || (rest == half && number.is_cut);
  const bool is_tie = rest == half && !number.is_cut;
  const uint64_t rounded = kept + (is_above_half || (is_tie && (kept & 1) != 0) ? 1 : 0);
  // A carry out of the fraction goes into the exponent, where it belongs.
  const uint64_t biased = is_subnormal ? 0 : uint64_t(exponent + Form::max_exponent - 1);
  const uint64_t result = (biased << Form::fraction_bits) + rounded;
  constexpr uint64_t infinity = uint64_t(2 * Form::max_exponent + 1) << Form::fraction_bits;
  if (result >= infinity) return NumberStatus::out_of_range;
  bits = Bits(result);
  return NumberStatus::ok;
}

template <typename Float>
NumberStatus parse_hex_float(std::string_view text, typename FloatForm<Float>::Bits& bits) {
  HexNumber number;
  if (!take_digits(text, 16, [&](int digit) { number.take(digit, false); })) {
    return NumberStatus::malformed;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!text.empty() && digit_of(text.front()) < 16 &&
        !take_digits(text, 16, [&](int digit) { number.take(digit, true); })) {
      return NumberStatus::malformed;
    }
  }
  if (text.starts_with('p') || text.starts_with('P')) {
    text.remove_prefix(1);
    int64_t exponent = 0;
    if (!take_exponent(text, exponent)) return NumberStatus::malformed;
    number.exponent += exponent;
  }
  return text.empty() ? round_hex<Float>(number, bits) : NumberStatus::malformed;
}

/// The digits without `_`, and the power of ten of the first one that is not zero.
struct DecimalNumber {
  std::string digits;
  int64_t magnitude = 0;
  bool is_zero = true;
};

bool take_decimal(std::string_view text, DecimalNumber& number) {
  int64_t places = 0;
  const auto take_whole = [&](int digit) {
    number.digits += char('0' + digit);
    if (!number.is_zero) ++places;
    number.is_zero &= digit == 0;
  };
  if (!take_digits(text, 10, take_whole)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    number.digits += '.';
    const auto take_fraction = [&](int digit) {
      number.digits += char('0' + digit);
      if (number.is_zero) --places;
      number.is_zero &= digit == 0;
    };
    if (!text.empty() && digit_of(text.front()) < 10 && !take_digits(text, 10, take_fraction)) {
      return false;
    }
  }
  int64_t exponent = 0;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (!take_exponent(text, exponent)) return false;
    number.digits.append("e").append(std::to_string(exponent));
  }
  number.magnitude = places + exponent;
  return text.empty();
}

template <typename Float>
NumberStatus parse_decimal_float(std::string_view text, typename FloatForm<Float>::Bits& bits) {
  DecimalNumber number;
  if (!take_decimal(text, number)) return NumberStatus::malformed;
  bits = 0;
  if (number.is_zero) return NumberStatus::ok;
  Float value = 0;
  const char* begin = number.digits.data();
  const auto result = std::from_chars(begin, begin + number.digits.size(), value);
  if (result.ec == std::errc::result_out_of_range) {
    return number.magnitude > 0 ? NumberStatus::out_of_range : NumberStatus::ok;
  }
  bits = std::bit_cast<typename FloatForm<Float>::Bits>(value);
  return value > std::numeric_limits<Float>::max() ? NumberStatus::out_of_range : NumberStatus::ok;
}

template <typename Float>
NumberStatus parse_magnitude(std::string_view text, typename FloatForm<Float>::Bits& bits) {
  using Form = FloatForm<Float>;
  using Bits = typename Form::Bits;
  constexpr Bits infinity = Bits(2 * Form::max_exponent + 1) << Form::fraction_bits;
  if (text == "inf") {
    bits = infinity;
    return NumberStatus::ok;
  }
  if (text == "nan") {
    bits = infinity | Bits(1) << (Form::fraction_bits - 1);
    return NumberStatus::ok;
  }
  if (text.starts_with("nan:0x")) {
    uint64_t payload = 0;
    const NumberStatus status = parse_unsigned(text.substr(4), payload);
    if (status != NumberStatus::ok) return status;
    if (payload == 0 || payload >> Form::fraction_bits != 0) return NumberStatus::out_of_range;
    bits = infinity | Bits(payload);
    return NumberStatus::ok;
  }
  if (take_hex_prefix(text)) return parse_hex_float<Float>(text, bits);
  return parse_decimal_float<Float>(text, bits);
}

template <typename Float>
NumberStatus parse_float(std::string_view text, typename FloatForm<Float>::Bits& bits) {
  using Bits = typename FloatForm<Float>::Bits;
  const bool is_negative = take_sign(text);
  const NumberStatus status = parse_magnitude<Float>(text, bits);
  if (is_negative) bits |= Bits(1) << (sizeof(Bits) * 8 - 1);
  return status;
}

}  // namespace

NumberStatus parse_unsigned(std::string_view text, uint64_t& value) {
  const uint64_t base = take_hex_prefix(text) ? 16 : 10;
  bool is_too_large = false;
  value = 0;
  const bool has_digits = take_digits(text, int(base), [&](int digit) {
    is_too_large |= value > (UINT64_MAX - uint64_t(digit)) / base;
    value = value * base + uint64_t(digit);
  });
  if (!has_digits || !text.empty()) return NumberStatus::malformed;
  return is_too_large ? NumberStatus::out_of_range : NumberStatus::ok;
}

NumberStatus parse_integer(std::string_view text, unsigned bits, uint64_t& value) {
  const bool is_negative = take_sign(text);
  const NumberStatus status = parse_unsigned(text, value);
  if (status != NumberStatus::ok) return status;
  const uint64_t mask = UINT64_MAX >> (64 - bits);
  const uint64_t limit = is_negative ? (mask >> 1) + 1 : mask;
  if (value > limit) return NumberStatus::out_of_range;
  if (is_negative) value = (0 - value) & mask;
  return NumberStatus::ok;
}

NumberStatus parse_f32(std::string_view text, uint32_t& bits) {
  return parse_float<float>(text, bits);
}

NumberStatus parse_f64(std::string_view text, uint64_t& bits) {
  return parse_float<double>(text, bits);
}

}  // namespace waxwing::text
