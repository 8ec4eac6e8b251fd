// How one SSE instruction becomes an operation that keeps its operands: the AVX twin where the
// processor has it, else moves around the SSE form, whose destination is its first operand.
#pragma once

#include <array>
#include <cstdint>

#include "codegen/x64/macro_assembler.h"

namespace waxwing::codegen::x64 {

using assembler::x64::Assembler;
using assembler::x64::Gpr;
using assembler::x64::Xmm;
using base::V128;

/// Instructions by their operands, as the Assembler's methods have them.
using XmmXmm = void (Assembler::*)(Xmm, const Xmm&);
using XmmXmmXmm = void (Assembler::*)(Xmm, Xmm, const Xmm&);
using XmmXmmByte = void (Assembler::*)(Xmm, const Xmm&, uint8_t);
using XmmXmmXmmByte = void (Assembler::*)(Xmm, Xmm, const Xmm&, uint8_t);
using XmmMem = void (Assembler::*)(Xmm, const Mem&);
using XmmXmmMem = void (Assembler::*)(Xmm, Xmm, const Mem&);
using XmmByte = void (Assembler::*)(Xmm, uint8_t);
using XmmXmmCount = void (Assembler::*)(Xmm, Xmm, uint8_t);

/// One instruction without AVX and with it.
struct Twins {
  XmmXmm sse;
  XmmXmmXmm avx;
};

constexpr V128 all_bytes(uint8_t value) {
  V128 vector{};
  vector.bytes.fill(value);
  return vector;
}
constexpr V128 all_words(uint16_t value) {
  std::array<uint16_t, 8> lanes{};
  lanes.fill(value);
  return V128::from_lanes(lanes);
}
constexpr V128 all_dwords(uint32_t value) {
  return V128::from_lanes(std::array<uint32_t, 4>{value, value, value, value});
}
constexpr V128 all_qwords(uint64_t value) {
  return V128::from_lanes(std::array<uint64_t, 2>{value, value});
}

/// Every form: `d` may be any operand; operands that are not `d` keep their values. The scratch
/// vector registers named in a comment change.
class VectorForms {
 protected:
  explicit VectorForms(MacroAssembler& masm) : m_(masm) {}

  template <XmmXmm sse, XmmXmm avx>
  void unary(Xmm d, Xmm a) {
    m_.has_avx() ? (m_.*avx)(d, a) : (m_.*sse)(d, a);
  }

  template <XmmXmmByte sse, XmmXmmByte avx>
  void unary_imm(Xmm d, Xmm a, uint8_t imm) {
    m_.has_avx() ? (m_.*avx)(d, a, imm) : (m_.*sse)(d, a, imm);
  }

  template <XmmXmm sse, XmmXmmXmm avx>
  void commutative(Xmm d, Xmm a, Xmm b) {
    if (m_.has_avx()) return (m_.*avx)(d, a, b);
    if (d == b) return (m_.*sse)(d, a);
    m_.move(d, a);
    (m_.*sse)(d, b);
  }

  // scratch_xmm
  template <XmmXmm sse, XmmXmmXmm avx>
  void ordered(Xmm d, Xmm a, Xmm b) {
    if (m_.has_avx()) return (m_.*avx)(d, a, b);
    (m_.*sse)(d, begin_ordered(d, a, b));
  }

  /// The same for instructions known only at run time.
  void ordered(const Twins& twins, Xmm d, Xmm a, Xmm b) {
    if (m_.has_avx()) return (m_.*twins.avx)(d, a, b);
    (m_.*twins.sse)(d, begin_ordered(d, a, b));
  }

  template <XmmXmmByte sse, XmmXmmXmmByte avx>
  void commutative_imm(Xmm d, Xmm a, Xmm b, uint8_t imm) {
    if (m_.has_avx()) return (m_.*avx)(d, a, b, imm);
    if (d == b) return (m_.*sse)(d, a, imm);
    m_.move(d, a);
    (m_.*sse)(d, b, imm);
  }

  // scratch_xmm
  template <XmmXmmByte sse, XmmXmmXmmByte avx>
  void ordered_imm(Xmm d, Xmm a, Xmm b, uint8_t imm) {
    if (m_.has_avx()) return (m_.*avx)(d, a, b, imm);
    (m_.*sse)(d, begin_ordered(d, a, b), imm);
  }

  /// d = a op value
  template <XmmMem sse, XmmXmmMem avx>
  void with_constant(Xmm d, Xmm a, const V128& value) {
    if (m_.has_avx()) return (m_.*avx)(d, a, m_.constant(value));
    m_.move(d, a);
    (m_.*sse)(d, m_.constant(value));
  }

  /// d = a op count
  template <XmmByte sse, XmmXmmCount avx>
  void shift_by(Xmm d, Xmm a, uint8_t count) {
    if (count == 0) return m_.move(d, a);
    if (m_.has_avx()) return (m_.*avx)(d, a, count);
    m_.move(d, a);
    (m_.*sse)(d, count);
  }

  /// d = 0
  void zero(Xmm d) { m_.has_avx() ? m_.vpxor(d, d, d) : m_.pxor(d, d); }
  /// All bits of d are 1.
  void ones(Xmm d) { m_.has_avx() ? m_.vpcmpeqd(d, d, d) : m_.pcmpeqd(d, d); }
  /// d = ~d. scratch_xmm
  void invert(Xmm d) {
    if (m_.has(Feature::avx512f)) return m_.vpternlogd(d, d, d, 0x55);
    ones(scratch_xmm);
    commutative<&Assembler::pxor, &Assembler::vpxor>(d, d, scratch_xmm);
  }

  /// d = 0 - a. scratch_xmm
  template <XmmXmm sse, XmmXmmXmm avx>
  void negate(Xmm d, Xmm a) {
    const Xmm from = m_.has_avx() || d == a ? scratch_xmm : d;
    zero(from);
    if (m_.has_avx()) return (m_.*avx)(d, from, a);
    (m_.*sse)(from, a);
    m_.move(d, from);
  }

  /// A lane of ones where (a op b) == a. Both instructions take their operands in any order.
  /// scratch_xmm
  template <XmmXmm op, XmmXmmXmm avx_op, XmmXmm equal, XmmXmmXmm avx_equal>
  void picks_a(Xmm d, Xmm a, Xmm b) {
    const Xmm picked = d == a ? scratch_xmm : d;
    commutative<op, avx_op>(picked, b, a);
    commutative<equal, avx_equal>(d, picked, a);
  }

  /// The flags say `equal` where all bits of a are 0.
  void test_bits(Xmm a) { m_.has_avx() ? m_.vptest(a, a) : m_.ptest(a, a); }

  /// The flags say `equal` where no lane of a is 0. scratch_xmm
  template <XmmXmm equal, XmmXmmXmm avx_equal>
  void test_lanes(Xmm a) {
    zero(scratch_xmm);
    commutative<equal, avx_equal>(scratch_xmm, scratch_xmm, a);
    test_bits(scratch_xmm);
  }

  /// d = count modulo `modulus`, a power of two. scratch
  void move_count(Xmm d, Gpr count, uint8_t modulus) {
    m_.mov(Width::w32, scratch, count);
    m_.and_(Width::w32, scratch, modulus - 1);
    move_scratch(d);
  }
  /// The lowest lane of d is `scratch`; the others are 0.
  void move_scratch(Xmm d) { m_.has_avx() ? m_.vmovd(d, scratch) : m_.movd(d, scratch); }

  /// d = the upper half of a, in both halves.
  void high_half(Xmm d, Xmm a) {
    unary_imm<&Assembler::pshufd, &Assembler::vpshufd>(d, a, 0b11'10'11'10);
  }

  MacroAssembler& m_;

 private:
  // Makes d = a, and returns where b is then.
  Xmm begin_ordered(Xmm d, Xmm a, Xmm b) {
    if (d == b && d != a) {
      m_.move(scratch_xmm, b);
      b = scratch_xmm;
    }
    m_.move(d, a);
    return b;
  }
};

}  // namespace waxwing::codegen::x64
