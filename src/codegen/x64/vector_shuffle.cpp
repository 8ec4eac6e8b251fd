// See vector_emitter.h: i8x16.shuffle as the shortest instructions that move lanes so.
#include <algorithm>
#include <array>
#include <optional>

#include "codegen/x64/vector_emitter.h"

namespace waxwing::codegen::x64 {
namespace {

constexpr uint8_t lane_count = 16;
// Lanes of the second operand are numbered from here on.
constexpr uint8_t second = 16;

template <typename F>
constexpr V128 map_lanes(const V128& lanes, F f) {
  V128 result{};
  for (unsigned i = 0; i < lane_count; ++i) result.bytes[i] = f(lanes.bytes[i]);
  return result;
}

/// The same with the operands exchanged.
constexpr V128 exchanged(const V128& lanes) {
  return map_lanes(lanes, [](uint8_t lane) { return static_cast<uint8_t>(lane ^ second); });
}
/// The same of one operand in both places.
constexpr V128 of_one(const V128& lanes) {
  return map_lanes(lanes, [](uint8_t lane) { return static_cast<uint8_t>(lane % second); });
}

struct Interleaving {
  constexpr Interleaving(const V128& all, const Twins& instruction)
      : lanes(all), lanes_of_one(of_one(all)), twins(instruction) {}

  V128 lanes;
  V128 lanes_of_one;
  Twins twins;
};

// The lanes that take units of some bytes from both operands in turn, beginning at `first`.
constexpr V128 interleaved(unsigned unit_bytes, unsigned first) {
  V128 lanes{};
  for (unsigned i = 0; i < lane_count; ++i) {
    const unsigned unit = i / unit_bytes;
    const unsigned lane = first + unit / 2 * unit_bytes + i % unit_bytes;
    lanes.bytes[i] = static_cast<uint8_t>(unit % 2 == 0 ? lane : lane + second);
  }
  return lanes;
}

constexpr Interleaving interleavings[] = {
    {interleaved(1, 0), {&Assembler::punpcklbw, &Assembler::vpunpcklbw}},
    {interleaved(1, 8), {&Assembler::punpckhbw, &Assembler::vpunpckhbw}},
    {interleaved(2, 0), {&Assembler::punpcklwd, &Assembler::vpunpcklwd}},
    {interleaved(2, 8), {&Assembler::punpckhwd, &Assembler::vpunpckhwd}},
    {interleaved(4, 0), {&Assembler::punpckldq, &Assembler::vpunpckldq}},
    {interleaved(4, 8), {&Assembler::punpckhdq, &Assembler::vpunpckhdq}},
    {interleaved(8, 0), {&Assembler::punpcklqdq, &Assembler::vpunpcklqdq}},
    {interleaved(8, 8), {&Assembler::punpckhqdq, &Assembler::vpunpckhqdq}},
};

constexpr bool uses_first(const V128& lanes) {
  return std::ranges::any_of(lanes.bytes, [](uint8_t lane) { return lane < second; });
}
constexpr bool uses_second(const V128& lanes) {
  return std::ranges::any_of(lanes.bytes, [](uint8_t lane) { return lane >= second; });
}

/// Which units of `unit_bytes` the lanes move as a whole, if they do.
template <unsigned unit_bytes>
constexpr std::optional<std::array<uint8_t, lane_count / unit_bytes>> units_of(const V128& lanes) {
  std::array<uint8_t, lane_count / unit_bytes> units{};
  for (unsigned i = 0; i < lane_count; ++i) {
    const unsigned first = lanes.bytes[i - i % unit_bytes];
    if (first % unit_bytes != 0 || lanes.bytes[i] != first + i % unit_bytes) return std::nullopt;
    units[i / unit_bytes] = static_cast<uint8_t>(first / unit_bytes);
  }
  return units;
}

/// How far the lanes, which are below `modulus`, are in sequence from 0; 0 where they are not.
constexpr uint8_t rotation_of(const V128& lanes, unsigned modulus) {
  const unsigned first = lanes.bytes[0];
  for (unsigned i = 0; i < lane_count; ++i) {
    if (lanes.bytes[i] != (first + i) % modulus) return 0;
  }
  return static_cast<uint8_t>(first);
}

/// Four two-bit fields, the first one lowest; what is above two bits does not count.
constexpr uint8_t order_of(unsigned x0, unsigned x1, unsigned x2, unsigned x3) {
  return static_cast<uint8_t>((x0 & 3) | (x1 & 3) << 2 | (x2 & 3) << 4 | (x3 & 3) << 6);
}

using Dwords = std::array<uint8_t, 4>;  // 0 to 3 of the first operand, 4 to 7 of the second
using Words = std::array<uint8_t, 8>;

}  // namespace

void VectorEmitter::i8x16_shuffle(Xmm d, Xmm a, Xmm b, const V128& lanes) {
  if (a == b || !uses_second(lanes)) return shuffle_one(d, a, of_one(lanes));
  if (!uses_first(lanes)) return shuffle_one(d, b, of_one(lanes));
  if (interleave(d, a, b, lanes) || interleave(d, b, a, exchanged(lanes))) return;
  if (blend(d, a, b, lanes)) return;
  if (const uint8_t count = rotation_of(lanes, 2 * lane_count); count != 0 && count < second) {
    return ordered_imm<&Assembler::palignr, &Assembler::vpalignr>(d, b, a, count);
  }
  if (const uint8_t count = rotation_of(exchanged(lanes), 2 * lane_count);
      count != 0 && count < second) {
    return ordered_imm<&Assembler::palignr, &Assembler::vpalignr>(d, a, b, count);
  }
  if (shuffle_dwords(d, a, b, lanes)) return;
  shuffle_bytes(d, a, b, lanes);
}

void VectorEmitter::shuffle_one(Xmm d, Xmm a, const V128& lanes) {
  if (const auto dwords = units_of<4>(lanes)) {
    const auto [x0, x1, x2, x3] = *dwords;
    const uint8_t order = order_of(x0, x1, x2, x3);
    if (order == order_of(0, 1, 2, 3)) return m_.move(d, a);
    return unary_imm<&Assembler::pshufd, &Assembler::vpshufd>(d, a, order);
  }
  if (shuffle_words_of_one(d, a, lanes)) return;
  if (m_.has(Feature::avx2) && lanes == V128{}) return m_.vpbroadcastb(d, a);
  for (const Interleaving& row : interleavings) {
    if (lanes == row.lanes_of_one) return ordered(row.twins, d, a, a);
  }
  if (const uint8_t count = rotation_of(lanes, lane_count); count != 0) {
    return ordered_imm<&Assembler::palignr, &Assembler::vpalignr>(d, a, a, count);
  }
  with_constant<&Assembler::pshufb, &Assembler::vpshufb>(d, a, lanes);
}

bool VectorEmitter::shuffle_words_of_one(Xmm d, Xmm a, const V128& lanes) {
  const auto words = units_of<2>(lanes);
  if (!words) return false;
  const Words w = *words;
  if (m_.has(Feature::avx2) && w == Words{}) {
    m_.vpbroadcastw(d, a);
    return true;
  }
  const bool keeps_low = w[0] == 0 && w[1] == 1 && w[2] == 2 && w[3] == 3;
  const bool keeps_high = w[4] == 4 && w[5] == 5 && w[6] == 6 && w[7] == 7;
  if (keeps_high && w[0] < 4 && w[1] < 4 && w[2] < 4 && w[3] < 4) {
    unary_imm<&Assembler::pshuflw, &Assembler::vpshuflw>(d, a, order_of(w[0], w[1], w[2], w[3]));
    return true;
  }
  if (keeps_low && w[4] > 3 && w[5] > 3 && w[6] > 3 && w[7] > 3) {
    unary_imm<&Assembler::pshufhw, &Assembler::vpshufhw>(d, a, order_of(w[4], w[5], w[6], w[7]));
    return true;
  }
  return false;
}

bool VectorEmitter::interleave(Xmm d, Xmm a, Xmm b, const V128& lanes) {
  for (const Interleaving& row : interleavings) {
    if (lanes == row.lanes) {
      ordered(row.twins, d, a, b);
      return true;
    }
  }
  return false;
}

// Lanes that stay in their places.
bool VectorEmitter::blend(Xmm d, Xmm a, Xmm b, const V128& lanes) {
  unsigned word_mask = 0;
  bool moves_words = true;
  V128 byte_mask{};
  for (unsigned i = 0; i < lane_count; ++i) {
    if (lanes.bytes[i] % second != i) return false;
    if (lanes.bytes[i] < second) continue;
    byte_mask.bytes[i] = 0xff;
    word_mask |= 1u << i / 2;
  }
  for (unsigned i = 0; i < lane_count; i += 2) {
    if (byte_mask.bytes[i] != byte_mask.bytes[i + 1]) moves_words = false;
  }
  if (moves_words) {
    blend_words(d, a, b, static_cast<uint8_t>(word_mask));
    return true;
  }
  if (!m_.has_avx()) return false;
  m_.set(scratch_xmm, byte_mask);
  m_.vpblendvb(d, a, b, scratch_xmm);
  return true;
}

// d = the words of a, but those of b where the mask has a 1.
void VectorEmitter::blend_words(Xmm d, Xmm a, Xmm b, uint8_t mask) {
  const unsigned even = mask & 0b0101'0101u;
  if (m_.has(Feature::avx2) && mask == (even | even << 1)) {
    const unsigned dwords = (even & 1) | (even >> 1 & 2) | (even >> 2 & 4) | (even >> 3 & 8);
    return m_.vpblendd(d, a, b, static_cast<uint8_t>(dwords));
  }
  if (m_.has_avx()) return m_.vpblendw(d, a, b, mask);
  if (d == b) return m_.pblendw(d, a, static_cast<uint8_t>(~mask));
  m_.move(d, a);
  m_.pblendw(d, b, mask);
}

// Dwords of both operands.
bool VectorEmitter::shuffle_dwords(Xmm d, Xmm a, Xmm b, const V128& lanes) {
  const auto dwords = units_of<4>(lanes);
  if (!dwords) return false;
  const auto [x0, x1, x2, x3] = *dwords;
  const uint8_t order = order_of(x0, x1, x2, x3);
  if (x0 < 4 && x1 < 4 && x2 > 3 && x3 > 3) {
    ordered_imm<&Assembler::shufps, &Assembler::vshufps>(d, a, b, order);
    return true;
  }
  if (x0 > 3 && x1 > 3 && x2 < 4 && x3 < 4) {
    ordered_imm<&Assembler::shufps, &Assembler::vshufps>(d, b, a, order);
    return true;
  }
  if (insert_dword(d, a, b, lanes) || insert_dword(d, b, a, exchanged(lanes))) return true;
  if (m_.has(Feature::avx512f)) {
    permute_dwords(d, a, b, *dwords);
    return true;
  }
  unsigned mask = 0;
  for (unsigned i = 0; i < 4; ++i) {
    if ((*dwords)[i] < 4) mask |= 0b11u << 2 * i;
  }
  unary_imm<&Assembler::pshufd, &Assembler::vpshufd>(scratch_xmm, a, order);
  unary_imm<&Assembler::pshufd, &Assembler::vpshufd>(d, b, order);
  blend_words(d, d, scratch_xmm, static_cast<uint8_t>(mask));
  return true;
}

// Dwords by their numbers, with AVX-512.
void VectorEmitter::permute_dwords(Xmm d, Xmm a, Xmm b, const std::array<uint8_t, 4>& dwords) {
  std::array<uint32_t, 4> numbers{};
  for (size_t i = 0; i < 4; ++i) numbers[i] = d == b && d != a ? dwords[i] ^ 4u : dwords[i];
  if (d == a || d == b) {
    m_.set(scratch_xmm, V128::from_lanes(numbers));
    return m_.vpermt2d(d, scratch_xmm, d == a ? b : a);
  }
  m_.set(d, V128::from_lanes(numbers));
  m_.vpermi2d(d, a, b);
}

// All of a but one dword, which is any one of b.
bool VectorEmitter::insert_dword(Xmm d, Xmm a, Xmm b, const V128& lanes) {
  const Dwords dwords = units_of<4>(lanes).value_or(Dwords{});
  unsigned place = 4;
  for (unsigned i = 0; i < 4; ++i) {
    if (dwords[i] == i) continue;
    if (place != 4 || dwords[i] < 4) return false;
    place = i;
  }
  if (place == 4) return false;
  const unsigned source = dwords[place] - 4u;
  ordered_imm<&Assembler::insertps, &Assembler::vinsertps>(
      d, a, b, static_cast<uint8_t>(source << 6 | place << 4));
  return true;
}

void VectorEmitter::shuffle_bytes(Xmm d, Xmm a, Xmm b, const V128& lanes) {
  if (m_.has(Feature::avx512_vbmi)) {
    if (d == a || d == b) {
      m_.set(scratch_xmm, d == a ? lanes : exchanged(lanes));
      return m_.vpermt2b(d, scratch_xmm, d == a ? b : a);
    }
    m_.set(d, lanes);
    return m_.vpermi2b(d, a, b);
  }
  // pshufb yields 0 where the highest bit of a lane's number is set.
  constexpr uint8_t none = 0x80;
  const auto lane_or_none = [](uint8_t lane) { return lane < second ? lane : none; };
  with_constant<&Assembler::pshufb, &Assembler::vpshufb>(scratch_xmm, a,
                                                         map_lanes(lanes, lane_or_none));
  with_constant<&Assembler::pshufb, &Assembler::vpshufb>(d, b,
                                                         map_lanes(exchanged(lanes), lane_or_none));
  v128_or(d, d, scratch_xmm);
}

}  // namespace waxwing::codegen::x64
