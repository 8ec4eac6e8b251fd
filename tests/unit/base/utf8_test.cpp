// is_utf8 against the table of well-formed byte sequences. [RFC 3629, section 4]
#include "base/utf8.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace waxwing::base {
namespace {

bool check(std::string_view text) { return is_utf8(as_bytes(text)); }

/// The bytes of `code_point` by the general scheme, surrogates and numbers beyond Unicode included.
std::string encode(uint32_t code_point) {
  const auto byte = [](uint32_t value) { return static_cast<char>(value); };
  const auto tail = [&](uint32_t shift) { return byte(0x80 | ((code_point >> shift) & 0x3f)); };
  if (code_point < 0x80) return {byte(code_point)};
  if (code_point < 0x800) return {byte(0xc0 | (code_point >> 6)), tail(0)};
  if (code_point < 0x10000) return {byte(0xe0 | (code_point >> 12)), tail(6), tail(0)};
  return {byte(0xf0 | (code_point >> 18)), tail(12), tail(6), tail(0)};
}

TEST(utf8, accepts_what_is_well_formed) {
  EXPECT_TRUE(check(""));
  EXPECT_TRUE(check("memory"));
  EXPECT_TRUE(check(std::string(1, '\0')));
  EXPECT_TRUE(check("gr\u00fc\u00dfe \u65e5\u672c \U0001f426"));
}

TEST(utf8, accepts_every_code_point_but_surrogates) {
  for (uint32_t code_point = 0; code_point < 0x120000; ++code_point) {
    const bool surrogate = code_point >= 0xd800 && code_point < 0xe000;
    const bool expected = code_point <= 0x10ffff && !surrogate;
    ASSERT_EQ(check(encode(code_point)), expected) << std::hex << code_point;
  }
}

TEST(utf8, refuses_long_forms) {
  EXPECT_FALSE(check("\xc0\x80"));
  EXPECT_FALSE(check("\xc1\xbf"));
  EXPECT_FALSE(check("\xe0\x9f\xbf"));
  EXPECT_FALSE(check("\xf0\x8f\xbf\xbf"));
}

TEST(utf8, refuses_stray_and_wrong_bytes) {
  for (const char* text :
       {"\x80", "\xbf", "\xf5\x80\x80\x80", "\xfe", "\xff", "\xc3(", "\xe2\x82("}) {
    EXPECT_FALSE(check(text)) << testing::PrintToString(text);
  }
}

TEST(utf8, refuses_a_sequence_that_the_end_cuts) {
  const std::string whole = "\U0001f426";
  for (size_t length = 1; length < whole.size(); ++length) {
    EXPECT_FALSE(check(whole.substr(0, length))) << length;
  }
}

TEST(utf8, sees_a_wrong_byte_at_every_place_of_a_long_text) {
  // The fast path reads eight bytes at a time: a fault must show in each lane and in the rest.
  for (size_t place = 0; place < 27; ++place) {
    std::string text(27, 'x');
    text[place] = '\xff';
    EXPECT_FALSE(check(text)) << place;
  }
}

}  // namespace
}  // namespace waxwing::base
