// The code of loads and stores: one method a LOAD or STORE row of opcodes.def, named as the row,
// and the way from an Op to them. Which memory, and its bounds, are the compilers'. [spec 4.4.5]
#pragma once

#include <cstdint>

#include "codegen/x64/macro_assembler.h"
#include "codegen/x64/operand.h"
#include "syntax/opcode_table.h"

namespace waxwing::codegen::x64 {

/// Each instruction that touches the memory is noted as one that may fault, with the trap
/// out_of_bounds_memory; a store is one instruction, so that it writes all of its bytes or none.
/// No alignment is needed. Registers of the address and stored values keep their values, but `d`
/// may be any of them. May change scratch, scratch_xmm and scratch_xmm2; keeps flags. The address
/// may name scratch.
class MemoryEmitter {
 public:
  explicit MemoryEmitter(MacroAssembler& m) : m_(m) {}

  // i32 results are zero-extended; what a float's register holds above it is 0.
  void i32_load(Gpr d, const Mem& src);
  void i64_load(Gpr d, const Mem& src);
  void f32_load(Xmm d, const Mem& src);
  void f64_load(Xmm d, const Mem& src);
  void i32_load8_s(Gpr d, const Mem& src);
  void i32_load8_u(Gpr d, const Mem& src);
  void i32_load16_s(Gpr d, const Mem& src);
  void i32_load16_u(Gpr d, const Mem& src);
  void i64_load8_s(Gpr d, const Mem& src);
  void i64_load8_u(Gpr d, const Mem& src);
  void i64_load16_s(Gpr d, const Mem& src);
  void i64_load16_u(Gpr d, const Mem& src);
  void i64_load32_s(Gpr d, const Mem& src);
  void i64_load32_u(Gpr d, const Mem& src);

  void v128_load(Xmm d, const Mem& src);
  void v128_load8x8_s(Xmm d, const Mem& src);
  void v128_load8x8_u(Xmm d, const Mem& src);
  void v128_load16x4_s(Xmm d, const Mem& src);
  void v128_load16x4_u(Xmm d, const Mem& src);
  void v128_load32x2_s(Xmm d, const Mem& src);
  void v128_load32x2_u(Xmm d, const Mem& src);
  void v128_load8_splat(Xmm d, const Mem& src);
  void v128_load16_splat(Xmm d, const Mem& src);
  void v128_load32_splat(Xmm d, const Mem& src);
  void v128_load64_splat(Xmm d, const Mem& src);
  void v128_load32_zero(Xmm d, const Mem& src);
  void v128_load64_zero(Xmm d, const Mem& src);
  void v128_load8_lane(Xmm d, const Mem& src, Xmm vector, uint8_t lane);
  void v128_load16_lane(Xmm d, const Mem& src, Xmm vector, uint8_t lane);
  void v128_load32_lane(Xmm d, const Mem& src, Xmm vector, uint8_t lane);
  void v128_load64_lane(Xmm d, const Mem& src, Xmm vector, uint8_t lane);

  void i32_store(const Mem& dst, Gpr value);
  void i64_store(const Mem& dst, Gpr value);
  void f32_store(const Mem& dst, Xmm value);
  void f64_store(const Mem& dst, Xmm value);
  void i32_store8(const Mem& dst, Gpr value);
  void i32_store16(const Mem& dst, Gpr value);
  void i64_store8(const Mem& dst, Gpr value);
  void i64_store16(const Mem& dst, Gpr value);
  void i64_store32(const Mem& dst, Gpr value);
  void v128_store(const Mem& dst, Xmm value);
  void v128_store8_lane(const Mem& dst, Xmm value, uint8_t lane);
  void v128_store16_lane(const Mem& dst, Xmm value, uint8_t lane);
  void v128_store32_lane(const Mem& dst, Xmm value, uint8_t lane);
  void v128_store64_lane(const Mem& dst, Xmm value, uint8_t lane);

 private:
  void note_fault() { m_.note_fault(syntax::TrapCode::out_of_bounds_memory); }

  MacroAssembler& m_;
};

/// The class of register that a LOAD row loads into or a STORE row stores.
constexpr RegClass accessed_class(syntax::Op op) {
  const syntax::Signature& signature = syntax::op_info(op).signature;
  return class_of(signature.result_count == 1 ? signature.results[0] : signature.params[1]);
}

/// Whether it loads or stores one lane of a vector.
constexpr bool accesses_lane(syntax::Op op) {
  return syntax::op_info(op).immediate == syntax::ImmediateKind::mem_arg_lane;
}

/// A LOAD row with its operands.
struct LoadInstr {
  syntax::Op op;
  RegRef result;
  Mem src;
  RegRef vector = Xmm::xmm0;  // of lane loads: the other lanes
  uint8_t lane = 0;
};

/// A STORE row with its operands.
struct StoreInstr {
  syntax::Op op;
  Mem dst;
  RegRef value;
  uint8_t lane = 0;
};

/// Contract: MemoryEmitter's.
void emit_load(MacroAssembler& m, const LoadInstr& instr);
void emit_store(MacroAssembler& m, const StoreInstr& instr);

}  // namespace waxwing::codegen::x64
