// See float_emitter.h. Without AVX, instructions with one source (sqrt, round) keep the upper bits
// of what they write to: a copy comes first, so that they do not wait for what wrote those.
#include "codegen/x64/float_emitter.h"

#include <cassert>

namespace waxwing::codegen::x64 {

using base::V128;
using syntax::Op;

// The two-operand form: after these, `d op= the returned register` computes `a op b`. Neither
// changes flags.
Xmm FloatEmitter::place_commuting(Xmm d, Xmm a, Xmm b) {
  if (d == b) return a;
  m_.move(d, a);
  return b;
}
Xmm FloatEmitter::place(Xmm d, Xmm a, Xmm b) {
  if (d == b && d != a) {
    m_.move(scratch_xmm, b);
    b = scratch_xmm;
  }
  m_.move(d, a);
  return b;
}

namespace {

// In the order of the rows.
enum class Relation : uint8_t { eq, ne, lt, gt, le, ge };

struct Comparison {
  Relation relation;
  bool is_f64;
};

constexpr Comparison comparison_of(Op op) {
  const bool is_f64 = op >= Op::f64_eq;
  return {static_cast<Relation>(size_t(op) - size_t(is_f64 ? Op::f64_eq : Op::f32_eq)), is_f64};
}

static_assert(comparison_of(Op::f32_ne).relation == Relation::ne);
static_assert(comparison_of(Op::f32_lt).relation == Relation::lt);
static_assert(comparison_of(Op::f64_gt).relation == Relation::gt);
static_assert(comparison_of(Op::f64_le).relation == Relation::le);
static_assert(comparison_of(Op::f64_ge).relation == Relation::ge);

// The flags of ucomiss by which a relation holds, and whether it compares b with a: unordered sets
// the carry, so that only `above` and `above_equal` are false of it.
struct FlagsRow {
  FloatCondition condition;
  bool swaps;
};

constexpr FlagsRow flags_rows[] = {
    {{Condition::equal, FloatCondition::Parity::clear}, false},
    {{Condition::not_equal, FloatCondition::Parity::or_set}, false},
    {{Condition::above}, true},
    {{Condition::above}, false},
    {{Condition::above_equal}, true},
    {{Condition::above_equal}, false},
};

constexpr const FlagsRow& flags_row(Relation relation) {
  return flags_rows[static_cast<size_t>(relation)];
}

void compare_floats(MacroAssembler& m, bool is_f64, Xmm a, const auto& b) {
  if (is_f64) {
    m.has_avx() ? m.vucomisd(a, b) : m.ucomisd(a, b);
  } else {
    m.has_avx() ? m.vucomiss(a, b) : m.ucomiss(a, b);
  }
}

// scratch_xmm = all bits set or none; `predicate` is cmpss's immediate.
void compare_to_mask(MacroAssembler& m, bool is_f64, Xmm a, const auto& b, uint8_t predicate) {
  if (m.has_avx()) {
    is_f64 ? m.vcmpsd(scratch_xmm, a, b, predicate) : m.vcmpss(scratch_xmm, a, b, predicate);
  } else {
    m.move(scratch_xmm, a);
    is_f64 ? m.cmpsd(scratch_xmm, b, predicate) : m.cmpss(scratch_xmm, b, predicate);
  }
}

// eq and ne: a mask needs no second look at the parity flag.
void set_by_mask(MacroAssembler& m, Comparison comparison, Gpr d, Xmm a, const auto& b) {
  constexpr uint8_t equal = 0, not_equal = 4;  // unordered: false, true
  const bool is_eq = comparison.relation == Relation::eq;
  compare_to_mask(m, comparison.is_f64, a, b, is_eq ? equal : not_equal);
  m.has_avx() ? m.vmovd(d, scratch_xmm) : m.movd(d, scratch_xmm);
  m.and_(Width::w32, d, 1);
}

}  // namespace

FloatCondition FloatEmitter::compare_flags(Op op, Xmm a, Xmm b) {
  const Comparison comparison = comparison_of(op);
  const FlagsRow& row = flags_row(comparison.relation);
  compare_floats(m_, comparison.is_f64, row.swaps ? b : a, row.swaps ? a : b);
  return row.condition;
}

FloatCondition FloatEmitter::compare_flags(Op op, Xmm a, const Mem& b) {
  const Comparison comparison = comparison_of(op);
  const FlagsRow& row = flags_row(comparison.relation);
  if (row.swaps) {
    m_.load(scratch_xmm, b, comparison.is_f64 ? 8 : 4);
    compare_floats(m_, comparison.is_f64, scratch_xmm, a);
  } else {
    compare_floats(m_, comparison.is_f64, a, b);
  }
  return row.condition;
}

template <typename Rhs>
void FloatEmitter::compare_into(Op op, Gpr d, Xmm a, const Rhs& b) {
  const Comparison comparison = comparison_of(op);
  if (comparison.relation == Relation::eq || comparison.relation == Relation::ne) {
    return set_by_mask(m_, comparison, d, a, b);
  }
  m_.xor_(Width::w32, d, d);
  const FloatCondition flags = compare_flags(op, a, b);
  assert(flags.parity == FloatCondition::Parity::ignored);
  m_.setcc(flags.condition, d);
}

void FloatEmitter::compare(Op op, Gpr d, Xmm a, Xmm b) { compare_into(op, d, a, b); }
void FloatEmitter::compare(Op op, Gpr d, Xmm a, const Mem& b) { compare_into(op, d, a, b); }

namespace {

constexpr V128 all_lanes(uint32_t lane) {
  return V128::from_lanes(std::array{lane, lane, lane, lane});
}
constexpr V128 all_lanes(uint64_t lane) { return V128::from_lanes(std::array{lane, lane}); }

constexpr V128 complement(V128 v) {
  for (uint8_t& byte : v.bytes) byte = static_cast<uint8_t>(~byte);
  return v;
}

constexpr V128 sign_f32 = all_lanes(uint32_t{1} << 31);
constexpr V128 sign_f64 = all_lanes(uint64_t{1} << 63);

}  // namespace

void FloatEmitter::and_bits(Xmm d, Xmm a, const V128& bits) {
  if (m_.has_avx()) return m_.vandps(d, a, m_.constant(bits));
  m_.move(d, a);
  m_.andps(d, m_.constant(bits));
}

void FloatEmitter::xor_bits(Xmm d, Xmm a, const V128& bits) {
  if (m_.has_avx()) return m_.vxorps(d, a, m_.constant(bits));
  m_.move(d, a);
  m_.xorps(d, m_.constant(bits));
}

void FloatEmitter::copy_sign(Xmm d, Xmm a, Xmm b, const V128& sign) {
  and_bits(scratch_xmm, b, sign);
  and_bits(d, a, complement(sign));
  m_.has_avx() ? m_.vorps(d, d, scratch_xmm) : m_.orps(d, scratch_xmm);
}

void FloatEmitter::f32_abs(Xmm d, Xmm a) { and_bits(d, a, complement(sign_f32)); }
void FloatEmitter::f64_abs(Xmm d, Xmm a) { and_bits(d, a, complement(sign_f64)); }
void FloatEmitter::f32_neg(Xmm d, Xmm a) { xor_bits(d, a, sign_f32); }
void FloatEmitter::f64_neg(Xmm d, Xmm a) { xor_bits(d, a, sign_f64); }
void FloatEmitter::f32_copysign(Xmm d, Xmm a, Xmm b) { copy_sign(d, a, b, sign_f32); }
void FloatEmitter::f64_copysign(Xmm d, Xmm a, Xmm b) { copy_sign(d, a, b, sign_f64); }

void FloatEmitter::f32_add(Xmm d, Xmm a, Xmm b) {
  if (m_.has_avx()) return m_.vaddss(d, a, b);
  const Xmm rhs = place_commuting(d, a, b);
  m_.addss(d, rhs);
}
void FloatEmitter::f32_add(Xmm d, Xmm a, const Mem& b) {
  if (m_.has_avx()) return m_.vaddss(d, a, b);
  m_.move(d, a);
  m_.addss(d, b);
}

void FloatEmitter::f32_sub(Xmm d, Xmm a, Xmm b) {
  if (m_.has_avx()) return m_.vsubss(d, a, b);
  const Xmm rhs = place(d, a, b);
  m_.subss(d, rhs);
}
void FloatEmitter::f32_sub(Xmm d, Xmm a, const Mem& b) {
  if (m_.has_avx()) return m_.vsubss(d, a, b);
  m_.move(d, a);
  m_.subss(d, b);
}

void FloatEmitter::f32_mul(Xmm d, Xmm a, Xmm b) {
  if (m_.has_avx()) return m_.vmulss(d, a, b);
  const Xmm rhs = place_commuting(d, a, b);
  m_.mulss(d, rhs);
}
void FloatEmitter::f32_mul(Xmm d, Xmm a, const Mem& b) {
  if (m_.has_avx()) return m_.vmulss(d, a, b);
  m_.move(d, a);
  m_.mulss(d, b);
}

void FloatEmitter::f32_div(Xmm d, Xmm a, Xmm b) {
  if (m_.has_avx()) return m_.vdivss(d, a, b);
  const Xmm rhs = place(d, a, b);
  m_.divss(d, rhs);
}
void FloatEmitter::f32_div(Xmm d, Xmm a, const Mem& b) {
  if (m_.has_avx()) return m_.vdivss(d, a, b);
  m_.move(d, a);
  m_.divss(d, b);
}

void FloatEmitter::f32_sqrt(Xmm d, Xmm a) {
  if (m_.has_avx()) return m_.vsqrtss(d, a, a);
  m_.move(d, a);
  m_.sqrtss(d, d);
}
void FloatEmitter::f32_sqrt(Xmm d, const Mem& a) {
  m_.load(d, a, 4);
  f32_sqrt(d, d);
}
void FloatEmitter::round_f32(Xmm d, Xmm a, uint8_t mode) {
  if (m_.has_avx()) return m_.vroundss(d, a, a, mode);
  m_.move(d, a);
  m_.roundss(d, d, mode);
}

void FloatEmitter::f64_add(Xmm d, Xmm a, Xmm b) {
  if (m_.has_avx()) return m_.vaddsd(d, a, b);
  const Xmm rhs = place_commuting(d, a, b);
  m_.addsd(d, rhs);
}
void FloatEmitter::f64_add(Xmm d, Xmm a, const Mem& b) {
  if (m_.has_avx()) return m_.vaddsd(d, a, b);
  m_.move(d, a);
  m_.addsd(d, b);
}

void FloatEmitter::f64_sub(Xmm d, Xmm a, Xmm b) {
  if (m_.has_avx()) return m_.vsubsd(d, a, b);
  const Xmm rhs = place(d, a, b);
  m_.subsd(d, rhs);
}
void FloatEmitter::f64_sub(Xmm d, Xmm a, const Mem& b) {
  if (m_.has_avx()) return m_.vsubsd(d, a, b);
  m_.move(d, a);
  m_.subsd(d, b);
}

void FloatEmitter::f64_mul(Xmm d, Xmm a, Xmm b) {
  if (m_.has_avx()) return m_.vmulsd(d, a, b);
  const Xmm rhs = place_commuting(d, a, b);
  m_.mulsd(d, rhs);
}
void FloatEmitter::f64_mul(Xmm d, Xmm a, const Mem& b) {
  if (m_.has_avx()) return m_.vmulsd(d, a, b);
  m_.move(d, a);
  m_.mulsd(d, b);
}

void FloatEmitter::f64_div(Xmm d, Xmm a, Xmm b) {
  if (m_.has_avx()) return m_.vdivsd(d, a, b);
  const Xmm rhs = place(d, a, b);
  m_.divsd(d, rhs);
}
void FloatEmitter::f64_div(Xmm d, Xmm a, const Mem& b) {
  if (m_.has_avx()) return m_.vdivsd(d, a, b);
  m_.move(d, a);
  m_.divsd(d, b);
}

void FloatEmitter::f64_sqrt(Xmm d, Xmm a) {
  if (m_.has_avx()) return m_.vsqrtsd(d, a, a);
  m_.move(d, a);
  m_.sqrtsd(d, d);
}
void FloatEmitter::f64_sqrt(Xmm d, const Mem& a) {
  m_.load(d, a, 8);
  f64_sqrt(d, d);
}
void FloatEmitter::round_f64(Xmm d, Xmm a, uint8_t mode) {
  if (m_.has_avx()) return m_.vroundsd(d, a, a, mode);
  m_.move(d, a);
  m_.roundsd(d, d, mode);
}
// minss yields its second operand where operands are equal, zeros of either sign too, or unordered:
// those two cases are apart, and rare.
void FloatEmitter::min_max(Xmm d, Xmm a, Xmm b, MinMax what) {
  Label differ, unordered, done;
  compare_floats(m_, what.is_f64, a, b);
  if (!m_.has_avx()) {
    b = place_commuting(d, a, b);
    a = d;
  }
  m_.jcc_short(Condition::not_equal, differ);
  m_.jcc_short(Condition::parity, unordered);
  merge_equal(d, a, b, what.is_max);
  m_.jmp_short(done);
  m_.bind(unordered);
  what.is_f64 ? f64_add(d, a, b) : f32_add(d, a, b);
  m_.jmp_short(done);
  m_.bind(differ);
  what.is_max ? max_of_different(d, a, b, what.is_f64) : min_of_different(d, a, b, what.is_f64);
  m_.bind(done);
}

// -0 is the lesser, +0 the greater of two zeros; other equal floats are the same bits.
void FloatEmitter::merge_equal(Xmm d, Xmm a, Xmm b, bool is_max) {
  if (m_.has_avx()) {
    is_max ? m_.vandps(d, a, b) : m_.vorps(d, a, b);
  } else {
    is_max ? m_.andps(d, b) : m_.orps(d, b);
  }
}

void FloatEmitter::min_of_different(Xmm d, Xmm a, Xmm b, bool is_f64) {
  if (m_.has_avx()) {
    is_f64 ? m_.vminsd(d, a, b) : m_.vminss(d, a, b);
  } else {
    is_f64 ? m_.minsd(d, b) : m_.minss(d, b);
  }
}

void FloatEmitter::max_of_different(Xmm d, Xmm a, Xmm b, bool is_f64) {
  if (m_.has_avx()) {
    is_f64 ? m_.vmaxsd(d, a, b) : m_.vmaxss(d, a, b);
  } else {
    is_f64 ? m_.maxsd(d, b) : m_.maxss(d, b);
  }
}

void FloatEmitter::f32_min(Xmm d, Xmm a, Xmm b) {
  min_max(d, a, b, {.is_f64 = false, .is_max = false});
}
void FloatEmitter::f32_max(Xmm d, Xmm a, Xmm b) {
  min_max(d, a, b, {.is_f64 = false, .is_max = true});
}
void FloatEmitter::f64_min(Xmm d, Xmm a, Xmm b) {
  min_max(d, a, b, {.is_f64 = true, .is_max = false});
}
void FloatEmitter::f64_max(Xmm d, Xmm a, Xmm b) {
  min_max(d, a, b, {.is_f64 = true, .is_max = true});
}

}  // namespace waxwing::codegen::x64
