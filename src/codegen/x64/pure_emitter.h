// The code of PURE rows of opcodes.def by their Op: floats, conversions and vectors. Rows with
// integers alone are the compilers' own. [spec 4.3]
#pragma once

#include <array>
#include <cstdint>

#include "base/v128.h"
#include "codegen/x64/macro_assembler.h"
#include "codegen/x64/operand.h"
#include "syntax/opcode_table.h"

namespace waxwing::codegen::x64 {

/// What a compiler must know of a PURE row to choose its registers, read from its signature.
struct PureFacts {
  static constexpr size_t max_operands = 3;

  bool is_emitted = false;  // by emit_pure: PURE, and with a float or a vector
  bool has_lane = false;    // PureInstr::lane
  bool has_lanes = false;   // PureInstr::lanes
  uint8_t operand_count = 0;
  std::array<RegClass, max_operands> operands{};
  RegClass result = RegClass::general;
};

consteval bool has_float_or_vector(const syntax::Signature& signature) {
  for (size_t i = 0; i < signature.param_count; ++i) {
    if (class_of(signature.params[i]) == RegClass::vector) return true;
  }
  for (size_t i = 0; i < signature.result_count; ++i) {
    if (class_of(signature.results[i]) == RegClass::vector) return true;
  }
  return false;
}

consteval PureFacts read_pure_facts(const syntax::OpInfo& info) {
  const syntax::Signature& signature = info.signature;
  PureFacts facts;
  if (info.kind != syntax::OpKind::pure || !has_float_or_vector(signature)) return facts;
  if (signature.param_count > PureFacts::max_operands || signature.result_count != 1) {
    syntax::table_is_wrong("a PURE row has more operands or results than PureInstr holds");
  }
  facts.is_emitted = true;
  facts.has_lane = info.immediate == syntax::ImmediateKind::lane;
  facts.has_lanes = info.immediate == syntax::ImmediateKind::shuffle;
  facts.operand_count = signature.param_count;
  for (size_t i = 0; i < signature.param_count; ++i) {
    facts.operands[i] = class_of(signature.params[i]);
  }
  facts.result = class_of(signature.results[0]);
  return facts;
}

inline constexpr std::array<PureFacts, syntax::op_count> pure_table = []() consteval {
  std::array<PureFacts, syntax::op_count> table{};
  for (const syntax::OpInfo& info : syntax::op_table) {
    table[size_t(info.id)] = read_pure_facts(info);
  }
  return table;
}();

constexpr const PureFacts& pure_facts(syntax::Op op) { return pure_table[size_t(op)]; }

/// An instruction with the registers of its operands, each of the class that `pure_facts` says.
struct PureInstr {
  syntax::Op op;
  RegRef result;
  std::array<RegRef, PureFacts::max_operands> operands{};
  uint8_t lane = 0;       // valid for the row's shape
  base::V128 lanes = {};  // of i8x16.shuffle: below 32
};

/// Emits it. `result` may be any of the operands; operands other than that keep their values. May
/// change scratch, scratch_xmm, scratch_xmm2 and the flags, none of which is an operand, and
/// nothing else. i32 results are zero-extended; what a float's register holds above it is
/// undefined. REQUIRES: pure_facts(op).is_emitted.
void emit_pure(MacroAssembler& m, const PureInstr& instr);

/// Whether the row's last operand may be read from memory, in the instruction that uses it: f32 and
/// f64 arithmetic and comparisons. `emit_pure_from` then emits that: `last`, of the operand's size
/// at any alignment, is in its place. A general-purpose result is not a register of its address;
/// what may fault is the caller's to note.
bool reads_memory(syntax::Op op);
void emit_pure_from(MacroAssembler& m, const PureInstr& instr, const Mem& last);

}  // namespace waxwing::codegen::x64
