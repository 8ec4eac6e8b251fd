// The operand stack and the registers: values stay where they are until an instruction needs them
// in a register.
#include <algorithm>
#include <bit>

#include "base/check.h"
#include "baseline/func_compiler.h"

namespace waxwing::baseline {

using codegen::x64::scratch;
using codegen::x64::scratch_xmm;

namespace {

/// Those that some instructions need are given away last: rsi, rdi and upwards, then rdx, rcx, rax.
Reg first_general(RegSet free) {
  constexpr RegSet from_rsi = general_regs & ~(bit(reg_of(Gpr::rsi)) - 1);
  const RegSet preferred = free & from_rsi;
  if (preferred != 0) return static_cast<Reg>(std::countr_zero(preferred));
  return static_cast<Reg>(std::bit_width(free) - 1);
}

}  // namespace

// The stack.

void FuncCompiler::push_slot(ValKind kind) { push({.place = Place::slot, .kind = kind}); }

void FuncCompiler::push_flags(Condition condition, Parity parity) {
  push({.place = Place::flags,
        .kind = ValKind::i32,
        .condition = condition,
        .bits = static_cast<uint64_t>(parity)});
}

void FuncCompiler::spill(uint32_t position) {
  Value& value = stack_[position];
  store_reg(slot_mem(value.home), value.reg, value.kind);
  held_ &= ~bit(value.reg);
  value.place = Place::slot;
}

void FuncCompiler::flush(size_t end) {
  for (; flushed_ < end; ++flushed_) {
    Value& value = stack_[flushed_];
    if (value.place == Place::reg) {
      spill(static_cast<uint32_t>(flushed_));
    } else if (value.place == Place::local) {
      --locals_[value.bits].refs;
      move_to_mem(value, slot_mem(value.home));
      value.place = Place::slot;
    } else if (value.place == Place::flags || value.place == Place::memory) {
      const Reg reg = in_reg(value);
      store_reg(slot_mem(value.home), reg, value.kind);
      value.place = Place::slot;
    }
  }
}

void FuncCompiler::settle_top(size_t count) {
  const size_t first = stack_.size() - count;
  flush(stack_.size());
  for (size_t i = first; i < stack_.size(); ++i) {
    Value& value = stack_[i];
    if (!value.is_constant()) continue;
    store_constant(slot_mem(value.home), value.bits);
    value.place = Place::slot;
  }
}

// Registers.

Reg FuncCompiler::alloc(RegClass reg_class) {
  const RegSet of_class =
      allocatable_ & (reg_class == RegClass::general ? general_regs : ~general_regs) & ~locked_;
  RegSet free = of_class & ~held_;
  Reg reg = no_reg;
  if ((free & ~cached_) != 0) free &= ~cached_;
  if (free == 0) {
    // The value that was pushed first is needed last.
    const RegSet held = of_class & held_;
    CHECK(held != 0);
    reg = static_cast<Reg>(std::countr_zero(held));
    for (RegSet left = held; left != 0; left &= left - 1) {
      const auto other = static_cast<Reg>(std::countr_zero(left));
      if (holder_[other] < holder_[reg]) reg = other;
    }
    spill(holder_[reg]);
  } else if (reg_class == RegClass::general) {
    reg = first_general(free);
  } else {
    reg = static_cast<Reg>(std::countr_zero(free));
  }
  drop_cache(reg);
  locked_ |= bit(reg);
  return reg;
}

void FuncCompiler::take(Reg reg) {
  drop_cache(reg);
  if ((held_ & bit(reg)) != 0) {
    Value& value = stack_[holder_[reg]];
    locked_ |= bit(reg);
    const RegSet free = allocatable_ & ~held_ & ~locked_ & ~cached_ &
                        (class_of(reg) == RegClass::general ? general_regs : ~general_regs);
    if (free == 0) {
      spill(holder_[reg]);
    } else {
      const Reg other = static_cast<Reg>(std::countr_zero(free));
      move_reg(other, reg);
      held_ = (held_ & ~bit(reg)) | bit(other);
      holder_[other] = holder_[reg];
      value.reg = other;
    }
  }
  locked_ |= bit(reg);
}

void FuncCompiler::take_into(Value& value, Reg reg) {
  if (value.place == Place::reg && value.reg == reg) return;
  if (value.place == Place::local && locals_[value.bits].cache == reg) {
    drop_cache(reg);
  } else {
    take(reg);
    move_to_reg(value, reg);
  }
  value.place = Place::reg;
  value.reg = reg;
}

void FuncCompiler::drop_caches() {
  for (RegSet left = cached_; left != 0; left &= left - 1) {
    locals_[reg_local_[std::countr_zero(left)]].cache = no_reg;
  }
  cached_ = 0;
}

/// The value, which is in no register, in one.
Reg FuncCompiler::load_value(Value& value) {
  const Reg reg = alloc(codegen::class_of(value.kind));
  if (value.place != Place::local) {
    move_to_reg(value, reg);
    value.place = Place::reg;
    value.reg = reg;
    return reg;
  }
  Local& local = locals_[value.bits];
  load_reg(reg, local_mem(local), value.kind);
  local.cache = reg;
  cached_ |= bit(reg);
  reg_local_[reg] = static_cast<uint32_t>(value.bits);
  return reg;
}

void FuncCompiler::load_pin(Reg pin) {
  const Local& local = locals_[reg_local_[pin]];
  load_reg(pin, local_mem(local), local.kind);
  valid_pins_ |= bit(pin);
}

bool FuncCompiler::next_takes_flags() const {
  return *next_ == op_info(Op::br_if).code || *next_ == op_info(Op::if_).code ||
         *next_ == op_info(Op::select).code || *next_ == op_info(Op::i32_eqz).code;
}

Reg FuncCompiler::result_reg(RegClass reg_class, const Value* lhs) {
  Reg pin = no_reg;
  // A pin that is part of an address which is still to be read is in use.
  if (next_sets_pin(pin) && class_of(pin) == reg_class && (locked_ & bit(pin)) == 0) return pin;
  if (lhs && is_own(*lhs) && class_of(lhs->reg) == reg_class) return lhs->reg;
  // At the end of a block a single result is in this register.
  const Reg single = reg_class == RegClass::general ? reg_of(codegen::x64::result_gprs[0])
                                                    : reg_of(codegen::x64::result_xmms[0]);
  const Op next = next_op();
  const bool is_free = (allocatable_ & ~held_ & ~locked_ & bit(single)) != 0;
  if (is_free && (next == Op::end || next == Op::return_)) {
    take(single);
    return single;
  }
  return alloc(reg_class);
}

// Locals.

void FuncCompiler::local_get(uint32_t local) {
  meet_local(local);
  push_local(local);
}

/// Entries of the stack that stand for the local get the value that it has now. Constant time,
/// amortized: those far below the top go to their slots, where nobody looks again.
void FuncCompiler::detach_local(uint32_t index) {
  constexpr size_t near_entries = 64;
  if (stack_.size() - flushed_ > 2 * near_entries) flush(stack_.size() - near_entries);
  Local& local = locals_[index];
  for (size_t position = stack_.size(); local.refs != 0; --position) {
    Value& value = stack_[position - 1];
    if (value.place != Place::local || value.bits != index) continue;
    --local.refs;
    const Reg reg = alloc(codegen::class_of(value.kind));
    move_to_reg(value, reg);
    value.place = Place::reg;
    value.reg = reg;
    held_ |= bit(reg);
    holder_[reg] = static_cast<uint32_t>(position - 1);
    locked_ &= ~bit(reg);
  }
}

void FuncCompiler::local_set(uint32_t index, bool keep) {
  Value value = pop();
  meet_local(index);
  Local& local = locals_[index];
  if (value.place == Place::local && value.bits == index) {
    if (keep) push_local(index);
    return;
  }
  if (local.refs != 0) detach_local(index);
  if (local.pin != no_reg) {
    // Most values were computed there: see `result_reg`.
    if (value.place != Place::reg || value.reg != local.pin) move_to_reg(value, local.pin);
    valid_pins_ |= bit(local.pin);
    saved_pins_ &= ~bit(local.pin);
    if (keep) push_local(index);
    return;
  }
  if (local.cache != no_reg) drop_cache(local.cache);
  if (value.is_constant()) {
    store_constant(local_mem(local), value.bits);
    if (keep) push_constant(value.kind, value.bits);
    return;
  }
  const Reg reg = in_reg(value);
  store_reg(local_mem(local), reg, value.kind);
  if (is_own(value)) {
    local.cache = reg;
    cached_ |= bit(reg);
    reg_local_[reg] = index;
  }
  if (keep) push_local(index);
}

// Moves.

void FuncCompiler::move_reg(Reg dst, Reg src) {
  if (class_of(dst) == RegClass::general) {
    masm_.move(gpr(dst), gpr(src));
  } else {
    masm_.move(xmm(dst), xmm(src));
  }
}

void FuncCompiler::store_reg(const Mem& dst, Reg src, ValKind kind) {
  if (class_of(src) == RegClass::general) {
    masm_.mov(Width::w64, dst, gpr(src));
  } else {
    masm_.store(dst, xmm(src), size_bytes(kind));
  }
}

void FuncCompiler::load_reg(Reg dst, const Mem& src, ValKind kind) {
  if (class_of(dst) == RegClass::general) {
    masm_.mov(kind == ValKind::i32 ? Width::w32 : Width::w64, gpr(dst), src);
  } else {
    masm_.load(xmm(dst), src, size_bytes(kind));
  }
}

void FuncCompiler::store_constant(const Mem& dst, uint64_t bits) {
  if (static_cast<int64_t>(bits) == static_cast<int32_t>(bits)) {
    masm_.mov(Width::w64, dst, static_cast<int32_t>(bits));
  } else {
    masm_.mov_imm(scratch, bits);
    masm_.mov(Width::w64, dst, scratch);
  }
}

void FuncCompiler::move_to_reg(const Value& value, Reg dst) {
  switch (value.place) {
    case Place::reg: move_reg(dst, value.reg); return;
    case Place::slot: load_reg(dst, slot_mem(value.home), value.kind); return;
    case Place::local: {
      const Local& local = locals_[value.bits];
      const Reg reg =
          local.pin != no_reg && (valid_pins_ & bit(local.pin)) != 0 ? local.pin : local.cache;
      if (reg != no_reg) {
        move_reg(dst, reg);
      } else {
        load_reg(dst, local_mem(local), value.kind);
      }
      return;
    }
    case Place::constant:
      if (class_of(dst) == RegClass::general) {
        masm_.mov_imm(gpr(dst), value.bits);
      } else if (value.bits == 0) {
        masm_.set(xmm(dst), base::V128{});
      } else if (value.kind == ValKind::f32) {
        masm_.load(xmm(dst), masm_.constant(static_cast<uint32_t>(value.bits)), 4);
      } else {
        masm_.load(xmm(dst), masm_.constant(value.bits), 8);
      }
      return;
    case Place::memory: {
      codegen::x64::LoadInstr load = pending_load_;
      load.result = class_of(dst) == RegClass::general ? codegen::x64::RegRef(gpr(dst))
                                                       : codegen::x64::RegRef(xmm(dst));
      const uint32_t here = masm_.body_offset();
      masm_.set_body_offset(pending_offset_);
      codegen::x64::emit_load(masm_, load);
      masm_.set_body_offset(here);
      return;
    }
    case Place::flags:
      masm_.setcc(value.condition, gpr(dst));
      if (value.parity() != Parity::ignored) {
        const bool clear = value.parity() == Parity::must_be_clear;
        masm_.setcc(clear ? Condition::no_parity : Condition::parity, scratch);
        clear ? masm_.and_(Width::w32, gpr(dst), scratch)
              : masm_.or_(Width::w32, gpr(dst), scratch);
      }
      masm_.movzx8(Width::w32, gpr(dst), gpr(dst));
      return;
  }
}

void FuncCompiler::move_to_mem(const Value& value, const Mem& dst) {
  if (value.is_constant()) return store_constant(dst, value.bits);
  if (value.place == Place::reg) return store_reg(dst, value.reg, value.kind);
  if (value.place == Place::local) {
    const Local& local = locals_[value.bits];
    const Reg reg =
        local.pin != no_reg && (valid_pins_ & bit(local.pin)) != 0 ? local.pin : local.cache;
    if (reg != no_reg) return store_reg(dst, reg, value.kind);
  }
  const Reg temporary =
      codegen::class_of(value.kind) == RegClass::general ? reg_of(scratch) : reg_of(scratch_xmm);
  move_to_reg(value, temporary);
  store_reg(dst, temporary, value.kind);
}

void FuncCompiler::copy_slots(SlotRow to, SlotRow from, uint32_t count, Gpr counter) {
  constexpr uint32_t max_unrolled_slots = 12;
  const auto copy = [&](auto place, uint32_t bytes) {
    masm_.load(scratch_xmm, place(from), bytes);
    masm_.store(place(to), scratch_xmm, bytes);
  };
  uint32_t slot = 0;
  if (count > max_unrolled_slots) {
    slot = count & ~uint32_t{1};
    const auto bytes = static_cast<int32_t>(slot * 8);
    masm_.mov_imm(counter, static_cast<uint64_t>(int64_t{-bytes}));
    Label again;
    masm_.bind(again);
    copy([&](SlotRow row) { return Mem(row.base, counter, Scale::x1, row.offset + bytes); }, 16);
    masm_.add(Width::w64, counter, 16);
    masm_.jcc(Condition::not_equal, again);
  }
  for (; slot < count; slot += 2) {
    copy([&](SlotRow row) { return Mem(row.base, row.offset + static_cast<int32_t>(slot * 8)); },
         slot + 1 < count ? 16 : 8);
  }
}

// Pins.

void FuncCompiler::load_pins() {
  for (RegSet left = pinned_ & ~valid_pins_; left != 0; left &= left - 1) {
    use_pin(static_cast<Reg>(std::countr_zero(left)));
  }
}

void FuncCompiler::save_pins() {
  // Where an exception is caught, callee-saved registers hold anything, too.
  const RegSet kept = open_try_bodies_ != 0 ? 0 : saved_regs_;
  for (RegSet left = pinned_ & valid_pins_ & ~saved_pins_ & ~kept; left != 0; left &= left - 1) {
    const Reg pin = static_cast<Reg>(std::countr_zero(left));
    const Local& local = locals_[reg_local_[pin]];
    store_reg(local_mem(local), pin, local.kind);
    saved_pins_ |= bit(pin);
  }
}

void FuncCompiler::clobber_caller_saved() {
  drop_caches();
  valid_pins_ &= saved_regs_;
}

void FuncCompiler::at_label(RegSet saved_pins) {
  drop_caches();
  flags_of_.reg = no_reg;  // control may come from elsewhere, with other flags
  valid_pins_ = pinned_;
  saved_pins_ = saved_pins;
}

}  // namespace waxwing::baseline
