// The code of every vector instruction: one method a row of opcodes.def that has a v128 and no
// memory, named as the row. Relaxed ones do what numeric/ says they do here. [spec 4.3.5, 4.3.6]
#pragma once

#include <array>
#include <cstdint>

#include "codegen/x64/vector_forms.h"
#include "syntax/opcode_table.h"

namespace waxwing::codegen::x64 {

/// Whether the row shifts lanes: VectorEmitter::shift takes it where the count is a constant.
constexpr bool is_vector_shift(syntax::Op op) {
  const syntax::OpInfo& info = syntax::op_info(op);
  return info.kind == syntax::OpKind::pure && info.immediate == syntax::ImmediateKind::none &&
         info.signature.param_count == 2 && info.signature.params[0] == syntax::OperandType::v128 &&
         info.signature.params[1] == syntax::OperandType::i32;
}

/// Whether the row asks a question: VectorEmitter::test_flags answers it for a branch.
constexpr bool is_vector_test(syntax::Op op) {
  using syntax::Op;
  return op == Op::v128_any_true || op == Op::i8x16_all_true || op == Op::i16x8_all_true ||
         op == Op::i32x4_all_true || op == Op::i64x2_all_true;
}

/// Parameters: the result `d`, then the operands in their order, then the immediate. `d` may be any
/// of the operands; those that are not `d` keep their values. Changes `scratch`, `scratch_xmm`,
/// `scratch_xmm2` and the flags, and nothing else; operands are none of these. An i32 comes and
/// goes with its upper half zero (the upper half of an operand is not read). An f32 or f64 is the
/// lowest lane: what is above it is anything. Holds no state but the assembler.
class VectorEmitter : private VectorForms {
 public:
  explicit VectorEmitter(MacroAssembler& masm) : VectorForms(masm) {}

  /// REQUIRES: is_vector_shift(op). The count is taken modulo the bits of a lane.
  void shift(syntax::Op op, Xmm d, Xmm a, uint8_t count);
  /// Sets the flags: the condition holds where the row yields 1. REQUIRES: is_vector_test(op).
  Condition test_flags(syntax::Op op, Xmm a);

#define ROW(ID, ...) void ID(Xmm d, Xmm a, Xmm b);
#define UNARY(ID, ...) void ID(Xmm d, Xmm a);
#define UNARY_IMM UNARY
#define CONSTANT UNARY
#define NEGATE UNARY
#define EXTEND_HIGH UNARY
#define SHIFT(ID, INSTRUCTION, BITS) \
  void ID(Xmm d, Xmm a, Gpr count);  \
  void ID(Xmm d, Xmm a, uint8_t count);
#define ALL_TRUE(ID, EQUAL) void ID(Gpr d, Xmm a);
#include "codegen/x64/vector_rows.def"

  // Integer lanes; counts are taken modulo the bits of a lane.
  void i8x16_shl(Xmm d, Xmm a, Gpr count);
  void i8x16_shl(Xmm d, Xmm a, uint8_t count);
  void i8x16_shr_s(Xmm d, Xmm a, Gpr count);
  void i8x16_shr_s(Xmm d, Xmm a, uint8_t count);
  void i8x16_shr_u(Xmm d, Xmm a, Gpr count);
  void i8x16_shr_u(Xmm d, Xmm a, uint8_t count);
  void i64x2_shr_s(Xmm d, Xmm a, Gpr count);
  void i64x2_shr_s(Xmm d, Xmm a, uint8_t count);
  void i64x2_le_s(Xmm d, Xmm a, Xmm b);
  void i64x2_ge_s(Xmm d, Xmm a, Xmm b);
  void i64x2_abs(Xmm d, Xmm a);
  void i64x2_mul(Xmm d, Xmm a, Xmm b);
  void i8x16_popcnt(Xmm d, Xmm a);
  void i8x16_bitmask(Gpr d, Xmm a);
  void i16x8_bitmask(Gpr d, Xmm a);
  void i32x4_bitmask(Gpr d, Xmm a);
  void i64x2_bitmask(Gpr d, Xmm a);
  void v128_any_true(Gpr d, Xmm a);
  void v128_not(Xmm d, Xmm a);
  /// Bits of `a` where `mask` is 1, of `b` where it is 0.
  void v128_bitselect(Xmm d, Xmm a, Xmm b, Xmm mask);

  // Products and sums of wider lanes.
  void i16x8_q15mulr_sat_s(Xmm d, Xmm a, Xmm b);
  void i16x8_extmul_low_i8x16_s(Xmm d, Xmm a, Xmm b);
  void i16x8_extmul_low_i8x16_u(Xmm d, Xmm a, Xmm b);
  void i16x8_extmul_high_i8x16_s(Xmm d, Xmm a, Xmm b);
  void i16x8_extmul_high_i8x16_u(Xmm d, Xmm a, Xmm b);
  void i32x4_extmul_low_i16x8_s(Xmm d, Xmm a, Xmm b);
  void i32x4_extmul_low_i16x8_u(Xmm d, Xmm a, Xmm b);
  void i32x4_extmul_high_i16x8_s(Xmm d, Xmm a, Xmm b);
  void i32x4_extmul_high_i16x8_u(Xmm d, Xmm a, Xmm b);
  void i64x2_extmul_low_i32x4_s(Xmm d, Xmm a, Xmm b);
  void i64x2_extmul_low_i32x4_u(Xmm d, Xmm a, Xmm b);
  void i64x2_extmul_high_i32x4_s(Xmm d, Xmm a, Xmm b);
  void i64x2_extmul_high_i32x4_u(Xmm d, Xmm a, Xmm b);
  void i16x8_extadd_pairwise_i8x16_s(Xmm d, Xmm a);
  void i16x8_extadd_pairwise_i8x16_u(Xmm d, Xmm a);
  void i32x4_extadd_pairwise_i16x8_s(Xmm d, Xmm a);
  void i32x4_extadd_pairwise_i16x8_u(Xmm d, Xmm a);

  // Float lanes and conversions.
  void f32x4_min(Xmm d, Xmm a, Xmm b);
  void f32x4_max(Xmm d, Xmm a, Xmm b);
  void f64x2_min(Xmm d, Xmm a, Xmm b);
  void f64x2_max(Xmm d, Xmm a, Xmm b);
  void i32x4_trunc_sat_f32x4_s(Xmm d, Xmm a);
  void i32x4_trunc_sat_f32x4_u(Xmm d, Xmm a);
  void i32x4_trunc_sat_f64x2_s_zero(Xmm d, Xmm a);
  void i32x4_trunc_sat_f64x2_u_zero(Xmm d, Xmm a);
  void f32x4_convert_i32x4_u(Xmm d, Xmm a);
  void f64x2_convert_low_i32x4_u(Xmm d, Xmm a);

  // Moving lanes. REQUIRES: lanes are in range, as validation has checked.
  void i8x16_splat(Xmm d, Gpr a);
  void i16x8_splat(Xmm d, Gpr a);
  void i32x4_splat(Xmm d, Gpr a);
  void i64x2_splat(Xmm d, Gpr a);
  void f32x4_splat(Xmm d, Xmm a);
  void i8x16_extract_lane_s(Gpr d, Xmm a, uint8_t lane);
  void i8x16_extract_lane_u(Gpr d, Xmm a, uint8_t lane);
  void i16x8_extract_lane_s(Gpr d, Xmm a, uint8_t lane);
  void i16x8_extract_lane_u(Gpr d, Xmm a, uint8_t lane);
  void i32x4_extract_lane(Gpr d, Xmm a, uint8_t lane);
  void i64x2_extract_lane(Gpr d, Xmm a, uint8_t lane);
  void f32x4_extract_lane(Xmm d, Xmm a, uint8_t lane);
  void f64x2_extract_lane(Xmm d, Xmm a, uint8_t lane);
  void i8x16_replace_lane(Xmm d, Xmm a, Gpr x, uint8_t lane);
  void i16x8_replace_lane(Xmm d, Xmm a, Gpr x, uint8_t lane);
  void i32x4_replace_lane(Xmm d, Xmm a, Gpr x, uint8_t lane);
  void i64x2_replace_lane(Xmm d, Xmm a, Gpr x, uint8_t lane);
  void f32x4_replace_lane(Xmm d, Xmm a, Xmm x, uint8_t lane);
  void f64x2_replace_lane(Xmm d, Xmm a, Xmm x, uint8_t lane);
  /// Lane i is lane `lanes[i]` of `a` followed by `b`. REQUIRES: each is below 32.
  void i8x16_shuffle(Xmm d, Xmm a, Xmm b, const V128& lanes);
  void i8x16_swizzle(Xmm d, Xmm a, Xmm indices);

  // Relaxed instructions.
  void i8x16_relaxed_swizzle(Xmm d, Xmm a, Xmm indices) { i8x16_swizzle(d, a, indices); }
  void i32x4_relaxed_trunc_f32x4_s(Xmm d, Xmm a) { i32x4_trunc_sat_f32x4_s(d, a); }
  void i32x4_relaxed_trunc_f32x4_u(Xmm d, Xmm a) { i32x4_trunc_sat_f32x4_u(d, a); }
  void i32x4_relaxed_trunc_f64x2_s_zero(Xmm d, Xmm a) { i32x4_trunc_sat_f64x2_s_zero(d, a); }
  void i32x4_relaxed_trunc_f64x2_u_zero(Xmm d, Xmm a) { i32x4_trunc_sat_f64x2_u_zero(d, a); }
  /// Multiply-add rounds twice.
  void f32x4_relaxed_madd(Xmm d, Xmm a, Xmm b, Xmm c);
  void f32x4_relaxed_nmadd(Xmm d, Xmm a, Xmm b, Xmm c);
  void f64x2_relaxed_madd(Xmm d, Xmm a, Xmm b, Xmm c);
  void f64x2_relaxed_nmadd(Xmm d, Xmm a, Xmm b, Xmm c);
  void i8x16_relaxed_laneselect(Xmm d, Xmm a, Xmm b, Xmm mask) { v128_bitselect(d, a, b, mask); }
  void i16x8_relaxed_laneselect(Xmm d, Xmm a, Xmm b, Xmm mask) { v128_bitselect(d, a, b, mask); }
  void i32x4_relaxed_laneselect(Xmm d, Xmm a, Xmm b, Xmm mask) { v128_bitselect(d, a, b, mask); }
  void i64x2_relaxed_laneselect(Xmm d, Xmm a, Xmm b, Xmm mask) { v128_bitselect(d, a, b, mask); }
  void f32x4_relaxed_min(Xmm d, Xmm a, Xmm b) { f32x4_min(d, a, b); }
  void f32x4_relaxed_max(Xmm d, Xmm a, Xmm b) { f32x4_max(d, a, b); }
  void f64x2_relaxed_min(Xmm d, Xmm a, Xmm b) { f64x2_min(d, a, b); }
  void f64x2_relaxed_max(Xmm d, Xmm a, Xmm b) { f64x2_max(d, a, b); }
  void i16x8_relaxed_q15mulr_s(Xmm d, Xmm a, Xmm b) { i16x8_q15mulr_sat_s(d, a, b); }
  void i16x8_relaxed_dot_i8x16_i7x16_s(Xmm d, Xmm a, Xmm b);
  void i32x4_relaxed_dot_i8x16_i7x16_add_s(Xmm d, Xmm a, Xmm b, Xmm c);

  /// Makes every NaN lane the canonical NaN.
  void f32x4_canonicalize(Xmm d);
  void f64x2_canonicalize(Xmm d);

 private:
  void move_matrix_shift(Xmm d, Gpr count);
  void move_shifted_byte_mask(Xmm d, Xmm count);
  static constexpr uint8_t low_to_even = 0b01'01'00'00;
  static constexpr uint8_t high_to_even = 0b11'11'10'10;
  void spread_dwords(Xmm d, Xmm a, Xmm b, uint8_t order);
  void high_bytes_to_words(Xmm a, Xmm b);
  template <XmmXmm sse, XmmXmmXmm avx>
  void in_both_orders(Xmm a, Xmm b);
  void f32x4_with_canonical_nans(Xmm d, Xmm a, Xmm b);
  void f64x2_with_canonical_nans(Xmm d, Xmm a, Xmm b);
  void f32x4_range(Xmm d, Xmm a, Xmm b, uint8_t range);
  void f64x2_range(Xmm d, Xmm a, Xmm b, uint8_t range);
  void i32x4_from_gpr(Xmm d, Gpr a);
  void permute_dwords(Xmm d, Xmm a, uint8_t order);
  void shuffle_one(Xmm d, Xmm a, const V128& lanes);
  bool shuffle_words_of_one(Xmm d, Xmm a, const V128& lanes);
  bool interleave(Xmm d, Xmm a, Xmm b, const V128& lanes);
  bool blend(Xmm d, Xmm a, Xmm b, const V128& lanes);
  void blend_words(Xmm d, Xmm a, Xmm b, uint8_t mask);
  bool shuffle_dwords(Xmm d, Xmm a, Xmm b, const V128& lanes);
  bool insert_dword(Xmm d, Xmm a, Xmm b, const V128& lanes);
  void permute_dwords(Xmm d, Xmm a, Xmm b, const std::array<uint8_t, 4>& dwords);
  void shuffle_bytes(Xmm d, Xmm a, Xmm b, const V128& lanes);
};

}  // namespace waxwing::codegen::x64
