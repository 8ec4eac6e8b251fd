// Blocks, branches and calls. At every label the operands lie in their home slots, so
// control can come from anywhere; entries below a label are never touched inside its block.
#include <array>

#include "interp/func_translator.h"
#include "interp/operand_modes.h"

namespace waxwing::interp {

using syntax::ValType;

namespace {

/// Above it the operands of a branch are moved by one instruction, so that a short branch can't
/// make long code.
constexpr size_t max_single_moves = 4;

}  // namespace

void FuncTranslator::skip_dead(const Instr& instr) {
  if (binary::opens_block(instr.op)) {
    ++dead_depth_;
  } else if (dead_depth_ == 0) {
    if (binary::closes_block(instr.op) || binary::continues_block(instr.op)) translate(instr);
  } else if (binary::closes_block(instr.op)) {
    --dead_depth_;
  }
}

void FuncTranslator::translate_control(const Instr& instr) {
  static constexpr auto methods = [] {
    std::array<void (FuncTranslator::*)(const Instr&), syntax::op_count> table{};
    table.fill(&FuncTranslator::unsupported);
    const auto set = [&table](Op op, auto method) { table[size_t(op)] = method; };
    set(Op::nop, &FuncTranslator::do_nothing);
    set(Op::unreachable, &FuncTranslator::unreachable);
    set(Op::block, &FuncTranslator::begin_block);
    set(Op::loop, &FuncTranslator::begin_block);
    set(Op::if_, &FuncTranslator::begin_if);
    set(Op::else_, &FuncTranslator::begin_else);
    set(Op::end, &FuncTranslator::end_block);
    set(Op::try_table, &FuncTranslator::begin_try_table);
    set(Op::try_, &FuncTranslator::begin_block);
    set(Op::catch_, &FuncTranslator::begin_catch);
    set(Op::catch_all, &FuncTranslator::begin_catch);
    set(Op::delegate, &FuncTranslator::delegate);
    set(Op::rethrow, &FuncTranslator::rethrow);
    set(Op::br, &FuncTranslator::branch_always);
    set(Op::br_if, &FuncTranslator::branch_if);
    set(Op::br_table, &FuncTranslator::branch_table);
    set(Op::br_on_null, &FuncTranslator::branch_on_null);
    set(Op::br_on_non_null, &FuncTranslator::branch_on_null);
    set(Op::br_on_cast, &FuncTranslator::branch_on_cast);
    set(Op::br_on_cast_fail, &FuncTranslator::branch_on_cast);
    set(Op::return_, &FuncTranslator::return_from_func);
    set(Op::call, &FuncTranslator::call);
    set(Op::call_indirect, &FuncTranslator::call);
    set(Op::call_ref, &FuncTranslator::call_by_ref);
    set(Op::return_call, &FuncTranslator::tail_call);
    set(Op::return_call_indirect, &FuncTranslator::tail_call);
    set(Op::return_call_ref, &FuncTranslator::tail_call);
    set(Op::throw_, &FuncTranslator::throw_exception);
    set(Op::throw_ref, &FuncTranslator::throw_exception);
    return table;
  }();
  (this->*methods[size_t(instr.op)])(instr);
}

void FuncTranslator::do_nothing(const Instr&) {}

void FuncTranslator::unreachable(const Instr&) {
  note_source();
  emit_.begin(opcode(IOp::unreachable));
  emit_.end_plain();
  stop_here();
}

void FuncTranslator::branch_always(const Instr& instr) {
  branch(instr.index);
  stop_here();
}

void FuncTranslator::return_from_func(const Instr&) {
  emit_return();
  stop_here();
}

void FuncTranslator::unsupported(const Instr&) {
  note_source();
  emit_.begin(opcode(IOp::unsupported));
  emit_.end_plain();
  stop_here();
}

std::span<const ValType> Block::params() const {
  if (type) return type->params;
  return {};
}

std::span<const ValType> Block::results() const {
  if (type) return type->results;
  if (single_result) return {&*single_result, 1};
  return {};
}

void FuncTranslator::open(Op op, const binary::BlockType& type) {
  using Kind = binary::BlockType::Kind;
  Block block;
  block.op = op;
  if (type.kind == Kind::value) block.single_result = type.value;
  if (type.kind == Kind::index) block.type = module_.types[type.index].func();
  const std::span<const ValType> params = block.params();
  settle_top(params.size());
  settle_locals();
  block.height = static_cast<uint32_t>(stack_.size() - params.size());
  block.base_slot = params.empty() ? next_slot() : stack_[block.height].home;
  reserve(block.base_slot + slot_count(block.results()));
  blocks_.push_back(std::move(block));
}

void FuncTranslator::begin_block(const Instr& instr) {
  open(instr.op, instr.block_type);
  if (instr.op == Op::block) return;
  emit_.forget();
  blocks_.back().start = emit_.position();
}

void FuncTranslator::begin_if(const Instr& instr) {
  StackValue condition = pop();
  in_slot(condition);
  open(Op::if_, instr.block_type);
  blocks_.back().to_else = emit_.branch_if(condition.operand, false);
}

void FuncTranslator::begin_else(const Instr&) {
  Block& block = blocks_.back();
  if (!dead_) {
    prepare_branch(block.label());
    move_to(block, block.label());
    link(block, emit_.branch());
  }
  emit_.patch(*block.to_else, emit_.position());
  block.to_else.reset();
  emit_.forget();
  dead_ = false;
  while (stack_.size() > block.height) pop();
  push_results(block.params());
}

void FuncTranslator::end_block(const Instr&) {
  if (blocks_.size() == 1) return finish_func();
  if (!dead_) {
    prepare_branch(blocks_.back().results());
    move_to(blocks_.back(), blocks_.back().results());
  }
  close_block();
}

void FuncTranslator::close_block() {
  Block block = std::move(blocks_.back());
  end_delegates(block);
  if (block.op == Op::try_table) close_try_table(block);
  if (block.op == Op::catch_) close_catches(block);
  blocks_.pop_back();
  if (block.to_else) emit_.patch(*block.to_else, emit_.position());
  for (const Fixup& fixup : block.to_end) emit_.patch(fixup, emit_.position());
  for (uint32_t handler : block.handlers_to_end) code_.handlers[handler].target = emit_.position();
  emit_.forget();
  dead_ = false;
  while (stack_.size() > block.height) pop();
  push_results(block.results());
}

void FuncTranslator::finish_func() {
  if (!dead_) emit_return();
  Block& whole = blocks_.back();
  end_delegates(whole);
  if (!whole.handlers_to_end.empty() || !whole.to_end.empty()) {
    // Handlers and tables that lead out of the function find its results in their home slots.
    for (uint32_t handler : whole.handlers_to_end)
      code_.handlers[handler].target = emit_.position();
    for (const Fixup& fixup : whole.to_end) emit_.patch(fixup, emit_.position());
    emit_.forget();
    while (!stack_.empty()) pop();
    push_results(whole.results());
    emit_return();
  }
  blocks_.pop_back();
}

void FuncTranslator::prepare_branch(std::span<const ValType> types) {
  if (types.size() > max_single_moves) settle_top(types.size());
}

bool FuncTranslator::needs_moves(const Block& block, std::span<const ValType> types) const {
  uint32_t slot = block.base_slot;
  for (size_t i = stack_.size() - types.size(); i < stack_.size(); ++i) {
    const Operand& operand = stack_[i].operand;
    if (operand.is_constant || operand.slot != slot) return true;
    slot += slots_of(operand.kind);
  }
  return false;
}

void FuncTranslator::move_to(const Block& block, std::span<const ValType> types) {
  move_top(types.size(), block.base_slot);
}

void FuncTranslator::move_top(size_t count, uint32_t slot) {
  const std::span<const StackValue> values = std::span(stack_).last(count);
  if (count > max_single_moves) {
    const uint32_t from = values.front().home;
    if (from == slot) return;
    emit_.forget();
    emit_.begin(opcode(IOp::copy_many));
    emit_.cell32(slot);
    emit_.cell32(from);
    emit_.cell(end_of(values.back()) - from);
    return emit_.end_plain();
  }
  // Rising order never overwrites a value before it is read: homes only sink.
  for (const StackValue& value : values) {
    const Operand& operand = value.operand;
    if (operand.is_constant)
      emit_.constant(slot, operand.kind, operand.constant);
    else
      emit_.copy(slot, operand.slot, operand.kind);
    slot += slots_of(operand.kind);
  }
}

void FuncTranslator::link(Block& block, const Fixup& fixup) {
  if (block.op == Op::loop)
    emit_.patch(fixup, block.start);
  else
    block.to_end.push_back(fixup);
}

void FuncTranslator::branch(uint32_t depth) {
  Block& block = label(depth);
  if (&block == &blocks_.front()) return emit_return();
  prepare_branch(block.label());
  move_to(block, block.label());
  link(block, emit_.branch());
}

void FuncTranslator::branch_if(const Instr& instr) {
  StackValue condition = pop();
  in_slot(condition);
  Block& block = label(instr.index);
  prepare_branch(block.label());
  const bool leaves = &block == &blocks_.front();
  if (!leaves && !needs_moves(block, block.label()))
    return link(block, emit_.branch_if(condition.operand, true));
  const Fixup skip = emit_.branch_if(condition.operand, false);
  branch(instr.index);
  emit_.patch(skip, emit_.position());
  emit_.forget();
}

void FuncTranslator::branch_on_null(const Instr& instr) {
  StackValue reference = pop();
  const Operand operand = in_slot(reference);
  const bool on_null = instr.op == Op::br_on_null;
  Block& block = label(instr.index);
  if (!on_null) stack_.push_back(reference);
  prepare_branch(block.label());
  const bool leaves = &block == &blocks_.front();
  if (!leaves && !needs_moves(block, block.label())) {
    link(block, emit_.branch_if(Op::i64_eqz, operand, {}, on_null));
  } else {
    const Fixup skip = emit_.branch_if(Op::i64_eqz, operand, {}, !on_null);
    branch(instr.index);
    emit_.patch(skip, emit_.position());
    emit_.forget();
  }
  if (!on_null)
    stack_.pop_back();
  else if (operand.slot != reference.home)
    push_local(static_cast<uint32_t>(operand.constant));
  else
    stack_.push_back(reference);
}

void FuncTranslator::branch_table(const Instr& instr) {
  StackValue index = pop();
  prepare_branch(label(instr.labels.back()).label());
  const Operand operand = in_slot(index);
  const bool in_acc = emit_.in_accumulator(operand);
  const Cell source = in_acc ? Cell{0} : emit_.near(operand.slot, ValKind::i32);
  if (in_acc) emit_.consume(operand);
  const uint32_t start = emit_.position();
  emit_.begin(opcode(in_acc ? IOp::br_table_a : IOp::br_table_s));
  emit_.cell32(static_cast<uint32_t>(instr.labels.size() - 1));
  if (!in_acc) emit_.cell(source);
  const uint32_t first = emit_.position();
  for (size_t i = 0; i < instr.labels.size(); ++i) emit_.cell32(0);
  emit_.end_plain();
  emit_.forget();
  // Labels that need moves get a stub each, shared by all entries that name them.
  for (size_t i = 0; i < instr.labels.size(); ++i) {
    const uint32_t depth = instr.labels[i];
    const Fixup entry{start, first + static_cast<uint32_t>(i) * 2};
    Block& block = label(depth);
    const bool leaves = &block == &blocks_.front();
    if (!leaves && !needs_moves(block, block.label())) {
      link(block, entry);
      continue;
    }
    if (block.stub_of != start) {
      block.stub_of = start;
      block.stub = emit_.position();
      branch(depth);
      emit_.forget();
    }
    emit_.patch(entry, block.stub);
  }
  stop_here();
}

void FuncTranslator::listen_exit() {
  const std::vector<ValType>& results = type_.results;
  uint32_t from = 0;
  if (!results.empty()) {
    prepare_branch(results);
    from = stack_[stack_.size() - results.size()].home;
    move_top(results.size(), from);
  }
  emit_.begin(opcode(IOp::listen_exit));
  emit_.cell32(from);
  emit_.cell(slot_count(results));
  emit_.end_plain();
}

void FuncTranslator::emit_return() {
  const std::vector<ValType>& results = type_.results;
  if (options_.listeners) listen_exit();
  if (results.empty()) {
    emit_.begin(opcode(IOp::return_void));
    emit_.cell(code_.header_slot);
    return emit_.end_plain();
  }
  if (results.size() > 1) {
    // The stack's state stays as it is: a conditional return leaves the values in place.
    prepare_branch(results);
    const uint32_t from = stack_[stack_.size() - results.size()].home;
    move_top(results.size(), from);
    emit_.begin(opcode(IOp::return_many));
    emit_.cell(code_.header_slot);
    emit_.cell32(from);
    emit_.cell(slot_count(results));
    return emit_.end_plain();
  }
  StackValue value = stack_.back();
  if (options_.listeners) value.operand = {.kind = value.operand.kind, .slot = value.home};
  if (value.operand.is_constant) {
    emit_.constant(value.home, value.operand.kind, value.operand.constant);
    value.operand = {.kind = value.operand.kind, .slot = value.home};
  }
  const ValKind kind = value.operand.kind;
  const bool is_float = kind == ValKind::f32 || kind == ValKind::f64;
  const bool in_acc = kind != ValKind::v128 && emit_.in_accumulator(value.operand);
  const Cell source = in_acc ? Cell{0} : emit_.near(value.operand.slot, kind);
  emit_.begin(opcode(kind == ValKind::v128 ? IOp::return_v_s
                     : is_float            ? (in_acc ? IOp::return_f_a : IOp::return_f_s)
                                           : (in_acc ? IOp::return_i_a : IOp::return_i_s)));
  emit_.cell(code_.header_slot);
  if (!in_acc) emit_.cell(source);
  emit_.end_plain();
}

uint32_t FuncTranslator::begin_call(const syntax::FuncType& type) {
  settle_top(type.params.size());
  const uint32_t delta =
      type.params.empty() ? next_slot() : stack_[stack_.size() - type.params.size()].home;
  reserve(delta + std::max(slot_count(type.params), slot_count(type.results)));
  return delta;
}

void FuncTranslator::end_call(const syntax::FuncType& type, std::optional<uint32_t> span,
                              uint32_t delta) {
  if (span) emit_.cell(*span);
  emit_.cell32(delta);
  emit_.end_plain();
  emit_.forget();
  for (size_t i = 0; i < type.params.size(); ++i) pop();
  push_results(type.results);
  if (type.results.size() == 1) emit_.bind_result(delta, type.results[0].kind());
}

uint32_t FuncTranslator::span_of(const syntax::FuncType& type) {
  return std::max(slot_count(type.params), slot_count(type.results));
}

void FuncTranslator::call(const Instr& instr) {
  if (instr.op == Op::call) {
    const syntax::FuncIdx func(instr.index);
    const syntax::FuncType& type = module_.func_type(func);
    const uint32_t delta = begin_call(type);
    const bool is_import = module_.is_imported(func);
    note_source();
    emit_.begin(opcode(is_import ? IOp::call_import : IOp::call));
    emit_.cell32(is_import ? instr.index : instr.index - module_.imported_funcs);
    return end_call(type, is_import ? std::optional(span_of(type)) : std::nullopt, delta);
  }
  const syntax::FuncType& type = *module_.types[syntax::TypeIdx(instr.index)].func();
  StackValue index = pop();
  const Operand operand = in_slot(index);
  // Arguments lie below the index, so settling them can't overwrite it; a local's slot isn't a
  // home.
  const uint32_t delta = begin_call(type);
  const Cell source = emit_.near(operand.slot, operand.kind);
  note_source();
  emit_.begin(opcode(IOp::call_indirect));
  emit_.cell32(instr.index);
  emit_.cell(instr.index2);
  emit_.cell(source);
  end_call(type, span_of(type), delta);
}

void FuncTranslator::call_by_ref(const Instr& instr) {
  const syntax::FuncType& type = *module_.types[syntax::TypeIdx(instr.index)].func();
  StackValue reference = pop();
  const Operand operand = in_slot(reference);
  const uint32_t delta = begin_call(type);
  const Cell source = emit_.near(operand.slot, operand.kind);
  note_source();
  emit_.begin(opcode(IOp::call_ref));
  emit_.cell(source);
  end_call(type, span_of(type), delta);
}

void FuncTranslator::tail_call(const Instr& instr) {
  const bool is_direct = instr.op == Op::return_call;
  const syntax::FuncType& type = is_direct ? module_.func_type(syntax::FuncIdx(instr.index))
                                           : *module_.types[syntax::TypeIdx(instr.index)].func();
  Operand operand;
  if (!is_direct) {
    StackValue callee = pop();
    operand = in_slot(callee);
  }
  const uint32_t from = begin_call(type);
  const Cell source = is_direct ? Cell{0} : emit_.near(operand.slot, operand.kind);
  const bool is_import = is_direct && module_.is_imported(syntax::FuncIdx(instr.index));
  note_source();
  if (options_.listeners) {
    emit_.begin(opcode(IOp::listen_tail));
    emit_.end_plain();
    note_source();
  }
  if (is_direct) {
    emit_.begin(opcode(is_import ? IOp::return_call_import : IOp::return_call));
    emit_.cell32(is_import ? instr.index : instr.index - module_.imported_funcs);
  } else if (instr.op == Op::return_call_indirect) {
    emit_.begin(opcode(IOp::return_call_indirect));
    emit_.cell32(instr.index);
    emit_.cell(instr.index2);
    emit_.cell(source);
  } else {
    emit_.begin(opcode(IOp::return_call_ref));
    emit_.cell(source);
  }
  emit_.cell32(from);
  emit_.cell(slot_count(type.params));
  emit_.cell(code_.header_slot);
  if (!is_direct || is_import) emit_.cell(span_of(type));
  emit_.end_plain();
  stop_here();
}

}  // namespace waxwing::interp
