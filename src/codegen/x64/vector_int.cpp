// See vector_emitter.h: integer lanes that take more than a row of vector_rows.def, and 128 bits.
#include "codegen/x64/vector_emitter.h"

namespace waxwing::codegen::x64 {
namespace {

constexpr uint8_t byte_bits = 8;
constexpr uint8_t qword_bits = 64;

// The matrix of vgf2p8affineqb that leaves a byte as it is: byte 7 - i has the bits of the source
// that make bit i of the result. Shifted by n bytes it shifts by n bits the other way.
constexpr uint64_t identity_matrix = 0x0102040810204080;
// The part of the matrix that gives every bit the source's highest.
constexpr uint64_t sign_matrix = 0x8080808080808080;

constexpr uint64_t low_bytes(unsigned count) {
  return count == 0 ? 0 : UINT64_MAX >> (64 - 8 * count);
}

bool has_affine(const MacroAssembler& masm) { return masm.has(Feature::gfni) && masm.has_avx(); }

// Immediates of vpternlogd: a bit for each value of destination, first and second source.
constexpr unsigned in_dst = 0xf0, in_first = 0xcc, in_second = 0xaa;
constexpr uint8_t choose(unsigned mask, unsigned one, unsigned other) {
  return static_cast<uint8_t>((one & mask) | (other & ~mask));
}

}  // namespace

// Bytes have no shifts of their own. With GFNI one instruction applies an 8x8 matrix to each;
// else words are shifted, without the bits that would come from the neighbour.
void VectorEmitter::i8x16_shl(Xmm d, Xmm a, uint8_t count) {
  count %= byte_bits;
  if (count == 0) return m_.move(d, a);
  if (count == 1) return i8x16_add(d, a, a);
  if (has_affine(m_)) {
    const Mem matrix = m_.constant(all_qwords(identity_matrix >> (8 * count)));
    return m_.vgf2p8affineqb(d, a, matrix, 0);
  }
  shift_by<&Assembler::psllw, &Assembler::vpsllw>(d, a, count);
  with_constant<&Assembler::pand, &Assembler::vpand>(
      d, d, all_bytes(static_cast<uint8_t>(0xff << count)));
}

void VectorEmitter::i8x16_shr_u(Xmm d, Xmm a, uint8_t count) {
  count %= byte_bits;
  if (count == 0) return m_.move(d, a);
  if (has_affine(m_)) {
    const Mem matrix = m_.constant(all_qwords(identity_matrix << (8 * count)));
    return m_.vgf2p8affineqb(d, a, matrix, 0);
  }
  shift_by<&Assembler::psrlw, &Assembler::vpsrlw>(d, a, count);
  with_constant<&Assembler::pand, &Assembler::vpand>(
      d, d, all_bytes(static_cast<uint8_t>(0xff >> count)));
}

void VectorEmitter::i8x16_shr_s(Xmm d, Xmm a, uint8_t count) {
  count %= byte_bits;
  if (count == 0) return m_.move(d, a);
  if (count == 7) {
    zero(scratch_xmm);
    if (m_.has_avx()) return m_.vpcmpgtb(d, scratch_xmm, a);
    m_.pcmpgtb(scratch_xmm, a);
    return m_.move(d, scratch_xmm);
  }
  if (has_affine(m_)) {
    const uint64_t matrix = identity_matrix << (8 * count) | (sign_matrix & low_bytes(count));
    return m_.vgf2p8affineqb(d, a, m_.constant(all_qwords(matrix)), 0);
  }
  // (x ^ sign) - sign extends the sign bit where the unsigned shift has put it.
  i8x16_shr_u(d, a, count);
  const V128 sign = all_bytes(static_cast<uint8_t>(0x80 >> count));
  with_constant<&Assembler::pxor, &Assembler::vpxor>(d, d, sign);
  with_constant<&Assembler::psubb, &Assembler::vpsubb>(d, d, sign);
}

void VectorEmitter::i8x16_shl(Xmm d, Xmm a, Gpr count) {
  if (has_affine(m_)) {
    move_matrix_shift(scratch_xmm, count);
    m_.vmovdqa(scratch_xmm2, m_.constant(all_qwords(identity_matrix)));
    m_.vpsrlq(scratch_xmm2, scratch_xmm2, scratch_xmm);
    return m_.vgf2p8affineqb(d, a, scratch_xmm2, 0);
  }
  move_count(scratch_xmm, count, byte_bits);
  move_shifted_byte_mask(scratch_xmm2, scratch_xmm);
  commutative<&Assembler::pand, &Assembler::vpand>(scratch_xmm2, scratch_xmm2, a);
  ordered<&Assembler::psllw, &Assembler::vpsllw>(d, scratch_xmm2, scratch_xmm);
}

void VectorEmitter::i8x16_shr_u(Xmm d, Xmm a, Gpr count) {
  if (has_affine(m_)) {
    move_matrix_shift(scratch_xmm, count);
    m_.vmovdqa(scratch_xmm2, m_.constant(all_qwords(identity_matrix)));
    m_.vpsllq(scratch_xmm2, scratch_xmm2, scratch_xmm);
    return m_.vgf2p8affineqb(d, a, scratch_xmm2, 0);
  }
  move_count(scratch_xmm, count, byte_bits);
  move_shifted_byte_mask(scratch_xmm2, scratch_xmm);
  ordered<&Assembler::psrlw, &Assembler::vpsrlw>(d, a, scratch_xmm);
  commutative<&Assembler::pand, &Assembler::vpand>(d, d, scratch_xmm2);
}

void VectorEmitter::i8x16_shr_s(Xmm d, Xmm a, Gpr count) {
  if (has_affine(m_)) {
    // The bytes that the shift clears become those of the sign.
    move_matrix_shift(scratch_xmm, count);
    m_.vmovdqa(scratch_xmm2, m_.constant(all_qwords(identity_matrix ^ sign_matrix)));
    m_.vpsllq(scratch_xmm2, scratch_xmm2, scratch_xmm);
    m_.vpxor(scratch_xmm2, scratch_xmm2, m_.constant(all_qwords(sign_matrix)));
    return m_.vgf2p8affineqb(d, a, scratch_xmm2, 0);
  }
  // Each byte in the upper half of a word, shifted by 8 more.
  m_.mov(Width::w32, scratch, count);
  m_.and_(Width::w32, scratch, byte_bits - 1);
  m_.add(Width::w32, scratch, byte_bits);
  move_scratch(scratch_xmm);
  if (m_.has_avx()) {
    m_.vpunpckhbw(scratch_xmm2, a, a);
    m_.vpunpcklbw(d, a, a);
  } else {
    m_.movaps(scratch_xmm2, a);
    m_.punpckhbw(scratch_xmm2, scratch_xmm2);
    m_.move(d, a);
    m_.punpcklbw(d, d);
  }
  ordered<&Assembler::psraw, &Assembler::vpsraw>(scratch_xmm2, scratch_xmm2, scratch_xmm);
  ordered<&Assembler::psraw, &Assembler::vpsraw>(d, d, scratch_xmm);
  ordered<&Assembler::packsswb, &Assembler::vpacksswb>(d, d, scratch_xmm2);
}

// d = 8 * (count % 8): how far the matrix is shifted.
void VectorEmitter::move_matrix_shift(Xmm d, Gpr count) {
  m_.lea(Width::w32, scratch, Mem::scaled(count, Scale::x8, 0));
  m_.and_(Width::w32, scratch, 8 * (byte_bits - 1));
  move_scratch(d);
}

// Each byte of d is 0xff >> count.
void VectorEmitter::move_shifted_byte_mask(Xmm d, Xmm count) {
  m_.set(d, all_words(0xff));
  ordered<&Assembler::psrlw, &Assembler::vpsrlw>(d, d, count);
  ordered<&Assembler::packuswb, &Assembler::vpackuswb>(d, d, d);
}

void VectorEmitter::i64x2_shr_s(Xmm d, Xmm a, uint8_t count) {
  count %= qword_bits;
  if (count == 0) return m_.move(d, a);
  if (m_.has(Feature::avx512f)) return m_.vpsraq(d, a, count);
  if (count == 63) {
    unary_imm<&Assembler::pshufd, &Assembler::vpshufd>(d, a, 0b11'11'01'01);
    return shift_by<&Assembler::psrad, &Assembler::vpsrad>(d, d, 31);
  }
  if (count < 32) {
    // The upper dwords of one shift, the lower ones of the other.
    shift_by<&Assembler::psrad, &Assembler::vpsrad>(scratch_xmm, a, count);
    shift_by<&Assembler::psrlq, &Assembler::vpsrlq>(d, a, count);
    return m_.has_avx() ? m_.vpblendw(d, d, scratch_xmm, 0b1100'1100)
                        : m_.pblendw(d, scratch_xmm, 0b1100'1100);
  }
  shift_by<&Assembler::psrlq, &Assembler::vpsrlq>(d, a, count);
  const V128 sign = all_qwords(uint64_t{1} << (63 - count));
  with_constant<&Assembler::pxor, &Assembler::vpxor>(d, d, sign);
  with_constant<&Assembler::psubq, &Assembler::vpsubq>(d, d, sign);
}

void VectorEmitter::i64x2_shr_s(Xmm d, Xmm a, Gpr count) {
  move_count(scratch_xmm, count, qword_bits);
  if (m_.has(Feature::avx512f)) return m_.vpsraq(d, a, scratch_xmm);
  m_.set(scratch_xmm2, all_qwords(uint64_t{1} << 63));
  ordered<&Assembler::psrlq, &Assembler::vpsrlq>(scratch_xmm2, scratch_xmm2, scratch_xmm);
  ordered<&Assembler::psrlq, &Assembler::vpsrlq>(d, a, scratch_xmm);
  ordered<&Assembler::pxor, &Assembler::vpxor>(d, d, scratch_xmm2);
  ordered<&Assembler::psubq, &Assembler::vpsubq>(d, d, scratch_xmm2);
}

void VectorEmitter::i64x2_le_s(Xmm d, Xmm a, Xmm b) {
  i64x2_gt_s(d, a, b);
  invert(d);
}

void VectorEmitter::i64x2_ge_s(Xmm d, Xmm a, Xmm b) {
  i64x2_lt_s(d, a, b);
  invert(d);
}

void VectorEmitter::i64x2_abs(Xmm d, Xmm a) {
  if (m_.has(Feature::avx512f)) return m_.vpabsq(d, a);
  if (m_.has_avx()) {
    m_.vpxor(scratch_xmm, scratch_xmm, scratch_xmm);
    m_.vpsubq(scratch_xmm, scratch_xmm, a);
    return m_.vblendvpd(d, a, scratch_xmm, a);
  }
  m_.pshufd(scratch_xmm, a, 0b11'11'01'01);
  m_.psrad(scratch_xmm, 31);
  m_.move(d, a);
  m_.pxor(d, scratch_xmm);
  m_.psubq(d, scratch_xmm);
}

// Where there is no multiplication of qwords: the low dwords' product, and 2^32 times the sum of
// the crossed ones.
void VectorEmitter::i64x2_mul(Xmm d, Xmm a, Xmm b) {
  if (m_.has(Feature::avx512dq)) return m_.vpmullq(d, a, b);
  shift_by<&Assembler::psrlq, &Assembler::vpsrlq>(scratch_xmm, a, 32);
  commutative<&Assembler::pmuludq, &Assembler::vpmuludq>(scratch_xmm, scratch_xmm, b);
  shift_by<&Assembler::psrlq, &Assembler::vpsrlq>(scratch_xmm2, b, 32);
  commutative<&Assembler::pmuludq, &Assembler::vpmuludq>(scratch_xmm2, scratch_xmm2, a);
  commutative<&Assembler::paddq, &Assembler::vpaddq>(scratch_xmm, scratch_xmm, scratch_xmm2);
  shift_by<&Assembler::psllq, &Assembler::vpsllq>(scratch_xmm, scratch_xmm, 32);
  commutative<&Assembler::pmuludq, &Assembler::vpmuludq>(d, a, b);
  commutative<&Assembler::paddq, &Assembler::vpaddq>(d, d, scratch_xmm);
}

// The sum of what a table says of each nibble.
void VectorEmitter::i8x16_popcnt(Xmm d, Xmm a) {
  if (m_.has(Feature::avx512_bitalg)) return m_.vpopcntb(d, a);
  constexpr V128 counts = {{0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4}};
  const V128 nibbles = all_bytes(0x0f);
  shift_by<&Assembler::psrlw, &Assembler::vpsrlw>(scratch_xmm, a, 4);
  with_constant<&Assembler::pand, &Assembler::vpand>(scratch_xmm, scratch_xmm, nibbles);
  with_constant<&Assembler::pand, &Assembler::vpand>(scratch_xmm2, a, nibbles);
  m_.set(d, counts);
  if (m_.has_avx()) {
    m_.vpshufb(scratch_xmm2, d, scratch_xmm2);
    m_.vpshufb(d, d, scratch_xmm);
  } else {
    m_.pshufb(d, scratch_xmm2);
    m_.set(scratch_xmm2, counts);
    m_.pshufb(scratch_xmm2, scratch_xmm);
  }
  i8x16_add(d, d, scratch_xmm2);
}

void VectorEmitter::i8x16_bitmask(Gpr d, Xmm a) {
  m_.has_avx() ? m_.vpmovmskb(d, a) : m_.pmovmskb(d, a);
}

void VectorEmitter::i16x8_bitmask(Gpr d, Xmm a) {
  ordered<&Assembler::packsswb, &Assembler::vpacksswb>(scratch_xmm, a, a);
  i8x16_bitmask(d, scratch_xmm);
  m_.movzx8(Width::w32, d, d);
}

void VectorEmitter::i32x4_bitmask(Gpr d, Xmm a) {
  m_.has_avx() ? m_.vmovmskps(d, a) : m_.movmskps(d, a);
}

void VectorEmitter::i64x2_bitmask(Gpr d, Xmm a) {
  m_.has_avx() ? m_.vmovmskpd(d, a) : m_.movmskpd(d, a);
}

void VectorEmitter::v128_any_true(Gpr d, Xmm a) {
  m_.xor_(Width::w32, d, d);
  test_bits(a);
  m_.setcc(Condition::not_equal, d);
}

void VectorEmitter::v128_not(Xmm d, Xmm a) {
  if (m_.has(Feature::avx512f)) return m_.vpternlogd(d, a, a, 0x55);
  ones(scratch_xmm);
  commutative<&Assembler::pxor, &Assembler::vpxor>(d, a, scratch_xmm);
}

void VectorEmitter::v128_bitselect(Xmm d, Xmm a, Xmm b, Xmm mask) {
  if (m_.has(Feature::avx512f)) {
    if (d == a) return m_.vpternlogd(d, mask, b, choose(in_first, in_dst, in_second));
    if (d == b) return m_.vpternlogd(d, mask, a, choose(in_first, in_second, in_dst));
    m_.move(d, mask);
    return m_.vpternlogd(d, a, b, choose(in_dst, in_first, in_second));
  }
  if (m_.has_avx()) {
    m_.vpand(scratch_xmm, a, mask);
    m_.vpandn(d, mask, b);
    return m_.vpor(d, d, scratch_xmm);
  }
  // ((a ^ b) & mask) ^ b
  m_.movaps(scratch_xmm, a);
  m_.pxor(scratch_xmm, b);
  m_.pand(scratch_xmm, mask);
  m_.move(d, b);
  m_.pxor(d, scratch_xmm);
}

}  // namespace waxwing::codegen::x64
