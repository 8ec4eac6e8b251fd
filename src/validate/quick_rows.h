// The most frequent instructions as data: what each needs on the stack, what it leaves, and where
// its bytes end. Only what the first WebAssembly had is here; types must be exactly these.
#pragma once

#include <array>

#include "syntax/access.h"
#include "syntax/opcode_table.h"
#include "validate/operand_stack.h"

namespace waxwing::validate {

enum class QuickForm : uint8_t {
  none,     // the slow path's
  plain,    // operands for a result: constants, numeric instructions, loads, stores, locals
  block,    // the slow path's handler, with a block type of one byte
  index,    // the slow path's handler, with an index
  handler,  // the slow path's handler
};

/// By the first byte of an instruction. All plain instructions take the same steps, without a
/// branch that depends on which they are: masks choose what counts.
struct QuickRow {
  uint64_t number_ends = 0;  // in the eight bytes at the instruction: the top bits of the bytes
                             // that may end its LEB128 number
  uint64_t fixed_end = 0;    // the top bit of its last byte, if that is always the same
  Exchange exchange;
  uint32_t is_local = 0;           // masks, all ones or zero: its number is that of a local,
  uint32_t takes_local = 0;        // whose type it takes,
  uint32_t gives_local = 0;        // gives,
  uint32_t writes_local = 0;       // and whose value it changes
  uint8_t needs_memory32 = 0;      // a mask: memory 0 must have 32-bit addresses
  uint8_t max_second_byte = 0xff;  // of loads and stores: the natural alignment
  QuickForm form = QuickForm::none;
  syntax::Op op = syntax::no_op;
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
  if (signature.result_count > 0) exchange.result = quick_type(signature.results[0]).bits();
  return exchange;
}

consteval QuickForm quick_form(const syntax::OpInfo& info) {
  using syntax::ImmediateKind;
  if (info.prefix != 0 || info.feature != syntax::Feature::mvp) return QuickForm::none;
  const ImmediateKind kind = info.immediate;
  if (kind == ImmediateKind::local) return QuickForm::plain;
  if (kind == ImmediateKind::block) return QuickForm::block;
  const bool is_index =
      kind == ImmediateKind::label || kind == ImmediateKind::func || kind == ImmediateKind::global;
  if (is_index) return QuickForm::index;
  if (info.signature.by_hand) {
    return kind == ImmediateKind::none ? QuickForm::handler : QuickForm::none;
  }
  const bool is_known = kind == ImmediateKind::none || kind == ImmediateKind::mem_arg ||
                        kind == ImmediateKind::i32 || kind == ImmediateKind::i64 ||
                        kind == ImmediateKind::f32;
  return is_known ? QuickForm::plain : QuickForm::none;
}

/// The top bit of byte `index` among eight.
consteval uint64_t top_bit(unsigned index) { return uint64_t(0x80) << 8 * index; }

consteval void set_quick_end(QuickRow& row, syntax::ImmediateKind kind) {
  using syntax::ImmediateKind;
  if (kind == ImmediateKind::none) {
    row.fixed_end = top_bit(0);
  } else if (kind == ImmediateKind::f32) {
    row.fixed_end = top_bit(4);
  } else if (kind == ImmediateKind::block) {
    row.fixed_end = top_bit(1);
  } else if (kind == ImmediateKind::local) {  // two bytes do for the locals that are near
    row.number_ends = top_bit(1) | top_bit(2);
  } else if (kind == ImmediateKind::mem_arg) {
    row.number_ends = top_bit(2) | top_bit(3) | top_bit(4) | top_bit(5);
  } else {  // four bytes are never too large
    row.number_ends = top_bit(1) | top_bit(2) | top_bit(3) | top_bit(4);
  }
}

consteval void set_quick_local(QuickRow& row) {
  const bool gets = row.op == syntax::Op::local_get;
  const bool sets = row.op == syntax::Op::local_set;
  row.is_local = ~0u;
  row.takes_local = gets ? 0 : ~0u;
  row.gives_local = sets ? 0 : ~0u;
  row.writes_local = gets ? 0 : ~0u;
  row.exchange.top_mask = row.takes_local;
  row.exchange.pops = gets ? 0 : 1;
  row.exchange.pushes = sets ? 0 : 1;
}

consteval QuickRow quick_row(const syntax::OpInfo& info) {
  QuickRow row;
  row.form = quick_form(info);
  row.op = info.id;
  set_quick_end(row, info.immediate);
  if (!info.signature.by_hand) row.exchange = quick_exchange(info.signature);
  if (info.immediate == syntax::ImmediateKind::local) set_quick_local(row);
  if (info.immediate == syntax::ImmediateKind::mem_arg) {
    row.needs_memory32 = 0xff;
    row.max_second_byte = syntax::access_table[size_t(info.id)].align_log2;
  }
  return row;
}

inline constexpr std::array<QuickRow, 256> quick_rows = []() consteval {
  std::array<QuickRow, 256> rows{};
  for (const syntax::OpInfo& info : syntax::op_table) {
    if (quick_form(info) != QuickForm::none) rows[info.code] = quick_row(info);
  }
  return rows;
}();

/// As many bytes must be left for the fast path to look at an instruction.
inline constexpr size_t quick_lookahead = 8;

}  // namespace waxwing::validate
