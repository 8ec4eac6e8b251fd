// The frame, the operand stack, and instructions without control flow.
#include "interp/func_translator.h"

#include <algorithm>

#include "base/check.h"
#include "binary/fuel.h"
#include "interp/operand_modes.h"
#include "numeric/nans.h"
#include "syntax/opcode_table.h"

namespace waxwing::interp {

using syntax::ImmediateKind;
using syntax::OpKind;
using syntax::ValType;

namespace {}  // namespace

FuncCode translate(const runtime::CompiledModule& compiled, syntax::FuncIdx func,
                   const Options& options) {
  FuncCode code;
  code.func = func;
  code.cells.reserve(compiled.module.body(func).code_size * 2 + 32);
  FuncTranslator(compiled, code, options).run();
  code.cells.shrink_to_fit();
  code.points.shrink_to_fit();
  return code;
}

FuncTranslator::FuncTranslator(const runtime::CompiledModule& compiled, FuncCode& code,
                               const Options& options)
    : module_(compiled.module),
      infos_(compiled.type_infos),
      type_(module_.func_type(code.func)),
      body_(module_.body(code.func)),
      code_(code),
      options_(options),
      emit_(code.cells) {}

/// Of the operand stack, where each catch has a slot besides.
uint32_t FuncTranslator::max_stack_slots() const {
  if (module_.hints.funcs.empty()) return body_.code_size * 2;
  const syntax::FuncHints& hints = module_.hints.funcs[code_.func.value - module_.imported_funcs];
  return hints.max_stack_slots + hints.max_labels;
}

void FuncTranslator::lay_out_frame() {
  uint32_t slot = 0;
  for (ValType type : type_.params) {
    locals_.push_back({slot, type.kind()});
    slot += type.slot_count();
  }
  const uint32_t param_slots = slot;
  uint64_t local_slots = 0;
  for (const syntax::LocalRun& run : module_.locals(body_))
    local_slots += uint64_t{run.count} * run.type.slot_count();
  const uint32_t stack_slots = max_stack_slots();
  // Far frames keep the header and scratch slots where every cell can name them.
  const bool is_far = param_slots + local_slots + stack_slots + 2100 > Emitter::max_near_slot;
  if (is_far) {
    code_.header_slot = slot++;
    emit_.use_scratch(slot);
    slot += Emitter::scratch_slots;
  }
  const uint32_t zero_from = slot;
  for (const syntax::LocalRun& run : module_.locals(body_)) {
    for (uint32_t i = 0; i < run.count; ++i) {
      locals_.push_back({slot, run.type.kind()});
      slot += run.type.slot_count();
    }
  }
  const uint32_t zero_count = slot - zero_from;
  if (!is_far) code_.header_slot = slot++;
  first_home_ = slot;
  frame_end_ = slot;
  local_uses_.resize(locals_.size());

  emit_.begin(opcode(IOp::enter));
  enter_cell_ = emit_.position();
  emit_.cell32(0);
  emit_.cell(code_.header_slot);
  emit_.cell(zero_from);
  emit_.cell32(zero_count);
  emit_.end_plain();
}

void FuncTranslator::run() {
  lay_out_frame();
  Block whole;
  whole.type = &type_;
  whole.base_slot = first_home_;
  reserve(first_home_ + slot_count(type_.results));
  blocks_.push_back(std::move(whole));

  binary::InstrReader reader(module_, syntax::FeatureSet::all(), module_.code(body_), body_.offset);
  Instr instr;
  if (options_.listeners) listen_enter();
  if (options_.fuel) charge(binary::entry_cost(module_, body_));
  while (!blocks_.empty() && reader.next(instr)) {
    body_offset_ = instr.code_offset;
    if (options_.fuel && !dead_) charge_length(instr.op);
    if (dead_)
      skip_dead(instr);
    else
      translate(instr);
    if (options_.fuel && !dead_ && binary::ends_run(instr.op))
      charge(binary::run_cost(module_, reader.unread()));
  }
  CHECK(blocks_.empty());
  emit_.fuse_pairs();
  const uint32_t frame = frame_end_;
  code_.cells[enter_cell_] = static_cast<Cell>(frame & 0xffff);
  code_.cells[enter_cell_ + 1] = static_cast<Cell>(frame >> 16);
}

void FuncTranslator::reserve(uint32_t end_slot) { frame_end_ = std::max(frame_end_, end_slot); }

uint32_t FuncTranslator::end_of(const StackValue& value) {
  return value.home + slots_of(value.operand.kind);
}

void FuncTranslator::push(ValKind kind) {
  StackValue value{.operand = {.kind = kind}, .home = next_slot()};
  value.operand.slot = value.home;
  stack_.push_back(value);
  reserve(end_of(value));
}

void FuncTranslator::push_local(uint32_t local) {
  const uint32_t home = next_slot();
  local_entries_.push_back(static_cast<uint32_t>(stack_.size()));
  ++local_uses_[local];
  stack_.push_back(
      {.operand = {.kind = locals_[local].kind, .slot = locals_[local].slot, .constant = local},
       .home = home});
  reserve(end_of(stack_.back()));
}

void FuncTranslator::push_constant(ValKind kind, uint64_t bits) {
  const uint32_t home = next_slot();
  stack_.push_back(
      {.operand = {.kind = kind, .is_constant = true, .constant = bits}, .home = home});
  reserve(end_of(stack_.back()));
}

void FuncTranslator::push_results(std::span<const ValType> types) {
  for (ValType type : types) push(type.kind());
}

void FuncTranslator::push_results_of(const syntax::Signature& signature) {
  // The numeric words of signatures are in the order of ValKind.
  for (size_t i = 0; i < signature.result_count; ++i) push(ValKind(uint8_t(signature.results[i])));
}

StackValue FuncTranslator::pop() {
  const StackValue value = stack_.back();
  stack_.pop_back();
  if (!local_entries_.empty() && local_entries_.back() == stack_.size()) {
    local_entries_.pop_back();
    --local_uses_[value.operand.constant];
  }
  return value;
}

void FuncTranslator::settle(StackValue& value) {
  Operand& operand = value.operand;
  if (operand.is_constant)
    emit_.constant(value.home, operand.kind, operand.constant);
  else if (operand.slot != value.home)
    emit_.copy(value.home, operand.slot, operand.kind);
  operand = {.kind = operand.kind, .slot = value.home};
}

void FuncTranslator::settle_top(size_t count) {
  const size_t first = stack_.size() - count;
  while (!local_entries_.empty() && local_entries_.back() >= first) {
    --local_uses_[stack_[local_entries_.back()].operand.constant];
    local_entries_.pop_back();
  }
  for (size_t i = first; i < stack_.size(); ++i) settle(stack_[i]);
}

void FuncTranslator::settle_locals() {
  for (uint32_t position : local_entries_) {
    --local_uses_[stack_[position].operand.constant];
    settle(stack_[position]);
  }
  local_entries_.clear();
}

Operand FuncTranslator::in_slot(StackValue& value) {
  if (value.operand.is_constant) settle(value);
  return value.operand;
}

Operand FuncTranslator::in_slot_or_code(StackValue& value) {
  if (value.operand.is_constant && !fits_constant(value.operand)) settle(value);
  return value.operand;
}

void FuncTranslator::note_source() {
  if (!code_.points.empty() && code_.points.back().cell == emit_.position())
    code_.points.pop_back();
  code_.points.push_back({emit_.position(), body_offset_});
}

void FuncTranslator::listen_enter() {
  emit_.begin(opcode(IOp::listen_enter));
  emit_.cell32(code_.func.value);
  emit_.cell(slot_count(type_.params));
  emit_.end_plain();
}

void FuncTranslator::charge(uint32_t cost) {
  if (cost == 0) return;
  note_source();
  emit_.begin(opcode(IOp::charge));
  emit_.cell32(cost);
  emit_.end_plain();
}

void FuncTranslator::charge_length(Op op) {
  const binary::LengthUnit unit = binary::length_unit(op);
  if (unit == binary::LengthUnit::none) return;
  const Operand length = in_slot(stack_.back());
  const Cell source = emit_.near(length.slot, length.kind);
  note_source();
  emit_.begin(opcode(IOp::charge_length));
  emit_.cell(source);
  emit_.cell(binary::length_shift(unit));
  emit_.end_plain();
}

void FuncTranslator::translate(const Instr& instr) {
  switch (syntax::op_info(instr.op).kind) {
    case OpKind::frame: return translate_frame(instr);
    case OpKind::pure:
      translate_pure(instr);
      if (options_.canonicalize_nans) canonicalize_result(instr.op);
      return;
    case OpKind::load: return translate_load(instr);
    case OpKind::store: return translate_store(instr);
    case OpKind::atomic: return translate_atomic(instr);
    case OpKind::runtime: return translate_runtime(instr);
    case OpKind::control: return translate_control(instr);
  }
}

void FuncTranslator::local_set(uint32_t local, bool keep) {
  StackValue value = pop();
  const Local target = locals_[local];
  if (local_uses_[local] != 0) settle_locals();
  if (value.operand.is_constant) {
    emit_.constant(target.slot, target.kind, value.operand.constant);
  } else if (value.operand.slot != value.home || !emit_.redirect(value.home, target.slot)) {
    emit_.copy(target.slot, value.operand.slot, target.kind);
  }
  if (keep) push_local(local);
}

void FuncTranslator::translate_frame(const Instr& instr) {
  if (instr.op == Op::local_get) return push_local(instr.index);
  if (instr.op == Op::local_set) return local_set(instr.index, false);
  if (instr.op == Op::local_tee) return local_set(instr.index, true);
  if (instr.op == Op::i32_const || instr.op == Op::f32_const) {
    return push_constant(instr.op == Op::i32_const ? ValKind::i32 : ValKind::f32, instr.i32());
  }
  if (instr.op == Op::i64_const || instr.op == Op::f64_const) {
    return push_constant(instr.op == Op::i64_const ? ValKind::i64 : ValKind::f64, instr.i64());
  }
  if (instr.op == Op::v128_const) {
    push(ValKind::v128);
    return emit_.constant_v128(stack_.back().home, instr.value);
  }
  if (instr.op == Op::drop) return static_cast<void>(pop());
  if (instr.op == Op::select || instr.op == Op::select_typed) return translate_select();

  const ValKind kind = module_.globals[syntax::GlobalIdx(instr.index)].type.value.kind();
  const bool is_imported = instr.index < module_.imported_globals;
  const bool is_vector = kind == ValKind::v128;
  const uint32_t index = is_imported ? instr.index : instr.index - module_.imported_globals;
  if (instr.op == Op::global_get) {
    push(kind);
    const uint32_t home = stack_.back().home;
    if (!is_vector) emit_.drop_accumulator();
    emit_.begin_result(opcode(is_imported ? IOp::imported_get
                              : is_vector ? IOp::global_get_v
                                          : IOp::global_get));
    emit_.destination(home);
    emit_.cell32(index);
    if (is_imported) emit_.cell(slots_of(kind));
    if (is_imported || kind == ValKind::f32 || kind == ValKind::f64)
      emit_.end_written(home, slots_of(kind));
    else
      emit_.end_result(home, kind);
    return;
  }
  StackValue value = pop();
  const Operand operand = in_slot(value);
  if (kind == ValKind::ref) {
    const Cell source = emit_.near(operand.slot, kind);
    emit_.begin(opcode(is_imported ? IOp::imported_set_ref : IOp::global_set_ref));
    emit_.cell32(index);
    emit_.cell(source);
    return emit_.end_plain();
  }
  const bool in_acc = !is_imported && !is_vector && kind != ValKind::f32 && kind != ValKind::f64 &&
                      emit_.in_accumulator(operand);
  const Cell source = in_acc ? Cell{0} : emit_.near(operand.slot, kind);
  emit_.begin(opcode(is_imported ? IOp::imported_set
                     : in_acc    ? IOp::global_set_a
                     : is_vector ? IOp::global_set_v
                                 : IOp::global_set_s));
  if (is_imported) emit_.cell(source);
  emit_.cell32(index);
  if (is_imported)
    emit_.cell(slots_of(kind));
  else if (!in_acc)
    emit_.cell(source);
  emit_.end_plain();
}

void FuncTranslator::translate_select() {
  StackValue condition = pop();
  StackValue y = pop();
  StackValue x = pop();
  in_slot(condition);
  in_slot(x);
  in_slot(y);
  push(x.operand.kind);
  emit_.select(stack_.back().home, x.operand, y.operand, condition.operand);
}

void FuncTranslator::translate_pure(const Instr& instr) {
  const syntax::OpInfo& info = syntax::op_info(instr.op);
  const syntax::Signature& signature = info.signature;
  const auto result = ValKind(uint8_t(signature.results[0]));
  StackValue values[syntax::Signature::max_params];
  for (size_t i = signature.param_count; i-- > 0;) values[i] = pop();

  if (instr.op == Op::i64_extend_i32_u && !values[0].operand.is_constant &&
      values[0].operand.slot == values[0].home) {
    // A slot holds an i32 zero-extended: the same bits under another type.
    return push(ValKind::i64);
  }
  if (info.immediate == ImmediateKind::none && signature.param_count == 1) {
    const Operand a = in_slot(values[0]);
    if (may_trap(instr.op)) note_source();
    push(result);
    return emit_.unary(instr.op, stack_.back().home, a, result);
  }
  if (info.immediate == ImmediateKind::none && signature.param_count == 2 &&
      signature.result_count == 1) {
    const bool is_vector = signature.params[1] == syntax::OperandType::v128;
    const Operand a = values[0].operand.is_constant && !values[1].operand.is_constant &&
                              !is_vector && signature.params[0] != syntax::OperandType::v128
                          ? in_slot_or_code(values[0])
                          : in_slot(values[0]);
    const Operand b = in_slot_or_code(values[1]);
    if (may_trap(instr.op)) note_source();
    push(result);
    return emit_.binary(instr.op, stack_.back().home, a, b, result);
  }
  translate_pure_with_immediate(instr, std::span(values, signature.param_count));
}

void FuncTranslator::canonicalize_result(Op op) {
  const numeric::OpenNans open = numeric::open_nans(op);
  if (open == numeric::OpenNans::none) return;
  const Operand result = stack_.back().operand;
  const bool in_acc = emit_.in_accumulator(result);
  const Cell source = in_acc ? Cell{0} : emit_.near(result.slot, result.kind);
  if (in_acc) emit_.consume(result);
  // For each kind of float, in their order, one that reads a slot and one that reads the
  // accumulator.
  const auto first = static_cast<uint32_t>(IOp::canonical_f32_s);
  const uint32_t kind = static_cast<uint32_t>(open) - static_cast<uint32_t>(numeric::OpenNans::f32);
  emit_.begin_result(static_cast<Cell>(first + kind * 2 + (in_acc ? 1 : 0)));
  emit_.destination(result.slot);
  if (!in_acc) emit_.cell(source);
  emit_.end_result(result.slot, result.kind);
}

void FuncTranslator::translate_pure_with_immediate(const Instr& instr,
                                                   std::span<StackValue> values) {
  const syntax::OpInfo& info = syntax::op_info(instr.op);
  Operand operands[syntax::Signature::max_params];
  for (size_t i = 0; i < values.size(); ++i) operands[i] = in_slot(values[i]);
  Cell cells[syntax::Signature::max_params];
  for (size_t i = 0; i < values.size(); ++i)
    cells[i] = emit_.near(operands[i].slot, operands[i].kind);
  push_results_of(info.signature);
  const uint32_t home = values[0].home;
  // These forms read slots only.
  emit_.begin_result(opcode(instr.op, values.size() == 1 ? Mode::s : Mode::ss));
  emit_.destination(home);
  for (size_t i = 0; i < values.size(); ++i) emit_.cell(cells[i]);
  if (info.immediate == ImmediateKind::lane) emit_.cell(instr.lane);
  if (info.immediate == ImmediateKind::shuffle) emit_.cells_v128(instr.value);
  if (info.signature.result_count == 2) {
    emit_.end_written(home, 2);
    return emit_.forget();
  }
  emit_.end_result(home, ValKind(uint8_t(info.signature.results[0])));
}

}  // namespace waxwing::interp
