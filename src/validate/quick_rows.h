// The most frequent instructions as data: what each needs on the stack, what it leaves, and where
// its bytes end. Only what the first WebAssembly had is here; types must be exactly these.
#pragma once

#include <array>

#include "syntax/access.h"
#include "syntax/opcode_table.h"
#include "syntax/operand_types.h"
#include "validate/func_scratch.h"

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
  // It ends after `usual_bits`, unless its LEB128 number goes on there, as the bit `goes_on` of the
  // eight bytes at the instruction says; then with the first of the other bytes that may end the
  // number, given by their top bits, or on the slow path.
  uint64_t goes_on = ~uint64_t(0);
  uint64_t other_ends = 0;
  Exchange exchange;
  uint32_t takes_local = 0;  // masks, all ones or zero: it takes the type of a local,
  uint32_t gives_local = 0;  // gives it
  uint8_t usual_bits = 0;
  uint8_t number_mask = 0;         // of a local's number
  uint8_t is_local = 0;            // 0 or 1: it uses a local,
  uint8_t writes_local = 0;        // and changes it
  uint8_t max_second_byte = 0xff;  // of loads and stores: the natural alignment
  QuickForm form = QuickForm::none;
  syntax::Op op = syntax::no_op;
};

/// Quick forms are for memories and tables whose indices are i32.
consteval syntax::ValType quick_type(syntax::OperandType type) {
  return syntax::operand_type(type, syntax::i32_type, syntax::ValKind::bottom);
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

/// Its last byte is at `index`.
consteval void set_fixed_end(QuickRow& row, unsigned index) {
  row.usual_bits = uint8_t(8 * (index + 1));
  row.goes_on = 0;
}

/// Its last byte is that of a number, one of those from `first` to `last`.
consteval void set_number_end(QuickRow& row, unsigned first, unsigned last) {
  row.usual_bits = uint8_t(8 * (first + 1));
  row.goes_on = top_bit(first);
  for (unsigned index = first + 1; index <= last; ++index) row.other_ends |= top_bit(index);
}

consteval void set_quick_end(QuickRow& row, syntax::ImmediateKind kind) {
  using syntax::ImmediateKind;
  if (kind == ImmediateKind::none) {
    set_fixed_end(row, 0);
  } else if (kind == ImmediateKind::f32) {
    set_fixed_end(row, 4);
  } else if (kind == ImmediateKind::block) {
    set_fixed_end(row, 1);
  } else if (kind == ImmediateKind::local) {
    set_number_end(row, 1, 1);
  } else if (kind == ImmediateKind::mem_arg) {
    set_number_end(row, 2, 5);
  } else {  // four bytes are never too large
    set_number_end(row, 1, 4);
  }
}

consteval void set_quick_local(QuickRow& row) {
  const bool gets = row.op == syntax::Op::local_get;
  const bool sets = row.op == syntax::Op::local_set;
  row.number_mask = max_quick_locals - 1;
  row.is_local = 1;
  row.takes_local = gets ? 0 : ~0u;
  row.gives_local = sets ? 0 : ~0u;
  row.writes_local = gets ? 0 : 1;
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
    row.max_second_byte = syntax::access_table[size_t(info.id)].align_log2;
  }
  return row;
}

using QuickRows = std::array<QuickRow, 256>;

consteval QuickRows make_quick_rows(bool with_memory32) {
  QuickRows rows{};
  for (const syntax::OpInfo& info : syntax::op_table) {
    if (info.immediate == syntax::ImmediateKind::mem_arg && !with_memory32) continue;
    if (quick_form(info) != QuickForm::none) rows[info.code] = quick_row(info);
  }
  return rows;
}

/// For modules whose memory 0 has 32-bit addresses, and for others.
inline constexpr QuickRows quick_rows_memory32 = make_quick_rows(true);
inline constexpr QuickRows quick_rows_no_memory32 = make_quick_rows(false);

/// As many bytes must be left for the fast path to look at an instruction.
inline constexpr size_t quick_lookahead = 8;

}  // namespace waxwing::validate
