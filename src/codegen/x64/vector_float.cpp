// See vector_emitter.h: float lanes and conversions that take more than a row of vector_rows.def.
#include <bit>

#include "codegen/x64/vector_emitter.h"

namespace waxwing::codegen::x64 {
namespace {

// Predicates of cmpps and cmppd.
constexpr uint8_t equal = 0, unordered = 3, not_less = 5;

// Immediates of vrangeps and vrangepd: the lesser or greater of two numbers, -0 below +0.
constexpr uint8_t range_min = 0b01'00, range_max = 0b01'01;

// Of vpternlogd: (destination | first) & ~second.
constexpr uint8_t or_and_not = (0xf0 | 0xcc) & 0x55;

// From the highest bit of a lane to the highest that the canonical NaN does not have.
constexpr uint8_t f32_payload_shift = 10, f64_payload_shift = 13;

constexpr uint8_t round_to_zero = 11;

constexpr V128 all_floats(float value) { return all_dwords(std::bit_cast<uint32_t>(value)); }
constexpr V128 all_doubles(double value) { return all_qwords(std::bit_cast<uint64_t>(value)); }

}  // namespace

// minps yields its second operand where the two are zeros or one is a NaN: both orders, joined by
// or (of maxps by and), put the zeros in order. Lanes with a NaN become all ones and then lose
// their payload, that is, become the canonical NaN.

void VectorEmitter::f32x4_min(Xmm d, Xmm a, Xmm b) {
  if (m_.has(Feature::avx512dq)) return f32x4_range(d, a, b, range_min);
  in_both_orders<&Assembler::minps, &Assembler::vminps>(a, b);
  ordered<&Assembler::orps, &Assembler::vorps>(scratch_xmm2, scratch_xmm2, scratch_xmm);
  f32x4_with_canonical_nans(d, a, b);
}

void VectorEmitter::f32x4_max(Xmm d, Xmm a, Xmm b) {
  if (m_.has(Feature::avx512dq)) return f32x4_range(d, a, b, range_max);
  in_both_orders<&Assembler::maxps, &Assembler::vmaxps>(a, b);
  ordered<&Assembler::andps, &Assembler::vandps>(scratch_xmm2, scratch_xmm2, scratch_xmm);
  f32x4_with_canonical_nans(d, a, b);
}

void VectorEmitter::f64x2_min(Xmm d, Xmm a, Xmm b) {
  if (m_.has(Feature::avx512dq)) return f64x2_range(d, a, b, range_min);
  in_both_orders<&Assembler::minpd, &Assembler::vminpd>(a, b);
  ordered<&Assembler::orpd, &Assembler::vorpd>(scratch_xmm2, scratch_xmm2, scratch_xmm);
  f64x2_with_canonical_nans(d, a, b);
}

void VectorEmitter::f64x2_max(Xmm d, Xmm a, Xmm b) {
  if (m_.has(Feature::avx512dq)) return f64x2_range(d, a, b, range_max);
  in_both_orders<&Assembler::maxpd, &Assembler::vmaxpd>(a, b);
  ordered<&Assembler::andpd, &Assembler::vandpd>(scratch_xmm2, scratch_xmm2, scratch_xmm);
  f64x2_with_canonical_nans(d, a, b);
}

// scratch_xmm2 = b op a, scratch_xmm = a op b
template <XmmXmm sse, XmmXmmXmm avx>
void VectorEmitter::in_both_orders(Xmm a, Xmm b) {
  ordered<sse, avx>(scratch_xmm2, b, a);
  ordered<sse, avx>(scratch_xmm, a, b);
}

// d = scratch_xmm2, but the canonical NaN where a or b is a NaN.
void VectorEmitter::f32x4_with_canonical_nans(Xmm d, Xmm a, Xmm b) {
  commutative_imm<&Assembler::cmpps, &Assembler::vcmpps>(scratch_xmm, a, b, unordered);
  ordered<&Assembler::orps, &Assembler::vorps>(scratch_xmm2, scratch_xmm2, scratch_xmm);
  shift_by<&Assembler::psrld, &Assembler::vpsrld>(scratch_xmm, scratch_xmm, f32_payload_shift);
  ordered<&Assembler::andnps, &Assembler::vandnps>(d, scratch_xmm, scratch_xmm2);
}

void VectorEmitter::f64x2_with_canonical_nans(Xmm d, Xmm a, Xmm b) {
  commutative_imm<&Assembler::cmppd, &Assembler::vcmppd>(scratch_xmm, a, b, unordered);
  ordered<&Assembler::orpd, &Assembler::vorpd>(scratch_xmm2, scratch_xmm2, scratch_xmm);
  shift_by<&Assembler::psrlq, &Assembler::vpsrlq>(scratch_xmm, scratch_xmm, f64_payload_shift);
  ordered<&Assembler::andnpd, &Assembler::vandnpd>(d, scratch_xmm, scratch_xmm2);
}

// The same with AVX-512, which orders zeros but prefers numbers to NaNs.
void VectorEmitter::f32x4_range(Xmm d, Xmm a, Xmm b, uint8_t range) {
  m_.vcmpps(scratch_xmm, a, b, unordered);
  m_.vrangeps(d, a, b, range);
  m_.vpsrld(scratch_xmm2, scratch_xmm, f32_payload_shift);
  m_.vpternlogd(d, scratch_xmm, scratch_xmm2, or_and_not);
}

void VectorEmitter::f64x2_range(Xmm d, Xmm a, Xmm b, uint8_t range) {
  m_.vcmppd(scratch_xmm, a, b, unordered);
  m_.vrangepd(d, a, b, range);
  m_.vpsrlq(scratch_xmm2, scratch_xmm, f64_payload_shift);
  m_.vpternlogq(d, scratch_xmm, scratch_xmm2, or_and_not);
}

// cvttps2dq yields 0x80000000 for what does not fit: right below the range, off by one above it.
void VectorEmitter::i32x4_trunc_sat_f32x4_s(Xmm d, Xmm a) {
  commutative_imm<&Assembler::cmpps, &Assembler::vcmpps>(scratch_xmm, a, a, equal);
  ordered<&Assembler::andps, &Assembler::vandps>(scratch_xmm, scratch_xmm, a);  // 0 for a NaN
  const V128 above = all_floats(0x1p31f);
  if (m_.has_avx()) {
    m_.vcmpps(scratch_xmm2, scratch_xmm, m_.constant(above), not_less);
  } else {
    m_.movaps(scratch_xmm2, scratch_xmm);
    m_.cmpps(scratch_xmm2, m_.constant(above), not_less);
  }
  unary<&Assembler::cvttps2dq, &Assembler::vcvttps2dq>(d, scratch_xmm);
  v128_xor(d, d, scratch_xmm2);
}

// AVX-512 yields all ones for what does not fit, which is right above the range. Else the value
// below 2^31 and the rest above it are truncated apart and added.
void VectorEmitter::i32x4_trunc_sat_f32x4_u(Xmm d, Xmm a) {
  zero(scratch_xmm);
  ordered<&Assembler::maxps, &Assembler::vmaxps>(scratch_xmm2, a, scratch_xmm);  // 0 for a NaN
  if (m_.has(Feature::avx512f)) return m_.vcvttps2udq(d, scratch_xmm2);
  const V128 half = all_floats(0x1p31f);
  unary<&Assembler::cvttps2dq, &Assembler::vcvttps2dq>(d, scratch_xmm2);
  with_constant<&Assembler::subps, &Assembler::vsubps>(scratch_xmm2, scratch_xmm2, half);
  if (m_.has_avx()) {
    m_.vcmpps(scratch_xmm, scratch_xmm2, m_.constant(half), not_less);
  } else {
    m_.movaps(scratch_xmm, scratch_xmm2);
    m_.cmpps(scratch_xmm, m_.constant(half), not_less);
  }
  unary<&Assembler::cvttps2dq, &Assembler::vcvttps2dq>(scratch_xmm2, scratch_xmm2);
  v128_xor(scratch_xmm2, scratch_xmm2, scratch_xmm);
  zero(scratch_xmm);
  i32x4_max_s(scratch_xmm2, scratch_xmm2, scratch_xmm);
  i32x4_add(d, d, scratch_xmm2);
}

void VectorEmitter::i32x4_trunc_sat_f64x2_s_zero(Xmm d, Xmm a) {
  commutative_imm<&Assembler::cmppd, &Assembler::vcmppd>(scratch_xmm, a, a, equal);
  with_constant<&Assembler::andpd, &Assembler::vandpd>(scratch_xmm, scratch_xmm,
                                                       all_doubles(2147483647.0));
  // The second operand for a NaN, which is 0 there.
  ordered<&Assembler::minpd, &Assembler::vminpd>(scratch_xmm2, a, scratch_xmm);
  unary<&Assembler::cvttpd2dq, &Assembler::vcvttpd2dq>(d, scratch_xmm2);
}

// Adding 2^52 leaves an integer in the lowest bits of the fraction.
void VectorEmitter::i32x4_trunc_sat_f64x2_u_zero(Xmm d, Xmm a) {
  zero(scratch_xmm);
  ordered<&Assembler::maxpd, &Assembler::vmaxpd>(scratch_xmm2, a, scratch_xmm);  // 0 for a NaN
  if (m_.has(Feature::avx512f)) return m_.vcvttpd2udq(d, scratch_xmm2);
  with_constant<&Assembler::minpd, &Assembler::vminpd>(scratch_xmm2, scratch_xmm2,
                                                       all_doubles(4294967295.0));
  unary_imm<&Assembler::roundpd, &Assembler::vroundpd>(scratch_xmm2, scratch_xmm2, round_to_zero);
  with_constant<&Assembler::addpd, &Assembler::vaddpd>(scratch_xmm2, scratch_xmm2,
                                                       all_doubles(0x1p52));
  ordered_imm<&Assembler::shufps, &Assembler::vshufps>(d, scratch_xmm2, scratch_xmm, 0b10'00'10'00);
}

// The halves are exact as floats, and their sum is rounded once: 2^39 + high * 2^16 in one word,
// 2^23 + low in the other.
void VectorEmitter::f32x4_convert_i32x4_u(Xmm d, Xmm a) {
  if (m_.has(Feature::avx512f)) return m_.vcvtudq2ps(d, a);
  shift_by<&Assembler::psrld, &Assembler::vpsrld>(scratch_xmm, a, 16);
  with_constant<&Assembler::por, &Assembler::vpor>(scratch_xmm, scratch_xmm, all_floats(0x1p39f));
  with_constant<&Assembler::subps, &Assembler::vsubps>(scratch_xmm, scratch_xmm,
                                                       all_floats(0x1p39f + 0x1p23f));
  constexpr uint8_t odd_words = 0b1010'1010;
  if (m_.has_avx()) {
    m_.vpblendw(scratch_xmm2, a, m_.constant(all_floats(0x1p23f)), odd_words);
    return m_.vaddps(d, scratch_xmm, scratch_xmm2);
  }
  m_.move(d, a);
  m_.pblendw(d, m_.constant(all_floats(0x1p23f)), odd_words);
  m_.addps(d, scratch_xmm);
}

// The integer in the lowest bits of the fraction of 2^52.
void VectorEmitter::f64x2_convert_low_i32x4_u(Xmm d, Xmm a) {
  if (m_.has(Feature::avx512f)) return m_.vcvtudq2pd(d, a);
  with_constant<&Assembler::unpcklps, &Assembler::vunpcklps>(d, a, all_dwords(0x43300000));
  with_constant<&Assembler::subpd, &Assembler::vsubpd>(d, d, all_doubles(0x1p52));
}

// What is no NaN, and the canonical NaN in the other lanes.

void VectorEmitter::f32x4_canonicalize(Xmm d) {
  ordered_imm<&Assembler::cmpps, &Assembler::vcmpps>(scratch_xmm, d, d, unordered);
  ordered<&Assembler::andnps, &Assembler::vandnps>(scratch_xmm2, scratch_xmm, d);
  with_constant<&Assembler::andps, &Assembler::vandps>(scratch_xmm, scratch_xmm,
                                                       all_dwords(0x7fc00000));
  commutative<&Assembler::orps, &Assembler::vorps>(d, scratch_xmm, scratch_xmm2);
}

void VectorEmitter::f64x2_canonicalize(Xmm d) {
  ordered_imm<&Assembler::cmppd, &Assembler::vcmppd>(scratch_xmm, d, d, unordered);
  ordered<&Assembler::andnps, &Assembler::vandnps>(scratch_xmm2, scratch_xmm, d);
  with_constant<&Assembler::andps, &Assembler::vandps>(scratch_xmm, scratch_xmm,
                                                       all_qwords(0x7ff8000000000000));
  commutative<&Assembler::orps, &Assembler::vorps>(d, scratch_xmm, scratch_xmm2);
}

void VectorEmitter::f32x4_relaxed_madd(Xmm d, Xmm a, Xmm b, Xmm c) {
  f32x4_mul(scratch_xmm2, a, b);
  f32x4_add(d, scratch_xmm2, c);
}

void VectorEmitter::f32x4_relaxed_nmadd(Xmm d, Xmm a, Xmm b, Xmm c) {
  f32x4_mul(scratch_xmm2, a, b);
  f32x4_sub(d, c, scratch_xmm2);
}

void VectorEmitter::f64x2_relaxed_madd(Xmm d, Xmm a, Xmm b, Xmm c) {
  f64x2_mul(scratch_xmm2, a, b);
  f64x2_add(d, scratch_xmm2, c);
}

void VectorEmitter::f64x2_relaxed_nmadd(Xmm d, Xmm a, Xmm b, Xmm c) {
  f64x2_mul(scratch_xmm2, a, b);
  f64x2_sub(d, c, scratch_xmm2);
}

}  // namespace waxwing::codegen::x64
