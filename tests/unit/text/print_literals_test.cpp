#include "text/print_literals.h"

#include <bit>
#include <gtest/gtest.h>

namespace waxwing::text {
namespace {

std::string f32(uint32_t bits) {
  std::string text;
  append_f32(text, bits);
  return text;
}

std::string f64(double value) {
  std::string text;
  append_f64(text, std::bit_cast<uint64_t>(value));
  return text;
}

std::string id(std::string_view name) {
  std::string text;
  append_id(text, name);
  return text;
}

TEST(print_literals_float, is_the_shortest_that_reads_back) {
  EXPECT_EQ(f64(0.1), "0.1");
  EXPECT_EQ(f64(-0.0), "-0");
  EXPECT_EQ(f64(1e300), "1e+300");
  EXPECT_EQ(f64(5e-324), "5e-324");
  EXPECT_EQ(f32(0x3dcccccd), "0.1");
  EXPECT_EQ(f32(0x00000001), "1e-45");
}

TEST(print_literals_float, infinities_and_nans_keep_sign_and_payload) {
  EXPECT_EQ(f32(0x7f800000), "inf");
  EXPECT_EQ(f32(0xff800000), "-inf");
  EXPECT_EQ(f32(0x7fc00000), "nan");
  EXPECT_EQ(f32(0xffc00000), "-nan");
  EXPECT_EQ(f32(0x7f800001), "nan:0x1");
  EXPECT_EQ(f32(0xffc00001), "-nan:0x400001");
}

TEST(print_literals_string, all_but_printable_ascii_is_escaped) {
  std::string text;
  append_quoted_bytes(text, base::as_bytes(std::string_view("a\"\\\n\xff\0", 6)));
  EXPECT_EQ(text, R"("a\22\5c\0a\ff\00")");
}

TEST(print_literals_name, shows_letters_and_escapes_what_hides) {
  std::string text;
  append_quoted_name(text, "Modül \u202e\u200b\n");
  EXPECT_EQ(text, R"("Modül \u{202e}\u{200b}\0a")");
}

TEST(print_literals_id, is_quoted_only_where_it_must_be) {
  EXPECT_EQ(id("add"), "$add");
  EXPECT_EQ(id("_ZN3foo$bar"), "$_ZN3foo$bar");
  EXPECT_EQ(id("f(int)"), "$\"f(int)\"");
  EXPECT_EQ(id("λ"), "$\"λ\"");
}

}  // namespace
}  // namespace waxwing::text
