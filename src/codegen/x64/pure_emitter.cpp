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

// Calls `call` with the result and the first `count` operands of `instr`.
template <Op op, size_t count>
constexpr auto with_registers(const PureInstr& instr, auto call) {
  constexpr PureFacts facts = pure_facts(op);
  return [&]<size_t... I>(std::index_sequence<I...>) {
    return call(reg_of<facts.result>(instr.result),
                reg_of<facts.operands[I]>(instr.operands[I])...);
  }(std::make_index_sequence<count>{});
}

template <Op op, typename Method>
void emit_row(MacroAssembler& m, const PureInstr& instr) {
  constexpr PureFacts facts = pure_facts(op);
  with_registers<op, facts.operand_count>(instr, [&](auto... registers) {
    EmitterOf<op> emitter(m);
    if constexpr (facts.has_lane) {
      Method{}(emitter, registers..., instr.lane);
    } else if constexpr (facts.has_lanes) {
      Method{}(emitter, registers..., instr.lanes);
    } else {
      Method{}(emitter, registers...);
    }
  });
}

template <Op op, typename Method>
void emit_row_from(MacroAssembler& m, const PureInstr& instr, const Mem& last) {
  with_registers<op, pure_facts(op).operand_count - 1>(instr, [&](auto... registers) {
    EmitterOf<op> emitter(m);
    Method{}(emitter, registers..., last);
  });
}

// Whether the row's emitter has a method that takes the last operand from memory.
template <Op op, typename Method>
consteval bool has_memory_form() {
  return with_registers<op, pure_facts(op).operand_count - 1>(PureInstr{}, [](auto... registers) {
    return std::is_invocable_v<Method, EmitterOf<op>&, decltype(registers)..., const Mem&>;
  });
}

struct Row {
  void (*emit)(MacroAssembler&, const PureInstr&) = nullptr;
  void (*emit_from)(MacroAssembler&, const PureInstr&, const Mem&) = nullptr;
};

template <Op op, typename Method>
consteval Row row(Method) {
  Row row;
  if constexpr (pure_facts(op).is_emitted) {
    row.emit = emit_row<op, Method>;
    if constexpr (has_memory_form<op, Method>()) row.emit_from = emit_row_from<op, Method>;
  }
  return row;
}

// A row that its emitter has no method for does not compile, with an error that names it.
constexpr Row rows[] = {
#define OP(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) Row(),
#define PURE(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE)                             \
  row<Op::ID>([](auto& emitter, const auto&... operands) -> decltype(emitter.ID(operands...)) { \
    emitter.ID(operands...);                                                                    \
  }),
#include "syntax/opcodes.def"
};

}  // namespace

void emit_pure(MacroAssembler& m, const PureInstr& instr) {
  assert(pure_facts(instr.op).is_emitted);
  rows[size_t(instr.op)].emit(m, instr);
}

bool reads_memory(Op op) { return rows[size_t(op)].emit_from != nullptr; }

void emit_pure_from(MacroAssembler& m, const PureInstr& instr, const Mem& last) {
  assert(reads_memory(instr.op));
  rows[size_t(instr.op)].emit_from(m, instr, last);
}

}  // namespace waxwing::codegen::x64
