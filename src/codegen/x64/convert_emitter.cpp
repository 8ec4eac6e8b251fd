// See convert_emitter.h. Truncations convert first and look at what the processor answers for what
// does not fit, so that the usual case is a conversion and one comparison.
#include "codegen/x64/convert_emitter.h"

#include <bit>

namespace waxwing::codegen::x64 {

using syntax::TrapCode;

void ConvertEmitter::zero(Xmm reg) { m_.has_avx() ? m_.vxorps(reg, reg, reg) : m_.xorps(reg, reg); }

// The answer for what does not fit is the lowest number of `width`.
void ConvertEmitter::truncate(Float type, Width width, Gpr d, Xmm a) {
  if (type == Float::f32) {
    m_.has_avx() ? m_.vcvttss2si(width, d, a) : m_.cvttss2si(width, d, a);
  } else {
    m_.has_avx() ? m_.vcvttsd2si(width, d, a) : m_.cvttsd2si(width, d, a);
  }
}

// AVX-512; the answer for what does not fit is 2^64 - 1, which no float is.
void ConvertEmitter::truncate_unsigned(Float type, Gpr d, Xmm a) {
  if (type == Float::f32) {
    m_.vcvttss2usi(Width::w64, d, a);
  } else {
    m_.vcvttsd2usi(Width::w64, d, a);
  }
}

// Keeps what `d` has above the float: whoever has no use for it clears it first, so that this does
// not wait for what wrote it.
void ConvertEmitter::convert(Float type, Width width, Xmm d, Gpr a) {
  if (type == Float::f32) {
    m_.has_avx() ? m_.vcvtsi2ss(width, d, d, a) : m_.cvtsi2ss(width, d, a);
  } else {
    m_.has_avx() ? m_.vcvtsi2sd(width, d, d, a) : m_.cvtsi2sd(width, d, a);
  }
}

void ConvertEmitter::compare(Float type, Xmm a, Xmm b) {
  if (type == Float::f32) {
    m_.has_avx() ? m_.vucomiss(a, b) : m_.ucomiss(a, b);
  } else {
    m_.has_avx() ? m_.vucomisd(a, b) : m_.ucomisd(a, b);
  }
}

void ConvertEmitter::compare(Float type, Xmm a, double constant) {
  if (type == Float::f32) {
    const Mem memory = m_.constant(std::bit_cast<uint32_t>(static_cast<float>(constant)));
    m_.has_avx() ? m_.vucomiss(a, memory) : m_.ucomiss(a, memory);
  } else {
    const Mem memory = m_.constant(std::bit_cast<uint64_t>(constant));
    m_.has_avx() ? m_.vucomisd(a, memory) : m_.ucomisd(a, memory);
  }
}

namespace {

constexpr double power_2_63 = 0x1p63;

}  // namespace

// scratch_xmm = a - 2^63
void ConvertEmitter::subtract_2_63(Float type, Xmm a) {
  m_.move(scratch_xmm, a);
  if (type == Float::f32) {
    const Mem memory = m_.constant(std::bit_cast<uint32_t>(static_cast<float>(power_2_63)));
    m_.has_avx() ? m_.vsubss(scratch_xmm, scratch_xmm, memory) : m_.subss(scratch_xmm, memory);
  } else {
    const Mem memory = m_.constant(std::bit_cast<uint64_t>(power_2_63));
    m_.has_avx() ? m_.vsubsd(scratch_xmm, scratch_xmm, memory) : m_.subsd(scratch_xmm, memory);
  }
}

// The lowest number is the answer for what does not fit, and right where `a` truncates to it.
void ConvertEmitter::trunc_s(Float type, Width width, Gpr d, Xmm a) {
  Label done;
  truncate(type, width, d, a);
  m_.cmp(width, d, 1);
  m_.jcc_short(Condition::no_overflow, done);
  if (width == Width::w32) {
    truncate(type, Width::w64, scratch, a);
    m_.cmp(Width::w64, scratch, INT32_MIN);
    m_.jcc_short(Condition::equal, done);
    compare(type, a, a);
    m_.trap_if(Condition::parity, TrapCode::invalid_conversion);
    m_.trap(TrapCode::integer_overflow);
  } else {  // no float lies right below -2^63
    compare(type, a, -power_2_63);
    m_.trap_if(Condition::parity, TrapCode::invalid_conversion);
    m_.trap_if(Condition::not_equal, TrapCode::integer_overflow);
  }
  m_.bind(done);
}

void ConvertEmitter::trunc_u32(Float type, Gpr d, Xmm a) {
  Label done;
  truncate(type, Width::w64, d, a);
  m_.mov(Width::w32, scratch, d);
  m_.cmp(Width::w64, scratch, d);
  m_.jcc_short(Condition::equal, done);
  compare(type, a, a);
  m_.trap_if(Condition::parity, TrapCode::invalid_conversion);
  m_.trap(TrapCode::integer_overflow);
  m_.bind(done);
}

void ConvertEmitter::trunc_u64(Float type, Gpr d, Xmm a) {
  Label done;
  if (m_.has(Feature::avx512f)) {
    truncate_unsigned(type, d, a);
    m_.cmp(Width::w64, d, -1);
    m_.jcc_short(Condition::not_equal, done);
    compare(type, a, a);
    m_.trap_if(Condition::parity, TrapCode::invalid_conversion);
    m_.trap(TrapCode::integer_overflow);
  } else {
    truncate(type, Width::w64, d, a);
    m_.test(Width::w64, d, d);
    m_.jcc_short(Condition::no_sign, done);
    compare(type, a, power_2_63);
    m_.trap_if(Condition::parity, TrapCode::invalid_conversion);
    m_.trap_if(Condition::below, TrapCode::integer_overflow);
    subtract_2_63(type, a);
    truncate(type, Width::w64, d, scratch_xmm);
    m_.test(Width::w64, d, d);
    m_.trap_if(Condition::sign, TrapCode::integer_overflow);
    m_.bts(Width::w64, d, 63);
  }
  m_.bind(done);
}

// All bits of `width` where a is above 0, else 0; 0 for NaN.
void ConvertEmitter::set_where_positive(Float type, Width width, Gpr d, Xmm a) {
  zero(scratch_xmm);
  m_.xor_(Width::w32, d, d);
  compare(type, a, scratch_xmm);
  m_.setcc(Condition::above, d);
  m_.neg(width, d);
}

void ConvertEmitter::trunc_sat_s(Float type, Width width, Gpr d, Xmm a) {
  Label done, is_nan;
  truncate(type, width, d, a);
  m_.cmp(width, d, 1);
  m_.jcc_short(Condition::no_overflow, done);
  zero(scratch_xmm);
  compare(type, scratch_xmm, a);
  m_.jcc_short(Condition::parity, is_nan);
  m_.jcc_short(Condition::above_equal, done);
  m_.sub(width, d, 1);  // the lowest number becomes the highest
  m_.jmp_short(done);
  m_.bind(is_nan);
  m_.xor_(Width::w32, d, d);
  m_.bind(done);
}

void ConvertEmitter::trunc_sat_u32(Float type, Gpr d, Xmm a) {
  Label done;
  truncate(type, Width::w64, d, a);
  m_.mov(Width::w32, scratch, d);
  m_.cmp(Width::w64, scratch, d);
  m_.jcc_short(Condition::equal, done);
  set_where_positive(type, Width::w32, d, a);
  m_.bind(done);
}

void ConvertEmitter::trunc_sat_u64(Float type, Gpr d, Xmm a) {
  Label done;
  if (m_.has(Feature::avx512f)) {
    truncate_unsigned(type, d, a);
    m_.cmp(Width::w64, d, -1);
    m_.jcc_short(Condition::not_equal, done);
    set_where_positive(type, Width::w64, d, a);
  } else {
    Label too_low;
    truncate(type, Width::w64, d, a);
    m_.test(Width::w64, d, d);
    m_.jcc_short(Condition::no_sign, done);
    compare(type, a, power_2_63);
    m_.jcc_short(Condition::below, too_low);  // or NaN
    subtract_2_63(type, a);
    truncate(type, Width::w64, d, scratch_xmm);
    m_.mov(Width::w64, scratch, d);
    m_.sar(Width::w64, scratch, 63);
    m_.bts(Width::w64, d, 63);
    m_.or_(Width::w64, d, scratch);
    m_.jmp_short(done);
    m_.bind(too_low);
    m_.xor_(Width::w32, d, d);
  }
  m_.bind(done);
}

void ConvertEmitter::i32_trunc_f32_s(Gpr d, Xmm a) { trunc_s(Float::f32, Width::w32, d, a); }
void ConvertEmitter::i32_trunc_f32_u(Gpr d, Xmm a) { trunc_u32(Float::f32, d, a); }
void ConvertEmitter::i32_trunc_f64_s(Gpr d, Xmm a) { trunc_s(Float::f64, Width::w32, d, a); }
void ConvertEmitter::i32_trunc_f64_u(Gpr d, Xmm a) { trunc_u32(Float::f64, d, a); }
void ConvertEmitter::i64_trunc_f32_s(Gpr d, Xmm a) { trunc_s(Float::f32, Width::w64, d, a); }
void ConvertEmitter::i64_trunc_f32_u(Gpr d, Xmm a) { trunc_u64(Float::f32, d, a); }
void ConvertEmitter::i64_trunc_f64_s(Gpr d, Xmm a) { trunc_s(Float::f64, Width::w64, d, a); }
void ConvertEmitter::i64_trunc_f64_u(Gpr d, Xmm a) { trunc_u64(Float::f64, d, a); }

void ConvertEmitter::i32_trunc_sat_f32_s(Gpr d, Xmm a) {
  trunc_sat_s(Float::f32, Width::w32, d, a);
}
void ConvertEmitter::i32_trunc_sat_f32_u(Gpr d, Xmm a) { trunc_sat_u32(Float::f32, d, a); }
void ConvertEmitter::i32_trunc_sat_f64_s(Gpr d, Xmm a) {
  trunc_sat_s(Float::f64, Width::w32, d, a);
}
void ConvertEmitter::i32_trunc_sat_f64_u(Gpr d, Xmm a) { trunc_sat_u32(Float::f64, d, a); }
void ConvertEmitter::i64_trunc_sat_f32_s(Gpr d, Xmm a) {
  trunc_sat_s(Float::f32, Width::w64, d, a);
}
void ConvertEmitter::i64_trunc_sat_f32_u(Gpr d, Xmm a) { trunc_sat_u64(Float::f32, d, a); }
void ConvertEmitter::i64_trunc_sat_f64_s(Gpr d, Xmm a) {
  trunc_sat_s(Float::f64, Width::w64, d, a);
}
void ConvertEmitter::i64_trunc_sat_f64_u(Gpr d, Xmm a) { trunc_sat_u64(Float::f64, d, a); }

// scratch = a / 2, its lowest bit set where any of a's lowest 8 bits is: rounds to a float as a
// does.
void ConvertEmitter::halve_to_odd(Gpr a) {
  m_.mov(Width::w64, scratch, a);
  m_.test(Width::w8, scratch, scratch);
  m_.setcc(Condition::not_equal, scratch);
  m_.add(Width::w8, scratch, scratch);
  m_.shr(Width::w64, scratch, 1);
}

void ConvertEmitter::convert_u64(Float type, Xmm d, Gpr a) {
  zero(d);
  if (m_.has(Feature::avx512f)) {
    type == Float::f32 ? m_.vcvtusi2ss(Width::w64, d, d, a) : m_.vcvtusi2sd(Width::w64, d, d, a);
    return;
  }
  Label is_large, done;
  m_.test(Width::w64, a, a);
  m_.jcc_short(Condition::sign, is_large);
  convert(type, Width::w64, d, a);
  m_.jmp_short(done);
  m_.bind(is_large);
  halve_to_odd(a);
  convert(type, Width::w64, d, scratch);
  if (type == Float::f32) {
    m_.has_avx() ? m_.vaddss(d, d, d) : m_.addss(d, d);
  } else {
    m_.has_avx() ? m_.vaddsd(d, d, d) : m_.addsd(d, d);
  }
  m_.bind(done);
}

void ConvertEmitter::f32_convert_i32_s(Xmm d, Gpr a) {
  zero(d);
  convert(Float::f32, Width::w32, d, a);
}
void ConvertEmitter::f32_convert_i32_u(Xmm d, Gpr a) {  // a is zero-extended
  zero(d);
  convert(Float::f32, Width::w64, d, a);
}
void ConvertEmitter::f32_convert_i64_s(Xmm d, Gpr a) {
  zero(d);
  convert(Float::f32, Width::w64, d, a);
}
void ConvertEmitter::f32_convert_i64_u(Xmm d, Gpr a) { convert_u64(Float::f32, d, a); }
void ConvertEmitter::f64_convert_i32_s(Xmm d, Gpr a) {
  zero(d);
  convert(Float::f64, Width::w32, d, a);
}
void ConvertEmitter::f64_convert_i32_u(Xmm d, Gpr a) {
  zero(d);
  convert(Float::f64, Width::w64, d, a);
}
void ConvertEmitter::f64_convert_i64_s(Xmm d, Gpr a) {
  zero(d);
  convert(Float::f64, Width::w64, d, a);
}
void ConvertEmitter::f64_convert_i64_u(Xmm d, Gpr a) { convert_u64(Float::f64, d, a); }

// Without AVX a copy comes first, for these keep the upper bits of what they write to.
void ConvertEmitter::f32_demote_f64(Xmm d, Xmm a) {
  if (m_.has_avx()) return m_.vcvtsd2ss(d, a, a);
  m_.move(d, a);
  m_.cvtsd2ss(d, d);
}
void ConvertEmitter::f64_promote_f32(Xmm d, Xmm a) {
  if (m_.has_avx()) return m_.vcvtss2sd(d, a, a);
  m_.move(d, a);
  m_.cvtss2sd(d, d);
}

void ConvertEmitter::i32_reinterpret_f32(Gpr d, Xmm a) {
  m_.has_avx() ? m_.vmovd(d, a) : m_.movd(d, a);
}
void ConvertEmitter::i64_reinterpret_f64(Gpr d, Xmm a) {
  m_.has_avx() ? m_.vmovq(d, a) : m_.movq(d, a);
}
void ConvertEmitter::f32_reinterpret_i32(Xmm d, Gpr a) {
  m_.has_avx() ? m_.vmovd(d, a) : m_.movd(d, a);
}
void ConvertEmitter::f64_reinterpret_i64(Xmm d, Gpr a) {
  m_.has_avx() ? m_.vmovq(d, a) : m_.movq(d, a);
}

}  // namespace waxwing::codegen::x64
