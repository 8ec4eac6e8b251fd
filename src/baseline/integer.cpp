// Instructions on integers: operands from registers, memory and constants, comparisons left to the
// branch behind them, constants folded into instructions. [spec 4.3.2]
#include <array>
#include <bit>
#include <type_traits>
#include <utility>

#include "baseline/func_compiler.h"
#include "codegen/x64/wide_emitter.h"

namespace waxwing::baseline {

using assembler::x64::Feature;
using codegen::x64::scratch;
using syntax::TrapCode;

namespace {

constexpr bool fits_in_32(uint64_t bits) {
  return static_cast<int64_t>(bits) == static_cast<int32_t>(bits);
}

/// A constant operand as an immediate of `width` reads it.
constexpr uint64_t immediate_bits(const Value& value, Width width) {
  return width == Width::w32
             ? static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(value.bits)))
             : value.bits;
}

constexpr ValKind kind_of(Width width) { return width == Width::w32 ? ValKind::i32 : ValKind::i64; }
constexpr unsigned bits_of(Width width) { return width == Width::w32 ? 32 : 64; }

}  // namespace

template <typename Emit>
void FuncCompiler::with_operand(Value& value, Width width, Emit emit) {
  if (value.is_constant()) {
    const uint64_t bits = immediate_bits(value, width);
    if (fits_in_32(bits)) return emit(static_cast<int32_t>(bits));
  } else if (value.place == Place::memory) {
    return emit(use_pending_load());
  } else if (value.place == Place::slot) {
    return emit(slot_mem(value.home));
  } else if (value.place == Place::local) {
    const Local& local = locals_[value.bits];
    if (local.pin == no_reg && local.cache == no_reg) return emit(local_mem(local));
  }
  emit(in_gpr(value));
}

/// Whether an operand is read where it lies, by the instruction that uses it.
bool FuncCompiler::is_read_in_place(const Value& value) const {
  if (value.place == Place::slot || value.place == Place::memory || value.is_constant())
    return true;
  if (value.place != Place::local) return false;
  const Local& local = locals_[value.bits];
  return local.pin == no_reg && local.cache == no_reg;
}

/// Whether the left operand of a commutative instruction had better be its right one: so that what
/// is in a register already is overwritten, and what lies in memory is read in place.
bool FuncCompiler::is_better_right(const Value& left, const Value& right) const {
  return left.is_constant() || (is_own(right) && !is_own(left)) ||
         (is_read_in_place(left) && !is_read_in_place(right));
}

void FuncCompiler::note_flags_of(Reg reg, Width width, bool is_logical) {
  flags_of_ = {
      .position = masm_.buffer().position(), .reg = reg, .width = width, .is_logical = is_logical};
}

bool FuncCompiler::has_flags_of(Reg reg, Width width, Condition condition) const {
  const bool is_known =
      condition == Condition::equal || condition == Condition::not_equal || flags_of_.is_logical;
  return is_known && flags_of_.reg == reg && flags_of_.width == width &&
         flags_of_.position == masm_.position();
}

void FuncCompiler::int_binary(const IntFacts& facts) {
  const Width width = facts.width;
  const Alu alu = facts.alu();
  Value rhs = pop();
  Value lhs = pop();
  if (alu == Alu::sub && lhs.is_constant() && lhs.bits == 0) return int_negate(rhs, width);
  if (alu != Alu::sub) {
    if (rhs.place != Place::memory && is_better_right(lhs, rhs)) std::swap(lhs, rhs);
  }
  const Reg left = in_reg(lhs);
  const bool in_place = is_read_in_place(rhs);
  const Reg right = in_place ? no_reg : in_reg(rhs);
  const Reg dst = result_reg(RegClass::general, &lhs);
  if (dst != left && combine_into(alu, width, {dst, left, right}, rhs))
    return push_reg(kind_of(width), dst);
  const uint64_t bits = rhs.is_constant() ? immediate_bits(rhs, width) : 0;
  if (alu == Alu::and_ && (bits == 0xff || bits == 0xffff)) {
    bits == 0xff ? masm_.movzx8(Width::w32, gpr(dst), gpr(left))
                 : masm_.movzx16(Width::w32, gpr(dst), gpr(left));
    return push_reg(kind_of(width), dst);
  }
  if (alu == Alu::and_ && bits == UINT32_MAX) {
    masm_.mov(Width::w32, gpr(dst), gpr(left));
    return push_reg(kind_of(width), dst);
  }
  if (dst != left) {
    // The two trade places where the result goes to the right one's register; `sub` was dealt with.
    if (right == dst) {
      rhs = lhs;
    } else {
      masm_.mov(width, gpr(dst), gpr(left));
    }
  }
  with_operand(rhs, width, [&](const auto& operand) { masm_.alu(alu, width, gpr(dst), operand); });
  note_flags_of(dst, width, alu != Alu::add && alu != Alu::sub);
  push_reg(kind_of(width), dst);
}

void FuncCompiler::int_negate(Value& value, Width width) {
  const Reg source = in_reg(value);
  const Reg dst = result_reg(RegClass::general, &value);
  if (dst != source) masm_.mov(width, gpr(dst), gpr(source));
  masm_.neg(width, gpr(dst));
  note_flags_of(dst, width, false);
  push_reg(kind_of(width), dst);
}

/// What one instruction, or two where that is as short, computes into a third register.
bool FuncCompiler::combine_into(Alu alu, Width width, const Registers& regs, const Value& rhs) {
  if (alu == Alu::add && rhs.is_constant() && fits_in_32(immediate_bits(rhs, width))) {
    masm_.lea(width, gpr(regs.dst),
              Mem(gpr(regs.left), static_cast<int32_t>(immediate_bits(rhs, width))));
    return true;
  }
  if (regs.right == no_reg) return false;
  if (alu == Alu::add) {
    masm_.lea(width, gpr(regs.dst), Mem(gpr(regs.left), gpr(regs.right), Scale::x1));
    return true;
  }
  if (alu != Alu::sub || regs.right != regs.dst) return false;
  masm_.neg(width, gpr(regs.dst));
  masm_.add(width, gpr(regs.dst), gpr(regs.left));
  note_flags_of(regs.dst, width, false);
  return true;
}

void FuncCompiler::int_multiply(Width width) {
  Value rhs = pop();
  Value lhs = pop();
  if (rhs.place != Place::memory && is_better_right(lhs, rhs)) std::swap(lhs, rhs);
  const Reg left = in_reg(lhs);
  if (rhs.is_constant() && fits_in_32(immediate_bits(rhs, width))) {
    return multiply_by(width == Width::w32 ? static_cast<uint32_t>(rhs.bits) : rhs.bits, lhs,
                       width);
  }
  const bool in_place = is_read_in_place(rhs) && !rhs.is_constant();
  const Reg right = in_place ? no_reg : in_reg(rhs);
  const Reg dst = result_reg(RegClass::general, &lhs);
  if (dst != left) {
    if (right == dst) {
      rhs = lhs;
    } else {
      masm_.mov(width, gpr(dst), gpr(left));
    }
  }
  with_operand(rhs, width, [&](const auto& operand) {
    if constexpr (!std::is_same_v<std::decay_t<decltype(operand)>, int32_t>)
      masm_.imul(width, gpr(dst), operand);
  });
  push_reg(kind_of(width), dst);
}

void FuncCompiler::multiply_by(uint64_t factor, Value& value, Width width) {
  const Reg source = in_reg(value);
  const Reg dst = result_reg(RegClass::general, &value);
  if (std::has_single_bit(factor)) {
    if (dst != source) masm_.mov(width, gpr(dst), gpr(source));
    if (factor != 1) masm_.shl(width, gpr(dst), static_cast<uint8_t>(std::countr_zero(factor)));
  } else if (factor == 3 || factor == 5 || factor == 9) {
    const Scale scale = factor == 3 ? Scale::x2 : factor == 5 ? Scale::x4 : Scale::x8;
    masm_.lea(width, gpr(dst), Mem(gpr(source), gpr(source), scale));
  } else {
    masm_.imul(width, gpr(dst), gpr(source), static_cast<int32_t>(static_cast<int64_t>(factor)));
  }
  push_reg(kind_of(width), dst);
}

namespace {

void shift_by(MacroAssembler& masm, Shift shift, Width width, Gpr dst, uint8_t count) {
  switch (shift) {
    case Shift::left: masm.shl(width, dst, count); return;
    case Shift::arithmetic: masm.sar(width, dst, count); return;
    case Shift::logical: masm.shr(width, dst, count); return;
    case Shift::rotate_left: masm.rol(width, dst, count); return;
    case Shift::rotate_right: masm.ror(width, dst, count); return;
  }
}

void shift_by_cl(MacroAssembler& masm, Shift shift, Width width, Gpr dst) {
  switch (shift) {
    case Shift::left: masm.shl_cl(width, dst); return;
    case Shift::arithmetic: masm.sar_cl(width, dst); return;
    case Shift::logical: masm.shr_cl(width, dst); return;
    case Shift::rotate_left: masm.rol_cl(width, dst); return;
    case Shift::rotate_right: masm.ror_cl(width, dst); return;
  }
}

}  // namespace

void FuncCompiler::int_shift(const IntFacts& facts) {
  const Width width = facts.width;
  const Shift shift = facts.shift();
  Value count = pop();
  Value value = pop();
  if (count.is_constant()) {
    const auto bits = static_cast<uint8_t>(count.bits & (bits_of(width) - 1));
    const Reg source = in_reg(value);
    const Reg dst = result_reg(RegClass::general, &value);
    if (bits == 1 && shift == Shift::left && dst != source) {
      masm_.lea(width, gpr(dst), Mem(gpr(source), gpr(source), Scale::x1));
    } else {
      if (dst != source) masm_.mov(width, gpr(dst), gpr(source));
      if (bits != 0) shift_by(masm_, shift, width, gpr(dst), bits);
    }
    return push_reg(kind_of(width), dst);
  }
  const bool rotates = shift == Shift::rotate_left || shift == Shift::rotate_right;
  if (!rotates && masm_.has(Feature::bmi2)) {
    const Gpr source = in_gpr(value);
    const Gpr by = in_gpr(count);
    const Reg dst = result_reg(RegClass::general, &value);
    if (shift == Shift::left) {
      masm_.shlx(width, gpr(dst), source, by);
    } else if (shift == Shift::arithmetic) {
      masm_.sarx(width, gpr(dst), source, by);
    } else {
      masm_.shrx(width, gpr(dst), source, by);
    }
    return push_reg(kind_of(width), dst);
  }
  // The count goes to rcx; the value must be elsewhere.
  const Reg rcx = reg_of(Gpr::rcx);
  Reg source = in_reg(value);
  if (source == rcx) {
    const Reg other = alloc(RegClass::general);
    move_reg(other, source);
    value.place = Place::reg;
    value.reg = source = other;
  }
  if (count.place != Place::reg || count.reg != rcx) {
    if (count.place == Place::local && locals_[count.bits].pin != no_reg)
      use_pin(locals_[count.bits].pin);
    take_into(count, rcx);
  }
  Reg dst = result_reg(RegClass::general, &value);
  if (dst != source) masm_.mov(width, gpr(dst), gpr(source));
  shift_by_cl(masm_, shift, width, gpr(dst));
  push_reg(kind_of(width), dst);
}

void FuncCompiler::int_divide(const IntFacts& facts) {
  const Width width = facts.width;
  const bool is_signed = facts.divide() == Divide::div_s || facts.divide() == Divide::rem_s;
  const bool is_rem = facts.divide() == Divide::rem_s || facts.divide() == Divide::rem_u;
  Value rhs = pop();
  Value lhs = pop();
  if (rhs.is_constant() && divide_by(facts, lhs, rhs.bits)) return;
  if (rhs.is_constant() && !is_signed) {
    const uint64_t divisor = width == Width::w32 ? static_cast<uint32_t>(rhs.bits) : rhs.bits;
    if (std::has_single_bit(divisor) && (!is_rem || divisor <= uint64_t{1} << 31)) {
      const Reg source = in_reg(lhs);
      const Reg dst = result_reg(RegClass::general, &lhs);
      if (dst != source) masm_.mov(width, gpr(dst), gpr(source));
      if (is_rem && divisor == uint64_t{1} << 31) {
        masm_.and_(Width::w32, gpr(dst), INT32_MAX);
      } else if (is_rem) {
        masm_.and_(Width::w32, gpr(dst), static_cast<int32_t>(divisor - 1));
      } else if (divisor != 1) {
        masm_.shr(width, gpr(dst), static_cast<uint8_t>(std::countr_zero(divisor)));
      }
      return push_reg(kind_of(width), dst);
    }
  }
  // rdx:rax / divisor; the divisor is in neither.
  const bool is_known = rhs.is_constant() && static_cast<uint32_t>(rhs.bits) != 0;
  const bool may_be_minus_1 = !rhs.is_constant() || immediate_bits(rhs, width) == UINT64_MAX;
  const Reg rax = reg_of(Gpr::rax);
  const Reg rdx = reg_of(Gpr::rdx);
  Reg divisor = in_reg(rhs);
  if (divisor == rax || divisor == rdx) {
    divisor = reg_of(scratch);
    move_reg(divisor, rhs.place == Place::local ? locals_[rhs.bits].cache : rhs.reg);
    if (rhs.place == Place::reg) locked_ &= ~bit(rhs.reg);
  }
  if (lhs.place == Place::local && locals_[lhs.bits].pin != no_reg) use_pin(locals_[lhs.bits].pin);
  take_into(lhs, rax);
  take(rdx);
  const Gpr by = gpr(divisor);
  if (!is_known) {
    masm_.test(width, by, by);
    masm_.trap_if(Condition::equal, TrapCode::integer_divide_by_zero);
  }
  Label done;
  if (is_signed) {
    if (may_be_minus_1) {
      // The smallest number by -1 would fault. The rest is 0 for every number.
      Label divide;
      masm_.cmp(width, by, -1);
      masm_.jcc_short(Condition::not_equal, divide);
      if (is_rem) {
        masm_.xor_(Width::w32, Gpr::rdx, Gpr::rdx);
      } else {
        masm_.neg(width, Gpr::rax);
        masm_.trap_if(Condition::overflow, TrapCode::integer_overflow);
      }
      masm_.jmp_short(done);
      masm_.bind(divide);
    }
    width == Width::w32 ? masm_.cdq() : masm_.cqo();
    masm_.idiv(width, by);
  } else {
    masm_.xor_(Width::w32, Gpr::rdx, Gpr::rdx);
    masm_.div(width, by);
  }
  masm_.bind(done);
  push_reg(kind_of(width), is_rem ? rdx : rax);
}

void FuncCompiler::int_compare(const IntFacts& facts) {
  const Width width = facts.width;
  Value rhs = pop();
  Value lhs = pop();
  Condition condition = facts.condition();
  if (lhs.is_constant() && rhs.place != Place::memory) {
    std::swap(lhs, rhs);
    condition = assembler::x64::swapped(condition);
  }
  const Reg left = in_reg(lhs);
  const bool with_zero = rhs.is_constant() && rhs.bits == 0;
  if (with_zero) {
    // Without carry and overflow: what compares with 0 reads the same.
    if (!has_flags_of(left, width, condition)) masm_.test(width, gpr(left), gpr(left));
  } else {
    if (!is_read_in_place(rhs)) in_reg(rhs);
    with_operand(rhs, width, [&](const auto& operand) { masm_.cmp(width, gpr(left), operand); });
  }
  push_condition(condition);
}

/// The flags' answer, in a register unless the next instruction takes it as it is.
void FuncCompiler::push_condition(Condition condition, Parity parity) {
  if (next_takes_flags()) return push_flags(condition, parity);
  const Reg dst = result_reg(RegClass::general, nullptr);
  move_to_reg(
      {.place = Place::flags, .condition = condition, .bits = static_cast<uint64_t>(parity)}, dst);
  push_reg(ValKind::i32, dst);
}

void FuncCompiler::int_eqz(Width width) {
  Value value = pop();
  if (value.place == Place::flags) {
    value = inverted(value);
    if (next_takes_flags()) return push_flags(value.condition, value.parity());
    const Reg dst = result_reg(RegClass::general, nullptr);
    move_to_reg(value, dst);
    return push_reg(ValKind::i32, dst);
  }
  if (is_read_in_place(value) && !value.is_constant()) {
    masm_.cmp(width, place_of(value), 0);
  } else {
    const Reg reg = in_reg(value);
    if (!has_flags_of(reg, width, Condition::equal)) masm_.test(width, gpr(reg), gpr(reg));
  }
  push_condition(Condition::equal);
}

void FuncCompiler::int_unary(const IntFacts& facts) {
  Value value = pop();
  const Gpr src = in_gpr(value);
  const Reg result = result_reg(RegClass::general, &value);
  const Gpr dst = gpr(result);
  const Width width = facts.width;
  switch (facts.unary()) {
    case Unary::clz: count_leading_zeros(width, dst, src); break;
    case Unary::ctz: count_trailing_zeros(width, dst, src); break;
    case Unary::popcnt:
      if (dst != src) masm_.xor_(Width::w32, dst, dst);  // it would wait for the old value
      masm_.popcnt(width, dst, src);
      break;
    case Unary::wrap: masm_.mov(Width::w32, dst, src); break;
    case Unary::extend_i32_u: masm_.move(dst, src); break;  // it is zero-extended
    case Unary::extend_i32_s:
    case Unary::extend32_s: masm_.movsx32(Width::w64, dst, src); break;
    case Unary::extend8_s: masm_.movsx8(width, dst, src); break;
    case Unary::extend16_s: masm_.movsx16(width, dst, src); break;
  }
  push_reg(kind_of(width), result);
}

void FuncCompiler::count_leading_zeros(Width width, Gpr dst, Gpr src) {
  if (masm_.has(Feature::lzcnt)) {
    if (dst != src) masm_.xor_(Width::w32, dst, dst);
    masm_.lzcnt(width, dst, src);
    return;
  }
  // The position of the highest bit, or where there is none, what the last step turns into the
  // width.
  masm_.mov_imm(scratch, 2 * bits_of(width) - 1);
  masm_.bsr(width, dst, src);
  masm_.cmovcc(width, Condition::equal, dst, scratch);
  masm_.xor_(Width::w32, dst, static_cast<int32_t>(bits_of(width) - 1));
}

void FuncCompiler::count_trailing_zeros(Width width, Gpr dst, Gpr src) {
  if (masm_.has(Feature::bmi1)) {
    if (dst != src) masm_.xor_(Width::w32, dst, dst);
    masm_.tzcnt(width, dst, src);
    return;
  }
  masm_.mov_imm(scratch, bits_of(width));
  masm_.bsf(width, dst, src);
  masm_.cmovcc(width, Condition::equal, dst, scratch);
}

void FuncCompiler::wide_arithmetic(const IntFacts& facts) {
  const Wide op = facts.wide();
  codegen::x64::WideEmitter wide(masm_);
  if (op == Wide::mul_s || op == Wide::mul_u) {
    Value rhs = pop();
    Value lhs = pop();
    const Reg rax = reg_of(Gpr::rax);
    Reg factor = in_reg(rhs);
    if (factor == rax || factor == reg_of(Gpr::rdx)) {
      move_reg(reg_of(scratch), factor);
      factor = reg_of(scratch);
    }
    if (lhs.place == Place::local && locals_[lhs.bits].pin != no_reg)
      use_pin(locals_[lhs.bits].pin);
    take_into(lhs, rax);
    take(reg_of(Gpr::rdx));
    op == Wide::mul_s ? wide.i64_mul_wide_s(gpr(factor)) : wide.i64_mul_wide_u(gpr(factor));
    push_reg(ValKind::i64, rax);
    push_reg(ValKind::i64, reg_of(Gpr::rdx));
    return;
  }
  // Four operands are more than a stressed allocator has: they are read from their slots.
  settle_top(4);
  std::array<Value, 4> operands;
  for (size_t i = 4; i > 0; --i) operands[i - 1] = pop();
  const Gpr low = alloc_gpr();
  const Gpr high = alloc_gpr();
  masm_.mov(Width::w64, low, slot_mem(operands[0].home));
  masm_.mov(Width::w64, high, slot_mem(operands[1].home));
  if (op == Wide::add) {
    masm_.add(Width::w64, low, slot_mem(operands[2].home));
    masm_.adc(Width::w64, high, slot_mem(operands[3].home));
  } else {
    masm_.sub(Width::w64, low, slot_mem(operands[2].home));
    masm_.sbb(Width::w64, high, slot_mem(operands[3].home));
  }
  push_reg(ValKind::i64, reg_of(low));
  push_reg(ValKind::i64, reg_of(high));
}

}  // namespace waxwing::baseline
