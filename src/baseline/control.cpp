// Blocks and branches. At every label operands lie in their home slots, but for a single one, which
// is in the register of a single result; pins are in their registers, other locals in memory. So
// control can come from anywhere, and later tiers may enter. Entries below a label are flushed
// before its block, and never touched inside it. [spec 4.6.8]
#include <bit>
#include <deque>

#include "abi/frame.h"
#include "assembler/jump_table.h"
#include "base/check.h"
#include "baseline/func_compiler.h"

namespace waxwing::baseline {

using codegen::CallLayout;
using codegen::ValuePlace;
using codegen::x64::context_register;
using codegen::x64::result_gprs;
using codegen::x64::result_xmms;
using codegen::x64::scratch;
using syntax::ValType;

std::span<const ValType> Block::params() const {
  if (type) return type->params;
  return {};
}

std::span<const ValType> Block::results() const {
  if (type) return type->results;
  return {single_result ? &*single_result : nullptr, single_result ? size_t{1} : size_t{0}};
}

void FuncCompiler::skip_dead(const Instr& instr) {
  if (binary::opens_block(instr.op)) {
    ++dead_depth_;
  } else if (dead_depth_ == 0) {
    if (binary::closes_block(instr.op) || binary::continues_block(instr.op)) {
      compile_instr(instr);
      locked_ = 0;
    }
  } else if (binary::closes_block(instr.op)) {
    --dead_depth_;
  }
}

// Blocks.

void FuncCompiler::open(Op op, const binary::BlockType& type) {
  Block& block = blocks_.emplace_back();
  block.op = op;
  switch (type.kind) {
    case binary::BlockType::Kind::empty: break;
    case binary::BlockType::Kind::value: block.single_result = type.value; break;
    case binary::BlockType::Kind::index: block.type = module_.types[type.index].func(); break;
  }
  const size_t params = block.params().size();
  block.height = static_cast<uint32_t>(stack_.size() - params);
  block.base_home = params == 0 ? next_home() : stack_[block.height].home;
  block.saved_pins = pinned_;
}

void FuncCompiler::begin_block(const Instr& instr) {
  flush(stack_.size());
  open(instr.op, instr.block_type);
}

/// The pins that the loop at that place of the body writes nowhere.
RegSet FuncCompiler::unwritten_in_loop(uint32_t code_offset) {
  if (module_.hints.funcs.empty()) return 0;
  const syntax::FuncHints& hints = module_.hints.funcs[func_.value - module_.imported_funcs];
  const auto loop = [&] { return module_.hints.loops[hints.first_loop + next_loop_]; };
  while (next_loop_ < hints.loop_count && loop().code_offset < code_offset) ++next_loop_;
  if (next_loop_ == hints.loop_count || loop().code_offset != code_offset) return 0;
  RegSet unwritten = 0;
  for (RegSet left = pinned_; left != 0; left &= left - 1) {
    const auto pin = static_cast<Reg>(std::countr_zero(left));
    const uint32_t local = reg_local_[pin];
    const bool is_written =
        local < 64 ? (loop().written_locals >> local & 1) != 0 : loop().writes_others;
    if (!is_written) unwritten |= bit(pin);
  }
  return unwritten;
}

void FuncCompiler::begin_loop(const Instr& instr) {
  open(Op::loop, instr.block_type);
  const size_t params = blocks_.back().params().size();
  flush(stack_.size());
  settle_top(params);
  load_pins();
  Block& block = blocks_.back();
  block.saved_pins = saved_pins_ & unwritten_in_loop(instr.code_offset);
  at_label(block.saved_pins);
  masm_.align(16);
  masm_.bind(block.label);
  if (options_.counters) count(offsetof(abi::FuncCounters, loop_headers));
  emit_poll();
}

/// Looks whether somebody wants the guest to stop.
void FuncCompiler::emit_poll() {
  masm_.cmp(Width::w64, Gpr::rsp, Mem(context_register, offsetof(abi::VmContext, stack_limit)));
  ColdCode& cold = add_cold(ColdCode::Kind::poll);
  masm_.jcc(Condition::below_equal, cold.entry);
  masm_.bind(cold.back);
}

void FuncCompiler::begin_if(const Instr& instr) {
  const Value flags = in_flags(pop());
  flush(stack_.size());
  open(Op::if_, instr.block_type);
  settle_top(blocks_.back().params().size());
  load_pins();
  Block& block = blocks_.back();
  block.saved_pins_at_if = saved_pins_;
  jump_if(inverted(flags), block.else_label);
}

void FuncCompiler::begin_else() {
  Block& block = blocks_.back();
  if (!dead_) {
    settle_many(block);
    load_pins();
    move_to_label(block);
    note_edge(block);
    masm_.jmp(block.label);
  }
  block.op = Op::else_;
  dead_ = false;
  while (stack_.size() > block.height) pop();
  locked_ = 0;
  masm_.bind(block.else_label);
  at_label(block.saved_pins_at_if);
  for (const ValType type : block.params()) push_slot(type.kind());
  flushed_ = stack_.size();
}

void FuncCompiler::end_block() {
  if (blocks_.back().op == Op::if_) begin_else();
  Block& block = blocks_.back();
  end_delegates(block);
  if (blocks_.size() == 1) return finish_func();
  if (block.op == Op::try_table || block.op == Op::try_ || block.op == Op::catch_) end_try(block);
  // What a catch leaves lies above its exception: it moves to the label, even if nobody else does.
  const bool stays = dead_ || block.op != Op::catch_;
  if (block.op == Op::loop || (!block.is_reached && stays)) {
    // Nobody but the code above comes here.
    if (dead_) {
      while (stack_.size() > block.height) pop();
    }
    blocks_.pop_back();
    return;
  }
  if (!dead_) {
    settle_many(block);
    load_pins();
    move_to_label(block);
    note_edge(block);
  }
  bind_label(block);
  blocks_.pop_back();
}

/// From here on control may have come by any branch to the label.
void FuncCompiler::bind_label(Block& block) {
  dead_ = false;
  while (stack_.size() > block.height) pop();
  locked_ = 0;
  masm_.bind(block.label);
  bind_landing_pads(block);
  at_label(block.saved_pins);
  const std::span<const ValType> types = block.results();
  if (types.size() == 1) {
    push_reg(types[0].kind(), single_reg(types[0].kind()));
  } else {
    for (const ValType type : types) push_slot(type.kind());
  }
}

void FuncCompiler::finish_func() {
  Block& block = blocks_.back();
  if (!dead_) {
    settle_many(block);
    move_to_label(block);
  }
  if (!dead_ || block.is_reached) {
    while (!stack_.empty()) pop();
    masm_.bind(block.label);
    bind_landing_pads(block);
    emit_return();
  }
  blocks_.pop_back();
}

/// Results are where the function's label has them.
void FuncCompiler::emit_return() {
  const std::span<const ValType> types = type_->results;
  if (options_.listeners) listen(ColdCode::Kind::listen_exit, scratch);
  if (types.size() > 1) {
    CallLayout layout(result_gprs.size(), result_xmms.size());
    uint32_t slot = 0;
    for (const ValType type : types) {
      const ValuePlace place = layout.next(type.kind());
      if (!place.in_register) {
        add_transfer({slot, place.index, type.slot_count()});
      } else if (place.reg_class == RegClass::general) {
        load_reg(reg_of(result_gprs[place.index]), slot_mem(slot), type.kind());
      } else {
        load_reg(reg_of(result_xmms[place.index]), slot_mem(slot), type.kind());
      }
      slot += type.slot_count();
    }
    copy_transfers(Direction::to_transfer, transfer_counter);
  }
  emit_epilogue();
}

// Branches.

void FuncCompiler::note_edge(Block& block) {
  block.is_reached = true;
  if (block.op != Op::loop) block.saved_pins &= saved_pins_;
}

bool FuncCompiler::needs_moves(const Block& block) const {
  const std::span<const ValType> types = block.label_types();
  if (types.empty()) return false;
  if (types.size() == 1 && block.op != Op::loop) {
    const Value& top = stack_.back();
    return top.place != Place::reg || top.reg != single_reg(top.kind);
  }
  for (size_t i = 0; i < types.size(); ++i) {
    const Value& value = stack_[stack_.size() - types.size() + i];
    if (value.place != Place::slot) return true;
  }
  return stack_[stack_.size() - types.size()].home != block.base_home;
}

void FuncCompiler::settle_many(const Block& block) {
  const size_t count = block.label_types().size();
  if (count > many_values) settle_top(count);
}

void FuncCompiler::move_to_label(const Block& block) {
  const std::span<const ValType> types = block.label_types();
  if (types.empty()) return;
  const size_t first = stack_.size() - types.size();
  if (types.size() == 1 && block.op != Op::loop) {
    move_to_reg(stack_.back(), single_reg(types[0].kind()));
    return;
  }
  // Slots only move down, so in rising order nothing is overwritten that is still needed.
  uint32_t slot = block.base_home;
  if (types.size() > many_values) {
    const uint32_t from = stack_[first].home;
    if (from != slot)
      copy_slots(slot_row(slot), slot_row(from), syntax::slot_count(types), scratch);
    return;
  }
  for (size_t i = 0; i < types.size(); ++i) {
    const Value& value = stack_[first + i];
    if (value.place != Place::slot || value.home != slot) move_to_mem(value, slot_mem(slot));
    slot += types[i].slot_count();
  }
}

void FuncCompiler::branch(uint32_t depth) {
  Block& block = label(depth);
  settle_many(block);
  if (&block != &blocks_.front()) load_pins();
  move_to_label(block);
  note_edge(block);
  if (blocks_.size() - 1 == depth && type_->results.size() <= 1) {
    if (options_.listeners) listen(ColdCode::Kind::listen_exit, scratch);
    emit_epilogue();
    // The epilogue was enough: the label needs no code if nobody else comes.
    block.is_reached = block.label.is_awaited() || block.landing_pads != UINT32_MAX;
  } else {
    masm_.jmp(block.label);
  }
  stop_here();
}

Value FuncCompiler::inverted(Value flags) {
  flags.condition = assembler::x64::inverse(flags.condition);
  if (flags.parity() == Parity::must_be_clear) {
    flags.set_parity(Parity::may_be_set);
  } else if (flags.parity() == Parity::may_be_set) {
    flags.set_parity(Parity::must_be_clear);
  }
  return flags;
}

Value FuncCompiler::in_flags(Value value) {
  if (value.place == Place::flags) return value;
  const Gpr reg = in_gpr(value);
  if (!has_flags_of(reg_of(reg), Width::w32, Condition::not_equal))
    masm_.test(Width::w32, reg, reg);
  if (is_own(value)) locked_ &= ~bit(value.reg);
  return {.place = Place::flags, .kind = ValKind::i32, .condition = Condition::not_equal};
}

void FuncCompiler::jump_if(const Value& flags, Label& target) {
  switch (flags.parity()) {
    case Parity::ignored: masm_.jcc(flags.condition, target); return;
    case Parity::may_be_set:
      masm_.jcc(Condition::parity, target);
      masm_.jcc(flags.condition, target);
      return;
    case Parity::must_be_clear: {
      Label unordered;
      masm_.jcc_short(Condition::parity, unordered);
      masm_.jcc(flags.condition, target);
      masm_.bind(unordered);
      return;
    }
  }
}

void FuncCompiler::branch_on(const Value& flags, Block& block) {
  settle_many(block);
  if (&block != &blocks_.front()) load_pins();
  note_edge(block);
  if (!needs_moves(block)) return jump_if(flags, block.label);
  Label stay;
  jump_if(inverted(flags), stay);
  move_to_label(block);
  masm_.jmp(block.label);
  masm_.bind(stay);
}

void FuncCompiler::branch_if(uint32_t depth) {
  const Value condition = pop();
  if (condition.is_constant()) {
    if (static_cast<uint32_t>(condition.bits) != 0) branch(depth);
    return;
  }
  const Value flags = in_flags(condition);
  branch_on(flags, label(depth));
}

void FuncCompiler::branch_table(const Instr& instr) {
  Value index = pop();
  const Gpr reg = in_gpr(index);
  const std::span<const uint32_t> targets = instr.labels;
  settle_many(label(targets[0]));  // all labels take as many values
  load_pins();
  // A target whose label has the operands elsewhere gets a stub that moves them, once.
  std::deque<Label> stubs;
  std::vector<uint32_t> stub_depths;
  std::vector<Label*> entries;
  entries.reserve(targets.size());
  const uint32_t this_table = instr.code_offset;
  for (const uint32_t depth : targets) {
    Block& block = label(depth);
    if (block.stub_of == this_table) {
      entries.push_back(&stubs[block.stub]);
      continue;
    }
    note_edge(block);
    if (!needs_moves(block)) {
      entries.push_back(&block.label);
      continue;
    }
    block.stub_of = this_table;
    block.stub = static_cast<uint32_t>(stubs.size());
    stub_depths.push_back(depth);
    entries.push_back(&stubs.emplace_back());
  }
  const auto count = static_cast<int32_t>(targets.size() - 1);
  if (count > 0) {
    const Gpr target = alloc_gpr();
    Label table;
    masm_.cmp(Width::w32, reg, count);
    masm_.jcc(Condition::above_equal, *entries.back());
    masm_.lea(Width::w64, scratch, Mem::at(table));
    masm_.movsx32(Width::w64, target, Mem(scratch, reg, Scale::x4));
    masm_.add(Width::w64, scratch, target);
    masm_.jmp(scratch);
    assembler::put_jump_table(masm_.buffer(), table,
                              std::span(entries).first(static_cast<size_t>(count)));
  } else {
    masm_.jmp(*entries.back());
  }
  // Where this goes on for too long or gets too large, so says whoever asks for the next
  // instruction.
  const auto goes_on = [this] {
    return !base::is_stopped(options_.stop) && masm_.position() <= options_.max_code_bytes;
  };
  for (size_t i = 0; i < stubs.size() && goes_on(); ++i) {
    Block& block = label(stub_depths[i]);
    masm_.bind(stubs[i]);
    move_to_label(block);
    masm_.jmp(block.label);
  }
  stop_here();
}

}  // namespace waxwing::baseline
