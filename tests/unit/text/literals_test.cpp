// Numbers at the edges of their ranges, and the rounding of floats. [spec 6.3.1-6.3.2]
#include "text/literals.h"

#include <gtest/gtest.h>
#include <optional>
#include <string>

namespace waxwing::text {
namespace {

std::optional<uint64_t> integer(std::string_view text, unsigned bits) {
  uint64_t value = 0;
  return parse_integer(text, bits, value) == NumberStatus::ok ? std::optional(value) : std::nullopt;
}

NumberStatus status(std::string_view text, unsigned bits) {
  uint64_t value = 0;
  return parse_integer(text, bits, value);
}

std::optional<uint32_t> f32(std::string_view text) {
  uint32_t bits = 0;
  return parse_f32(text, bits) == NumberStatus::ok ? std::optional(bits) : std::nullopt;
}

std::optional<uint64_t> f64(std::string_view text) {
  uint64_t bits = 0;
  return parse_f64(text, bits) == NumberStatus::ok ? std::optional(bits) : std::nullopt;
}

NumberStatus f32_status(std::string_view text) {
  uint32_t bits = 0;
  return parse_f32(text, bits);
}

NumberStatus f64_status(std::string_view text) {
  uint64_t bits = 0;
  return parse_f64(text, bits);
}

TEST(literals, integers_reach_both_ends_of_their_range) {
  EXPECT_EQ(integer("0", 32), 0u);
  EXPECT_EQ(integer("4294967295", 32), 0xffffffffu);
  EXPECT_EQ(integer("0xffff_ffff", 32), 0xffffffffu);
  EXPECT_EQ(integer("-1", 32), 0xffffffffu);
  EXPECT_EQ(integer("-0x80000000", 32), 0x80000000u);
  EXPECT_EQ(integer("+7", 32), 7u);
  EXPECT_EQ(integer("-128", 8), 0x80u);
  EXPECT_EQ(integer("255", 8), 0xffu);
  EXPECT_EQ(integer("18446744073709551615", 64), UINT64_MAX);
  EXPECT_EQ(integer("-9223372036854775808", 64), 0x8000000000000000u);
  EXPECT_EQ(integer("1_000", 16), 1000u);
}

TEST(literals, integers_beyond_their_range_are_refused) {
  EXPECT_EQ(status("4294967296", 32), NumberStatus::out_of_range);
  EXPECT_EQ(status("-2147483649", 32), NumberStatus::out_of_range);
  EXPECT_EQ(status("256", 8), NumberStatus::out_of_range);
  EXPECT_EQ(status("-129", 8), NumberStatus::out_of_range);
  EXPECT_EQ(status("18446744073709551616", 64), NumberStatus::out_of_range);
  EXPECT_EQ(status("0x10000000000000000", 64), NumberStatus::out_of_range);
  EXPECT_EQ(status("-9223372036854775809", 64), NumberStatus::out_of_range);
  EXPECT_EQ(status(std::string(1000, '9'), 64), NumberStatus::out_of_range);
}

TEST(literals, integers_have_digits_and_single_underscores_between_them) {
  for (std::string_view text : {"", "+", "-", "_1", "1_", "1__0", "0x", "0x_1", "0x1_", "0X1", "1a",
                                "--1", "1.0", "0b1", "1e3"}) {
    EXPECT_EQ(status(text, 32), NumberStatus::malformed) << text;
  }
}

TEST(literals, floats_are_read_in_all_forms) {
  EXPECT_EQ(f32("0"), 0u);
  EXPECT_EQ(f32("-0"), 0x80000000u);
  EXPECT_EQ(f32("-0x0p0"), 0x80000000u);
  EXPECT_EQ(f32("1"), 0x3f800000u);
  EXPECT_EQ(f32("1."), 0x3f800000u);
  EXPECT_EQ(f32("1.e0"), 0x3f800000u);
  EXPECT_EQ(f32("+1_0.2_5E-0_1"), 0x3f833333u);
  EXPECT_EQ(f32("0x1p0"), 0x3f800000u);
  EXPECT_EQ(f32("0x1.p-0"), 0x3f800000u);
  EXPECT_EQ(f32("0x.8p0"), std::nullopt);
  EXPECT_EQ(f32("0x1.8P+1"), 0x40400000u);
  EXPECT_EQ(f32("inf"), 0x7f800000u);
  EXPECT_EQ(f32("-inf"), 0xff800000u);
  EXPECT_EQ(f32("nan"), 0x7fc00000u);
  EXPECT_EQ(f32("-nan:0x1"), 0xff800001u);
  EXPECT_EQ(f32("nan:0x7f_ffff"), 0x7fffffffu);
  EXPECT_EQ(f64("6.283185307179586"), 0x401921fb54442d18u);
  EXPECT_EQ(f64("nan:0xfffffffffffff"), 0x7fffffffffffffffu);
}

TEST(literals, floats_round_to_the_nearest_and_ties_to_even) {
  EXPECT_EQ(f32("0x1.000001p0"), 0x3f800000u);                  // a tie: down, to even
  EXPECT_EQ(f32("0x1.0000010000000000000001p0"), 0x3f800001u);  // a little above it
  EXPECT_EQ(f32("0x1.000003p0"), 0x3f800002u);                  // a tie: up, to even
  EXPECT_EQ(f32("0x1.fffffefp0"), 0x3fffffffu);
  EXPECT_EQ(f32("0x1.ffffffp0"), 0x40000000u);  // carries into the exponent
  EXPECT_EQ(f32("16777217"), 0x4b800000u);
  EXPECT_EQ(f32("16777217.0000000000000000000000000000000001"), 0x4b800001u);
  EXPECT_EQ(f64("0x1.00000000000008p0"), 0x3ff0000000000000u);
  EXPECT_EQ(f64("0x1.000000000000080000000001p0"), 0x3ff0000000000001u);
  EXPECT_EQ(f64("0x100000000000008_0000_0000_0000p-104"), f64("0x1.00000000000008p0"));
  EXPECT_EQ(f64("9007199254740993"), 0x4340000000000000u);
}

TEST(literals, floats_reach_the_subnormal_numbers_and_zero) {
  EXPECT_EQ(f32("0x1p-149"), 1u);
  EXPECT_EQ(f32("0x1p-150"), 0u);  // a tie with zero
  EXPECT_EQ(f32("0x1.0000000000000000001p-150"), 1u);
  EXPECT_EQ(f32("0x1p-100000000000000000000"), 0u);
  EXPECT_EQ(f32("0x0.fffffffp-126"), 0x00800000u);  // rounds up to the least normal number
  EXPECT_EQ(f32("0x0.fffffep-126"), 0x007fffffu);
  EXPECT_EQ(f32("1e-45"), 1u);
  EXPECT_EQ(f32("-1e-60"), 0x80000000u);
  EXPECT_EQ(f32("1e-99999999999999999999"), 0u);
  EXPECT_EQ(f64("0x1p-1074"), 1u);
  EXPECT_EQ(f64("4.9e-324"), 1u);
  EXPECT_EQ(f64("2.4703282292062327e-324"), 0u);
  EXPECT_EQ(f64("2.4703282292062328e-324"), 1u);
  EXPECT_EQ(f64("0x0.0000000000001p-1022"), 1u);
}

TEST(literals, floats_that_round_to_infinity_are_out_of_range) {
  EXPECT_EQ(f32("0x1.fffffep127"), 0x7f7fffffu);
  EXPECT_EQ(f32("0x1.fffffefffp127"), 0x7f7fffffu);
  EXPECT_EQ(f32("340282356779733661637539395458142568447"), 0x7f7fffffu);
  EXPECT_EQ(f32_status("340282356779733661637539395458142568448"), NumberStatus::out_of_range);
  EXPECT_EQ(f32_status("0x1.ffffffp127"), NumberStatus::out_of_range);
  EXPECT_EQ(f32_status("-0x1p128"), NumberStatus::out_of_range);
  EXPECT_EQ(f32_status("1e39"), NumberStatus::out_of_range);
  EXPECT_EQ(f32_status("1e99999999999999999999"), NumberStatus::out_of_range);
  EXPECT_EQ(f32_status("0x1p99999999999999999999"), NumberStatus::out_of_range);
  EXPECT_EQ(f64("1.7976931348623157e308"), 0x7fefffffffffffffu);
  EXPECT_EQ(f64_status("0x1p1024"), NumberStatus::out_of_range);
  EXPECT_EQ(f64_status("1.8e308"), NumberStatus::out_of_range);
  EXPECT_EQ(f64_status("1" + std::string(400, '0')), NumberStatus::out_of_range);
  EXPECT_EQ(f64("1" + std::string(400, '0') + "e-400"), f64("1"));
  EXPECT_EQ(f64("0." + std::string(400, '0') + "1e401"), f64("1"));
}

TEST(literals, payloads_of_nans_are_neither_zero_nor_too_wide) {
  EXPECT_EQ(f32_status("nan:0x0"), NumberStatus::out_of_range);
  EXPECT_EQ(f32_status("nan:0x800000"), NumberStatus::out_of_range);
  EXPECT_EQ(f64_status("nan:0x10000000000000"), NumberStatus::out_of_range);
  EXPECT_EQ(f32_status("nan:1"), NumberStatus::malformed);
  EXPECT_EQ(f32_status("nan:0x"), NumberStatus::malformed);
  EXPECT_EQ(f32_status("nan:canonical"), NumberStatus::malformed);
}

TEST(literals, malformed_floats_are_refused) {
  for (std::string_view text :
       {"", "-", ".5", "1e", "1e+", "1.0_", "1._0", "1_.0", "0x", "0x.1", "0x1p", "0x1p_1",
        "0x1.8e1q", "1p3", "infinity", "nan1", "0x1.g", "1e1.5", "1e0x1"}) {
    EXPECT_EQ(f64_status(text), NumberStatus::malformed) << text;
  }
}

}  // namespace
}  // namespace waxwing::text
