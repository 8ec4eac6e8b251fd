// Memories, tables and references.
#include "interp/func_translator.h"

namespace waxwing::interp {

using syntax::AddressType;
using syntax::ImmediateKind;
using syntax::OperandType;

AddressType FuncTranslator::address_type(const Instr& instr) const {
  const bool is_table = syntax::op_info(instr.op).immediate == ImmediateKind::table;
  if (is_table) return module_.tables[syntax::TableIdx(instr.index)].type.address;
  return module_.memories[syntax::MemIdx(instr.index)].address;
}

ValKind FuncTranslator::kind_of(OperandType type, const Instr& instr) const {
  switch (type) {
    case OperandType::addr:
      return address_type(instr) == AddressType::i64 ? ValKind::i64 : ValKind::i32;
    case OperandType::elem: return ValKind::ref;
    case OperandType::i32:
    case OperandType::i64:
    case OperandType::f32:
    case OperandType::f64:
    case OperandType::v128: break;
  }
  return ValKind(uint8_t(type));  // the numeric words are in the order of ValKind
}

namespace {

/// Whether the quick forms serve: memory 0 with 32-bit addresses. (A 32-bit memory's offset has 32
/// bits.)
bool is_quick(const syntax::Module& module, const binary::Instr& instr) {
  return instr.index == 0 && module.memories[syntax::MemIdx(0u)].address == AddressType::i32;
}

bool is_lane(const binary::Instr& instr) {
  return syntax::op_info(instr.op).immediate == ImmediateKind::mem_arg_lane;
}

}  // namespace

void FuncTranslator::general_address(const Instr& instr) {
  emit_.cell(instr.index);
  emit_.cell64(instr.mem_offset);
}

void FuncTranslator::near_operands(std::span<StackValue> values, Cell* cells) {
  // All in slots first: writing a constant frees the scratch slots.
  for (StackValue& value : values) in_slot(value);
  for (const StackValue& value : values)
    *cells++ = emit_.near(value.operand.slot, value.operand.kind);
}

void FuncTranslator::translate_load(const Instr& instr) {
  const ValKind result = ValKind(uint8_t(syntax::op_info(instr.op).signature.results[0]));
  StackValue vector;
  if (is_lane(instr)) {
    vector = pop();
    in_slot(vector);
  }
  StackValue address = pop();
  const bool is_constant = !is_lane(instr) && is_quick(module_, instr) &&
                           address.operand.is_constant &&
                           address.operand.constant + instr.mem_offset <= UINT32_MAX;
  const Operand operand = is_constant ? address.operand : in_slot(address);
  note_source();
  push(result);
  const uint32_t home = stack_.back().home;
  if (!is_lane(instr) && is_quick(module_, instr)) {
    return emit_.load(instr.op, home, operand, static_cast<uint32_t>(instr.mem_offset), result);
  }
  const Cell near_address = emit_.near(operand.slot, operand.kind);
  const Cell near_vector =
      is_lane(instr) ? emit_.near(vector.operand.slot, ValKind::v128) : Cell{0};
  emit_.begin_result(opcode(instr.op, any_memory));
  emit_.destination(home);
  emit_.cell(near_address);
  if (is_lane(instr)) emit_.cell(near_vector);
  general_address(instr);
  if (is_lane(instr)) emit_.cell(instr.lane);
  emit_.end_result(home, result);
}

void FuncTranslator::translate_store(const Instr& instr) {
  StackValue value = pop();
  StackValue address = pop();
  if (!is_lane(instr) && is_quick(module_, instr)) {
    const bool is_constant = address.operand.is_constant && !value.operand.is_constant;
    const Operand to = is_constant ? address.operand : in_slot(address);
    const Operand from = in_slot_or_code(value);
    note_source();
    return emit_.store(instr.op, to, from, static_cast<uint32_t>(instr.mem_offset));
  }
  const Operand to = in_slot(address);
  const Operand from = in_slot(value);
  const Cell near_to = emit_.near(to.slot, to.kind);
  const Cell near_from = emit_.near(from.slot, from.kind);
  note_source();
  emit_.begin(opcode(instr.op, any_memory));
  emit_.cell(near_to);
  emit_.cell(near_from);
  general_address(instr);
  if (is_lane(instr)) emit_.cell(instr.lane);
  emit_.end_plain();
}

void FuncTranslator::translate_atomic(const Instr& instr) {
  const syntax::Signature& signature = syntax::op_info(instr.op).signature;
  Cell sources[3] = {0, 0, 0};
  StackValue values[3];
  for (size_t i = signature.param_count; i-- > 0;) values[i] = pop();
  near_operands(std::span(values, signature.param_count), sources);
  push_results_of(signature);
  note_source();
  emit_.begin_result(opcode(instr.op, any_memory));
  // Stores have no destination; the cell is there all the same.
  if (signature.result_count != 0)
    emit_.destination(values[0].home);
  else
    emit_.cell(0);
  for (Cell source : sources) emit_.cell(source);
  general_address(instr);
  if (signature.result_count == 0) return emit_.end_plain();
  emit_.end_result(values[0].home, ValKind(uint8_t(signature.results[0])));
}

void FuncTranslator::translate_runtime(const Instr& instr) {
  if (syntax::op_info(instr.op).signature.by_hand && instr.op != Op::memory_copy &&
      instr.op != Op::table_copy) {
    return translate_reference(instr);
  }
  const syntax::Signature& signature = syntax::op_info(instr.op).signature;
  const size_t count = signature.by_hand ? 3 : signature.param_count;  // the copies
  StackValue values[syntax::Signature::max_params];
  Cell sources[syntax::Signature::max_params];
  for (size_t i = count; i-- > 0;) values[i] = pop();
  near_operands(std::span(values, count), sources);
  if (signature.result_count != 0) push(kind_of(signature.results[0], instr));
  note_source();
  emit_.forget();
  emit_.begin_result(opcode(instr.op, Mode::s));
  const uint32_t home = signature.result_count != 0 ? stack_.back().home : 0;
  if (signature.result_count != 0)
    emit_.destination(home);
  else
    emit_.cell(0);
  for (size_t i = 0; i < count; ++i) emit_.cell(sources[i]);
  emit_.cell32(instr.index);
  emit_.cell32(instr.index2);
  emit_.cell64(instr.mem_offset);
  if (signature.result_count == 0) return emit_.end_plain();
  emit_.end_written(home, 1);
}

void FuncTranslator::translate_reference(const Instr& instr) {
  if (instr.op == Op::ref_null) return push_constant(ValKind::ref, 0);
  if (instr.op == Op::ref_func) {
    push(ValKind::ref);
    emit_.forget();
    emit_.begin_result(opcode(IOp::ref_func));
    emit_.destination(stack_.back().home);
    emit_.cell32(instr.index);
    return emit_.end_written(stack_.back().home, 1);
  }
  if (instr.op == Op::ref_is_null) {
    StackValue value = pop();
    const Operand operand = in_slot(value);
    push(ValKind::i32);
    return emit_.unary(Op::i64_eqz, stack_.back().home, operand, ValKind::i32);
  }
  if (instr.op == Op::ref_eq) {
    StackValue b = pop();
    StackValue a = pop();
    const Operand left = in_slot(a);
    const Operand right = in_slot(b);
    push(ValKind::i32);
    return emit_.binary(Op::i64_eq, stack_.back().home, left, right, ValKind::i32);
  }
  if (instr.op == Op::ref_as_non_null) {
    StackValue& value = stack_.back();
    const Operand operand = in_slot(value);
    const Cell source = emit_.near(operand.slot, ValKind::ref);
    note_source();
    emit_.begin(opcode(IOp::null_check));
    emit_.cell(source);
    return emit_.end_plain();
  }
  translate_aggregate(instr);
}

}  // namespace waxwing::interp
