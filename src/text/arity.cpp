// Rows with signatures tell their arity; those whose types depend on the context mostly have a
// fixed one.
#include "text/arity.h"

#include <array>

namespace waxwing::text {

using binary::Instr;
using syntax::Op;

namespace {

struct FixedRow {
  Op op;
  uint8_t params;
  uint8_t results;
};

// Instructions of any types, but of one arity.
constexpr FixedRow fixed_rows[] = {
    {Op::nop, 0, 0},
    {Op::unreachable, 0, 0},
    {Op::throw_ref, 1, 0},
    {Op::rethrow, 0, 0},
    {Op::drop, 1, 0},
    {Op::select, 3, 1},
    {Op::local_get, 0, 1},
    {Op::local_set, 1, 0},
    {Op::local_tee, 1, 1},
    {Op::global_get, 0, 1},
    {Op::global_set, 1, 0},
    {Op::ref_null, 0, 1},
    {Op::ref_is_null, 1, 1},
    {Op::ref_func, 0, 1},
    {Op::ref_eq, 2, 1},
    {Op::ref_as_non_null, 1, 1},
    {Op::struct_new_default, 0, 1},
    {Op::struct_get, 1, 1},
    {Op::struct_get_s, 1, 1},
    {Op::struct_get_u, 1, 1},
    {Op::struct_set, 2, 0},
    {Op::array_new, 2, 1},
    {Op::array_new_default, 1, 1},
    {Op::array_new_data, 2, 1},
    {Op::array_new_elem, 2, 1},
    {Op::array_get, 2, 1},
    {Op::array_get_s, 2, 1},
    {Op::array_get_u, 2, 1},
    {Op::array_set, 3, 0},
    {Op::array_len, 1, 1},
    {Op::array_fill, 4, 0},
    {Op::array_copy, 5, 0},
    {Op::array_init_data, 4, 0},
    {Op::array_init_elem, 4, 0},
    {Op::ref_test, 1, 1},
    {Op::ref_test_null, 1, 1},
    {Op::ref_cast, 1, 1},
    {Op::ref_cast_null, 1, 1},
    {Op::any_convert_extern, 1, 1},
    {Op::extern_convert_any, 1, 1},
    {Op::ref_i31, 1, 1},
    {Op::i31_get_s, 1, 1},
    {Op::i31_get_u, 1, 1},
    {Op::memory_copy, 3, 0},
    {Op::table_copy, 3, 0},
};

constexpr auto fixed_arities = []() consteval {
  std::array<std::optional<Arity>, syntax::op_count> arities{};
  for (const syntax::OpInfo& info : syntax::op_table) {
    if (info.signature.by_hand) continue;
    arities[size_t(info.id)] = Arity{info.signature.param_count, info.signature.result_count};
  }
  for (const FixedRow& row : fixed_rows) arities[size_t(row.op)] = Arity{row.params, row.results};
  return arities;
}();

using Labels = std::span<const std::optional<uint32_t>>;

std::optional<uint32_t> label_arity(Labels labels, uint32_t depth) {
  return depth < labels.size() ? labels[labels.size() - 1 - depth] : std::nullopt;
}

std::optional<Arity> callee_arity(const syntax::Module& module, const Instr& instr) {
  const Op op = instr.op;
  const bool is_direct = op == Op::call || op == Op::return_call;
  std::optional<Arity> arity;
  if (is_direct) {
    const syntax::FuncIdx func(instr.index);
    if (module.funcs.contains(func)) arity = type_arity(module, module.funcs[func]);
  } else {
    arity = type_arity(module, syntax::TypeIdx(instr.index));
  }
  if (!arity) return std::nullopt;
  if (!is_direct) ++arity->params;
  const bool returns =
      op == Op::return_call || op == Op::return_call_indirect || op == Op::return_call_ref;
  if (returns) arity->results = 0;
  return arity;
}

/// Of a branch whose label takes `label` operands.
std::optional<Arity> branch_arity(Op op, uint32_t label) {
  if (op == Op::br || op == Op::return_) return Arity{label, 0};
  if (op == Op::br_if) return Arity{label + 1, label};
  if (op == Op::br_table) return Arity{label + 1, 0};
  if (op == Op::br_on_null) return Arity{label + 1, label + 1};
  if (label == 0) return std::nullopt;  // those below hand a reference to their label
  if (op == Op::br_on_non_null) return Arity{label, label - 1};
  return Arity{label, label};  // br_on_cast, br_on_cast_fail
}

/// Of what is no branch, and whose arity depends on the immediate.
std::optional<Arity> other_arity(const syntax::Module& module, const Instr& instr,
                                 syntax::ImmediateKind kind) {
  using syntax::ImmediateKind;
  if (kind == ImmediateKind::func || kind == ImmediateKind::call_indirect ||
      instr.op == Op::call_ref || instr.op == Op::return_call_ref) {
    return callee_arity(module, instr);
  }
  if (instr.op == Op::select_typed) {
    return instr.types.size() == 1 ? std::optional(Arity{3, 1}) : std::nullopt;
  }
  if (instr.op == Op::array_new_fixed) return Arity{instr.index2, 1};
  if (instr.op == Op::struct_new) {
    const syntax::TypeIdx type(instr.index);
    const syntax::StructType* structure =
        module.types.contains(type) ? module.types[type].structure() : nullptr;
    if (structure != nullptr) return Arity{uint32_t(structure->fields.size()), 1};
  }
  if (instr.op == Op::throw_ && module.tags.contains(syntax::TagIdx(instr.index))) {
    std::optional<Arity> arity = type_arity(module, module.tags[syntax::TagIdx(instr.index)].type);
    if (arity) arity->results = 0;
    return arity;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Arity> type_arity(const syntax::Module& module, syntax::TypeIdx type) {
  const syntax::FuncType* func = module.types.contains(type) ? module.types[type].func() : nullptr;
  if (func == nullptr) return std::nullopt;
  return Arity{uint32_t(func->params.size()), uint32_t(func->results.size())};
}

std::optional<Arity> block_arity(const syntax::Module& module, const binary::BlockType& type) {
  switch (type.kind) {
    case binary::BlockType::Kind::empty: return Arity{0, 0};
    case binary::BlockType::Kind::value: return Arity{0, 1};
    case binary::BlockType::Kind::index: return type_arity(module, type.index);
  }
  return std::nullopt;
}

std::optional<Arity> instr_arity(const syntax::Module& module, const Instr& instr, Labels labels) {
  using syntax::ImmediateKind;
  if (const std::optional<Arity> fixed = fixed_arities[size_t(instr.op)]) return fixed;
  const ImmediateKind kind = syntax::op_info(instr.op).immediate;
  std::optional<uint32_t> label;
  if (kind == ImmediateKind::label || kind == ImmediateKind::cast) {
    label = label_arity(labels, instr.index);
  } else if (kind == ImmediateKind::br_table) {
    label = label_arity(labels, instr.labels.back());
  } else if (instr.op == Op::return_) {
    label = labels.empty() ? std::nullopt : labels.front();
  } else {
    return other_arity(module, instr, kind);
  }
  return label ? branch_arity(instr.op, *label) : std::nullopt;
}

}  // namespace waxwing::text
