// One small function a row, which unpacks registers and calls the emitter's method of the row's
// name.
#include "codegen/x64/pure_emitter.h"

#include <cassert>
#include <type_traits>
#include <utility>

#include "codegen/x64/convert_emitter.h"
#include "codegen/x64/float_emitter.h"
#include "codegen/x64/vector_emitter.h"

namespace waxwing::codegen::x64 {
namespace {

using syntax::Op;
using syntax::OperandType;
using syntax::Signature;

consteval bool has_vector(const Signature& signature) {
  for (const OperandType type : signature.params) {
    if (type == OperandType::v128) return true;
  }
  return signature.results[0] == OperandType::v128;
}

// A conversion is what yields another type than that of its one operand.
consteval bool is_conversion(const Signature& signature) {
  return signature.param_count == 1 && signature.params[0] != signature.results[0];
}

template <Op op>
consteval auto choose_emitter() {
  constexpr Signature signature = syntax::op_info(op).signature;
  if constexpr (has_vector(signature)) {
    return std::type_identity<VectorEmitter>{};
  } else if constexpr (is_conversion(signature)) {
    return std::type_identity<ConvertEmitter>{};
  } else {
    return std::type_identity<FloatEmitter>{};
  }
}

template <Op op>
using EmitterOf = typename decltype(choose_emitter<op>())::type;

// Calls `method` with the emitter and the registers and immediates of `instr`.
template <Op op>
constexpr auto with_operands(const PureInstr& instr, auto call) {
  constexpr PureFacts facts = pure_facts(op);
  return [&]<size_t... I>(std::index_sequence<I...>) {
    const auto result = reg_of<facts.result>(instr.result);
    if constexpr (facts.has_lane) {
      return call(result, reg_of<facts.operands[I]>(instr.operands[I])..., instr.lane);
    } else if constexpr (facts.has_lanes) {
      return call(result, reg_of<facts.operands[I]>(instr.operands[I])..., instr.lanes);
    } else {
      return call(result, reg_of<facts.operands[I]>(instr.operands[I])...);
    }
  }(std::make_index_sequence<facts.operand_count>{});
}

template <Op op, typename Method>
void emit_row(MacroAssembler& m, const PureInstr& instr) {
  with_operands<op>(instr, [&](const auto&... registers) {
    EmitterOf<op> emitter(m);
    Method{}(emitter, registers...);
  });
}

using EmitRow = void (*)(MacroAssembler&, const PureInstr&);

template <Op op, typename Method>
consteval EmitRow row(Method) {
  if constexpr (!pure_facts(op).is_emitted) {
    return nullptr;
  } else {
    return emit_row<op, Method>;
  }
}

// A row that its emitter has no method for does not compile, with an error that names it.
constexpr EmitRow rows[] = {
#define OP(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) nullptr,
#define PURE(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE)                               \
  row<Op::ID>([](auto& emitter, const auto&... registers) -> decltype(emitter.ID(registers...)) { \
    emitter.ID(registers...);                                                                     \
  }),
#include "syntax/opcodes.def"
};

}  // namespace

void emit_pure(MacroAssembler& m, const PureInstr& instr) {
  assert(rows[size_t(instr.op)] != nullptr);
  rows[size_t(instr.op)](m, instr);
}

}  // namespace waxwing::codegen::x64
