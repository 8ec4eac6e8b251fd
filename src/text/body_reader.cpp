// The nesting that the text format shares with the binary one.
#include "text/body_reader.h"

namespace waxwing::text {

using base::ErrorCode;
using syntax::Op;

bool BodyReader::fail(const binary::Instr& instr, std::string_view detail) {
  error_ = base::Error{ErrorCode::end_opcode_expected, body_.offset + instr.code_offset,
                       std::string(detail)};
  return false;
}

bool BodyReader::next(binary::Instr& instr) {
  if (error_) return false;
  if (!instrs_.next(instr)) {
    error_ = instrs_.error().value_or(base::Error{ErrorCode::unexpected_end_of_section,
                                                  body_.offset + instrs_.position(), "no `end`"});
    return false;
  }
  if (instr.op != Op::end || !open_.empty()) return enter(instr);
  if (!instrs_.at_end()) return fail(instr, "instructions behind the function's `end`");
  return false;
}

bool BodyReader::enter(const binary::Instr& instr) {
  const Op part = open_.empty() ? Op::nop : open_.back();
  if (binary::opens_block(instr.op)) {
    open_.push_back(instr.op);
  } else if (instr.op == Op::end) {
    open_.pop_back();
  } else if (instr.op == Op::delegate) {
    if (part != Op::try_) return fail(instr, "a `delegate` outside of a `try`");
    open_.pop_back();
  } else if (binary::continues_block(instr.op)) {
    const bool is_else = instr.op == Op::else_;
    const bool fits = is_else ? part == Op::if_ : part == Op::try_ || part == Op::catch_;
    if (!fits)
      return fail(instr, is_else ? "an `else` without an `if`" : "a `catch` without a `try`");
    open_.back() = instr.op;
  }
  return true;
}

}  // namespace waxwing::text
