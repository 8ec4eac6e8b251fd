// See emitter.h. Every value is in its slot as well as in an accumulator, so forgetting is always
// safe.
#include "interp/emitter.h"

#include <cstring>

#include "base/check.h"
#include "interp/dispatch.h"
#include "interp/fused_pairs.h"
#include "interp/operand_modes.h"
#include "syntax/opcode_table.h"

namespace waxwing::interp {
namespace {

constexpr bool in_vec_register(ValKind kind) {
  return kind == ValKind::f32 || kind == ValKind::f64 || kind == ValKind::v128;
}

}  // namespace

bool fits_constant(const Operand& operand) {
  if (!operand.is_constant) return false;
  if (operand.kind != ValKind::i64) return true;
  const auto value = static_cast<int64_t>(operand.constant);
  return value == static_cast<int32_t>(value);
}

void Emitter::use_scratch(uint32_t first_scratch) { first_scratch_ = first_scratch; }

void Emitter::forget() {
  acc_slot_ = nowhere;
  vec_slot_ = nowhere;
  last_.reset();
}

void Emitter::cell32(uint32_t value) {
  cell(value & 0xffff);
  cell(value >> 16);
}

void Emitter::cell64(uint64_t value) {
  cell32(static_cast<uint32_t>(value));
  cell32(static_cast<uint32_t>(value >> 32));
}

void Emitter::cells_v128(const base::V128& value) {
  for (uint16_t lane : value.lanes<uint16_t>()) cell(lane);
}

Cell Emitter::near(uint32_t slot, ValKind kind) {
  if (slot + 1 <= max_near_slot || !first_scratch_) return static_cast<Cell>(slot);
  const uint32_t scratch = *first_scratch_ + next_scratch_;
  next_scratch_ += 2;
  for (uint32_t i = 0; i < slots_of(kind); ++i) {
    begin(opcode(IOp::copy_wide));
    cell32(scratch + i);
    cell32(slot + i);
  }
  return static_cast<Cell>(scratch);
}

void Emitter::destination(uint32_t slot) {
  pending_.destination_cell = position();
  if (slot + 1 <= max_near_slot || !first_scratch_) {
    cell(slot);
    return;
  }
  far_destination_ = slot;
  far_scratch_ = *first_scratch_ + scratch_slots - 2;
  cell(far_scratch_);
}

void Emitter::overwrite(uint32_t slot, uint32_t count) {
  if (acc_slot_ >= slot && acc_slot_ < slot + count) acc_slot_ = nowhere;
  if (vec_slot_ >= slot && vec_slot_ < slot + count) vec_slot_ = nowhere;
  // A vector that begins one slot below would be cut in half.
  if (slot > 0 && vec_slot_ == slot - 1) vec_slot_ = nowhere;
}

void Emitter::start_last() {
  pending_ = Last{};
  pending_.start = position();
  pending_.acc_before = acc_slot_;
  pending_.vec_before = vec_slot_;
}

void Emitter::begin(Cell opcode) {
  pending_.opcode = opcode;
  instructions_.push_back({position(), opcode});
  cell64(handler_address(opcode));
}

void Emitter::set_opcode(uint32_t start, Cell opcode) {
  const uint64_t address = handler_address(opcode);
  std::memcpy(&cells_[start], &address, sizeof address);
  // Only the last instruction is ever changed.
  CHECK(instructions_.back().start == start);
  instructions_.back().opcode = opcode;
}

void Emitter::fuse_pairs() {
  for (size_t i = 0; i + 1 < instructions_.size(); ++i) {
    const Cell first = instructions_[i].opcode;
    const Cell fused = fused_opcode(first, instructions_[i + 1].opcode);
    if (fused == first) continue;
    const uint64_t address = handler_address(fused);
    std::memcpy(&cells_[instructions_[i].start], &address, sizeof address);
  }
}

void Emitter::begin_result(Cell opcode) {
  start_last();
  begin(opcode);
}

void Emitter::end_result(uint32_t slot, ValKind kind) {
  next_scratch_ = 0;
  if (far_destination_ != nowhere) {
    for (uint32_t i = 0; i < slots_of(kind); ++i) {
      begin(opcode(IOp::copy_wide));
      cell32(far_destination_ + i);
      cell32(far_scratch_ + i);
    }
    far_destination_ = nowhere;
  }
  if (first_scratch_) return forget();
  overwrite(slot, slots_of(kind));
  (in_vec_register(kind) ? vec_slot_ : acc_slot_) = slot;
  pending_.slot = slot;
  last_ = pending_;
}

void Emitter::end_written(uint32_t slot, uint32_t count) {
  next_scratch_ = 0;
  if (far_destination_ != nowhere)
    return end_result(slot, count == 2 ? ValKind::v128 : ValKind::i64);
  if (first_scratch_) return forget();
  overwrite(slot, count);
  pending_.slot = slot;
  last_ = pending_;
}

void Emitter::end_plain() {
  next_scratch_ = 0;
  last_.reset();
  if (first_scratch_) forget();
}

bool Emitter::in_accumulator(const Operand& operand) const {
  if (operand.is_constant) return false;
  return operand.slot == (in_vec_register(operand.kind) ? vec_slot_ : acc_slot_);
}

void Emitter::consume(const Operand& operand) {
  if (!last_ || !last_->can_skip_store || last_->slot != operand.slot || !in_accumulator(operand))
    return;
  const Mode mode = Mode((last_->opcode - own_op_count) % mode_count);
  set_opcode(last_->start, opcode(last_->op, unstored(mode)));
}

void Emitter::bind_result(uint32_t slot, ValKind kind) {
  forget();
  if (!first_scratch_) (in_vec_register(kind) ? vec_slot_ : acc_slot_) = slot;
}

bool Emitter::redirect(uint32_t from, uint32_t to) {
  if (!last_ || last_->slot != from || last_->destination_cell == nowhere || to > max_near_slot)
    return false;
  cells_[last_->destination_cell] = static_cast<Cell>(to);
  const bool in_acc = acc_slot_ == from;
  const bool in_vec = vec_slot_ == from;
  overwrite(to, 2);
  if (in_acc) acc_slot_ = to;
  if (in_vec) vec_slot_ = to;
  last_.reset();
  return true;
}

void Emitter::constant(uint32_t d, ValKind kind, uint64_t bits) {
  start_last();
  const bool is_short = bits <= UINT32_MAX;
  begin(opcode(is_short ? IOp::const32 : IOp::const64));
  destination(d);
  if (is_short)
    cell32(static_cast<uint32_t>(bits));
  else
    cell64(bits);
  // The integer accumulator holds the bits; a float's consumer looks into the other one.
  if (in_vec_register(kind)) {
    acc_slot_ = nowhere;
    end_written(d, 1);
  } else {
    end_result(d, kind);
  }
}

void Emitter::constant_v128(uint32_t d, const base::V128& value) {
  start_last();
  begin(opcode(IOp::const_v128));
  destination(d);
  cells_v128(value);
  end_result(d, ValKind::v128);
}

void Emitter::copy(uint32_t d, uint32_t s, ValKind kind) {
  if (d == s) return;
  if (d > max_near_slot || s > max_near_slot) {
    for (uint32_t i = 0; i < slots_of(kind); ++i) {
      begin(opcode(IOp::copy_wide));
      cell32(d + i);
      cell32(s + i);
    }
    return forget();
  }
  if (kind != ValKind::v128 && last_ && last_->is_copy) {
    set_opcode(last_->start, opcode(IOp::copy2));
    cell(d);
    cell(s);
    overwrite(d, 1);
    last_.reset();
    return;
  }
  start_last();
  begin(opcode(kind == ValKind::v128 ? IOp::copy_v : IOp::copy));
  destination(d);
  cell(s);
  end_written(d, slots_of(kind));
  if (last_) {
    last_->is_copy = kind != ValKind::v128;
    last_->destination_cell = nowhere;
  }
}

void Emitter::unary(Op op, uint32_t d, const Operand& a, ValKind result) {
  const bool in_acc = in_accumulator(a);
  consume(a);
  const Cell near_a = in_acc ? Cell{0} : near(a.slot, a.kind);
  start_last();
  begin(opcode(op, in_acc ? Mode::a : Mode::s));
  destination(d);
  if (!in_acc) cell(near_a);
  pending_.is_comparison = is_comparison(op);
  pending_.can_skip_store = true;
  pending_.op = op;
  pending_.a = a;
  end_result(d, result);
}

Mode Emitter::choose(Op op, Operand& a, Operand& b) const {
  if (a.is_constant && is_commutative(op)) std::swap(a, b);
  if (b.is_constant) return in_accumulator(a) ? Mode::ak : Mode::sk;
  if (a.is_constant) return in_accumulator(b) ? Mode::ka : Mode::ks;
  if (in_accumulator(a)) return Mode::as;
  return in_accumulator(b) ? Mode::sa : Mode::ss;
}

void Emitter::constant_cells(const Operand& constant) {
  if (constant.kind == ValKind::f64)
    cell64(constant.constant);
  else
    cell32(static_cast<uint32_t>(constant.constant));
}

void Emitter::operands(Mode mode, const Operand& a, const Operand& b, Cell near_a, Cell near_b) {
  if (first_in_slot(mode)) cell(near_a);
  if (second_in_slot(mode)) cell(near_b);
  if (first_constant(mode)) constant_cells(a);
  if (second_constant(mode)) constant_cells(b);
}

void Emitter::consume_operands(Mode mode, const Operand& a, const Operand& b) {
  if (first_in_acc(mode)) consume(a);
  if (second_in_acc(mode)) consume(b);
}

void Emitter::binary(Op op, uint32_t d, const Operand& left, const Operand& right, ValKind result) {
  Operand a = left;
  Operand b = right;
  const Mode mode = choose(op, a, b);
  const Cell near_a = first_in_slot(mode) ? near(a.slot, a.kind) : Cell{0};
  const Cell near_b = second_in_slot(mode) ? near(b.slot, b.kind) : Cell{0};
  consume_operands(mode, a, b);
  start_last();
  begin(opcode(op, mode));
  destination(d);
  operands(mode, a, b, near_a, near_b);
  pending_.is_comparison = is_comparison(op);
  pending_.can_skip_store = true;
  pending_.op = op;
  pending_.a = a;
  pending_.b = b;
  end_result(d, result);
}

bool Emitter::take_comparison(const Operand& condition, Last& comparison) {
  if (!last_ || !last_->is_comparison || condition.is_constant || last_->slot != condition.slot)
    return false;
  comparison = *last_;
  cells_.resize(comparison.start);
  instructions_.pop_back();
  acc_slot_ = comparison.acc_before;
  vec_slot_ = comparison.vec_before;
  last_.reset();
  return true;
}

Fixup Emitter::branch() {
  const uint32_t start = position();
  begin(opcode(IOp::br));
  cell32(0);
  end_plain();
  return {start, position() - 2};
}

Fixup Emitter::branch_if(const Operand& condition, bool sense) {
  Last comparison;
  if (take_comparison(condition, comparison))
    return branch_if(comparison.op, comparison.a, comparison.b, sense);
  consume(condition);
  return branch_if(Op::i32_eqz, condition, {}, !sense);
}

Fixup Emitter::branch_if(Op comparison, const Operand& left, const Operand& right, bool sense) {
  Operand a = left;
  Operand b = right;
  if (is_test(comparison)) {
    const bool in_acc = in_accumulator(a);
    const Cell near_a = in_acc ? Cell{0} : near(a.slot, a.kind);
    const uint32_t start = position();
    begin(branch_opcode(comparison, sense, in_acc ? Mode::a : Mode::s));
    if (!in_acc) cell(near_a);
    cell32(0);
    end_plain();
    return {start, position() - 2};
  }
  const Mode mode = choose(comparison, a, b);
  const Cell near_a = first_in_slot(mode) ? near(a.slot, a.kind) : Cell{0};
  const Cell near_b = second_in_slot(mode) ? near(b.slot, b.kind) : Cell{0};
  const uint32_t start = position();
  begin(branch_opcode(comparison, sense, mode));
  operands(mode, a, b, near_a, near_b);
  cell32(0);
  end_plain();
  return {start, position() - 2};
}

void Emitter::select(uint32_t d, const Operand& x, const Operand& y, const Operand& condition) {
  const bool in_acc = in_accumulator(condition) && x.kind != ValKind::v128;
  const Cell near_x = near(x.slot, x.kind);
  const Cell near_y = near(y.slot, y.kind);
  const Cell near_condition = in_acc ? Cell{0} : near(condition.slot, ValKind::i32);
  if (in_acc) consume(condition);
  start_last();
  begin(opcode(x.kind == ValKind::v128 ? IOp::select_v : in_acc ? IOp::select_a : IOp::select_s));
  destination(d);
  cell(near_x);
  cell(near_y);
  if (!in_acc) cell(near_condition);
  if (x.kind == ValKind::f32 || x.kind == ValKind::f64) {
    acc_slot_ = nowhere;
    end_written(d, 1);
  } else {
    end_result(d, x.kind);
  }
}

void Emitter::load(Op op, uint32_t d, const Operand& address, uint32_t offset, ValKind result) {
  const Mode mode = address.is_constant       ? constant_address
                    : in_accumulator(address) ? Mode::a
                                              : Mode::s;
  const Cell near_address = mode == Mode::s ? near(address.slot, address.kind) : Cell{0};
  if (mode == Mode::a) consume(address);
  start_last();
  begin(opcode(op, mode));
  destination(d);
  if (mode == Mode::s) cell(near_address);
  cell32(address.is_constant ? offset + static_cast<uint32_t>(address.constant) : offset);
  pending_.can_skip_store = true;
  pending_.op = op;
  end_result(d, result);
}

void Emitter::store(Op op, const Operand& address, const Operand& value, uint32_t offset) {
  Operand a = address;
  Operand b = value;
  const Mode mode = choose(op, a, b);
  const Cell near_a = first_in_slot(mode) ? near(a.slot, a.kind) : Cell{0};
  const Cell near_b = second_in_slot(mode) ? near(b.slot, b.kind) : Cell{0};
  consume_operands(mode, a, b);
  begin(opcode(op, mode));
  operands(mode, a, b, near_a, near_b);
  cell32(offset);
  end_plain();
}

void Emitter::patch(const Fixup& fixup, uint32_t target) {
  const uint32_t distance = target - (fixup.instruction + opcode_cells - 1);
  std::memcpy(&cells_[fixup.cell], &distance, sizeof distance);
}

}  // namespace waxwing::interp
