// Numbers as the text format writes them. [spec 6.3.1-6.3.2]
#pragma once

#include <cstdint>
#include <string_view>

namespace waxwing::text {

enum class NumberStatus : uint8_t { ok, malformed, out_of_range };

/// Reads an unsigned number of at most 64 bits: decimal or 0x, `_` between digits, no sign.
NumberStatus parse_unsigned(std::string_view text, uint64_t& value);

/// Reads an integer of `bits` (8, 16, 32 or 64) as it may stand after i32.const: either an unsigned
/// number or one with a sign that fits. Negative ones are given as two's complement in the low
/// `bits`; the others are zero.
NumberStatus parse_integer(std::string_view text, unsigned bits, uint64_t& value);

/// Reads a float, rounded to the nearest, ties to even: decimal or 0x with an exponent, inf, nan,
/// nan:0xPAYLOAD. What rounds to infinity is out of range, as is a payload that is zero or too
/// wide. Gives the bits, since a NaN's may not survive as a value.
NumberStatus parse_f32(std::string_view text, uint32_t& bits);
NumberStatus parse_f64(std::string_view text, uint64_t& bits);

}  // namespace waxwing::text
