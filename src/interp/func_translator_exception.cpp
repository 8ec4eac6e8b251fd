// Exceptions: try_table and throw, and what they replaced (try, catch, delegate, rethrow). A catch
// keeps its exception in a slot of the frame, under the payload. [spec 4.6.11, legacy exceptions
// proposal]
#include "interp/func_translator.h"

namespace waxwing::interp {

const syntax::FuncType& FuncTranslator::tag_type(syntax::TagIdx tag) const {
  return *module_.types[module_.tags[tag].type].func();
}

void FuncTranslator::begin_try_table(const Instr& instr) {
  open(Op::try_table, instr.block_type);
  emit_.forget();
  Block& block = blocks_.back();
  block.start = emit_.position();
  for (const binary::CatchClause& clause : instr.catches) {
    using Kind = binary::CatchClause::Kind;
    // Labels count from outside the try_table.
    const auto depth = static_cast<uint32_t>(blocks_.size() - 2 - clause.label);
    const bool any_tag = clause.kind == Kind::catch_all || clause.kind == Kind::catch_all_ref;
    const uint32_t slot = blocks_[depth].base_slot;
    block.handler_labels.push_back(depth);
    block.handlers.push_back(
        {.first_cell = block.start,
         .slot = slot,
         .ref_slot = slot + (any_tag ? 0 : slot_count(tag_type(clause.tag).params)),
         .tag = clause.tag,
         .any_tag = any_tag,
         .with_ref = clause.kind == Kind::catch_ref || clause.kind == Kind::catch_all_ref});
  }
}

void FuncTranslator::close_try_table(Block& block) {
  for (size_t i = 0; i < block.handlers.size(); ++i) {
    block.handlers[i].end_cell = emit_.position();
    const auto index = static_cast<uint32_t>(code_.handlers.size());
    Block& target = blocks_[block.handler_labels[i]];
    if (target.op == Op::loop)
      block.handlers[i].target = target.start;
    else
      target.handlers_to_end.push_back(index);
    code_.handlers.push_back(block.handlers[i]);
  }
}

void FuncTranslator::begin_catch(const Instr& instr) {
  Block& block = blocks_.back();
  if (!dead_) {
    prepare_branch(block.results());
    move_to(block, block.results());
    link(block, emit_.branch());
  }
  emit_.forget();
  dead_ = false;
  if (block.op == Op::try_) block.body_end = emit_.position();
  block.op = Op::catch_;
  while (stack_.size() > block.height) pop();
  push(ValKind::ref);
  const bool any_tag = instr.op == Op::catch_all;
  block.handlers.push_back({.first_cell = block.start,
                            .end_cell = block.body_end,
                            .target = emit_.position(),
                            .slot = next_slot(),
                            .ref_slot = stack_.back().home,
                            .tag = syntax::TagIdx(any_tag ? 0 : instr.index),
                            .any_tag = any_tag});
  if (!any_tag) push_results(tag_type(syntax::TagIdx(instr.index)).params);
}

void FuncTranslator::close_catches(Block& block) {
  code_.handlers.insert(code_.handlers.end(), block.handlers.begin(), block.handlers.end());
}

// What is added from here on are handlers of the block itself and of blocks around it.
void FuncTranslator::end_delegates(Block& block) {
  for (uint32_t index : block.delegates) {
    code_.handlers[index].target = static_cast<uint32_t>(code_.handlers.size());
  }
}

void FuncTranslator::delegate(const Instr& instr) {
  Block& block = blocks_.back();
  if (!dead_) {
    prepare_branch(block.results());
    move_to(block, block.results());
  }
  end_delegates(block);
  block.delegates.clear();
  // The label counts from outside the try.
  label(instr.index + 1).delegates.push_back(static_cast<uint32_t>(code_.handlers.size()));
  code_.handlers.push_back(
      {.first_cell = block.start, .end_cell = emit_.position(), .tag = {}, .is_delegate = true});
  close_block();
}

void FuncTranslator::rethrow(const Instr& instr) {
  Block& block = label(instr.index);
  block.handlers.back().with_ref = true;
  const Cell source = emit_.near(block.handlers.back().ref_slot, ValKind::ref);
  note_source();
  emit_.begin(opcode(IOp::throw_ref));
  emit_.cell(source);
  emit_.end_plain();
  stop_here();
}

void FuncTranslator::throw_exception(const Instr& instr) {
  if (instr.op == Op::throw_ref) {
    StackValue reference = pop();
    const Operand operand = in_slot(reference);
    const Cell source = emit_.near(operand.slot, operand.kind);
    note_source();
    emit_.begin(opcode(IOp::throw_ref));
    emit_.cell(source);
  } else {
    const syntax::FuncType& type = tag_type(syntax::TagIdx(instr.index));
    const uint32_t from = begin_call(type);
    note_source();
    emit_.begin(opcode(IOp::throw_));
    emit_.cell32(instr.index);
    emit_.cell32(from);
    emit_.cell(slot_count(type.params));
  }
  emit_.end_plain();
  stop_here();
}

}  // namespace waxwing::interp
