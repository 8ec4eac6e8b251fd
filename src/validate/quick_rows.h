// The most frequent instructions as data: what each needs on the stack, what it leaves, and how its
// bytes are read. Only what the first WebAssembly had is here; types must be exactly these.
#pragma once

#include <array>

#include "syntax/opcode_table.h"
#include "validate/access.h"
#include "validate/operand_stack.h"

namespace waxwing::validate {

enum class QuickForm : uint8_t {
  none,      // the slow path's
  exchange,  // operands for a result: constants, numeric instructions
  access,    // loads and stores
  local_get,
  local_set,
  local_tee,
  block,    // a block type, if it is one byte
  handler,  // the slow path's handler, without or with one index
};

/// By the first byte of an instruction. Behind `fixed_size` bytes follows a LEB128 number, or
/// nothing.
struct QuickRow {
  Exchange exchange;
  QuickForm form = QuickForm::none;
  uint8_t fixed_size = 1;
  uint8_t align_log2 = 0;  // natural alignment of an access
  syntax::Op op = syntax::no_op;
  uint32_t number_end = 0;  // 0x80 where no number follows: it ends before its first byte
  uint8_t other_size = 1;   // of all bytes but the number's
};

consteval syntax::ValType quick_type(syntax::OperandType type) {
  switch (type) {
    case syntax::OperandType::i32:
    case syntax::OperandType::addr: return syntax::i32_type;
    case syntax::OperandType::i64: return syntax::i64_type;
    case syntax::OperandType::f32: return syntax::f32_type;
    case syntax::OperandType::f64: return syntax::f64_type;
    case syntax::OperandType::v128: return syntax::v128_type;
    case syntax::OperandType::elem: return syntax::ValKind::bottom;
  }
  return syntax::ValKind::bottom;
}

consteval Exchange quick_exchange(const syntax::Signature& signature) {
  Exchange exchange;
  exchange.pops = signature.param_count;
  exchange.pushes = signature.result_count;
  if (signature.param_count > 0) {
    exchange.top = quick_type(signature.params[signature.param_count - 1u]).bits();
    exchange.top_mask = ~0u;
  }
  if (signature.param_count > 1) {
    exchange.next = quick_type(signature.params[0]).bits();
    exchange.next_mask = ~0u;
  }
  if (signature.result_count > 0) exchange.result = quick_type(signature.results[0]);
  return exchange;
}

consteval QuickForm quick_form(const syntax::OpInfo& info) {
  using syntax::ImmediateKind;
  using syntax::Op;
  if (info.prefix != 0 || info.feature != syntax::Feature::mvp) return QuickForm::none;
  if (info.id == Op::local_get) return QuickForm::local_get;
  if (info.id == Op::local_set) return QuickForm::local_set;
  if (info.id == Op::local_tee) return QuickForm::local_tee;
  if (info.immediate == ImmediateKind::block) return QuickForm::block;
  const bool has_index = info.immediate == ImmediateKind::label ||
                         info.immediate == ImmediateKind::func ||
                         info.immediate == ImmediateKind::global;
  if (info.signature.by_hand) {
    return has_index || info.immediate == ImmediateKind::none ? QuickForm::handler
                                                              : QuickForm::none;
  }
  if (info.immediate == ImmediateKind::memory) return QuickForm::none;
  return info.immediate == ImmediateKind::mem_arg ? QuickForm::access : QuickForm::exchange;
}

consteval QuickRow quick_row(const syntax::OpInfo& info) {
  using syntax::ImmediateKind;
  QuickRow row;
  row.form = quick_form(info);
  row.op = info.id;
  if (!info.signature.by_hand) row.exchange = quick_exchange(info.signature);
  row.align_log2 = access_table[size_t(info.id)].align_log2;
  if (info.immediate == ImmediateKind::f32) row.fixed_size += 4;
  if (info.immediate == ImmediateKind::f64) row.fixed_size += 8;
  if (info.immediate == ImmediateKind::block) row.fixed_size += 1;
  if (info.immediate == ImmediateKind::mem_arg) row.fixed_size += 1;
  const bool has_number =
      info.immediate != ImmediateKind::none && info.immediate != ImmediateKind::f32 &&
      info.immediate != ImmediateKind::f64 && info.immediate != ImmediateKind::block;
  row.number_end = has_number ? 0 : 0x80;
  row.other_size = uint8_t(has_number ? row.fixed_size : row.fixed_size - 1);
  return row;
}

inline constexpr std::array<QuickRow, 256> quick_rows = []() consteval {
  std::array<QuickRow, 256> rows{};
  for (const syntax::OpInfo& info : syntax::op_table) {
    if (quick_form(info) != QuickForm::none) rows[info.code] = quick_row(info);
  }
  return rows;
}();

/// More bytes than any of these instructions has.
inline constexpr size_t quick_lookahead = 16;

}  // namespace waxwing::validate
