// throw and try_table; catch and rethrow of what they replaced. [spec 3.4.1, legacy exceptions
// proposal]
#include "validate/func_validator.h"

namespace waxwing::validate {

using base::ErrorCode;
using binary::CatchClause;
using syntax::Op;
using syntax::ValType;

const syntax::FuncType* FuncValidator::tag_at(uint32_t tag) {
  const syntax::TagIdx index(tag);
  if (module_.tags.contains(index)) return module_.types[module_.tags[index].type].func();
  fail_index(ErrorCode::unknown_tag, tag, module_.tags.size(), "the module");
  return nullptr;
}

bool FuncValidator::check_throw() {
  const syntax::FuncType* tag = tag_at(instr_.index);
  if (!tag || !pop(tag->params)) return false;
  mark_unreachable();
  return true;
}

bool FuncValidator::check_throw_ref() {
  if (!pop({syntax::exnref})) return false;
  mark_unreachable();
  return true;
}

/// Whether the label takes what the clause gives it: the tag's values, and the exception if it is
/// a _ref clause.
bool FuncValidator::catch_clause(const CatchClause& clause) {
  const bool has_tag =
      clause.kind == CatchClause::Kind::catch_ || clause.kind == CatchClause::Kind::catch_ref;
  const bool has_ref = clause.kind == CatchClause::Kind::catch_ref ||
                       clause.kind == CatchClause::Kind::catch_all_ref;
  Types values;
  if (has_tag) {
    const syntax::FuncType* tag = tag_at(clause.tag.value);
    if (!tag) return false;
    values = tag->params;
  }
  const ControlFrame* frame = find_label(clause.label);
  if (!frame) return false;
  const Types label = frame->label();
  bool fits = label.size() == values.size() + (has_ref ? 1 : 0);
  for (size_t i = 0; fits && i < values.size(); ++i) fits = matches(values[i], label[i]);
  if (fits && has_ref) {
    fits = matches(ValType::ref(false, syntax::AbstractHeap::exn), label.back());
  }
  if (fits) return true;
  return fail_type(
      "catches " + syntax::to_string(std::vector<ValType>(values.begin(), values.end())) +
      (has_ref ? " and the exception" : "") + " but label " + std::to_string(clause.label) +
      " takes " + syntax::to_string(std::vector<ValType>(label.begin(), label.end())));
}

bool FuncValidator::check_try_table() {
  BlockSignature signature;
  if (!resolve_block_type(signature)) return false;
  for (const CatchClause& clause : instr_.catches) {
    if (!catch_clause(clause)) return false;
  }
  scratch_.hints.has_handlers = true;
  return open_block(signature);
}

bool FuncValidator::check_catch() {
  const syntax::FuncType* tag = tag_at(instr_.index);
  return tag && begin_catch(tag->params);
}

bool FuncValidator::check_catch_all() { return begin_catch({}); }

bool FuncValidator::check_rethrow() {
  const ControlFrame* frame = find_label(instr_.index);
  if (!frame) return false;
  if (frame->op != Op::catch_ && frame->op != Op::catch_all) {
    return fail(ErrorCode::invalid_rethrow_label,
                std::to_string(instr_.index) + " is not the label of a catch that is open here");
  }
  mark_unreachable();
  return true;
}

}  // namespace waxwing::validate
