// XXH3-64 as its specification describes it: a way of its own for each range of sizes, and stripes
// of 64 bytes over eight accumulators for all above 240 bytes.
#include "cache/checksum.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace waxwing::cache {
namespace {

constexpr uint64_t prime32_1 = 0x9e3779b1;
constexpr uint64_t prime32_2 = 0x85ebca77;
constexpr uint64_t prime32_3 = 0xc2b2ae3d;
constexpr uint64_t prime64_1 = 0x9e3779b185ebca87;
constexpr uint64_t prime64_2 = 0xc2b2ae3d27d4eb4f;
constexpr uint64_t prime64_3 = 0x165667b19e3779f9;
constexpr uint64_t prime64_4 = 0x85ebca77c2b2ae63;
constexpr uint64_t prime64_5 = 0x27d4eb2f165667c5;
constexpr uint64_t prime_mx1 = 0x165667919e3779f9;
constexpr uint64_t prime_mx2 = 0x9fb21c651e98df25;

constexpr size_t stripe_size = 64;
constexpr size_t secret_step = 8;
constexpr size_t stripes_per_block = 16;
constexpr size_t stripe_block_size = stripe_size * stripes_per_block;

alignas(64) constexpr std::array<uint8_t, 192> secret = {
    0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
    0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
    0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
    0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
    0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
    0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
    0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
    0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
    0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
    0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
    0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
    0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
};

uint64_t word(const uint8_t* at) { return base::load_le<uint64_t>(at); }
uint64_t half_word(const uint8_t* at) { return base::load_le<uint32_t>(at); }
uint64_t secret_word(size_t offset) { return word(&secret[offset]); }

/// The two halves of the product of 128 bits, xor each other.
uint64_t folded_product(uint64_t left, uint64_t right) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{left} * right;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t avalanche(uint64_t value) {
  value = (value ^ value >> 37) * prime_mx1;
  return value ^ value >> 32;
}

uint64_t avalanche_small(uint64_t value) {
  value = (value ^ value >> 33) * prime64_2;
  value = (value ^ value >> 29) * prime64_3;
  return value ^ value >> 32;
}

uint64_t checksum_to_3(const uint8_t* data, size_t size) {
  const uint64_t combined = uint64_t{data[size - 1]} | uint64_t{size} << 8 |
                            uint64_t{data[0]} << 16 | uint64_t{data[size >> 1]} << 24;
  return avalanche_small((half_word(&secret[0]) ^ half_word(&secret[4])) ^ combined);
}

uint64_t checksum_to_8(const uint8_t* data, size_t size) {
  const uint64_t combined = half_word(data + size - 4) | half_word(data) << 32;
  uint64_t value = secret_word(8) ^ secret_word(16) ^ combined;
  value ^= std::rotl(value, 49) ^ std::rotl(value, 24);
  value *= prime_mx2;
  value ^= (value >> 35) + size;
  value *= prime_mx2;
  return value ^ value >> 28;
}

uint64_t checksum_to_16(const uint8_t* data, size_t size) {
  const uint64_t low = secret_word(24) ^ secret_word(32) ^ word(data);
  const uint64_t high = secret_word(40) ^ secret_word(48) ^ word(data + size - 8);
  return avalanche(size + std::byteswap(low) + high + folded_product(low, high));
}

uint64_t mix(const uint8_t* data, size_t offset) {
  return folded_product(word(data) ^ secret_word(offset), word(data + 8) ^ secret_word(offset + 8));
}

uint64_t checksum_to_128(const uint8_t* data, size_t size) {
  uint64_t sum = size * prime64_1;
  for (size_t i = 0; i <= (size - 1) / 32; ++i) {
    sum += mix(data + 16 * i, 32 * i) + mix(data + size - 16 * i - 16, 32 * i + 16);
  }
  return avalanche(sum);
}

uint64_t checksum_to_240(const uint8_t* data, size_t size) {
  uint64_t sum = size * prime64_1;
  for (size_t i = 0; i < 8; ++i) sum += mix(data + 16 * i, 16 * i);
  sum = avalanche(sum);
  for (size_t i = 8; i < size / 16; ++i) sum += mix(data + 16 * i, 16 * (i - 8) + 3);
  return avalanche(sum + mix(data + size - 16, 119));
}

#if defined(__SSE2__)

/// The eight accumulators, two in a vector.
struct Accumulators {
  __m128i lanes[4];

  static __m128i load(const uint8_t* at) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  }

  explicit Accumulators(const std::array<uint64_t, 8>& start) {
    for (size_t i = 0; i < 4; ++i) {
      lanes[i] = load(reinterpret_cast<const uint8_t*>(&start[2 * i]));
    }
  }

  void add(const uint8_t* stripe, const uint8_t* keys) {
    for (size_t i = 0; i < 4; ++i) {
      const __m128i data = load(stripe + 16 * i);
      const __m128i value = _mm_xor_si128(data, load(keys + 16 * i));
      const __m128i product = _mm_mul_epu32(value, _mm_shuffle_epi32(value, 0x31));
      const __m128i swapped = _mm_shuffle_epi32(data, 0x4e);
      lanes[i] = _mm_add_epi64(lanes[i], _mm_add_epi64(product, swapped));
    }
  }

  void scramble(const uint8_t* keys) {
    const __m128i prime = _mm_set1_epi64x(prime32_1);
    for (size_t i = 0; i < 4; ++i) {
      const __m128i mixed = _mm_xor_si128(lanes[i], _mm_srli_epi64(lanes[i], 47));
      const __m128i value = _mm_xor_si128(mixed, load(keys + 16 * i));
      const __m128i high = _mm_mul_epu32(_mm_srli_epi64(value, 32), prime);
      lanes[i] = _mm_add_epi64(_mm_mul_epu32(value, prime), _mm_slli_epi64(high, 32));
    }
  }

  std::array<uint64_t, 8> words() const {
    std::array<uint64_t, 8> result;
    std::memcpy(result.data(), lanes, sizeof lanes);
    return result;
  }
};

#else

/// The eight accumulators.
struct Accumulators {
  std::array<uint64_t, 8> lanes;

  explicit Accumulators(const std::array<uint64_t, 8>& start) : lanes(start) {}

  void add(const uint8_t* stripe, const uint8_t* keys) {
    for (size_t i = 0; i < 8; ++i) {
      const uint64_t data = word(stripe + 8 * i);
      const uint64_t value = data ^ word(keys + 8 * i);
      lanes[i ^ 1] += data;
      lanes[i] += (value & 0xffffffff) * (value >> 32);
    }
  }

  void scramble(const uint8_t* keys) {
    for (size_t i = 0; i < 8; ++i) {
      lanes[i] = (lanes[i] ^ lanes[i] >> 47 ^ word(keys + 8 * i)) * prime32_1;
    }
  }

  std::array<uint64_t, 8> words() const { return lanes; }
};

#endif

uint64_t checksum_striped(const uint8_t* data, size_t size) {
  Accumulators sums(
      {prime32_3, prime64_1, prime64_2, prime64_3, prime64_4, prime32_2, prime64_5, prime32_1});
  const uint64_t whole_size = size;
  const uint8_t* const last_stripe = data + size - stripe_size;
  // The last block is not scrambled, even where it is whole.
  for (; size > stripe_block_size; data += stripe_block_size, size -= stripe_block_size) {
    for (size_t i = 0; i < stripes_per_block; ++i) {
      sums.add(data + stripe_size * i, &secret[secret_step * i]);
    }
    sums.scramble(&secret[secret.size() - stripe_size]);
  }
  for (size_t i = 0; i < (size - 1) / stripe_size; ++i) {
    sums.add(data + stripe_size * i, &secret[secret_step * i]);
  }
  sums.add(last_stripe, &secret[secret.size() - stripe_size - 7]);
  const std::array<uint64_t, 8> words = sums.words();
  uint64_t sum = whole_size * prime64_1;
  for (size_t i = 0; i < 8; i += 2) {
    constexpr size_t offset = 11;
    sum += folded_product(words[i] ^ secret_word(offset + 8 * i),
                          words[i + 1] ^ secret_word(offset + 8 * i + 8));
  }
  return avalanche(sum);
}

}  // namespace

uint64_t checksum(base::ByteSpan bytes) {
  const uint8_t* const data = bytes.data();
  const size_t size = bytes.size();
  if (size == 0) return avalanche_small(secret_word(56) ^ secret_word(64));
  if (size <= 3) return checksum_to_3(data, size);
  if (size <= 8) return checksum_to_8(data, size);
  if (size <= 16) return checksum_to_16(data, size);
  if (size <= 128) return checksum_to_128(data, size);
  if (size <= 240) return checksum_to_240(data, size);
  return checksum_striped(data, size);
}

}  // namespace waxwing::cache
