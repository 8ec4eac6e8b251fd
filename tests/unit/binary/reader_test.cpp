#include "binary/reader.h"

#include <gtest/gtest.h>

#include "hex.h"

namespace waxwing::binary {
namespace {

using base::ErrorCode;

constexpr uint64_t base_offset = 0x100;

struct Outcome {
  int64_t value = 0;
  std::optional<ErrorCode> error = std::nullopt;
  uint64_t offset = 0;  // of the error, or of the next byte
};

/// Reads one number from `text`, both alone and with bytes behind it, so that both ways to read it
/// are taken.
template <typename Read>
void expect_number(std::string_view text, Read read, const Outcome& expected) {
  const std::vector<uint8_t> bytes = hex(text);
  std::vector<uint8_t> longer = bytes;
  longer.resize(bytes.size() + 16, 0x80);
  for (const std::vector<uint8_t>& all : {bytes, longer}) {
    if (expected.error == ErrorCode::unexpected_end_of_section && all.size() > bytes.size())
      continue;
    Reader reader(all, base_offset);
    const auto value = read(reader);
    if (expected.error) {
      ASSERT_FALSE(reader.ok()) << text;
      EXPECT_EQ(reader.error()->code, *expected.error) << text;
      EXPECT_EQ(reader.error()->offset, base_offset + expected.offset) << text;
      EXPECT_EQ(reader.remaining(), 0u) << text;
    } else {
      ASSERT_TRUE(reader.ok()) << text;
      EXPECT_EQ(int64_t(value), expected.value) << text;
      EXPECT_EQ(reader.position(), base_offset + expected.offset) << text;
    }
  }
}

const auto u32 = [](Reader& reader) { return reader.u32(); };
const auto u64 = [](Reader& reader) { return reader.u64(); };
const auto s32 = [](Reader& reader) { return reader.s32(); };
const auto s33 = [](Reader& reader) { return reader.s33(); };
const auto s64 = [](Reader& reader) { return reader.s64(); };

TEST(reader_leb, unsigned_32_has_its_range) {
  expect_number("00", u32, {.value = 0, .offset = 1});
  expect_number("7f", u32, {.value = 127, .offset = 1});
  expect_number("80 01", u32, {.value = 128, .offset = 2});
  expect_number("80 00", u32, {.value = 0, .offset = 2});
  expect_number("e5 8e 26", u32, {.value = 624485, .offset = 3});
  expect_number("ff ff ff 7f", u32, {.value = 0xfffffff, .offset = 4});
  expect_number("ff ff ff ff 0f", u32, {.value = 0xffffffff, .offset = 5});
}

TEST(reader_leb, unsigned_32_errors_are_told_apart) {
  expect_number("80 80 80 80 10", u32, {.error = ErrorCode::integer_too_large, .offset = 4});
  expect_number("80 80 80 80 70", u32, {.error = ErrorCode::integer_too_large, .offset = 4});
  expect_number("80 80 80 80 80 00", u32, {.error = ErrorCode::integer_too_long, .offset = 5});
  expect_number("80 80 80 80 90 00", u32, {.error = ErrorCode::integer_too_large, .offset = 4});
  expect_number("", u32, {.error = ErrorCode::unexpected_end_of_section, .offset = 0});
  expect_number("80 80", u32, {.error = ErrorCode::unexpected_end_of_section, .offset = 2});
}

TEST(reader_leb, unsigned_64_has_its_range) {
  expect_number("ff ff ff ff ff ff ff ff ff 01", u64, {.value = -1, .offset = 10});
  expect_number("80 80 80 80 10", u64, {.value = int64_t(1) << 32, .offset = 5});
  expect_number("80 80 80 80 80 80 80 80 80 02", u64,
                {.error = ErrorCode::integer_too_large, .offset = 9});
  expect_number("80 80 80 80 80 80 80 80 80 80 00", u64,
                {.error = ErrorCode::integer_too_long, .offset = 10});
}

TEST(reader_leb, signed_32_has_its_range) {
  expect_number("3f", s32, {.value = 63, .offset = 1});
  expect_number("40", s32, {.value = -64, .offset = 1});
  expect_number("7f", s32, {.value = -1, .offset = 1});
  expect_number("ff 7e", s32, {.value = -129, .offset = 2});
  expect_number("80 80 80 40", s32, {.value = -(int64_t(1) << 27), .offset = 4});
  expect_number("ff ff ff ff 07", s32, {.value = INT32_MAX, .offset = 5});
  expect_number("80 80 80 80 78", s32, {.value = INT32_MIN, .offset = 5});
  expect_number("ff ff ff ff 0f", s32, {.error = ErrorCode::integer_too_large, .offset = 4});
  expect_number("80 80 80 80 70", s32, {.error = ErrorCode::integer_too_large, .offset = 4});
  expect_number("ff ff ff ff ff 7f", s32, {.error = ErrorCode::integer_too_long, .offset = 5});
}

TEST(reader_leb, signed_33_and_64_have_their_ranges) {
  expect_number("ff ff ff ff 0f", s33, {.value = 0xffffffff, .offset = 5});
  expect_number("80 80 80 80 70", s33, {.value = -(int64_t(1) << 32), .offset = 5});
  expect_number("ff ff ff ff 1f", s33, {.error = ErrorCode::integer_too_large, .offset = 4});
  expect_number("80 80 80 80 80 80 80 80 80 7f", s64, {.value = INT64_MIN, .offset = 10});
  expect_number("ff ff ff ff ff ff ff ff ff 00", s64, {.value = INT64_MAX, .offset = 10});
  expect_number("80 80 80 80 80 80 80 80 80 7e", s64,
                {.error = ErrorCode::integer_too_large, .offset = 9});
  expect_number("80 80 80 80 80 80 80 80 80 80 00", s64,
                {.error = ErrorCode::integer_too_long, .offset = 10});
}

TEST(reader_error, first_one_stays) {
  const std::vector<uint8_t> bytes = hex("80 80 80 80 10 07");
  Reader reader(bytes, base_offset);
  reader.u32();
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_EQ(reader.u64(), 0u);
  EXPECT_TRUE(reader.bytes(1).empty());
  EXPECT_EQ(reader.name(), "");
  EXPECT_EQ(reader.error()->code, ErrorCode::integer_too_large);
}

TEST(reader_fixed, little_endian) {
  const std::vector<uint8_t> bytes = hex("01 02 03 04 01 02 03 04 05 06 07 08 ff");
  Reader reader(bytes);
  EXPECT_EQ(reader.f32_bits(), 0x04030201u);
  EXPECT_EQ(reader.f64_bits(), 0x0807060504030201u);
  reader.v128();
  EXPECT_EQ(reader.error()->code, ErrorCode::unexpected_end_of_section);
  EXPECT_EQ(reader.error()->offset, bytes.size());
}

TEST(reader_name, checks_length_and_utf8) {
  const std::vector<uint8_t> good = hex("03 e2 82 ac");
  Reader reader(good);
  EXPECT_EQ(reader.name(), "\u20ac");
  EXPECT_TRUE(reader.at_end());

  const std::vector<uint8_t> bad = hex("01 80");
  Reader bad_reader(bad, base_offset);
  bad_reader.name();
  EXPECT_EQ(bad_reader.error()->code, ErrorCode::malformed_utf8);
  EXPECT_EQ(bad_reader.error()->offset, base_offset + 1);

  const std::vector<uint8_t> cut = hex("04 61 62 63");
  Reader cut_reader(cut, base_offset);
  cut_reader.name();
  EXPECT_EQ(cut_reader.error()->code, ErrorCode::length_out_of_bounds);
  EXPECT_EQ(cut_reader.error()->offset, base_offset);
}

TEST(reader_count, is_bounded_by_the_rest) {
  const std::vector<uint8_t> bytes = hex("ff ff ff ff 0f 00");
  Reader reader(bytes, base_offset);
  EXPECT_EQ(reader.count(), 0u);
  EXPECT_EQ(reader.error()->code, ErrorCode::unexpected_end_of_section);
}

}  // namespace
}  // namespace waxwing::binary
