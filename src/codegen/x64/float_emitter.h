// The code of float instructions: one method a PURE row of opcodes.def, named as the row, results
// first. Contract of all: that of emit_pure. [spec 4.3.3]
#pragma once

#include "codegen/x64/macro_assembler.h"
#include "syntax/opcode.h"

namespace waxwing::codegen::x64 {

/// What flags say after a comparison of floats.
struct FloatCondition {
  enum class Parity : uint8_t {
    ignored,  // true where `condition` holds
    clear,    // true where `condition` holds and the parity flag is clear
    or_set,   // true where `condition` holds or the parity flag is set
  };

  Condition condition;
  Parity parity = Parity::ignored;

  constexpr bool operator==(const FloatCondition&) const = default;
};

/// Forms with `const Mem&` read 4 or 8 bytes, which need no alignment; what may fault is the
/// caller's to note, and a Gpr `d` is not a register of the address.
class FloatEmitter {
 public:
  explicit FloatEmitter(MacroAssembler& m) : m_(m) {}

  /// Compares for a branch: emits no more than a comparison, which sets flags. REQUIRES: `op` is
  /// one of the six comparisons of f32 or of f64.
  FloatCondition compare_flags(syntax::Op op, Xmm a, Xmm b);
  FloatCondition compare_flags(syntax::Op op, Xmm a, const Mem& b);

  void f32_eq(Gpr d, Xmm a, Xmm b) { compare(syntax::Op::f32_eq, d, a, b); }
  void f32_eq(Gpr d, Xmm a, const Mem& b) { compare(syntax::Op::f32_eq, d, a, b); }
  void f32_ne(Gpr d, Xmm a, Xmm b) { compare(syntax::Op::f32_ne, d, a, b); }
  void f32_ne(Gpr d, Xmm a, const Mem& b) { compare(syntax::Op::f32_ne, d, a, b); }
  void f32_lt(Gpr d, Xmm a, Xmm b) { compare(syntax::Op::f32_lt, d, a, b); }
  void f32_lt(Gpr d, Xmm a, const Mem& b) { compare(syntax::Op::f32_lt, d, a, b); }
  void f32_gt(Gpr d, Xmm a, Xmm b) { compare(syntax::Op::f32_gt, d, a, b); }
  void f32_gt(Gpr d, Xmm a, const Mem& b) { compare(syntax::Op::f32_gt, d, a, b); }
  void f32_le(Gpr d, Xmm a, Xmm b) { compare(syntax::Op::f32_le, d, a, b); }
  void f32_le(Gpr d, Xmm a, const Mem& b) { compare(syntax::Op::f32_le, d, a, b); }
  void f32_ge(Gpr d, Xmm a, Xmm b) { compare(syntax::Op::f32_ge, d, a, b); }
  void f32_ge(Gpr d, Xmm a, const Mem& b) { compare(syntax::Op::f32_ge, d, a, b); }
  void f64_eq(Gpr d, Xmm a, Xmm b) { compare(syntax::Op::f64_eq, d, a, b); }
  void f64_eq(Gpr d, Xmm a, const Mem& b) { compare(syntax::Op::f64_eq, d, a, b); }
  void f64_ne(Gpr d, Xmm a, Xmm b) { compare(syntax::Op::f64_ne, d, a, b); }
  void f64_ne(Gpr d, Xmm a, const Mem& b) { compare(syntax::Op::f64_ne, d, a, b); }
  void f64_lt(Gpr d, Xmm a, Xmm b) { compare(syntax::Op::f64_lt, d, a, b); }
  void f64_lt(Gpr d, Xmm a, const Mem& b) { compare(syntax::Op::f64_lt, d, a, b); }
  void f64_gt(Gpr d, Xmm a, Xmm b) { compare(syntax::Op::f64_gt, d, a, b); }
  void f64_gt(Gpr d, Xmm a, const Mem& b) { compare(syntax::Op::f64_gt, d, a, b); }
  void f64_le(Gpr d, Xmm a, Xmm b) { compare(syntax::Op::f64_le, d, a, b); }
  void f64_le(Gpr d, Xmm a, const Mem& b) { compare(syntax::Op::f64_le, d, a, b); }
  void f64_ge(Gpr d, Xmm a, Xmm b) { compare(syntax::Op::f64_ge, d, a, b); }
  void f64_ge(Gpr d, Xmm a, const Mem& b) { compare(syntax::Op::f64_ge, d, a, b); }
  /// Any of the comparisons.
  void compare(syntax::Op op, Gpr d, Xmm a, Xmm b);
  void compare(syntax::Op op, Gpr d, Xmm a, const Mem& b);

  void f32_abs(Xmm d, Xmm a);
  void f32_neg(Xmm d, Xmm a);
  void f32_ceil(Xmm d, Xmm a) { round_f32(d, a, round_up); }
  void f32_floor(Xmm d, Xmm a) { round_f32(d, a, round_down); }
  void f32_trunc(Xmm d, Xmm a) { round_f32(d, a, round_to_zero); }
  void f32_nearest(Xmm d, Xmm a) { round_f32(d, a, round_to_nearest); }
  void f32_sqrt(Xmm d, Xmm a);
  void f32_sqrt(Xmm d, const Mem& a);
  void f32_add(Xmm d, Xmm a, Xmm b);
  void f32_add(Xmm d, Xmm a, const Mem& b);
  void f32_sub(Xmm d, Xmm a, Xmm b);
  void f32_sub(Xmm d, Xmm a, const Mem& b);
  void f32_mul(Xmm d, Xmm a, Xmm b);
  void f32_mul(Xmm d, Xmm a, const Mem& b);
  void f32_div(Xmm d, Xmm a, Xmm b);
  void f32_div(Xmm d, Xmm a, const Mem& b);
  void f32_min(Xmm d, Xmm a, Xmm b);
  void f32_max(Xmm d, Xmm a, Xmm b);
  void f32_copysign(Xmm d, Xmm a, Xmm b);

  void f64_abs(Xmm d, Xmm a);
  void f64_neg(Xmm d, Xmm a);
  void f64_ceil(Xmm d, Xmm a) { round_f64(d, a, round_up); }
  void f64_floor(Xmm d, Xmm a) { round_f64(d, a, round_down); }
  void f64_trunc(Xmm d, Xmm a) { round_f64(d, a, round_to_zero); }
  void f64_nearest(Xmm d, Xmm a) { round_f64(d, a, round_to_nearest); }
  void f64_sqrt(Xmm d, Xmm a);
  void f64_sqrt(Xmm d, const Mem& a);
  void f64_add(Xmm d, Xmm a, Xmm b);
  void f64_add(Xmm d, Xmm a, const Mem& b);
  void f64_sub(Xmm d, Xmm a, Xmm b);
  void f64_sub(Xmm d, Xmm a, const Mem& b);
  void f64_mul(Xmm d, Xmm a, Xmm b);
  void f64_mul(Xmm d, Xmm a, const Mem& b);
  void f64_div(Xmm d, Xmm a, Xmm b);
  void f64_div(Xmm d, Xmm a, const Mem& b);
  void f64_min(Xmm d, Xmm a, Xmm b);
  void f64_max(Xmm d, Xmm a, Xmm b);
  void f64_copysign(Xmm d, Xmm a, Xmm b);

 private:
  // The immediate of roundss; bit 3: no inexact exception. [Intel SDM vol. 2, roundsd]
  static constexpr uint8_t round_to_nearest = 8;
  static constexpr uint8_t round_down = 9;
  static constexpr uint8_t round_up = 10;
  static constexpr uint8_t round_to_zero = 11;

  struct MinMax {
    bool is_f64;
    bool is_max;
  };

  Xmm place_commuting(Xmm d, Xmm a, Xmm b);
  Xmm place(Xmm d, Xmm a, Xmm b);
  template <typename Rhs>
  void compare_into(syntax::Op op, Gpr d, Xmm a, const Rhs& b);
  void and_bits(Xmm d, Xmm a, const base::V128& bits);
  void xor_bits(Xmm d, Xmm a, const base::V128& bits);
  void copy_sign(Xmm d, Xmm a, Xmm b, const base::V128& sign);
  void round_f32(Xmm d, Xmm a, uint8_t mode);
  void round_f64(Xmm d, Xmm a, uint8_t mode);
  void min_max(Xmm d, Xmm a, Xmm b, MinMax what);
  void merge_equal(Xmm d, Xmm a, Xmm b, bool is_max);
  void min_of_different(Xmm d, Xmm a, Xmm b, bool is_f64);
  void max_of_different(Xmm d, Xmm a, Xmm b, bool is_f64);

  MacroAssembler& m_;
};

}  // namespace waxwing::codegen::x64
