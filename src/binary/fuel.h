// What execution costs, for code that counts it: the same in every tier, whatever was cached.
// docs/fuel.md tells the embedder.
//
// Each instruction that is executed costs 1, but those that only give code its form cost nothing:
// nop, block, loop, try_table, try, catch, catch_all, delegate, else, end. Bulk instructions cost
// more by their length, struct.new_default by its fields, functions by many locals. A straight-line
// run is paid for as a whole before it begins; a length, right before the instruction.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "binary/instr_reader.h"
#include "syntax/module.h"

namespace waxwing::binary {

/// Whether a new straight-line run begins behind the instruction, wherever control comes from. A
/// call does not end one: what follows it is paid for before.
constexpr bool ends_run(syntax::Op op) {
  using syntax::Op;
  if (syntax::op_info(op).kind != syntax::OpKind::control) return false;
  return op != Op::nop && op != Op::block && op != Op::try_table && op != Op::try_ &&
         op != Op::call && op != Op::call_indirect && op != Op::call_ref;
}

/// What the instruction costs, its length aside.
constexpr uint32_t fuel_cost(syntax::Op op) {
  using syntax::Op;
  const bool is_form = closes_block(op) || continues_block(op) ||
                       (opens_block(op) && op != Op::if_) || op == Op::nop;
  return is_form ? 0 : 1;
}

/// What the run costs that begins where `code` begins: the rest of a valid body. Linear in the run.
uint32_t run_cost(const syntax::Module& module, base::ByteSpan code);

/// What entering a function costs: its first run, and its declared locals, which are zeroed: 1 for
/// each 16 bytes beyond the first 512.
uint32_t entry_cost(const syntax::Module& module, const syntax::FuncBody& body);

/// What the length that is an instruction's last operand counts: each 16 bytes cost 1, and each
/// element of a table or an array.
enum class LengthUnit : uint8_t { none, bytes, elements };

constexpr LengthUnit length_unit(syntax::Op op) {
  using syntax::Op;
  if (op == Op::memory_fill || op == Op::memory_copy || op == Op::memory_init)
    return LengthUnit::bytes;
  const bool is_of_table = op == Op::table_fill || op == Op::table_copy || op == Op::table_init;
  const bool makes_array = op == Op::array_new || op == Op::array_new_default ||
                           op == Op::array_new_data || op == Op::array_new_elem;
  const bool is_of_array = op == Op::array_fill || op == Op::array_copy ||
                           op == Op::array_init_data || op == Op::array_init_elem;
  return is_of_table || makes_array || is_of_array ? LengthUnit::elements : LengthUnit::none;
}

/// The cost of a length is the length shifted right by this. REQUIRES: not `none`.
constexpr uint8_t length_shift(LengthUnit unit) { return unit == LengthUnit::bytes ? 4 : 0; }

}  // namespace waxwing::binary
