// Values as the text format writes them. [spec 6.3.1-6.3.2]
#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>

#include "runtime/text.h"
#include "runtime/value.h"

namespace waxwing::runtime {
namespace {

using base::ErrorCode;
using syntax::ValKind;
using syntax::ValType;

/// What differs between f32 and f64.
template <typename F>
struct FloatFormat;
template <>
struct FloatFormat<float> {
  using Bits = uint32_t;
  static constexpr int fraction_bits = 23;
};
template <>
struct FloatFormat<double> {
  using Bits = uint64_t;
  static constexpr int fraction_bits = 52;
};

template <typename F>
constexpr typename FloatFormat<F>::Bits fraction_mask =
    (typename FloatFormat<F>::Bits(1) << FloatFormat<F>::fraction_bits) - 1;

template <typename F>
constexpr typename FloatFormat<F>::Bits canonical_payload =
    typename FloatFormat<F>::Bits(1) << (FloatFormat<F>::fraction_bits - 1);

std::string hex(uint64_t value) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, 16).ptr;
  return "0x" + std::string(digits, end);
}

template <typename F>
std::string float_text(F value) {
  const auto bits = std::bit_cast<typename FloatFormat<F>::Bits>(value);
  if (std::isnan(value)) {
    const auto payload = bits & fraction_mask<F>;
    std::string text = std::signbit(value) ? "-nan" : "nan";
    if (payload != canonical_payload<F>) text += ":" + hex(payload);
    return text;
  }
  if (std::isinf(value)) return std::signbit(value) ? "-inf" : "inf";
  char digits[64];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return std::string(digits, end);
}

/// What is known of a reference without looking at its object.
std::string_view heap_text(syntax::HeapType heap) {
  if (heap.is_index()) return "ref";
  switch (heap.abstract()) {
    case syntax::AbstractHeap::func: return "ref.func";
    case syntax::AbstractHeap::extern_: return "ref.extern";
    case syntax::AbstractHeap::exn: return "ref.exn";
    case syntax::AbstractHeap::any: return "ref.any";
    case syntax::AbstractHeap::eq: return "ref.eq";
    case syntax::AbstractHeap::i31: return "ref.i31";
    case syntax::AbstractHeap::struct_: return "ref.struct";
    case syntax::AbstractHeap::array: return "ref.array";
    case syntax::AbstractHeap::none:
    case syntax::AbstractHeap::nofunc:
    case syntax::AbstractHeap::noextern:
    case syntax::AbstractHeap::noexn:
    case syntax::AbstractHeap::bottom: break;
  }
  return "ref";
}

std::string ref_text(ValType type, Ref ref) {
  if (ref.is_null()) return "null";
  if (ref.is_host()) return "ref.extern " + std::to_string(ref.host());
  if (ref.is_i31()) return "ref.i31 " + std::to_string(ref.i31());
  return std::string(heap_text(type.heap()));
}

/// A literal without its sign, prefix and underscores.
struct Literal {
  bool has_sign = false;
  bool is_negative = false;
  bool is_hex = false;
  std::string digits;
};

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Takes the sign, the prefix and the underscores, which stand only between digits, off `text`.
std::optional<Literal> split(std::string_view text) {
  Literal literal;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    literal.has_sign = true;
    literal.is_negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.starts_with("0x") || text.starts_with("0X")) {
    literal.is_hex = true;
    text.remove_prefix(2);
  }
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      literal.digits += text[i];
    } else if (i == 0 || i + 1 == text.size() || !is_hex_digit(text[i - 1]) ||
               !is_hex_digit(text[i + 1])) {
      return std::nullopt;
    }
  }
  return literal;
}

/// The bits of an integer of `width` bits, signed or unsigned, or what is wrong.
std::expected<uint64_t, std::string_view> parse_int(std::string_view text, uint32_t width) {
  constexpr std::string_view not_a_number = "not an integer";
  const std::optional<Literal> literal = split(text);
  if (!literal || literal->digits.empty()) return std::unexpected(not_a_number);
  uint64_t value = 0;
  const char* const end = literal->digits.data() + literal->digits.size();
  const auto [rest, failure] =
      std::from_chars(literal->digits.data(), end, value, literal->is_hex ? 16 : 10);
  if (failure == std::errc::invalid_argument || rest != end) return std::unexpected(not_a_number);
  const uint64_t most = UINT64_MAX >> (64 - width);
  const bool fits = literal->is_negative ? value <= most / 2 + 1 : value <= most;
  if (failure != std::errc() || !fits) return std::unexpected(std::string_view("out of range"));
  return (literal->is_negative ? 0 - value : value) & most;
}

/// nan, nan:0xPAYLOAD, inf.
template <typename F>
std::optional<F> parse_special(const Literal& literal) {
  using Bits = typename FloatFormat<F>::Bits;
  if (literal.is_hex) return std::nullopt;
  Bits payload = 0;
  if (literal.digits == "nan") {
    payload = canonical_payload<F>;
  } else if (literal.digits.starts_with("nan:0x")) {
    const char* const begin = literal.digits.data() + 6;
    const char* const end = literal.digits.data() + literal.digits.size();
    const auto [rest, failure] = std::from_chars(begin, end, payload, 16);
    if (failure != std::errc() || rest != end || payload == 0 || payload > fraction_mask<F>)
      return std::nullopt;
  } else if (literal.digits != "inf") {
    return std::nullopt;
  }
  const Bits infinity = std::bit_cast<Bits>(std::numeric_limits<F>::infinity());
  return std::bit_cast<F>(Bits(infinity | payload));
}

/// Whether a number that is out of range is too small rather than too large: whether its leading
/// digit stands behind the point once the exponent has moved it. REQUIRES: `digits` is what
/// from_chars took for a number.
bool is_underflow(std::string_view digits, bool is_hex) {
  const size_t exponent_at = digits.find_first_of(is_hex ? "pP" : "eE");
  int64_t exponent = 0;
  if (exponent_at != std::string_view::npos) {
    std::string_view text = digits.substr(exponent_at + 1);
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (parsed.ec == std::errc::result_out_of_range) return text.starts_with('-');
    digits = digits.substr(0, exponent_at);
  }
  const size_t point = std::min(digits.find('.'), digits.size());
  const size_t leading = std::min(digits.find_first_not_of("0."), digits.size());
  const int64_t place = int64_t(point) - int64_t(leading);
  // Exponents of numbers this far out dwarf any literal's length unless there is no exponent at
  // all.
  return exponent + place * (is_hex ? 4 : 1) < 0;
}

template <typename F>
std::expected<F, std::string_view> parse_float(std::string_view text) {
  constexpr std::string_view not_a_number = "not a number";
  const std::optional<Literal> literal = split(text);
  if (!literal || literal->digits.empty()) return std::unexpected(not_a_number);
  F value = 0;
  if (std::optional<F> special = parse_special<F>(*literal)) {
    value = *special;
  } else {
    const std::string& digits = literal->digits;
    // from_chars knows signs and words of its own.
    if (!is_hex_digit(digits[0]) || (!literal->is_hex && (digits[0] < '0' || digits[0] > '9'))) {
      return std::unexpected(not_a_number);
    }
    const auto format = literal->is_hex ? std::chars_format::hex : std::chars_format::general;
    const char* const end = digits.data() + digits.size();
    const auto [rest, failure] = std::from_chars(digits.data(), end, value, format);
    if (failure == std::errc::invalid_argument || rest != end) return std::unexpected(not_a_number);
    if (failure == std::errc::result_out_of_range) {
      if (!is_underflow(digits, literal->is_hex))
        return std::unexpected(std::string_view("out of range"));
      value = 0;
    }
  }
  return literal->is_negative ? -value : value;
}

std::expected<Value, std::string_view> parse_vector(std::string_view text) {
  Value value{.type = syntax::v128_type};
  for (uint32_t lane = 0; lane < 4; ++lane) {
    const size_t comma = text.find(',');
    if ((comma == std::string_view::npos) != (lane == 3)) {
      return std::unexpected(std::string_view("not four i32 separated by commas"));
    }
    const auto bits = parse_int(text.substr(0, comma), 32);
    if (!bits) return std::unexpected(bits.error());
    value.slots[lane / 2] |= *bits << (lane % 2 * 32);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return value;
}

std::expected<Value, std::string_view> parse_ref(ValType type, std::string_view text) {
  if (text == "null" && type.is_nullable()) return Value{.type = type};
  const bool is_extern =
      !type.heap().is_index() && type.heap().abstract() == syntax::AbstractHeap::extern_;
  if (!is_extern) return std::unexpected(std::string_view("only null can be given for it"));
  const auto number = parse_int(text, 62);
  if (!number) return std::unexpected(number.error());
  return Value{.type = type, .slots = {Ref::from_host(*number).bits(), 0}};
}

/// A value of `type` in one slot from what a parser found.
template <typename T>
std::expected<Value, std::string_view> one_slot(ValType type,
                                                const std::expected<T, std::string_view>& parsed) {
  if (!parsed) return std::unexpected(parsed.error());
  return Value{.type = type, .slots = {to_slot(*parsed), 0}};
}

std::expected<Value, std::string_view> parse(ValType type, std::string_view text) {
  switch (type.kind()) {
    case ValKind::i32: return one_slot(type, parse_int(text, 32));
    case ValKind::i64: return one_slot(type, parse_int(text, 64));
    case ValKind::f32: return one_slot(type, parse_float<float>(text));
    case ValKind::f64: return one_slot(type, parse_float<double>(text));
    case ValKind::v128: return parse_vector(text);
    case ValKind::ref: return parse_ref(type, text);
    case ValKind::i8:
    case ValKind::i16:
    case ValKind::bottom: break;
  }
  return std::unexpected(std::string_view("no value has this type"));
}

}  // namespace

std::string to_string(const Value& value) {
  const Slot slot = value.slots[0];
  switch (value.type.kind()) {
    case ValKind::i32: return std::to_string(int32_t(slot_i32(slot)));
    case ValKind::i64: return std::to_string(int64_t(slot));
    case ValKind::f32: return float_text(slot_f32(slot));
    case ValKind::f64: return float_text(slot_f64(slot));
    case ValKind::v128: {
      std::string text;
      for (uint32_t lane : slot_v128(value.slots).lanes<uint32_t>()) {
        char word[16];
        std::snprintf(word, sizeof word, "%s0x%08x", text.empty() ? "" : " ", lane);
        text += word;
      }
      return text;
    }
    case ValKind::ref: return ref_text(value.type, Ref::from_bits(slot));
    case ValKind::i8:
    case ValKind::i16:
    case ValKind::bottom: break;
  }
  return "";
}

base::Result<Value> parse_value(ValType type, std::string_view text) {
  auto value = parse(type, text);
  if (value) return *value;
  return base::fail(ErrorCode::invalid_argument, quoted(text) + " is not a value of type " +
                                                     syntax::to_string(type) + ": " +
                                                     std::string(value.error()));
}

}  // namespace waxwing::runtime
