// See vector_emitter.h: single lanes in and out.
#include "codegen/x64/vector_emitter.h"

namespace waxwing::codegen::x64 {

void VectorEmitter::i8x16_splat(Xmm d, Gpr a) {
  if (m_.has(Feature::avx512bw)) return m_.vpbroadcastb(d, a);
  i32x4_from_gpr(d, a);
  if (m_.has(Feature::avx2)) return m_.vpbroadcastb(d, d);
  zero(scratch_xmm);
  ordered<&Assembler::pshufb, &Assembler::vpshufb>(d, d, scratch_xmm);
}

void VectorEmitter::i16x8_splat(Xmm d, Gpr a) {
  if (m_.has(Feature::avx512bw)) return m_.vpbroadcastw(d, a);
  i32x4_from_gpr(d, a);
  if (m_.has(Feature::avx2)) return m_.vpbroadcastw(d, d);
  unary_imm<&Assembler::pshuflw, &Assembler::vpshuflw>(d, d, 0);
  unary_imm<&Assembler::pshufd, &Assembler::vpshufd>(d, d, 0);
}

void VectorEmitter::i32x4_splat(Xmm d, Gpr a) {
  if (m_.has(Feature::avx512f)) return m_.vpbroadcastd(d, a);
  i32x4_from_gpr(d, a);
  unary_imm<&Assembler::pshufd, &Assembler::vpshufd>(d, d, 0);
}

void VectorEmitter::i64x2_splat(Xmm d, Gpr a) {
  if (m_.has(Feature::avx512f)) return m_.vpbroadcastq(d, a);
  m_.has_avx() ? m_.vmovq(d, a) : m_.movq(d, a);
  ordered<&Assembler::punpcklqdq, &Assembler::vpunpcklqdq>(d, d, d);
}

// The lowest lane of d is a, the others are 0.
void VectorEmitter::i32x4_from_gpr(Xmm d, Gpr a) { m_.has_avx() ? m_.vmovd(d, a) : m_.movd(d, a); }

void VectorEmitter::f32x4_splat(Xmm d, Xmm a) {
  if (m_.has(Feature::avx2)) return m_.vbroadcastss(d, a);
  permute_dwords(d, a, 0);
}

void VectorEmitter::i8x16_extract_lane_u(Gpr d, Xmm a, uint8_t lane) {
  m_.has_avx() ? m_.vpextrb(d, a, lane) : m_.pextrb(d, a, lane);
}

void VectorEmitter::i8x16_extract_lane_s(Gpr d, Xmm a, uint8_t lane) {
  i8x16_extract_lane_u(d, a, lane);
  m_.movsx8(Width::w32, d, d);
}

void VectorEmitter::i16x8_extract_lane_u(Gpr d, Xmm a, uint8_t lane) {
  m_.has_avx() ? m_.vpextrw(d, a, lane) : m_.pextrw(d, a, lane);
}

void VectorEmitter::i16x8_extract_lane_s(Gpr d, Xmm a, uint8_t lane) {
  i16x8_extract_lane_u(d, a, lane);
  m_.movsx16(Width::w32, d, d);
}

void VectorEmitter::i32x4_extract_lane(Gpr d, Xmm a, uint8_t lane) {
  if (lane == 0) return m_.has_avx() ? m_.vmovd(d, a) : m_.movd(d, a);
  m_.has_avx() ? m_.vpextrd(d, a, lane) : m_.pextrd(d, a, lane);
}

void VectorEmitter::i64x2_extract_lane(Gpr d, Xmm a, uint8_t lane) {
  if (lane == 0) return m_.has_avx() ? m_.vmovq(d, a) : m_.movq(d, a);
  m_.has_avx() ? m_.vpextrq(d, a, lane) : m_.pextrq(d, a, lane);
}

void VectorEmitter::f32x4_extract_lane(Xmm d, Xmm a, uint8_t lane) {
  if (lane == 0) return m_.move(d, a);
  if (lane == 1) return unary<&Assembler::movshdup, &Assembler::vmovshdup>(d, a);
  permute_dwords(d, a, lane);
}

void VectorEmitter::f64x2_extract_lane(Xmm d, Xmm a, uint8_t lane) {
  if (lane == 0) return m_.move(d, a);
  permute_dwords(d, a, 0b11'10'11'10);
}

// pshufd for floats: stays with their units where that is no longer.
void VectorEmitter::permute_dwords(Xmm d, Xmm a, uint8_t order) {
  if (m_.has_avx()) return m_.vpermilps(d, a, order);
  if (d == a) return m_.shufps(d, a, order);
  m_.pshufd(d, a, order);
}

void VectorEmitter::i8x16_replace_lane(Xmm d, Xmm a, Gpr x, uint8_t lane) {
  if (m_.has_avx()) return m_.vpinsrb(d, a, x, lane);
  m_.move(d, a);
  m_.pinsrb(d, x, lane);
}

void VectorEmitter::i16x8_replace_lane(Xmm d, Xmm a, Gpr x, uint8_t lane) {
  if (m_.has_avx()) return m_.vpinsrw(d, a, x, lane);
  m_.move(d, a);
  m_.pinsrw(d, x, lane);
}

void VectorEmitter::i32x4_replace_lane(Xmm d, Xmm a, Gpr x, uint8_t lane) {
  if (m_.has_avx()) return m_.vpinsrd(d, a, x, lane);
  m_.move(d, a);
  m_.pinsrd(d, x, lane);
}

void VectorEmitter::i64x2_replace_lane(Xmm d, Xmm a, Gpr x, uint8_t lane) {
  if (m_.has_avx()) return m_.vpinsrq(d, a, x, lane);
  m_.move(d, a);
  m_.pinsrq(d, x, lane);
}

void VectorEmitter::f32x4_replace_lane(Xmm d, Xmm a, Xmm x, uint8_t lane) {
  if (lane == 0) {
    if (!m_.has_avx() && d == x) return m_.blendps(d, a, 0b1110);
    return ordered_imm<&Assembler::blendps, &Assembler::vblendps>(d, a, x, 0b0001);
  }
  const auto destination = static_cast<uint8_t>(lane << 4);
  ordered_imm<&Assembler::insertps, &Assembler::vinsertps>(d, a, x, destination);
}

void VectorEmitter::f64x2_replace_lane(Xmm d, Xmm a, Xmm x, uint8_t lane) {
  if (lane == 1) return ordered<&Assembler::unpcklpd, &Assembler::vunpcklpd>(d, a, x);
  if (!m_.has_avx() && d == x) return m_.blendpd(d, a, 0b10);
  ordered_imm<&Assembler::blendpd, &Assembler::vblendpd>(d, a, x, 0b01);
}

// Indices of 16 and more get their highest bit, for which pshufb yields 0.
void VectorEmitter::i8x16_swizzle(Xmm d, Xmm a, Xmm indices) {
  with_constant<&Assembler::paddusb, &Assembler::vpaddusb>(scratch_xmm, indices, all_bytes(0x70));
  ordered<&Assembler::pshufb, &Assembler::vpshufb>(d, a, scratch_xmm);
}

}  // namespace waxwing::codegen::x64
