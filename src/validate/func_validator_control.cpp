// Blocks and branches. [spec 3.4.1-3.4.2]
#include "base/check.h"
#include "syntax/limits.h"
#include "validate/func_validator.h"

namespace waxwing::validate {

using base::ErrorCode;
using syntax::Op;

bool FuncValidator::resolve_block_type(BlockSignature& signature) {
  const binary::BlockType& type = instr_.block_type;
  switch (type.kind) {
    case binary::BlockType::Kind::empty: return true;
    case binary::BlockType::Kind::value: signature.single = type.value; return true;
    case binary::BlockType::Kind::index:
      scratch_.used.set(syntax::Feature::multi_value, true);
      signature.type = func_type_at(type.index.value);
      return signature.type != nullptr;
  }
  return false;
}

bool FuncValidator::push_frame(Op op, const BlockSignature& signature) {
  std::vector<ControlFrame>& frames = scratch_.frames;
  if (frames.size() >= syntax::max_nesting) {
    return fail(ErrorCode::implementation_limit,
                "blocks nest deeper than " + std::to_string(syntax::max_nesting));
  }
  ControlFrame frame;
  frame.op = op;
  frame.height = scratch_.operands.height();
  frame.initialized = uint32_t(scratch_.initialized.size());
  frame.signature = signature;
  frames.push_back(frame);
  scratch_.operands.set_floor(frame.height);
  scratch_.hints.max_labels = std::max(scratch_.hints.max_labels, uint32_t(frames.size()));
  return true;
}

bool FuncValidator::open_block(const BlockSignature& signature) {
  return pop(signature.params()) && push_frame(instr_.op, signature) && push(signature.params());
}

void FuncValidator::mark_unreachable() {
  scratch_.operands.drop(scratch_.operands.available());
  scratch_.frames.back().unreachable = true;
}

bool FuncValidator::check_unreachable() {
  mark_unreachable();
  return true;
}

bool FuncValidator::check_block() {
  BlockSignature signature;
  if (instr_.op == Op::try_) scratch_.hints.has_handlers = true;
  return resolve_block_type(signature) && open_block(signature);
}

bool FuncValidator::check_loop() {
  if (!check_block()) return false;
  open_loop();
  return true;
}

bool FuncValidator::check_if() {
  BlockSignature signature;
  return resolve_block_type(signature) && pop_i32() && open_block(signature);
}

/// Checks that the operands are the block's results, and removes them.
inline bool FuncValidator::finish_block(const ControlFrame& frame) {
  const Types results = frame.signature.results();
  if (scratch_.operands.available() > results.size()) return fail_requires(results);
  if (!pop(results)) return false;
  forget_initialized(frame.initialized);
  return true;
}

bool FuncValidator::check_else() {
  ControlFrame& frame = scratch_.frames.back();
  if (frame.op != Op::if_) return fail(ErrorCode::end_opcode_expected, "else without an if");
  if (!finish_block(frame)) return false;
  frame.op = Op::else_;
  frame.unreachable = false;
  return push(frame.signature.params());
}

/// Ends the body of a try or one of its catches, and begins a catch that starts with `values`.
bool FuncValidator::begin_catch(Types values) {
  ControlFrame& frame = scratch_.frames.back();
  if (frame.op != Op::try_ && frame.op != Op::catch_) {
    return fail(ErrorCode::end_opcode_expected,
                std::string(syntax::op_info(instr_.op).text) +
                    (frame.op == Op::catch_all ? " behind a catch_all" : " without a try"));
  }
  if (!finish_block(frame)) return false;
  frame.op = instr_.op;
  frame.unreachable = false;
  push(values);
  return true;
}

bool FuncValidator::check_end() {
  ControlFrame& frame = scratch_.frames.back();
  if (!finish_block(frame)) return false;
  if (frame.op == Op::if_) {  // the missing else returns its parameters
    frame.unreachable = false;
    if (!push(frame.signature.params()) || !finish_block(frame)) return false;
  }
  if (frame.op == Op::loop) close_loop();
  return close_block();
}

/// Leaves the innermost block, whose results have been checked and removed.
inline bool FuncValidator::close_block() {
  const BlockSignature signature = scratch_.frames.back().signature;
  scratch_.frames.pop_back();
  if (scratch_.frames.empty()) [[unlikely]]
    return finish_function();
  scratch_.operands.set_floor(scratch_.frames.back().height);
  return push(signature.results());
}

// The label counts from outside the try, whose end this is. [legacy exceptions proposal]
bool FuncValidator::check_delegate() {
  const ControlFrame& frame = scratch_.frames.back();
  if (frame.op != Op::try_) return fail(ErrorCode::end_opcode_expected, "delegate without a try");
  const size_t open_outside = scratch_.frames.size() - 1;
  if (instr_.index >= open_outside) {
    return fail(ErrorCode::unknown_label, std::to_string(instr_.index) + " (" +
                                              std::to_string(open_outside) +
                                              " are open around the try)");
  }
  return finish_block(frame) && close_block();
}

bool FuncValidator::finish_function() {
  if (scratch_.operands.max_slots() > syntax::max_operand_slots) return fail_operands();
  if (reader_.at_end()) return true;
  instr_.code_offset = reader_.position();
  return fail(ErrorCode::section_size_mismatch, "bytes behind the end of the function");
}

/// The error for a label that is not there.
ControlFrame* FuncValidator::no_label(uint32_t index) {
  fail(ErrorCode::unknown_label,
       std::to_string(index) + " (" + std::to_string(scratch_.frames.size()) + " are open)");
  return nullptr;
}

/// The operands that the label takes become of its types, where the branch is not taken.
bool FuncValidator::branch_and_stay(Types label) {
  if (label.empty()) return true;
  return pop(label) && push(label);
}

bool FuncValidator::check_br() {
  const ControlFrame* label = find_label(instr_.index);
  if (!label || !pop(label->label())) return false;
  mark_unreachable();
  return true;
}

bool FuncValidator::check_br_if() {
  const ControlFrame* label = find_label(instr_.index);
  return label && pop_i32() && branch_and_stay(label->label());
}

bool FuncValidator::check_br_table() {
  const ControlFrame* fallback = find_label(instr_.labels.back());
  if (!fallback || !pop_i32()) return false;
  const size_t arity = fallback->label().size();
  for (uint32_t index : instr_.labels) {
    ControlFrame* label = find_label(index);
    if (!label) return false;
    if (label->last_br_table == instr_.code_offset) continue;
    label->last_br_table = instr_.code_offset;
    // There may be 100,000 labels, with 1,000 operands each.
    if (base::is_stopped(context_.stop)) [[unlikely]] {
      error_ = base::stopped_error(*context_.stop);
      return false;
    }
    if (label->label().size() != arity) {
      return fail_type("has labels with " + std::to_string(arity) + " and with " +
                       std::to_string(label->label().size()) + " operands");
    }
    if (!have(label->label())) return false;
  }
  mark_unreachable();
  return true;
}

bool FuncValidator::check_return() {
  if (!pop(type_.results)) return false;
  mark_unreachable();
  return true;
}

}  // namespace waxwing::validate
