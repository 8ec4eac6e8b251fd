// The loop over a body's instructions, the operand stack's rules and the texts of errors.
#include "validate/func_validator.h"

#include "base/check.h"
#include "syntax/limits.h"
#include "syntax/opcode_table.h"
#include "syntax/subtyping.h"
#include "validate/access.h"

namespace waxwing::validate {

using base::ErrorCode;
using syntax::Op;
using syntax::OperandType;
using syntax::OpInfo;
using syntax::OpKind;
using syntax::Signature;
using syntax::ValKind;
using syntax::ValType;

namespace {

/// How the loop checks the most frequent instructions in line, where types match exactly; all else
/// goes through `handlers`, which also words the errors.
enum class QuickForm : uint8_t {
  none,
  unary,
  binary,
  constant,
  load,
  store,
  local_get,
  local_set,
  local_tee,
};

struct QuickRow {
  ValType param;  // the topmost
  ValType result;
  QuickForm form = QuickForm::none;
  uint8_t align_log2 = 0;
};

consteval ValType plain_type(OperandType type) {
  switch (type) {
    case OperandType::i32: return syntax::i32_type;
    case OperandType::i64: return syntax::i64_type;
    case OperandType::f32: return syntax::f32_type;
    case OperandType::f64: return syntax::f64_type;
    case OperandType::v128: return syntax::v128_type;
    case OperandType::addr:
    case OperandType::elem: return ValKind::bottom;
  }
  return ValKind::bottom;
}

consteval bool is_scalar(OperandType type) {
  return type == OperandType::i32 || type == OperandType::i64 || type == OperandType::f32 ||
         type == OperandType::f64;
}

consteval QuickForm quick_form(const OpInfo& info) {
  if (info.id == Op::local_get) return QuickForm::local_get;
  if (info.id == Op::local_set) return QuickForm::local_set;
  if (info.id == Op::local_tee) return QuickForm::local_tee;
  const Signature& signature = info.signature;
  if (info.feature != syntax::Feature::mvp || signature.by_hand) return QuickForm::none;
  if (info.kind == OpKind::load) return QuickForm::load;
  if (info.kind == OpKind::store) return QuickForm::store;
  if (info.kind == OpKind::frame) return QuickForm::constant;
  if (info.kind != OpKind::pure || !is_scalar(signature.params[0])) return QuickForm::none;
  if (signature.param_count == 1) return QuickForm::unary;
  const bool alike = signature.params[0] == signature.params[1];
  return signature.param_count == 2 && alike ? QuickForm::binary : QuickForm::none;
}

constexpr std::array<QuickRow, syntax::op_count> quick_rows = []() consteval {
  std::array<QuickRow, syntax::op_count> rows{};
  for (const OpInfo& info : syntax::op_table) {
    QuickRow& row = rows[size_t(info.id)];
    row.form = quick_form(info);
    row.align_log2 = access_table[size_t(info.id)].align_log2;
    if (row.form == QuickForm::none || info.signature.by_hand) continue;
    if (info.signature.param_count > 0) {
      row.param = plain_type(info.signature.params[info.signature.param_count - 1u]);
    }
    if (info.signature.result_count > 0) row.result = plain_type(info.signature.results[0]);
  }
  return rows;
}();

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
      body_(module_.body(func)),
      type_(module_.func_type(func)),
      reader_(module_, context.features, body_.code, body_.offset),
      memory0_(module_.memories.empty() ? ValType(ValKind::bottom) : memory_address(0)) {}

base::Result<> FuncValidator::run() {
  if (!begin()) return take_error();
  while (reader_.next(instr_)) {
    if (step_quickly()) [[likely]]
      continue;
    if (!step_slowly()) return take_error();
  }
  if (reader_.error()) {
    error_ = *reader_.error();
    return take_error();
  }
  if (!scratch_.frames.empty()) {
    instr_.code_offset = reader_.position();
    fail(ErrorCode::end_opcode_expected,
         std::to_string(scratch_.frames.size()) + " blocks are open at the end of the body");
    return take_error();
  }
  scratch_.hints.max_stack_slots = scratch_.operands.max_slots();
  return {};
}

/// Checks the instruction just read if it is a frequent one whose operands match exactly; false,
/// with nothing changed, if it needs a closer look.
inline bool FuncValidator::step_quickly() {
  OperandStack& operands = scratch_.operands;
  const QuickRow& row = quick_rows[size_t(instr_.op)];
  switch (row.form) {
    case QuickForm::none: return false;
    case QuickForm::unary:
      if (operands.available() < 1 || operands.peek() != row.param) return false;
      operands.replace_scalar(row.result);
      return true;
    case QuickForm::binary:
      if (operands.available() < 2 || operands.peek() != row.param ||
          operands.peek(1) != row.param) {
        return false;
      }
      operands.drop_scalars(1);
      operands.replace_scalar(row.result);
      return true;
    case QuickForm::constant: operands.push_scalar(row.result); return true;
    case QuickForm::load:
      if (instr_.index != 0 || instr_.align_log2 > row.align_log2 ||
          instr_.mem_offset > UINT32_MAX || operands.available() < 1 ||
          operands.peek() != memory0_) {
        return false;
      }
      operands.replace_scalar(row.result);
      return true;
    case QuickForm::store:
      if (instr_.index != 0 || instr_.align_log2 > row.align_log2 ||
          instr_.mem_offset > UINT32_MAX || operands.available() < 2 ||
          operands.peek() != row.param || operands.peek(1) != memory0_) {
        return false;
      }
      operands.drop_scalars(2);
      return true;
    case QuickForm::local_get: {
      if (instr_.index >= near_count_) return false;
      const ValType type = scratch_.near_locals[instr_.index];
      if (!type.is_defaultable() || type.is_vec()) return false;
      weigh(instr_.index);
      operands.push_scalar(type);
      return true;
    }
    case QuickForm::local_set:
    case QuickForm::local_tee: {
      if (instr_.index >= near_count_ || operands.available() < 1) return false;
      const ValType type = scratch_.near_locals[instr_.index];
      if (type != operands.peek() || !type.is_defaultable() || type.is_vec()) return false;
      weigh(instr_.index);
      note_write(instr_.index);
      if (row.form == QuickForm::local_set) operands.drop_scalars(1);
      return true;
    }
  }
  return false;
}

bool FuncValidator::step_slowly() {
  const OpInfo& info = syntax::op_info(instr_.op);
  scratch_.used.set(info.feature, true);
  if (info.feature == syntax::Feature::gc && !scratch_.first_gc_instruction) [[unlikely]] {
    scratch_.first_gc_instruction = body_.offset + instr_.code_offset;
  }
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
  error_ = base::Error{code, body_.offset + instr_.code_offset, std::move(detail)};
  return false;
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

bool FuncValidator::fail_type(std::string detail) {
  return fail(ErrorCode::type_mismatch,
              std::string(syntax::op_info(instr_.op).text).append(" ").append(detail));
}

bool FuncValidator::fail_requires(Types required) {
  // Where a block ends, all its operands count; elsewhere the topmost ones.
  const bool ends = instr_.op == Op::end || instr_.op == Op::else_;
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

bool FuncValidator::pop(Types required) {
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
  const auto resolve = [&](OperandType type) -> ValType {
    switch (type) {
      case OperandType::i32: return syntax::i32_type;
      case OperandType::i64: return syntax::i64_type;
      case OperandType::f32: return syntax::f32_type;
      case OperandType::f64: return syntax::f64_type;
      case OperandType::v128: return syntax::v128_type;
      case OperandType::addr: return addr;
      case OperandType::elem: return elem;
    }
    return ValKind::bottom;
  };
  std::array<ValType, Signature::max_params> params;
  for (size_t i = 0; i < signature.param_count; ++i) params[i] = resolve(signature.params[i]);
  if (!pop(Types(params.data(), signature.param_count))) return false;
  for (size_t i = 0; i < signature.result_count; ++i) push(resolve(signature.results[i]));
  return true;
}

}  // namespace waxwing::validate
