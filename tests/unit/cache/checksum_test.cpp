#include "cache/checksum.h"

#include <gtest/gtest.h>
#include <vector>

namespace waxwing::cache {
namespace {

/// The upper bytes of a linear congruential sequence.
std::vector<uint8_t> test_bytes(size_t size) {
  std::vector<uint8_t> bytes;
  bytes.reserve(size);
  uint32_t number = 1;
  for (size_t i = 0; i < size; ++i) {
    bytes.push_back(static_cast<uint8_t>(number >> 24));
    number = number * 1664525 + 1013904223;
  }
  return bytes;
}

struct Case {
  size_t size;
  uint64_t checksum;
};

// What the reference implementation (xxHash 0.8, XXH3_64bits) makes of the first bytes of that
// sequence: sizes on both sides of each way that the algorithm takes.
constexpr Case cases[] = {
    {0, 0x2d06800538d394c2},      {1, 0xc44bdff4074eecdb},     {2, 0xab021bde2b1db2b2},
    {3, 0x417eac73638dd2f1},      {4, 0x82b7a19d7ce86dc8},     {5, 0xe02d2af018c77419},
    {8, 0x173c2dd5065e5eb4},      {9, 0xc2385560edbcf289},     {12, 0x58cef0c57758bf4a},
    {16, 0x0077c3281ecdec45},     {17, 0xf5e135be75762d27},    {31, 0xa478cc6a562c5781},
    {32, 0x05abaa16d52d1409},     {33, 0xa208dc851b4335f9},    {64, 0xc1701eb4d435a7ba},
    {96, 0xa90190cccd541fab},     {128, 0xa9ca9efcf4fac667},   {129, 0x9b26198a998601aa},
    {144, 0x26ea638e0bc192e4},    {192, 0xc8cdf5c733e9a88e},   {239, 0xcc165ce5be63d52d},
    {240, 0xa88a1533cdfd1b68},    {241, 0x100947cca4e2a34c},   {255, 0x7dd1c0cfb0ae97a5},
    {256, 0x8fa2b124e99c7d1f},    {512, 0x38885a7cc95447a5},   {575, 0xbd943f6a1bd6654b},
    {1023, 0x458d1fda793edf46},   {1024, 0xf0188cbd24c49920},  {1025, 0x5661d78a6560faa7},
    {1087, 0xcf2d8e69deed8afc},   {1088, 0xec79e4b501de6cc5},  {1089, 0x14b2142cc5d77308},
    {2048, 0x8a3157c0d07a652d},   {2111, 0x5bc1f684fed355fc},  {2112, 0xca2b04538a3e9e11},
    {4096, 0x709da08098cc41b8},   {10007, 0x1663144c17bae86e}, {65536, 0xcfed4cedb160c255},
    {100000, 0x7d8c663dd906bc61},
};

TEST(checksum, is_that_of_the_reference_implementation) {
  const std::vector<uint8_t> bytes = test_bytes(100'000);
  for (const Case& each : cases) {
    EXPECT_EQ(checksum(base::ByteSpan(bytes).first(each.size)), each.checksum) << each.size;
  }
}

TEST(checksum, does_not_depend_on_where_the_bytes_are) {
  const std::vector<uint8_t> bytes = test_bytes(5000);
  const uint64_t expected = checksum(bytes);
  for (size_t shift = 1; shift < 64; ++shift) {
    std::vector<uint8_t> moved(shift, 0xff);
    moved.insert(moved.end(), bytes.begin(), bytes.end());
    EXPECT_EQ(checksum(base::ByteSpan(moved).subspan(shift)), expected) << shift;
  }
}

TEST(checksum, notices_every_flipped_bit_and_every_size) {
  for (const size_t size : {1U, 3U, 7U, 16U, 100U, 200U, 241U, 1500U}) {
    std::vector<uint8_t> bytes = test_bytes(size);
    const uint64_t expected = checksum(bytes);
    for (uint8_t& byte : bytes) {
      for (int bit = 0; bit < 8; ++bit) {
        byte = static_cast<uint8_t>(byte ^ 1 << bit);
        ASSERT_NE(checksum(bytes), expected) << size << " at " << &byte - bytes.data();
        byte = static_cast<uint8_t>(byte ^ 1 << bit);
      }
    }
    for (size_t shorter = 0; shorter < size; ++shorter) {
      ASSERT_NE(checksum(base::ByteSpan(bytes).first(shorter)), expected);
    }
  }
}

}  // namespace
}  // namespace waxwing::cache
