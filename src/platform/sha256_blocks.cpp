// One section for each ISA. The instructions keep the state as two vectors, {a, b, e, f} and
// {c, d, g, h}, of which one instruction makes two rounds. [Intel, SHA Extensions, 2013]
#include "platform/sha256_blocks.h"

#include <bit>

#include "base/bytes.h"
#include "platform/cpu.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace waxwing::platform {
namespace {

// The first 32 bits of the fractions of the cube roots of the first 64 primes.
alignas(16) constexpr std::array<uint32_t, 64> round_constants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

using Schedule = std::array<uint32_t, 64>;

Schedule message_schedule(const uint8_t* block) {
  Schedule words;
  for (size_t t = 0; t < 16; ++t) words[t] = std::byteswap(base::load_le<uint32_t>(block + 4 * t));
  for (size_t t = 16; t < 64; ++t) {
    const uint32_t x = words[t - 15];
    const uint32_t y = words[t - 2];
    const uint32_t sigma0 = std::rotr(x, 7) ^ std::rotr(x, 18) ^ x >> 3;
    const uint32_t sigma1 = std::rotr(y, 17) ^ std::rotr(y, 19) ^ y >> 10;
    words[t] = sigma1 + words[t - 7] + sigma0 + words[t - 16];
  }
  return words;
}

void compress(Sha256State& state, const uint8_t* block) {
  const Schedule words = message_schedule(block);
  auto [a, b, c, d, e, f, g, h] = state;
  for (size_t t = 0; t < 64; ++t) {
    const uint32_t sum1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const uint32_t choice = (e & f) ^ (~e & g);
    const uint32_t sum0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const uint32_t majority = (a & b) ^ (a & c) ^ (b & c);
    const uint32_t first = h + sum1 + choice + round_constants[t] + words[t];
    h = g;
    g = f;
    f = e;
    e = d + first;
    d = c;
    c = b;
    b = a;
    a = first + sum0 + majority;
  }
  const Sha256State added = {a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < state.size(); ++i) state[i] += added[i];
}

}  // namespace

void sha256_portable(Sha256State& state, const uint8_t* blocks, size_t count) {
  for (size_t i = 0; i < count; ++i) compress(state, blocks + 64 * i);
}

#if defined(__x86_64__)

namespace {

struct VectorState {
  __m128i abef;
  __m128i cdgh;
};

[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline void four_rounds(VectorState& state,
                                                                          __m128i words,
                                                                          size_t first_round) {
  const __m128i* constants = reinterpret_cast<const __m128i*>(&round_constants[first_round]);
  const __m128i sum = _mm_add_epi32(words, _mm_load_si128(constants));
  state.cdgh = _mm_sha256rnds2_epu32(state.cdgh, state.abef, sum);
  state.abef = _mm_sha256rnds2_epu32(state.abef, state.cdgh, _mm_shuffle_epi32(sum, 0x0e));
}

/// The four words that follow `oldest` and the three vectors after it.
[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline __m128i next_words(__m128i oldest,
                                                                            __m128i second,
                                                                            __m128i third,
                                                                            __m128i newest) {
  const __m128i seven_back = _mm_alignr_epi8(newest, third, 4);
  const __m128i partial = _mm_add_epi32(_mm_sha256msg1_epu32(oldest, second), seven_back);
  return _mm_sha256msg2_epu32(partial, newest);
}

[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline __m128i load_words(const uint8_t* from) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)), big_endian);
}

[[gnu::target("sha,sse4.1")]] void compress_vectors(VectorState& state, const uint8_t* block) {
  const VectorState before = state;
  __m128i w0 = load_words(block);
  __m128i w1 = load_words(block + 16);
  __m128i w2 = load_words(block + 32);
  __m128i w3 = load_words(block + 48);
  for (size_t round = 0;; round += 16) {
    four_rounds(state, w0, round);
    four_rounds(state, w1, round + 4);
    four_rounds(state, w2, round + 8);
    four_rounds(state, w3, round + 12);
    if (round == 48) break;
    w0 = next_words(w0, w1, w2, w3);
    w1 = next_words(w1, w2, w3, w0);
    w2 = next_words(w2, w3, w0, w1);
    w3 = next_words(w3, w0, w1, w2);
  }
  state.abef = _mm_add_epi32(state.abef, before.abef);
  state.cdgh = _mm_add_epi32(state.cdgh, before.cdgh);
}

[[gnu::target("sha,sse4.1")]] void sha256_x64(Sha256State& state, const uint8_t* blocks,
                                              size_t count) {
  __m128i* const halves = reinterpret_cast<__m128i*>(state.data());
  // From memory the lanes are a, b, c, d: lane 0 first. The instructions want lane 3 to be a.
  const __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128(halves), 0xb1);
  const __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128(halves + 1), 0x1b);
  VectorState vectors = {.abef = _mm_alignr_epi8(badc, hgfe, 8),
                         .cdgh = _mm_blend_epi16(hgfe, badc, 0xf0)};
  for (size_t i = 0; i < count; ++i) compress_vectors(vectors, blocks + 64 * i);
  const __m128i abef = _mm_shuffle_epi32(vectors.abef, 0x1b);
  const __m128i ghcd = _mm_shuffle_epi32(vectors.cdgh, 0xb1);
  _mm_storeu_si128(halves, _mm_blend_epi16(abef, ghcd, 0xf0));
  _mm_storeu_si128(halves + 1, _mm_alignr_epi8(ghcd, abef, 8));
}

}  // namespace

Sha256Blocks sha256_instructions() {
  constexpr uint32_t sha_extensions = 1U << 29;
  constexpr uint32_t ssse3_and_sse41 = 1U << 9 | 1U << 19;
  static const bool available =
      (cpuid(7).b & sha_extensions) != 0 && (cpuid(1).c & ssse3_and_sse41) == ssse3_and_sse41;
  return available ? sha256_x64 : nullptr;
}

#else

Sha256Blocks sha256_instructions() { return nullptr; }

#endif

Sha256Blocks sha256_fastest() {
  const Sha256Blocks instructions = sha256_instructions();
  return instructions != nullptr ? instructions : sha256_portable;
}

}  // namespace waxwing::platform
