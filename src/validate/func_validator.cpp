// The loop over a body's instructions, the operand stack's rules and the texts of errors.
#include "validate/func_validator.h"

#include "base/check.h"
#include "syntax/limits.h"
#include "syntax/opcode_table.h"
#include "syntax/operand_types.h"
#include "syntax/subtyping.h"

namespace waxwing::validate {

using base::ErrorCode;
using syntax::Op;
using syntax::OperandType;
using syntax::OpInfo;
using syntax::Signature;
using syntax::ValKind;
using syntax::ValType;

namespace {

std::string stack_text(std::span<const ValType> types) {
  return syntax::to_string(std::vector<ValType>(types.begin(), types.end()));
}

}  // namespace

FuncValidator::FuncValidator(const ModuleContext& context, syntax::FuncIdx func,
                             FuncScratch& scratch)
    : context_(context),
      module_(*context.module),
      scratch_(scratch),
      func_(func),
      code_(module_.code(module_.body(func))),
      locals_(module_.locals(module_.body(func))),
      code_offset_(module_.body(func).offset),
      type_(module_.func_type(func)),
      reader_(module_, context.features, code_, code_offset_),
      quick_rows_(quick_rows_for(module_)) {}

base::Result<> FuncValidator::run(const StepObserver* observer) {
  if (!begin()) return take_error();
  scratch_.used.set(syntax::Feature::mvp, true);
  if (observer != nullptr) {
    if (!run_observed(*observer)) return take_error();
  } else {
    do {
      TRY(base::go_on(context_.stop));
      if (!run_quickly()) return take_error();
    } while (reader_.next(instr_) && step_slowly());
  }
  if (error_) return take_error();
  if (reader_.error()) {
    error_ = *reader_.error();
    return take_error();
  }
  if (!scratch_.frames.empty()) {
    instr_.code_offset = reader_.position();
    fail_open_blocks();
    return take_error();
  }
  scratch_.hints.max_stack_slots = scratch_.operands.max_slots();
  return {};
}

bool FuncValidator::run_observed(const StepObserver& observer) {
  while (reader_.next(instr_)) {
    if (!step_slowly()) return false;
    const bool is_unreachable = !scratch_.frames.empty() && scratch_.frames.back().unreachable;
    observer({instr_, scratch_.operands.all(), is_unreachable});
  }
  return true;
}

bool FuncValidator::step_slowly() {
  const OpInfo& info = syntax::op_info(instr_.op);
  scratch_.used.set(info.feature, true);
  return handlers[size_t(instr_.op)](*this);
}

bool FuncValidator::begin() {
  scratch_.hints = {};
  scratch_.loops.clear();
  scratch_.operands.clear();
  scratch_.frames.clear();
  scratch_.open_loops.clear();
  forget_initialized(0);
  if (!begin_locals()) return false;
  BlockSignature signature;
  signature.type = &type_;
  return push_frame(Op::block, signature);
}

std::unexpected<base::Error> FuncValidator::take_error() {
  base::Error error = std::move(*error_);
  if (!error.detail.empty()) error.detail += "; ";
  error.detail += "in function " + std::to_string(func_.value);
  const std::string_view name = module_.func_name(func_);
  if (!name.empty()) error.detail.append(" \"").append(name).append("\"");
  return std::unexpected(std::move(error));
}

bool FuncValidator::fail(ErrorCode code, std::string detail) {
  error_ = base::Error{code, code_offset_ + instr_.code_offset, std::move(detail)};
  return false;
}

// The suite tells a body without its own `end` from one that ends within a block.
bool FuncValidator::fail_open_blocks() {
  const size_t open = scratch_.frames.size();
  return fail(open > 1 ? ErrorCode::unexpected_end_of_section : ErrorCode::end_opcode_expected,
              std::to_string(open) + " blocks are open at the end of the body");
}

bool FuncValidator::fail_index(ErrorCode code, uint32_t index, size_t count,
                               std::string_view owner) {
  return fail(code, std::to_string(index)
                        .append(" (")
                        .append(owner)
                        .append(" has ")
                        .append(std::to_string(count))
                        .append(")"));
}

bool FuncValidator::fail_type(std::string_view detail) {
  return fail(ErrorCode::type_mismatch,
              std::string(syntax::op_info(instr_.op).text).append(" ").append(detail));
}

bool FuncValidator::fail_operands() {
  return fail(
      ErrorCode::implementation_limit,
      "an operand stack of more than " + std::to_string(syntax::max_operand_slots) + " slots");
}

bool FuncValidator::fail_requires(Types required) {
  // Where a block ends, all its operands count; elsewhere the topmost ones.
  const bool ends = binary::closes_block(instr_.op) || binary::continues_block(instr_.op);
  const OperandStack& operands = scratch_.operands;
  const size_t shown =
      std::min(operands.available(), ends ? size_t(16) : std::max(required.size(), size_t(1)));
  return fail_type("requires " + stack_text(required) + " but the stack has " +
                   stack_text(operands.top(shown)));
}

bool FuncValidator::matches(ValType sub, ValType super) const {
  return syntax::is_subtype(module_, sub, super);
}

bool FuncValidator::have(Types required) {
  const OperandStack& operands = scratch_.operands;
  const size_t count = std::min(required.size(), operands.available());
  if (count < required.size() && !is_unreachable()) return fail_requires(required);
  for (size_t depth = 0; depth < count; ++depth) {
    if (!matches(operands.peek(depth), required[required.size() - 1 - depth])) [[unlikely]] {
      return fail_requires(required);
    }
  }
  return true;
}

bool FuncValidator::pop_all(Types required) {
  if (!have(required)) return false;
  drop_up_to(required.size());
  return true;
}

void FuncValidator::drop_up_to(size_t count) {
  OperandStack& operands = scratch_.operands;
  operands.drop(std::min(count, operands.available()));
}

bool FuncValidator::pop_any(ValType& type) {
  OperandStack& operands = scratch_.operands;
  type = ValKind::bottom;
  if (operands.available() == 0) {
    return is_unreachable() || fail_type("requires an operand but the stack has []");
  }
  type = operands.peek();
  operands.drop(1);
  return true;
}

bool FuncValidator::pop_ref(ValType& type) {
  if (!pop_any(type)) return false;
  if (type.kind() == ValKind::bottom) {
    type = ValType::ref(false, syntax::AbstractHeap::bottom);
  }
  if (type.is_ref()) return true;
  return fail_type("requires a reference but the stack has [" + to_string(type) + "]");
}

bool FuncValidator::apply(const Signature& signature, ValType addr, ValType elem) {
  const auto resolve = [&](OperandType type) { return syntax::operand_type(type, addr, elem); };
  std::array<ValType, Signature::max_params> params;
  for (size_t i = 0; i < signature.param_count; ++i) params[i] = resolve(signature.params[i]);
  if (!pop(Types(params.data(), signature.param_count))) return false;
  for (size_t i = 0; i < signature.result_count; ++i) push(resolve(signature.results[i]));
  return true;
}

}  // namespace waxwing::validate
