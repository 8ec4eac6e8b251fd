// Exceptions: throw and try_table, and what they replaced (try, catch, delegate, rethrow). Nothing
// is executed where nothing is thrown: the runtime looks call sites up in ranges, and enters at
// landing pads. Inside of a try all pins are in memory at each call. A catch keeps its exception in
// a slot below the payload. [spec 4.6.11, legacy exceptions proposal]
#include <utility>

#include "abi/handler_cost.h"
#include "base/check.h"
#include "baseline/func_compiler.h"

namespace waxwing::baseline {

using abi::BuiltinId;
using abi::CodeHandler;
using codegen::x64::builtin_argument_gprs;
using codegen::x64::builtin_result_gpr;
using syntax::FuncType;
using syntax::ValType;

namespace {

constexpr uint32_t none = UINT32_MAX;
constexpr size_t max_register_values = 2;  // of a payload that a catch begins with

constexpr int32_t payload_offset(uint32_t slot) {
  return static_cast<int32_t>(abi::exception_payload + slot * 8);
}

}  // namespace

const FuncType& FuncCompiler::tag_type(uint32_t tag) const {
  return *module_.types[module_.tags[syntax::TagIdx(tag)].type].func();
}

// try_table and try.

void FuncCompiler::begin_try(const Instr& instr) {
  flush(stack_.size());
  const auto first_clause = static_cast<uint32_t>(clauses_.size());
  if (instr.op == Op::try_table) {
    using Kind = binary::CatchClause::Kind;
    for (const binary::CatchClause& clause : instr.catches) {
      const bool has_tag = clause.kind == Kind::catch_ || clause.kind == Kind::catch_ref;
      // Labels count from outside the try_table.
      clauses_.push_back({.kind = Clause::Kind::landing_pad,
                          .target = add_landing_pad(label(clause.label), clause),
                          .tag = has_tag ? clause.tag.value : CodeHandler::all_tags});
    }
  }
  open(instr.op, instr.block_type);
  tries_.push_back({.first_clause = first_clause,
                    .begin = masm_.buffer().position(),
                    .cold_begin = static_cast<uint32_t>(cold_.size())});
  ++open_try_bodies_;
}

uint32_t FuncCompiler::add_landing_pad(Block& target, const binary::CatchClause& clause) {
  using Kind = binary::CatchClause::Kind;
  const auto index = static_cast<uint32_t>(landing_pads_.size());
  LandingPad& pad = landing_pads_.emplace_back();
  if (clause.kind == Kind::catch_ || clause.kind == Kind::catch_ref)
    pad.payload = &tag_type(clause.tag.value);
  pad.has_ref = clause.kind == Kind::catch_ref || clause.kind == Kind::catch_all_ref;
  pad.is_in_register = target.label_types().size() == 1 && target.op != Op::loop;
  pad.loads_pins = &target != &blocks_.front();
  pad.home = target.base_home;
  if (target.op == Op::loop) {
    pad.loop_position = target.label.position();
  } else {
    pad.next = std::exchange(target.landing_pads, index);
  }
  target.is_reached = true;
  return index;
}

/// The block's label is here.
void FuncCompiler::bind_landing_pads(const Block& block) {
  for (uint32_t i = block.landing_pads; i != none; i = landing_pads_[i].next)
    masm_.bind(landing_pads_[i].label);
}

void FuncCompiler::end_try_body(Try& region) {
  region.end = masm_.buffer().position();
  region.cold_end = static_cast<uint32_t>(cold_.size());
  --open_try_bodies_;
}

/// Its handlers are asked before those of what is around it.
void FuncCompiler::end_try(const Block& block) {
  Try& region = tries_.back();
  if (block.op != Op::catch_) end_try_body(region);
  for (size_t i = region.first_clause; i < clauses_.size(); ++i)
    handlers_.push_back({region, clauses_[i]});
  clauses_.resize(region.first_clause);
  tries_.pop_back();
}

void FuncCompiler::end_delegates(const Block& block) {
  for (uint32_t i = block.delegates; i != none;)
    i = std::exchange(handlers_[i].clause.target, static_cast<uint32_t>(handlers_.size()));
}

void FuncCompiler::delegate(const Instr& instr) {
  end_delegates(blocks_.back());
  blocks_.back().delegates = none;
  // The label counts from outside the try.
  Block& block = label(instr.index + 1);
  clauses_.push_back({.kind = Clause::Kind::delegate, .target = block.delegates});
  block.delegates = static_cast<uint32_t>(handlers_.size());
  end_block();
}

// catch.

void FuncCompiler::begin_catch(const Instr& instr) {
  Block& block = blocks_.back();
  if (!dead_) {
    settle_many(block);
    load_pins();
    move_to_label(block);
    note_edge(block);
    masm_.jmp(block.label);
  }
  if (block.op == Op::try_) end_try_body(tries_.back());
  block.op = Op::catch_;
  dead_ = false;
  while (stack_.size() > block.height) pop();
  drop_caches();
  valid_pins_ = 0;
  saved_pins_ = pinned_;
  const bool has_tag = instr.op == Op::catch_;
  clauses_.push_back({.kind = Clause::Kind::code,
                      .target = masm_.buffer().position(),
                      .tag = has_tag ? instr.index : CodeHandler::all_tags});
  push_caught(has_tag ? &tag_type(instr.index) : nullptr);
}

/// The exception that was caught, below its payload.
void FuncCompiler::push_caught(const FuncType* payload) {
  locked_ = bit(reg_of(builtin_result_gpr));
  push_slot(ValKind::ref);
  masm_.mov(Width::w64, slot_mem(stack_.back().home), builtin_result_gpr);
  if (!payload) return;
  if (payload->params.size() > max_register_values) {
    copy_payload(*payload, next_home());
    for (const ValType type : payload->params) push_slot(type.kind());
    return;
  }
  uint32_t slot = 0;
  for (const ValType type : payload->params) {
    const Reg reg = alloc(codegen::class_of(type.kind()));
    load_reg(reg, Mem(builtin_result_gpr, payload_offset(slot)), type.kind());
    push_reg(type.kind(), reg);
    slot += type.slot_count();
  }
}

/// From the exception in the builtins' result register, which stays, to slots of the frame, where
/// no register but pins, which come later, holds anything.
void FuncCompiler::copy_payload(const FuncType& type, uint32_t home) {
  copy_slots(slot_row(home), {builtin_result_gpr, payload_offset(0)},
             syntax::slot_count(type.params), transfer_counter);
}

// throw.

void FuncCompiler::throw_tag(const Instr& instr) {
  const size_t count = tag_type(instr.index).params.size();
  call_builtin(BuiltinId::throw_tag, {imm(instr.index), count == 0 ? imm(0) : address(count - 1)},
               count);
  stop_here();
}

void FuncCompiler::throw_ref() {
  call_builtin(BuiltinId::throw_reference, {operand(0)}, 1);
  stop_here();
}

void FuncCompiler::rethrow(const Instr& instr) {
  const uint32_t caught = stack_[label(instr.index).height].home;
  save_pins();
  masm_.mov(Width::w64, builtin_argument_gprs[0], slot_mem(caught));
  masm_.call_builtin(BuiltinId::throw_reference);
  stop_here();
}

// Behind the function's code.

void FuncCompiler::emit_landing_pad(LandingPad& pad) {
  pad.position = masm_.buffer().position();
  if (pad.is_in_register) {
    if (!pad.has_ref) {
      const ValKind kind = pad.payload->params[0].kind();
      load_reg(single_reg(kind), Mem(builtin_result_gpr, payload_offset(0)), kind);
    }
  } else {
    uint32_t home = pad.home;
    if (pad.payload) {
      copy_payload(*pad.payload, home);
      home += syntax::slot_count(pad.payload->params);
    }
    if (pad.has_ref) masm_.mov(Width::w64, slot_mem(home), builtin_result_gpr);
  }
  if (pad.loads_pins) {
    valid_pins_ = 0;
    load_pins();
  }
  if (pad.loop_position == none) return masm_.jmp(pad.label);
  const uint32_t position = masm_.jmp_rel32();
  masm_.buffer().overwrite(position, pad.loop_position - (position + 4));
}

/// Calls out of line lie in the order of the tries that they are in: a handler has one range there,
/// too.
void FuncCompiler::put_handlers() {
  if (handlers_.empty()) return;
  const uint32_t cold_end = masm_.buffer().position();
  const auto cold_position = [&](uint32_t index) {
    return index < cold_.size() ? cold_[index].entry.position() : cold_end;
  };
  for (LandingPad& pad : landing_pads_) emit_landing_pad(pad);
  if (options_.fuel)
    masm_.add_handler() = abi::handler_cost_entry(abi::handler_cost(handlers_.size()));
  // Every handler is two entries, so that those that skip know how many to pass over.
  for (size_t i = 0; i < handlers_.size(); ++i) {
    const auto& [body, clause] = handlers_[i];
    CodeHandler handler{.begin = body.begin, .end = body.end, .tag = clause.tag};
    switch (clause.kind) {
      case Clause::Kind::landing_pad: handler.target = landing_pads_[clause.target].position; break;
      case Clause::Kind::code: handler.target = clause.target; break;
      case Clause::Kind::delegate:
        handler.tag = CodeHandler::skips;
        // Of the two entries the other one's range does not count.
        handler.target = static_cast<uint32_t>(clause.target - i - 1) * 2;
        break;
    }
    masm_.add_handler() = handler;
    handler.begin = cold_position(body.cold_begin);
    handler.end = cold_position(body.cold_end);
    masm_.add_handler() = handler;
  }
}

}  // namespace waxwing::baseline
