// Writes register code and knows what the accumulators hold at its end, so that operands come from
// registers and the last instruction can be redirected or fused with its consumer.
#pragma once

#include <optional>
#include <vector>

#include "base/v128.h"
#include "interp/code.h"
#include "syntax/types.h"

namespace waxwing::interp {

using syntax::Op;
using syntax::ValKind;

/// A value that an instruction reads: a slot of the frame, or a constant of at most 64 bits.
struct Operand {
  ValKind kind = ValKind::i32;
  bool is_constant = false;
  uint32_t slot = 0;
  uint64_t constant = 0;
};

/// A branch distance (or a handler's target) that waits for its label.
struct Fixup {
  uint32_t instruction;  // where the distance counts from
  uint32_t cell;         // where the distance is
};

class Emitter {
 public:
  explicit Emitter(std::vector<Cell>& cells) : cells_(cells) {}

  uint32_t position() const { return static_cast<uint32_t>(cells_.size()); }

  /// In frames beyond what a cell can name, slots from `first_scratch` on (scratch_slots of them)
  /// stand in for far slots.
  void use_scratch(uint32_t first_scratch);
  static constexpr uint32_t scratch_slots = 16;
  static constexpr uint32_t max_near_slot = 0xffff;

  /// Forgets what the accumulators hold and what the last instruction was: control may come from
  /// elsewhere.
  void forget();

  // Whole instructions. `d` is the destination slot.
  void constant(uint32_t d, ValKind kind, uint64_t bits);
  void constant_v128(uint32_t d, const base::V128& value);
  void copy(uint32_t d, uint32_t s, ValKind kind);
  void unary(Op op, uint32_t d, const Operand& a, ValKind result);
  /// `b` may be a constant that fits_constant; `a` may be one too, unless `b` is.
  void binary(Op op, uint32_t d, const Operand& a, const Operand& b, ValKind result);
  void select(uint32_t d, const Operand& x, const Operand& y, const Operand& condition);
  Fixup branch();
  /// Branches where `condition` (an i32) is `sense`; fused with the comparison that made it, if
  /// that came last.
  Fixup branch_if(const Operand& condition, bool sense);
  /// Branches where the comparison comes to `sense`.
  /// Its operands stay as they are, to be used again.
  Fixup branch_if(Op comparison, const Operand& a, const Operand& b, bool sense);
  /// A constant address must leave room for the offset in 32 bits.
  void load(Op op, uint32_t d, const Operand& address, uint32_t offset, ValKind result);
  void store(Op op, const Operand& address, const Operand& value, uint32_t offset);

  // Instructions in pieces: begin, then operands in order. Sources must be named before `begin` by
  // `near`.
  /// The cell that names `slot` as a source of the next instruction; far slots are copied into
  /// scratch ones.
  Cell near(uint32_t slot, ValKind kind);
  void begin(Cell opcode);
  /// Begins an instruction that `end_result` or `end_written` ends.
  void begin_result(Cell opcode);
  void cell(uint32_t value) { cells_.push_back(static_cast<Cell>(value)); }
  void cell32(uint32_t value);
  void cell64(uint64_t value);
  void cells_v128(const base::V128& value);
  /// A destination as the next cell of the current instruction; a far one is stored by
  /// `end_result`.
  void destination(uint32_t slot);
  /// Ends an instruction whose result is in `slot` and in the accumulator of `kind`.
  void end_result(uint32_t slot, ValKind kind);
  /// Ends an instruction that wrote `count` slots from `slot` on, but no accumulator.
  void end_written(uint32_t slot, uint32_t count);
  /// Ends an instruction without a result.
  void end_plain();

  /// Makes the last instruction write `to` instead of `from`, if it is the one that wrote `from`
  /// and can.
  bool redirect(uint32_t from, uint32_t to);
  /// The operand, taken from the accumulator, is not needed again: if the last instruction made it,
  /// it need not store it.
  void consume(const Operand& operand);
  /// Whether the operand's value is in the accumulator of its kind.
  bool in_accumulator(const Operand& operand) const;
  /// After a call: its one result of that kind is in the accumulator and in `slot`.
  void bind_result(uint32_t slot, ValKind kind);

  /// The next instruction overwrites the integer accumulator with something else than its result's
  /// bits.
  void drop_accumulator() { acc_slot_ = nowhere; }

  /// Gives instructions that have a fused handler with their successor that handler. Once, when the
  /// code is complete.
  void fuse_pairs();

  void patch(const Fixup& fixup, uint32_t target);

 private:
  static constexpr uint32_t nowhere = UINT32_MAX;

  /// What can still be undone or redirected: the instruction that ends the code.
  struct Last {
    uint32_t start = 0;
    uint32_t destination_cell = nowhere;  // nowhere: can't be redirected
    uint32_t slot = nowhere;
    Cell opcode = 0;
    bool can_skip_store = false;
    bool is_comparison = false;
    bool is_copy = false;
    Op op = Op::unreachable;
    Operand a;
    Operand b;
    uint32_t acc_before = nowhere;
    uint32_t vec_before = nowhere;
  };

  void overwrite(uint32_t slot, uint32_t count);
  void start_last();
  bool take_comparison(const Operand& condition, Last& comparison);
  Mode choose(Op op, Operand& a, Operand& b) const;
  void operands(Mode mode, const Operand& a, const Operand& b, Cell near_a, Cell near_b);
  void constant_cells(const Operand& constant);
  void consume_operands(Mode mode, const Operand& a, const Operand& b);
  void set_opcode(uint32_t start, Cell opcode);

  struct Instruction {
    uint32_t start;
    Cell opcode;
  };

  std::vector<Cell>& cells_;
  std::vector<Instruction> instructions_;  // all so far, by rising start
  uint32_t acc_slot_ = nowhere;            // the slot whose value the integer accumulator holds
  uint32_t vec_slot_ = nowhere;
  std::optional<Last> last_;
  Last pending_;
  std::optional<uint32_t> first_scratch_;
  uint32_t next_scratch_ = 0;
  uint32_t far_destination_ = nowhere;
  uint32_t far_scratch_ = 0;
};

/// Whether a constant can stand in an instruction's code.
bool fits_constant(const Operand& operand);

}  // namespace waxwing::interp
