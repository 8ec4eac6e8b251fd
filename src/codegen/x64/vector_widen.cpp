// See vector_emitter.h: products, dot products and pairwise sums of integer lanes.
#include "codegen/x64/vector_emitter.h"

namespace waxwing::codegen::x64 {

// pmulhrsw wraps where both operands are -2^15, which alone yields 0x8000.
void VectorEmitter::i16x8_q15mulr_sat_s(Xmm d, Xmm a, Xmm b) {
  commutative<&Assembler::pmulhrsw, &Assembler::vpmulhrsw>(d, a, b);
  if (m_.has_avx()) {
    m_.vpcmpeqw(scratch_xmm, d, m_.constant(all_words(0x8000)));
  } else {
    m_.set(scratch_xmm, all_words(0x8000));
    m_.pcmpeqw(scratch_xmm, d);
  }
  v128_xor(d, d, scratch_xmm);
}

void VectorEmitter::i16x8_extmul_low_i8x16_s(Xmm d, Xmm a, Xmm b) {
  i16x8_extend_low_i8x16_s(scratch_xmm, a);
  i16x8_extend_low_i8x16_s(d, b);
  i16x8_mul(d, d, scratch_xmm);
}

void VectorEmitter::i16x8_extmul_low_i8x16_u(Xmm d, Xmm a, Xmm b) {
  i16x8_extend_low_i8x16_u(scratch_xmm, a);
  i16x8_extend_low_i8x16_u(d, b);
  i16x8_mul(d, d, scratch_xmm);
}

// 2^8 times each byte: their products' upper words are the bytes' products.
void VectorEmitter::high_bytes_to_words(Xmm a, Xmm b) {
  zero(scratch_xmm2);
  if (m_.has_avx()) {
    m_.vpunpckhbw(scratch_xmm, scratch_xmm2, a);
    m_.vpunpckhbw(scratch_xmm2, scratch_xmm2, b);
  } else {
    zero(scratch_xmm);
    m_.punpckhbw(scratch_xmm, a);
    m_.punpckhbw(scratch_xmm2, b);
  }
}

void VectorEmitter::i16x8_extmul_high_i8x16_s(Xmm d, Xmm a, Xmm b) {
  high_bytes_to_words(a, b);
  commutative<&Assembler::pmulhw, &Assembler::vpmulhw>(d, scratch_xmm, scratch_xmm2);
}

void VectorEmitter::i16x8_extmul_high_i8x16_u(Xmm d, Xmm a, Xmm b) {
  high_bytes_to_words(a, b);
  commutative<&Assembler::pmulhuw, &Assembler::vpmulhuw>(d, scratch_xmm, scratch_xmm2);
}

// The lower and upper words of the products, interleaved.
void VectorEmitter::i32x4_extmul_low_i16x8_s(Xmm d, Xmm a, Xmm b) {
  commutative<&Assembler::pmulhw, &Assembler::vpmulhw>(scratch_xmm, a, b);
  i16x8_mul(d, a, b);
  ordered<&Assembler::punpcklwd, &Assembler::vpunpcklwd>(d, d, scratch_xmm);
}

void VectorEmitter::i32x4_extmul_low_i16x8_u(Xmm d, Xmm a, Xmm b) {
  commutative<&Assembler::pmulhuw, &Assembler::vpmulhuw>(scratch_xmm, a, b);
  i16x8_mul(d, a, b);
  ordered<&Assembler::punpcklwd, &Assembler::vpunpcklwd>(d, d, scratch_xmm);
}

void VectorEmitter::i32x4_extmul_high_i16x8_s(Xmm d, Xmm a, Xmm b) {
  commutative<&Assembler::pmulhw, &Assembler::vpmulhw>(scratch_xmm, a, b);
  i16x8_mul(d, a, b);
  ordered<&Assembler::punpckhwd, &Assembler::vpunpckhwd>(d, d, scratch_xmm);
}

void VectorEmitter::i32x4_extmul_high_i16x8_u(Xmm d, Xmm a, Xmm b) {
  commutative<&Assembler::pmulhuw, &Assembler::vpmulhuw>(scratch_xmm, a, b);
  i16x8_mul(d, a, b);
  ordered<&Assembler::punpckhwd, &Assembler::vpunpckhwd>(d, d, scratch_xmm);
}

// pmuldq and pmuludq multiply the even lanes: `order` moves the wanted ones there.
void VectorEmitter::spread_dwords(Xmm d, Xmm a, Xmm b, uint8_t order) {
  unary_imm<&Assembler::pshufd, &Assembler::vpshufd>(scratch_xmm, a, order);
  unary_imm<&Assembler::pshufd, &Assembler::vpshufd>(d, b, order);
}

void VectorEmitter::i64x2_extmul_low_i32x4_s(Xmm d, Xmm a, Xmm b) {
  spread_dwords(d, a, b, low_to_even);
  commutative<&Assembler::pmuldq, &Assembler::vpmuldq>(d, d, scratch_xmm);
}

void VectorEmitter::i64x2_extmul_low_i32x4_u(Xmm d, Xmm a, Xmm b) {
  spread_dwords(d, a, b, low_to_even);
  commutative<&Assembler::pmuludq, &Assembler::vpmuludq>(d, d, scratch_xmm);
}

void VectorEmitter::i64x2_extmul_high_i32x4_s(Xmm d, Xmm a, Xmm b) {
  spread_dwords(d, a, b, high_to_even);
  commutative<&Assembler::pmuldq, &Assembler::vpmuldq>(d, d, scratch_xmm);
}

void VectorEmitter::i64x2_extmul_high_i32x4_u(Xmm d, Xmm a, Xmm b) {
  spread_dwords(d, a, b, high_to_even);
  commutative<&Assembler::pmuludq, &Assembler::vpmuludq>(d, d, scratch_xmm);
}

// pmaddubsw multiplies unsigned bytes of its first operand by signed ones of its second.
void VectorEmitter::i16x8_extadd_pairwise_i8x16_s(Xmm d, Xmm a) {
  const Xmm first = d == a ? scratch_xmm : d;
  m_.set(first, all_bytes(1));
  ordered<&Assembler::pmaddubsw, &Assembler::vpmaddubsw>(first, first, a);
  m_.move(d, first);
}

void VectorEmitter::i16x8_extadd_pairwise_i8x16_u(Xmm d, Xmm a) {
  with_constant<&Assembler::pmaddubsw, &Assembler::vpmaddubsw>(d, a, all_bytes(1));
}

void VectorEmitter::i32x4_extadd_pairwise_i16x8_s(Xmm d, Xmm a) {
  with_constant<&Assembler::pmaddwd, &Assembler::vpmaddwd>(d, a, all_words(1));
}

void VectorEmitter::i32x4_extadd_pairwise_i16x8_u(Xmm d, Xmm a) {
  with_constant<&Assembler::pand, &Assembler::vpand>(scratch_xmm, a, all_dwords(0xffff));
  shift_by<&Assembler::psrld, &Assembler::vpsrld>(d, a, 16);
  i32x4_add(d, d, scratch_xmm);
}

// Signed bytes with pmaddubsw: a * b is a * (the low seven bits of b) - a * (the sign bit of b).
// The sums of both parts fit 16 bits; their difference is saturated.
void VectorEmitter::i16x8_relaxed_dot_i8x16_i7x16_s(Xmm d, Xmm a, Xmm b) {
  with_constant<&Assembler::pand, &Assembler::vpand>(scratch_xmm, b, all_bytes(0x7f));
  with_constant<&Assembler::pand, &Assembler::vpand>(scratch_xmm2, b, all_bytes(0x80));
  ordered<&Assembler::pmaddubsw, &Assembler::vpmaddubsw>(scratch_xmm, scratch_xmm, a);
  ordered<&Assembler::pmaddubsw, &Assembler::vpmaddubsw>(scratch_xmm2, scratch_xmm2, a);
  if (m_.has_avx()) return m_.vpsubsw(d, scratch_xmm, scratch_xmm2);
  m_.psubsw(scratch_xmm, scratch_xmm2);
  m_.move(d, scratch_xmm);
}

void VectorEmitter::i32x4_relaxed_dot_i8x16_i7x16_add_s(Xmm d, Xmm a, Xmm b, Xmm c) {
  i16x8_relaxed_dot_i8x16_i7x16_s(scratch_xmm, a, b);
  i32x4_extadd_pairwise_i16x8_s(scratch_xmm, scratch_xmm);
  i32x4_add(d, c, scratch_xmm);
}

}  // namespace waxwing::codegen::x64
