// Reads constant expressions with the reader of function bodies.
#include "binary/const_expr_decoder.h"

#include "binary/instr_reader.h"
#include "binary/limit.h"
#include "binary/type_reader.h"
#include "syntax/limits.h"

namespace waxwing::binary {

using base::ErrorCode;
using syntax::ConstInstr;
using syntax::Feature;
using syntax::ImmediateKind;
using syntax::Op;

namespace {

/// The feature that allows `op` in a constant expression, or nothing if none does.
std::optional<Feature> constant_feature(Op op) {
  constexpr std::pair<Op, Feature> rows[] = {
      {Op::i32_const, Feature::mvp},
      {Op::i64_const, Feature::mvp},
      {Op::f32_const, Feature::mvp},
      {Op::f64_const, Feature::mvp},
      {Op::global_get, Feature::mvp},
      {Op::v128_const, Feature::simd},
      {Op::ref_null, Feature::reference_types},
      {Op::ref_func, Feature::reference_types},
      {Op::i32_add, Feature::extended_const},
      {Op::i32_sub, Feature::extended_const},
      {Op::i32_mul, Feature::extended_const},
      {Op::i64_add, Feature::extended_const},
      {Op::i64_sub, Feature::extended_const},
      {Op::i64_mul, Feature::extended_const},
      {Op::struct_new, Feature::gc},
      {Op::struct_new_default, Feature::gc},
      {Op::array_new, Feature::gc},
      {Op::array_new_default, Feature::gc},
      {Op::array_new_fixed, Feature::gc},
      {Op::ref_i31, Feature::gc},
      {Op::any_convert_extern, Feature::gc},
      {Op::extern_convert_any, Feature::gc},
  };
  for (const auto& [row_op, feature] : rows) {
    if (row_op == op) return feature;
  }
  return std::nullopt;
}

ConstInstr const_instr(const Instr& instr, uint64_t offset) {
  ConstInstr constant{.op = instr.op, .heap = {}, .offset = offset};
  const ImmediateKind kind = syntax::op_info(instr.op).immediate;
  if (kind == ImmediateKind::v128) {
    constant.value = instr.value;
  } else if (kind == ImmediateKind::i32 || kind == ImmediateKind::i64 ||
             kind == ImmediateKind::f32 || kind == ImmediateKind::f64) {
    base::store_le(&constant.value, kind == ImmediateKind::i32 ? instr.i32() : instr.i64());
  } else if (kind == ImmediateKind::heap_type) {
    constant.heap = instr.heap;
  } else if (kind != ImmediateKind::none) {
    constant.index = instr.index;
    if (kind == ImmediateKind::type_count) constant.count = instr.index2;
  }
  return constant;
}

/// Reads one expression; `decode_const_expr` says what.
class ConstExprDecoder {
 public:
  ConstExprDecoder(Reader& reader, syntax::Module& module, syntax::FeatureSet features,
                   std::optional<base::Error>& not_constant)
      : module_(module),
        features_(features),
        not_constant_(not_constant),
        base_offset_(reader.position()),
        instrs_(module, features, reader.unread(), reader.position()) {}

  /// Reads to the matching `end`; false if there is none.
  bool decode() {
    Instr instr;
    uint32_t open_blocks = 0;
    while (instrs_.next(instr)) {
      if (instr.op == Op::end && open_blocks == 0) return true;
      if ((continues_block(instr.op) || closes_block(instr.op)) && open_blocks == 0) {
        error_ = base::Error{ErrorCode::end_opcode_expected, base_offset_ + instr.code_offset, {}};
        return false;
      }
      if (closes_block(instr.op)) --open_blocks;
      if (opens_block(instr.op)) ++open_blocks;
      if (!not_constant_) add(instr);
      if (error_) return false;
    }
    error_ = instrs_.error().value_or(
        base::Error{ErrorCode::unexpected_end_of_section, base_offset_ + instrs_.position(), {}});
    return false;
  }

  uint32_t size() const { return instrs_.position(); }
  /// REQUIRES: decode() gave false
  base::Error take_error() { return std::move(*error_); }

 private:
  void add(const Instr& instr) {
    const uint64_t offset = base_offset_ + instr.code_offset;
    const std::optional<Feature> feature = constant_feature(instr.op);
    const std::string_view text = syntax::op_info(instr.op).text;
    if (!feature || !features_.has(*feature)) {
      not_constant_ =
          base::Error{ErrorCode::constant_expression_required, offset,
                      feature ? needs_feature(text, *feature) : "found " + std::string(text)};
      return;
    }
    if (module_.const_instrs.size() >= syntax::max_const_instrs) {
      error_ = base::Error{ErrorCode::implementation_limit, offset,
                           "more than " + std::to_string(syntax::max_const_instrs) +
                               " instructions in constant expressions"};
      return;
    }
    module_.features_used.set(*feature, true);
    module_.const_instrs.push_back(const_instr(instr, offset));
  }

  syntax::Module& module_;
  syntax::FeatureSet features_;
  std::optional<base::Error>& not_constant_;
  uint64_t base_offset_;
  InstrReader instrs_;
  std::optional<base::Error> error_;
};

}  // namespace

syntax::ConstExpr decode_const_expr(Reader& reader, syntax::Module& module,
                                    syntax::FeatureSet features,
                                    std::optional<base::Error>& not_constant) {
  const uint32_t first = uint32_t(module.const_instrs.size());
  ConstExprDecoder decoder(reader, module, features, not_constant);
  if (!decoder.decode()) {
    base::Error error = decoder.take_error();
    reader.fail(error.code, error.offset, std::move(error.detail));
    return {};
  }
  reader.bytes(decoder.size());
  return {first, uint32_t(module.const_instrs.size()) - first};
}

}  // namespace waxwing::binary
