// Structures, arrays, i31 and casts. Values for a new object lie in a row of slots; the collector
// is told where the slots in use end.
#include <array>

#include "interp/func_translator.h"

namespace waxwing::interp {

using runtime::TypeInfo;
using syntax::HeapType;

namespace {

/// The kinds of access in the order of their enumerators in ops.def.
enum class Read : uint8_t { i8_s, i8_u, i16_s, i16_u, i32, i64, f32, f64, v128 };
enum class Write : uint8_t { i8, i16, i32, i64, v128, ref };

Read read_of(ValKind storage, bool is_signed) {
  switch (storage) {
    case ValKind::i8: return is_signed ? Read::i8_s : Read::i8_u;
    case ValKind::i16: return is_signed ? Read::i16_s : Read::i16_u;
    case ValKind::i32: return Read::i32;
    case ValKind::f32: return Read::f32;
    case ValKind::f64: return Read::f64;
    case ValKind::v128: return Read::v128;
    case ValKind::i64:
    case ValKind::ref:
    case ValKind::bottom: break;
  }
  return Read::i64;
}

Write write_of(ValKind storage) {
  switch (storage) {
    case ValKind::i8: return Write::i8;
    case ValKind::i16: return Write::i16;
    case ValKind::i32:
    case ValKind::f32: return Write::i32;
    case ValKind::v128: return Write::v128;
    case ValKind::ref: return Write::ref;
    case ValKind::i64:
    case ValKind::f64:
    case ValKind::bottom: break;
  }
  return Write::i64;
}

Cell after(IOp first, uint32_t distance) { return static_cast<Cell>(opcode(first) + distance); }

/// What a field or element of that storage is in a frame.
ValKind unpacked(ValKind storage) { return syntax::ValType(storage).unpacked().kind(); }

}  // namespace

void FuncTranslator::translate_aggregate(const Instr& instr) {
  static constexpr auto methods = [] {
    std::array<void (FuncTranslator::*)(const Instr&), syntax::op_count> table{};
    table.fill(&FuncTranslator::unsupported);
    const auto set = [&table](Op op, auto method) { table[size_t(op)] = method; };
    set(Op::struct_new, &FuncTranslator::struct_new);
    set(Op::struct_new_default, &FuncTranslator::struct_new);
    set(Op::struct_get, &FuncTranslator::struct_get);
    set(Op::struct_get_s, &FuncTranslator::struct_get);
    set(Op::struct_get_u, &FuncTranslator::struct_get);
    set(Op::struct_set, &FuncTranslator::struct_set);
    set(Op::array_new, &FuncTranslator::array_new);
    set(Op::array_new_default, &FuncTranslator::array_new);
    set(Op::array_new_fixed, &FuncTranslator::array_new_fixed);
    set(Op::array_new_data, &FuncTranslator::array_new_segment);
    set(Op::array_new_elem, &FuncTranslator::array_new_segment);
    set(Op::array_get, &FuncTranslator::array_get);
    set(Op::array_get_s, &FuncTranslator::array_get);
    set(Op::array_get_u, &FuncTranslator::array_get);
    set(Op::array_set, &FuncTranslator::array_set);
    set(Op::array_len, &FuncTranslator::array_len);
    set(Op::array_fill, &FuncTranslator::array_bulk);
    set(Op::array_copy, &FuncTranslator::array_bulk);
    set(Op::array_init_data, &FuncTranslator::array_bulk);
    set(Op::array_init_elem, &FuncTranslator::array_bulk);
    set(Op::ref_test, &FuncTranslator::ref_test);
    set(Op::ref_test_null, &FuncTranslator::ref_test);
    set(Op::ref_cast, &FuncTranslator::ref_cast);
    set(Op::ref_cast_null, &FuncTranslator::ref_cast);
    set(Op::any_convert_extern, &FuncTranslator::do_nothing);  // the same bits
    set(Op::extern_convert_any, &FuncTranslator::do_nothing);
    set(Op::ref_i31, &FuncTranslator::i31_unary);
    set(Op::i31_get_s, &FuncTranslator::i31_unary);
    set(Op::i31_get_u, &FuncTranslator::i31_unary);
    return table;
  }();
  (this->*methods[size_t(instr.op)])(instr);
}

const TypeInfo& FuncTranslator::info(uint32_t type) const { return *infos_[syntax::TypeIdx(type)]; }

void FuncTranslator::type_cells(const TypeInfo& type) {
  emit_.cell64(reinterpret_cast<uint64_t>(&type));
}

uint32_t FuncTranslator::pop_row(size_t count) {
  settle_top(count);
  const uint32_t from = count == 0 ? next_slot() : stack_[stack_.size() - count].home;
  for (size_t i = 0; i < count; ++i) pop();
  return from;
}

void FuncTranslator::begin_new(IOp op, const TypeInfo& type, uint32_t slots_in_use) {
  push(ValKind::ref);
  note_source();
  emit_.begin_result(opcode(op));
  emit_.destination(stack_.back().home);
  type_cells(type);
  if (op != IOp::struct_new_words && op != IOp::struct_new_fields && op != IOp::struct_new_default)
    emit_.cell32(slots_in_use);
}

// Structures.

void FuncTranslator::struct_new(const Instr& instr) {
  const TypeInfo& type = info(instr.index);
  const bool is_default = instr.op == Op::struct_new_default;
  const size_t count = is_default ? 0 : type.fields.size();
  settle_top(count);
  const uint32_t in_use = next_slot();
  const uint32_t from = pop_row(count);
  begin_new(is_default       ? IOp::struct_new_default
            : type.all_words ? IOp::struct_new_words
                             : IOp::struct_new_fields,
            type, in_use);
  emit_.cell32(from);
  emit_.cell32(in_use);
  emit_.end_result(stack_.back().home, ValKind::ref);
}

void FuncTranslator::struct_get(const Instr& instr) {
  const runtime::FieldInfo field = info(instr.index).fields[instr.index2];
  const auto read = static_cast<uint32_t>(read_of(field.kind, instr.op == Op::struct_get_s));
  StackValue object = pop();
  const Operand operand = in_slot(object);
  const bool in_acc = emit_.in_accumulator(operand);
  const Cell source = in_acc ? Cell{0} : emit_.near(operand.slot, ValKind::ref);
  note_source();
  push(unpacked(field.kind));
  emit_.begin_result(after(IOp::struct_get_i8_s_s, read * 2 + (in_acc ? 1 : 0)));
  emit_.destination(stack_.back().home);
  if (!in_acc) emit_.cell(source);
  emit_.cell32(field.offset);
  emit_.end_result(stack_.back().home, unpacked(field.kind));
}

void FuncTranslator::struct_set(const Instr& instr) {
  const runtime::FieldInfo field = info(instr.index).fields[instr.index2];
  StackValue values[2];
  Cell sources[2];
  values[1] = pop();
  values[0] = pop();
  near_operands(values, sources);
  note_source();
  emit_.begin(after(IOp::struct_set_i8, static_cast<uint32_t>(write_of(field.kind))));
  for (const Cell source : sources) emit_.cell(source);
  emit_.cell32(field.offset);
  emit_.end_plain();
}

// Arrays.

void FuncTranslator::array_new(const Instr& instr) {
  const bool is_default = instr.op == Op::array_new_default;
  const uint32_t in_use = next_slot();
  StackValue values[2];
  Cell sources[2] = {0, 0};
  values[1] = pop();
  if (!is_default) values[0] = pop();
  const auto used = is_default ? std::span(values).last(1) : std::span(values);
  near_operands(used, sources);
  begin_new(is_default ? IOp::array_new_default : IOp::array_new, info(instr.index), in_use);
  for (size_t i = 0; i < used.size(); ++i) emit_.cell(sources[i]);
  emit_.end_result(stack_.back().home, ValKind::ref);
}

void FuncTranslator::array_new_fixed(const Instr& instr) {
  settle_top(instr.index2);
  const uint32_t in_use = next_slot();
  const uint32_t from = pop_row(instr.index2);
  begin_new(IOp::array_new_fixed, info(instr.index), in_use);
  emit_.cell32(from);
  emit_.cell32(instr.index2);
  emit_.end_result(stack_.back().home, ValKind::ref);
}

void FuncTranslator::array_new_segment(const Instr& instr) {
  const uint32_t in_use = next_slot();
  StackValue values[2];
  Cell sources[2];
  values[1] = pop();
  values[0] = pop();
  near_operands(values, sources);
  begin_new(instr.op == Op::array_new_data ? IOp::array_new_data : IOp::array_new_elem,
            info(instr.index), in_use);
  emit_.cell32(instr.index2);
  for (const Cell source : sources) emit_.cell(source);
  emit_.end_result(stack_.back().home, ValKind::ref);
}

void FuncTranslator::array_get(const Instr& instr) {
  const ValKind storage = info(instr.index).element;
  const auto read = static_cast<uint32_t>(read_of(storage, instr.op == Op::array_get_s));
  StackValue index = pop();
  StackValue array = pop();
  in_slot(index);
  in_slot(array);
  const bool array_in_acc = emit_.in_accumulator(array.operand);
  const bool index_in_acc = !array_in_acc && emit_.in_accumulator(index.operand);
  const Cell near_array = array_in_acc ? Cell{0} : emit_.near(array.operand.slot, ValKind::ref);
  const Cell near_index = index_in_acc ? Cell{0} : emit_.near(index.operand.slot, ValKind::i32);
  if (index_in_acc) emit_.consume(index.operand);
  note_source();
  push(unpacked(storage));
  const uint32_t mode = array_in_acc ? 1 : index_in_acc ? 2 : 0;
  emit_.begin_result(after(IOp::array_get_i8_s_ss, read * 3 + mode));
  emit_.destination(stack_.back().home);
  if (!array_in_acc) emit_.cell(near_array);
  if (!index_in_acc) emit_.cell(near_index);
  emit_.end_result(stack_.back().home, unpacked(storage));
}

void FuncTranslator::array_set(const Instr& instr) {
  StackValue values[3];
  Cell sources[3];
  for (size_t i = 3; i-- > 0;) values[i] = pop();
  near_operands(values, sources);
  note_source();
  emit_.begin(after(IOp::array_set_i8, static_cast<uint32_t>(write_of(info(instr.index).element))));
  for (const Cell source : sources) emit_.cell(source);
  emit_.end_plain();
}

void FuncTranslator::array_len(const Instr&) {
  StackValue array = pop();
  const Operand operand = in_slot(array);
  const Cell source = emit_.near(operand.slot, ValKind::ref);
  note_source();
  push(ValKind::i32);
  emit_.begin_result(opcode(IOp::array_len));
  emit_.destination(stack_.back().home);
  emit_.cell(source);
  emit_.end_result(stack_.back().home, ValKind::i32);
}

void FuncTranslator::array_bulk(const Instr& instr) {
  const bool is_fill = instr.op == Op::array_fill;
  const bool is_copy = instr.op == Op::array_copy;
  const size_t count = is_copy ? 5 : 4;
  StackValue values[5];
  Cell sources[5];
  for (size_t i = count; i-- > 0;) values[i] = pop();
  near_operands(std::span(values, count), sources);
  note_source();
  emit_.begin(opcode(is_fill                           ? IOp::array_fill
                     : is_copy                         ? IOp::array_copy
                     : instr.op == Op::array_init_data ? IOp::array_init_data
                                                       : IOp::array_init_elem));
  type_cells(info(instr.index));
  if (!is_fill && !is_copy) emit_.cell32(instr.index2);
  for (size_t i = 0; i < count; ++i) emit_.cell(sources[i]);
  emit_.end_plain();
}

// i31 and casts.

void FuncTranslator::i31_unary(const Instr& instr) {
  const bool is_new = instr.op == Op::ref_i31;
  StackValue value = pop();
  const Operand operand = in_slot(value);
  const bool in_acc = emit_.in_accumulator(operand);
  const Cell source = in_acc ? Cell{0} : emit_.near(operand.slot, operand.kind);
  if (in_acc) emit_.consume(operand);
  if (!is_new) note_source();
  const ValKind result = is_new ? ValKind::ref : ValKind::i32;
  push(result);
  const IOp op = is_new                      ? IOp::ref_i31_s
                 : instr.op == Op::i31_get_s ? IOp::i31_get_s_s
                                             : IOp::i31_get_u_s;
  emit_.begin_result(after(op, in_acc ? 1 : 0));
  emit_.destination(stack_.back().home);
  if (!in_acc) emit_.cell(source);
  emit_.end_result(stack_.back().home, result);
}

bool FuncTranslator::is_object_type(HeapType type) const {
  return type.is_index() && info(type.index().value).kind != TypeInfo::Kind::func;
}

void FuncTranslator::cast_cells(HeapType type, bool is_null_in) {
  if (is_object_type(type)) {
    const TypeInfo& target = info(type.index().value);
    emit_.cell32(target.header);
    emit_.cell(static_cast<uint32_t>(target.supertypes.size() - 1));
  } else {
    const HeapType engine_wide =
        type.is_index()
            ? HeapType(syntax::TypeIdx(info(type.index().value).supertypes.back().value))
            : type;
    emit_.cell32(engine_wide.bits());
  }
  emit_.cell(is_null_in ? 1 : 0);
}

void FuncTranslator::emit_test(uint32_t d, const Operand& reference, HeapType type,
                               bool is_null_in) {
  const Cell source = emit_.near(reference.slot, ValKind::ref);
  emit_.begin_result(opcode(is_object_type(type) ? IOp::ref_test_type : IOp::ref_test));
  emit_.destination(d);
  emit_.cell(source);
  cast_cells(type, is_null_in);
  emit_.end_result(d, ValKind::i32);
}

void FuncTranslator::ref_test(const Instr& instr) {
  StackValue reference = pop();
  const Operand operand = in_slot(reference);
  push(ValKind::i32);
  emit_test(stack_.back().home, operand, instr.heap, instr.op == Op::ref_test_null);
}

void FuncTranslator::ref_cast(const Instr& instr) {
  settle_constant_top();
  const Cell source = emit_.near(stack_.back().operand.slot, ValKind::ref);
  note_source();
  emit_.begin(opcode(is_object_type(instr.heap) ? IOp::ref_cast_type : IOp::ref_cast));
  emit_.cell(source);
  cast_cells(instr.heap, instr.op == Op::ref_cast_null);
  emit_.end_plain();
}

void FuncTranslator::branch_on_cast(const Instr& instr) {
  settle_constant_top();
  Block& block = label(instr.index);
  prepare_branch(block.label());
  const Operand reference = stack_.back().operand;
  push(ValKind::i32);
  emit_test(stack_.back().home, reference, instr.heap2, instr.to_nullable);
  const StackValue condition = pop();
  const bool sense = instr.op == Op::br_on_cast;
  const bool leaves = &block == &blocks_.front();
  if (!leaves && !needs_moves(block, block.label()))
    return link(block, emit_.branch_if(condition.operand, sense));
  const Fixup skip = emit_.branch_if(condition.operand, !sense);
  branch(instr.index);
  emit_.patch(skip, emit_.position());
  emit_.forget();
}

}  // namespace waxwing::interp
