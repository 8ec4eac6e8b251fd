// See vector_emitter.h: the rows of vector_rows.def.
#include "base/check.h"
#include "codegen/x64/vector_emitter.h"

namespace waxwing::codegen::x64 {

using syntax::Op;

// clang-format off: a line a kind
#define TWINS(INSTRUCTION) &Assembler::INSTRUCTION, &Assembler::v##INSTRUCTION
#define UNARY(ID, INSTRUCTION) \
  void VectorEmitter::ID(Xmm d, Xmm a) { unary<TWINS(INSTRUCTION)>(d, a); }
#define UNARY_IMM(ID, INSTRUCTION, IMM) \
  void VectorEmitter::ID(Xmm d, Xmm a) { unary_imm<TWINS(INSTRUCTION)>(d, a, IMM); }
#define COMMUTATIVE(ID, INSTRUCTION) \
  void VectorEmitter::ID(Xmm d, Xmm a, Xmm b) { commutative<TWINS(INSTRUCTION)>(d, a, b); }
#define COMMUTATIVE_IMM(ID, INSTRUCTION, IMM) \
  void VectorEmitter::ID(Xmm d, Xmm a, Xmm b) { commutative_imm<TWINS(INSTRUCTION)>(d, a, b, IMM); }
#define ORDERED(ID, INSTRUCTION) \
  void VectorEmitter::ID(Xmm d, Xmm a, Xmm b) { ordered<TWINS(INSTRUCTION)>(d, a, b); }
#define ORDERED_IMM(ID, INSTRUCTION, IMM) \
  void VectorEmitter::ID(Xmm d, Xmm a, Xmm b) { ordered_imm<TWINS(INSTRUCTION)>(d, a, b, IMM); }
#define REVERSED(ID, INSTRUCTION) \
  void VectorEmitter::ID(Xmm d, Xmm a, Xmm b) { ordered<TWINS(INSTRUCTION)>(d, b, a); }
#define REVERSED_IMM(ID, INSTRUCTION, IMM) \
  void VectorEmitter::ID(Xmm d, Xmm a, Xmm b) { ordered_imm<TWINS(INSTRUCTION)>(d, b, a, IMM); }
#define CONSTANT(ID, INSTRUCTION, BITS) \
  void VectorEmitter::ID(Xmm d, Xmm a) { with_constant<TWINS(INSTRUCTION)>(d, a, all_qwords(BITS)); }
#define NEGATE(ID, INSTRUCTION) \
  void VectorEmitter::ID(Xmm d, Xmm a) { negate<TWINS(INSTRUCTION)>(d, a); }
#define NOT_EQUAL(ID, EQUAL) \
  void VectorEmitter::ID(Xmm d, Xmm a, Xmm b) { commutative<TWINS(EQUAL)>(d, a, b); invert(d); }
#define PICKS_A(ID, INSTRUCTION, EQUAL) \
  void VectorEmitter::ID(Xmm d, Xmm a, Xmm b) { picks_a<TWINS(INSTRUCTION), TWINS(EQUAL)>(d, a, b); }
#define REJECTS_A(ID, INSTRUCTION, EQUAL) \
  void VectorEmitter::ID(Xmm d, Xmm a, Xmm b) { picks_a<TWINS(INSTRUCTION), TWINS(EQUAL)>(d, a, b); invert(d); }
#define SHIFT(ID, INSTRUCTION, BITS) \
  void VectorEmitter::ID(Xmm d, Xmm a, Gpr count) { move_count(scratch_xmm, count, BITS); ordered<TWINS(INSTRUCTION)>(d, a, scratch_xmm); } \
  void VectorEmitter::ID(Xmm d, Xmm a, uint8_t count) { shift_by<TWINS(INSTRUCTION)>(d, a, count % (BITS)); }
#define ALL_TRUE(ID, EQUAL) \
  void VectorEmitter::ID(Gpr d, Xmm a) { m_.xor_(Width::w32, d, d); test_lanes<TWINS(EQUAL)>(a); m_.setcc(Condition::equal, d); }
#define EXTEND_HIGH(ID, INSTRUCTION) \
  void VectorEmitter::ID(Xmm d, Xmm a) { high_half(d, a); unary<TWINS(INSTRUCTION)>(d, d); }
#include "codegen/x64/vector_rows.def"

// Where constants and branches are known, by Op.
void VectorEmitter::shift(Op op, Xmm d, Xmm a, uint8_t count) {
#define SHIFT(ID, INSTRUCTION, BITS) \
  if (op == Op::ID) return ID(d, a, count);
#include "codegen/x64/vector_rows.def"
  if (op == Op::i8x16_shl) return i8x16_shl(d, a, count);
  if (op == Op::i8x16_shr_s) return i8x16_shr_s(d, a, count);
  if (op == Op::i8x16_shr_u) return i8x16_shr_u(d, a, count);
  if (op == Op::i64x2_shr_s) return i64x2_shr_s(d, a, count);
  UNREACHABLE();
}

Condition VectorEmitter::test_flags(Op op, Xmm a) {
#define ALL_TRUE(ID, EQUAL) \
  if (op == Op::ID) { test_lanes<TWINS(EQUAL)>(a); return Condition::equal; }
#include "codegen/x64/vector_rows.def"
  CHECK(op == Op::v128_any_true);
  test_bits(a);
  return Condition::not_equal;
}
#undef TWINS
// clang-format on

}  // namespace waxwing::codegen::x64
