// Exact forms: what is printed reads back as the same bits and bytes.
#include "text/print_literals.h"

#include <algorithm>
#include <bit>
#include <charconv>

namespace waxwing::text {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

template <typename T>
void append_number(std::string& out, T number, int base) {
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, number, base);
  out.append(buffer, result.ptr);
}

/// `Bits` are those of a `Float` with `mantissa_bits`.
template <typename Float, typename Bits, int mantissa_bits>
void append_float(std::string& out, Bits bits) {
  constexpr Bits mantissa = (Bits(1) << mantissa_bits) - 1;
  constexpr Bits sign = Bits(1) << (sizeof(Bits) * 8 - 1);
  constexpr Bits exponent = sign - 1 - mantissa;
  constexpr Bits quiet = Bits(1) << (mantissa_bits - 1);
  if ((bits & exponent) != exponent) {
    char buffer[64];
    const auto result = std::to_chars(buffer, buffer + sizeof buffer, std::bit_cast<Float>(bits));
    out.append(buffer, result.ptr);
    return;
  }
  if ((bits & sign) != 0) out += '-';
  const Bits payload = bits & mantissa;
  out += payload == 0 ? "inf" : "nan";
  if (payload == 0 || payload == quiet) return;
  out += ":0x";
  append_number(out, payload, 16);
}

void append_hex_byte(std::string& out, uint8_t byte) {
  out += {'\\', digits[byte >> 4], digits[byte & 0xf]};
}

bool is_plain_char(uint8_t byte) {
  return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/// [spec 6.3.5]
bool is_id_char(char c) {
  const bool is_alphanumeric =
      (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return is_alphanumeric ||
         std::string_view("!#$%&'*+-./:<=>?@\\^_`|~").find(c) != std::string_view::npos;
}

/// The character that starts `text`, which is UTF-8, and its size.
struct Character {
  uint32_t code_point = 0;
  size_t size_bytes = 1;
};

Character first_character(std::string_view text) {
  const uint8_t first = uint8_t(text[0]);
  if (first < 0x80) return {first, 1};
  const size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  Character character{uint32_t(first) & (0x7fu >> size), size};
  for (size_t i = 1; i < size && i < text.size(); ++i) {
    character.code_point = character.code_point << 6 | (uint8_t(text[i]) & 0x3fu);
  }
  return character;
}

/// Whether a character beyond ASCII shows as itself: controls, and those that change the direction
/// or are not seen at all, could make a text look like another.
bool is_visible(uint32_t code_point) {
  struct Range {
    uint32_t first, last;
  };
  constexpr Range hidden[] = {
      {0x80, 0xa0},     {0xad, 0xad},     {0x61c, 0x61c},   {0x180e, 0x180e},
      {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000},
      {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xfff0, 0xffff}, {0xe0000, 0x10ffff},
  };
  return std::ranges::none_of(hidden, [=](const Range& range) {
    return code_point >= range.first && code_point <= range.last;
  });
}

}  // namespace

void append_unsigned(std::string& out, uint64_t number) { append_number(out, number, 10); }

void append_signed(std::string& out, int64_t number) { append_number(out, number, 10); }

void append_f32(std::string& out, uint32_t bits) { append_float<float, uint32_t, 23>(out, bits); }

void append_f64(std::string& out, uint64_t bits) { append_float<double, uint64_t, 52>(out, bits); }

void append_v128(std::string& out, const base::V128& value) {
  out += "i32x4";
  for (uint32_t lane : value.lanes<uint32_t>()) {
    out += " 0x";
    for (int shift = 28; shift >= 0; shift -= 4) out += digits[lane >> shift & 0xf];
  }
}

void append_quoted_bytes(std::string& out, base::ByteSpan bytes) {
  out += '"';
  for (uint8_t byte : bytes) {
    if (is_plain_char(byte)) {
      out += char(byte);
    } else {
      append_hex_byte(out, byte);
    }
  }
  out += '"';
}

void append_quoted_name(std::string& out, std::string_view name) {
  out += '"';
  while (!name.empty()) {
    const auto [code_point, size_bytes] = first_character(name);
    if (code_point < 0x80 && !is_plain_char(uint8_t(code_point))) {
      append_hex_byte(out, uint8_t(code_point));
    } else if (code_point >= 0x80 && !is_visible(code_point)) {
      out += "\\u{";
      append_number(out, code_point, 16);
      out += '}';
    } else {
      out += name.substr(0, size_bytes);
    }
    name.remove_prefix(std::min(size_bytes, name.size()));
  }
  out += '"';
}

void append_id(std::string& out, std::string_view name) {
  out += '$';
  if (std::ranges::all_of(name, is_id_char)) {
    out += name;
  } else {
    append_quoted_name(out, name);
  }
}

}  // namespace waxwing::text
