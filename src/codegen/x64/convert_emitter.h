// The code of conversions between integers and floats, and between floats: one method a PURE row of
// opcodes.def, named as the row, results first. Contract of all: that of emit_pure. [spec 4.3.4]
#pragma once

#include "codegen/x64/macro_assembler.h"

namespace waxwing::codegen::x64 {

class ConvertEmitter {
 public:
  explicit ConvertEmitter(MacroAssembler& m) : m_(m) {}

  // These trap: invalid_conversion for NaN, integer_overflow for what does not fit. `d` is
  // undefined then.
  void i32_trunc_f32_s(Gpr d, Xmm a);
  void i32_trunc_f32_u(Gpr d, Xmm a);
  void i32_trunc_f64_s(Gpr d, Xmm a);
  void i32_trunc_f64_u(Gpr d, Xmm a);
  void i64_trunc_f32_s(Gpr d, Xmm a);
  void i64_trunc_f32_u(Gpr d, Xmm a);
  void i64_trunc_f64_s(Gpr d, Xmm a);
  void i64_trunc_f64_u(Gpr d, Xmm a);

  void i32_trunc_sat_f32_s(Gpr d, Xmm a);
  void i32_trunc_sat_f32_u(Gpr d, Xmm a);
  void i32_trunc_sat_f64_s(Gpr d, Xmm a);
  void i32_trunc_sat_f64_u(Gpr d, Xmm a);
  void i64_trunc_sat_f32_s(Gpr d, Xmm a);
  void i64_trunc_sat_f32_u(Gpr d, Xmm a);
  void i64_trunc_sat_f64_s(Gpr d, Xmm a);
  void i64_trunc_sat_f64_u(Gpr d, Xmm a);

  void f32_convert_i32_s(Xmm d, Gpr a);
  void f32_convert_i32_u(Xmm d, Gpr a);
  void f32_convert_i64_s(Xmm d, Gpr a);
  void f32_convert_i64_u(Xmm d, Gpr a);
  void f64_convert_i32_s(Xmm d, Gpr a);
  void f64_convert_i32_u(Xmm d, Gpr a);
  void f64_convert_i64_s(Xmm d, Gpr a);
  void f64_convert_i64_u(Xmm d, Gpr a);

  void f32_demote_f64(Xmm d, Xmm a);
  void f64_promote_f32(Xmm d, Xmm a);
  void i32_reinterpret_f32(Gpr d, Xmm a);
  void i64_reinterpret_f64(Gpr d, Xmm a);
  void f32_reinterpret_i32(Xmm d, Gpr a);
  void f64_reinterpret_i64(Xmm d, Gpr a);

 private:
  enum class Float : uint8_t { f32, f64 };

  void zero(Xmm reg);
  void halve_to_odd(Gpr a);
  void truncate(Float type, Width width, Gpr d, Xmm a);
  void truncate_unsigned(Float type, Gpr d, Xmm a);
  void convert(Float type, Width width, Xmm d, Gpr a);
  void convert_u64(Float type, Xmm d, Gpr a);
  void compare(Float type, Xmm a, Xmm b);
  void compare(Float type, Xmm a, double constant);
  void subtract_2_63(Float type, Xmm a);

  void trunc_s(Float type, Width width, Gpr d, Xmm a);
  void trunc_u32(Float type, Gpr d, Xmm a);
  void trunc_u64(Float type, Gpr d, Xmm a);
  void trunc_sat_s(Float type, Width width, Gpr d, Xmm a);
  void trunc_sat_u32(Float type, Gpr d, Xmm a);
  void trunc_sat_u64(Float type, Gpr d, Xmm a);
  void set_where_positive(Float type, Width width, Gpr d, Xmm a);

  MacroAssembler& m_;
};

}  // namespace waxwing::codegen::x64
