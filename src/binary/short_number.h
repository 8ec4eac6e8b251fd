// LEB128 numbers of up to four bytes, for those who have the bytes in a register. [spec 5.2.2]
#pragma once

#include <bit>
#include <cstdint>

namespace waxwing::binary {

/// How many of the first four bytes, lowest first, are a number's; 0 if it is longer.
constexpr uint32_t short_number_size(uint64_t bytes) {
  const uint64_t ends = ~bytes & 0x8080'8080;
  return ends == 0 ? 0 : (uint32_t(std::countr_zero(ends)) + 1) / 8;
}

/// The unsigned number of `size` bytes, one to four, that `bytes` begins with.
constexpr uint32_t short_number(uint64_t bytes, uint32_t size) {
  const uint32_t used = uint32_t(bytes) & ~0u >> (32 - 8 * size);
  return (used & 0x7f) | (used & 0x7f00) >> 1 | (used & 0x7f'0000) >> 2 | (used & 0x7f00'0000) >> 3;
}

/// The number of `size` bytes as a signed one.
constexpr int64_t sign_extended(uint32_t number, uint32_t size) {
  const uint32_t unused_bits = 64 - 7 * size;
  return int64_t(uint64_t(number) << unused_bits) >> unused_bits;
}

}  // namespace waxwing::binary
