// What the compiler knows of a block that it is in: its types, its labels, who leaves to it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "assembler/label.h"
#include "baseline/value_stack.h"
#include "syntax/opcode.h"
#include "syntax/types.h"

namespace waxwing::baseline {

using assembler::Label;
using syntax::Op;

/// A block that the compiler is in.
struct Block {
  Op op = Op::block;                             // block, loop, if_, else_, try_table, try_, catch_
  uint32_t height = 0;                           // entries below the block's parameters
  uint32_t base_home = 0;                        // the slot of the first parameter or result
  const syntax::FuncType* type = nullptr;        // null: it takes nothing and gives at most ...
  std::optional<syntax::ValType> single_result;  // ... this
  Label label;                                   // loop: where it begins; else its end
  Label else_label;                              // if_
  bool is_reached = false;  // a branch goes to the label, which is not a loop's
  RegSet saved_pins = 0;    // pins that are in memory too, at the label
  RegSet saved_pins_at_if = 0;
  uint32_t stub_of = UINT32_MAX;  // the br_table, by its offset, that stub number `stub` belongs to
  uint32_t stub = 0;
  uint32_t landing_pads = UINT32_MAX;  // the newest that goes to the label
  uint32_t delegates = UINT32_MAX;     // the newest handler that leaves exceptions to this block

  std::span<const syntax::ValType> params() const;
  /// Valid while the block stays where it is.
  std::span<const syntax::ValType> results() const;
  /// What a branch to the block's label takes.
  std::span<const syntax::ValType> label_types() const {
    return op == Op::loop ? params() : results();
  }
};

}  // namespace waxwing::baseline
