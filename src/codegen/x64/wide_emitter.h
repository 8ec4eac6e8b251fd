// The code of arithmetic on 128-bit integers that are pairs of i64. [proposal wide-arithmetic]
#pragma once

#include "codegen/x64/macro_assembler.h"

namespace waxwing::codegen::x64 {

struct GprPair {
  Gpr low;
  Gpr high;
};

class WideEmitter {
 public:
  explicit WideEmitter(MacroAssembler& m) : m_(m) {}

  /// Each register of `d` may be any of the operands; the others keep their values. May change
  /// scratch and the flags. REQUIRES: d.low and d.high differ, and scratch is no operand.
  void i64_add128(GprPair d, GprPair a, GprPair b);
  void i64_sub128(GprPair d, GprPair a, GprPair b);

  /// rdx:rax = rax * b. `b` may be either of the two. May change the flags.
  void i64_mul_wide_s(Gpr b) { m_.imul_wide(Width::w64, b); }
  void i64_mul_wide_u(Gpr b) { m_.mul(Width::w64, b); }
  static constexpr GprPair product = {.low = Gpr::rax, .high = Gpr::rdx};

 private:
  MacroAssembler& m_;
};

}  // namespace waxwing::codegen::x64
