// Unaligned little-endian access, and bytes seen as text.
#include "base/bytes.h"

#include <array>
#include <gtest/gtest.h>

namespace waxwing::base {
namespace {

TEST(bytes_load_le, reads_the_low_byte_first_at_any_alignment) {
  const std::array<uint8_t, 9> bytes = {0xff, 1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(load_le<uint8_t>(&bytes[1]), 0x01);
  EXPECT_EQ(load_le<uint16_t>(&bytes[1]), 0x0201);
  EXPECT_EQ(load_le<uint32_t>(&bytes[1]), 0x04030201u);
  EXPECT_EQ(load_le<uint64_t>(&bytes[1]), 0x0807060504030201u);
}

TEST(bytes_store_le, writes_its_own_bytes_only) {
  std::array<uint8_t, 6> bytes = {};
  store_le<uint32_t>(&bytes[1], 0xa1b2c3d4);
  EXPECT_EQ(bytes, (std::array<uint8_t, 6>{0, 0xd4, 0xc3, 0xb2, 0xa1, 0}));
}

TEST(bytes_load_le, keeps_every_bit_of_a_float) {
  std::array<uint8_t, 5> bytes = {};
  store_le<uint32_t>(&bytes[1], 0x7fa00001);  // a signalling NaN with a payload
  store_le(&bytes[1], load_le<float>(&bytes[1]));
  EXPECT_EQ(load_le<uint32_t>(&bytes[1]), 0x7fa00001u);
}

TEST(bytes_as_text, sees_the_same_memory) {
  const std::string_view text("a\0b", 3);
  const ByteSpan bytes = as_bytes(text);
  ASSERT_EQ(bytes.size(), 3u);
  EXPECT_EQ(bytes[1], 0);
  EXPECT_EQ(as_text(bytes), text);
  EXPECT_EQ(as_text(bytes).data(), text.data());
}

}  // namespace
}  // namespace waxwing::base
