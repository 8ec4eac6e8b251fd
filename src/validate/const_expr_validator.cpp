// One function for each kind of instruction that a constant expression may have.
#include "validate/const_expr_validator.h"

#include "syntax/opcode_table.h"
#include "syntax/operand_types.h"
#include "syntax/subtyping.h"

namespace waxwing::validate {

using base::ErrorCode;
using base::Result;
using syntax::AbstractHeap;
using syntax::ConstInstr;
using syntax::HeapType;
using syntax::Op;
using syntax::SubType;
using syntax::TypeIdx;
using syntax::ValType;
using V = ConstExprValidator;

const V::Row V::rows[] = {
    {Op::i32_const, &V::numeric},
    {Op::i64_const, &V::numeric},
    {Op::f32_const, &V::numeric},
    {Op::f64_const, &V::numeric},
    {Op::v128_const, &V::numeric},
    {Op::i32_add, &V::numeric},
    {Op::i32_sub, &V::numeric},
    {Op::i32_mul, &V::numeric},
    {Op::i64_add, &V::numeric},
    {Op::i64_sub, &V::numeric},
    {Op::i64_mul, &V::numeric},
    {Op::ref_func, &V::ref_func},
    {Op::ref_null, &V::ref_null},
    {Op::global_get, &V::global_get},
    {Op::struct_new, &V::struct_new},
    {Op::struct_new_default, &V::struct_new_default},
    {Op::array_new, &V::array_new},
    {Op::array_new_default, &V::array_new_default},
    {Op::array_new_fixed, &V::array_new_fixed},
    {Op::ref_i31, &V::ref_i31},
    {Op::any_convert_extern, &V::any_convert_extern},
    {Op::extern_convert_any, &V::extern_convert_any},
};

namespace {

std::string text_of(const ConstInstr& instr) {
  return std::string(syntax::op_info(instr.op).text) + " ";
}

/// No constant instruction names a memory or table.
ValType plain_type(syntax::OperandType type) {
  return syntax::operand_type(type, syntax::ValKind::bottom, syntax::ValKind::bottom);
}

Result<> wrong_kind(const ConstInstr& instr, std::string_view kind) {
  return base::fail(ErrorCode::type_mismatch,
                    text_of(instr).append("requires ").append(kind).append(" type, and ") +
                        std::to_string(instr.index) + " is none",
                    instr.offset);
}

}  // namespace

std::string V::site_text() const {
  return std::string("; in ").append(site_.owner).append(" ").append(std::to_string(site_.index));
}

Result<> V::validate(syntax::ConstExpr expr, const ConstExprSite& site) {
  site_ = site;
  operands_.clear();
  uint64_t offset = site.offset;
  for (const ConstInstr& instr : module_.instrs(expr)) {
    offset = instr.offset;
    if (Result<> result = validate_instr(instr); !result) {
      result.error().detail += site_text();
      return result;
    }
  }
  if (operands_.size() == 1 && is_subtype(module_, operands_[0], site.type)) return {};
  return base::fail(ErrorCode::type_mismatch,
                    "the expression must give [" + to_string(site.type) + "], not " +
                        syntax::to_string(operands_) + site_text(),
                    offset);
}

Result<> V::validate_instr(const ConstInstr& instr) {
  for (const Row& row : rows) {
    if (row.op == instr.op) return (this->*row.step)(instr);
  }
  return base::fail(ErrorCode::constant_expression_required, "found " + text_of(instr),
                    instr.offset);
}

Result<> V::pop(ValType required, const ConstInstr& instr) {
  if (!operands_.empty() && is_subtype(module_, operands_.back(), required)) {
    operands_.pop_back();
    return {};
  }
  const std::string found = operands_.empty() ? "[]" : "[" + to_string(operands_.back()) + "]";
  return base::fail(
      ErrorCode::type_mismatch,
      text_of(instr) + "requires [" + to_string(required) + "] but the stack has " + found,
      instr.offset);
}

Result<> V::numeric(const ConstInstr& instr) {
  const syntax::Signature& signature = syntax::op_info(instr.op).signature;
  for (size_t i = signature.param_count; i > 0; --i) {
    TRY(pop(plain_type(signature.params[i - 1]), instr));
  }
  operands_.push_back(plain_type(signature.results[0]));
  return {};
}

// Before WebAssembly 3.0 only imported globals could be read.
Result<> V::global_get(const ConstInstr& instr) {
  const bool all_visible = context_.features.has(syntax::Feature::gc);
  const uint32_t visible = all_visible ? site_.visible_globals
                                       : std::min(site_.visible_globals, module_.imported_globals);
  if (instr.index >= visible) {
    return base::fail(
        ErrorCode::unknown_global,
        std::to_string(instr.index) + " (" + std::to_string(visible) + " can be read here)",
        instr.offset);
  }
  const syntax::GlobalType& type = module_.globals[syntax::GlobalIdx(instr.index)].type;
  if (type.is_mutable) {
    return base::fail(ErrorCode::constant_expression_required,
                      "global " + std::to_string(instr.index) + " is mutable", instr.offset);
  }
  operands_.push_back(type.value);
  return {};
}

Result<> V::ref_null(const ConstInstr& instr) {
  operands_.push_back(ValType::ref(true, instr.heap));
  return {};
}

Result<> V::ref_func(const ConstInstr& instr) {
  const syntax::FuncIdx func(instr.index);
  if (!module_.funcs.contains(func)) {
    return base::fail(ErrorCode::unknown_function,
                      std::to_string(instr.index) + " (the module has " +
                          std::to_string(module_.funcs.size()) + ")",
                      instr.offset);
  }
  const TypeIdx type = module_.canonical_types[module_.funcs[func]];
  operands_.push_back(ValType::ref(false, HeapType(type)));
  return {};
}

Result<const SubType*> V::type_at(const ConstInstr& instr) const {
  if (module_.types.contains(TypeIdx(instr.index))) return &module_.types[TypeIdx(instr.index)];
  return base::fail(ErrorCode::unknown_type,
                    std::to_string(instr.index) + " (the module has " +
                        std::to_string(module_.types.size()) + ")",
                    instr.offset);
}

Result<> V::check_default(ValType type, const ConstInstr& instr) const {
  if (type.is_defaultable()) return {};
  return base::fail(
      ErrorCode::type_mismatch,
      text_of(instr) + "requires fields with defaults, and " + to_string(type) + " has none",
      instr.offset);
}

Result<> V::push_new(const ConstInstr& instr) {
  const TypeIdx type = module_.canonical_types[TypeIdx(instr.index)];
  operands_.push_back(ValType::ref(false, HeapType(type)));
  return {};
}

Result<> V::struct_new(const ConstInstr& instr) {
  const syntax::StructType* type = TRY(type_at(instr))->structure();
  if (!type) return wrong_kind(instr, "a structure");
  for (size_t i = type->fields.size(); i > 0; --i) {
    TRY(pop(type->fields[i - 1].storage.unpacked(), instr));
  }
  return push_new(instr);
}

Result<> V::struct_new_default(const ConstInstr& instr) {
  const syntax::StructType* type = TRY(type_at(instr))->structure();
  if (!type) return wrong_kind(instr, "a structure");
  for (const syntax::FieldType& field : type->fields) TRY(check_default(field.storage, instr));
  return push_new(instr);
}

Result<> V::array_new(const ConstInstr& instr) {
  const syntax::ArrayType* type = TRY(type_at(instr))->array();
  if (!type) return wrong_kind(instr, "an array");
  TRY(pop(syntax::i32_type, instr));
  TRY(pop(type->element.storage.unpacked(), instr));
  return push_new(instr);
}

Result<> V::array_new_default(const ConstInstr& instr) {
  const syntax::ArrayType* type = TRY(type_at(instr))->array();
  if (!type) return wrong_kind(instr, "an array");
  TRY(check_default(type->element.storage, instr));
  TRY(pop(syntax::i32_type, instr));
  return push_new(instr);
}

Result<> V::array_new_fixed(const ConstInstr& instr) {
  const syntax::ArrayType* type = TRY(type_at(instr))->array();
  if (!type) return wrong_kind(instr, "an array");
  for (uint32_t i = 0; i < instr.count; ++i) TRY(pop(type->element.storage.unpacked(), instr));
  return push_new(instr);
}

Result<> V::ref_i31(const ConstInstr& instr) {
  TRY(pop(syntax::i32_type, instr));
  operands_.push_back(ValType::ref(false, AbstractHeap::i31));
  return {};
}

Result<> V::convert(AbstractHeap from, AbstractHeap to, const ConstInstr& instr) {
  const bool nullable =
      operands_.empty() || !operands_.back().is_ref() || operands_.back().is_nullable();
  TRY(pop(ValType::ref(true, from), instr));
  operands_.push_back(ValType::ref(nullable, to));
  return {};
}

Result<> V::any_convert_extern(const ConstInstr& instr) {
  return convert(AbstractHeap::extern_, AbstractHeap::any, instr);
}

Result<> V::extern_convert_any(const ConstInstr& instr) {
  return convert(AbstractHeap::any, AbstractHeap::extern_, instr);
}

}  // namespace waxwing::validate
