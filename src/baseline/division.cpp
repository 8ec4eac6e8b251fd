// Division by constants: shifts, and multiplications by reciprocals. [spec 4.3.2; division.h]
#include "baseline/division.h"

#include <bit>

#include "baseline/func_compiler.h"

namespace waxwing::baseline {

using codegen::x64::scratch;

namespace {

constexpr unsigned bits_of(Width width) { return width == Width::w32 ? 32 : 64; }

/// As `bits` bits read it, without its sign.
constexpr uint64_t magnitude_of(uint64_t divisor, Width width) {
  if (width == Width::w32) {
    const auto low = static_cast<uint32_t>(divisor);
    return static_cast<int32_t>(low) < 0 ? uint32_t{0} - low : low;
  }
  return static_cast<int64_t>(divisor) < 0 ? uint64_t{0} - divisor : divisor;
}

constexpr bool is_negative(uint64_t divisor, Width width) {
  return width == Width::w32 ? static_cast<int32_t>(static_cast<uint32_t>(divisor)) < 0
                             : static_cast<int64_t>(divisor) < 0;
}

}  // namespace

/// rdx = the upper half of factor * multiplier. Destroys rax and the scratch register.
void FuncCompiler::upper_product(bool is_signed, Gpr factor, uint64_t multiplier) {
  masm_.mov_imm(Gpr::rax, multiplier);
  is_signed ? masm_.imul_wide(Width::w64, factor) : masm_.mul(Width::w64, factor);
}

/// `quotient` is rdx where the width is 64 bits, and not `dividend`.
void FuncCompiler::unsigned_quotient(Width width, Gpr quotient, Gpr dividend, uint64_t divisor) {
  const Reciprocal by = unsigned_reciprocal(divisor, bits_of(width));
  if (width == Width::w64) {
    upper_product(false, dividend, by.multiplier);
  } else {
    masm_.mov_imm(quotient, by.multiplier);
    masm_.imul(Width::w64, quotient, dividend);
    const unsigned shift = 32 + (by.exceeds ? 0 : by.shift);
    masm_.shr(Width::w64, quotient, static_cast<uint8_t>(shift));
  }
  if (by.exceeds) {
    // (product + dividend) / 2 without a carry
    masm_.mov(width, scratch, dividend);
    masm_.sub(width, scratch, quotient);
    masm_.shr(width, scratch, 1);
    masm_.add(width, quotient, scratch);
    if (by.shift > 1) masm_.shr(width, quotient, static_cast<uint8_t>(by.shift - 1));
  } else if (width == Width::w64 && by.shift != 0) {
    masm_.shr(width, quotient, static_cast<uint8_t>(by.shift));
  }
}

/// By a positive number, rounded towards 0. `quotient` as above.
void FuncCompiler::signed_quotient(Width width, Gpr quotient, Gpr dividend, uint64_t magnitude) {
  const unsigned bits = bits_of(width);
  if (std::has_single_bit(magnitude)) {
    const auto count = static_cast<uint8_t>(std::countr_zero(magnitude));
    masm_.mov(width, quotient, dividend);
    masm_.sar(width, quotient, static_cast<uint8_t>(bits - 1));
    masm_.shr(width, quotient, static_cast<uint8_t>(bits - count));
    masm_.add(width, quotient, dividend);
    masm_.sar(width, quotient, count);
    return;
  }
  const Reciprocal by = signed_reciprocal(magnitude, bits);
  if (width == Width::w64) {
    upper_product(true, dividend, by.multiplier);
    if (static_cast<int64_t>(by.multiplier) < 0) masm_.add(width, quotient, dividend);
    if (by.shift != 0) masm_.sar(width, quotient, static_cast<uint8_t>(by.shift));
    masm_.mov(width, scratch, dividend);
    masm_.sar(width, scratch, 63);
  } else {
    masm_.movsx32(Width::w64, scratch, dividend);
    masm_.mov_imm(quotient, by.multiplier);
    masm_.imul(Width::w64, quotient, scratch);
    masm_.sar(Width::w64, quotient, static_cast<uint8_t>(32 + by.shift));
    masm_.sar(Width::w64, scratch, 63);
  }
  masm_.sub(width, quotient, scratch);
}

/// False where the divisor is 0, 1, -1, or the division is a single shift or mask: then nothing is
/// done.
bool FuncCompiler::divide_by(const IntFacts& facts, Value& lhs, uint64_t divisor) {
  const Width width = facts.width;
  const bool is_signed = facts.divide() == Divide::div_s || facts.divide() == Divide::rem_s;
  const bool is_rem = facts.divide() == Divide::rem_s || facts.divide() == Divide::rem_u;
  if (width == Width::w32) divisor = static_cast<uint32_t>(divisor);
  const uint64_t magnitude = is_signed ? magnitude_of(divisor, width) : divisor;
  if (magnitude <= 1 || (!is_signed && std::has_single_bit(magnitude))) return false;

  const bool is_wide = width == Width::w64 && !std::has_single_bit(magnitude);
  Gpr dividend = in_gpr(lhs);
  Gpr quotient = Gpr::rdx;
  if (is_wide) {
    const Reg rax = reg_of(Gpr::rax);
    const Reg rdx = reg_of(Gpr::rdx);
    if (reg_of(dividend) == rax || reg_of(dividend) == rdx) {
      locked_ |= bit(rax) | bit(rdx);
      const Reg other = alloc(RegClass::general);
      move_reg(other, reg_of(dividend));
      if (lhs.place == Place::local) {
        drop_cache(reg_of(dividend));
      }
      locked_ &= ~bit(reg_of(dividend));
      dividend = gpr(other);
      lhs.place = Place::reg;
      lhs.reg = other;
    }
    take(rax);
    take(rdx);
  } else {
    quotient = alloc_gpr();
  }
  if (is_signed) {
    signed_quotient(width, quotient, dividend, magnitude);
  } else {
    unsigned_quotient(width, quotient, dividend, magnitude);
  }
  const ValKind kind = width == Width::w32 ? ValKind::i32 : ValKind::i64;
  if (!is_rem) {
    if (is_signed && is_negative(divisor, width)) masm_.neg(width, quotient);
    push_reg(kind, reg_of(quotient));
    return true;
  }
  // The rest has the dividend's sign; the divisor's does not matter.
  if (std::has_single_bit(magnitude)) {
    masm_.shl(width, quotient, static_cast<uint8_t>(std::countr_zero(magnitude)));
  } else if (magnitude <= INT32_MAX) {
    masm_.imul(width, quotient, quotient, static_cast<int32_t>(magnitude));
  } else {
    masm_.mov_imm(scratch, magnitude);
    masm_.imul(width, quotient, scratch);
  }
  const Reg result = result_reg(RegClass::general, &lhs);
  if (gpr(result) != dividend) masm_.mov(width, gpr(result), dividend);
  masm_.sub(width, gpr(result), quotient);
  push_reg(kind, result);
  return true;
}

}  // namespace waxwing::baseline
