// Which operands a mode takes from where, and what operations allow: shared by the translator and
// the handlers.
#pragma once

#include "abi/slots.h"
#include "interp/code.h"
#include "syntax/opcode_table.h"

namespace waxwing::interp {

using abi::slots_of;

constexpr bool first_in_acc(Mode mode) { return mode == Mode::as || mode == Mode::ak; }
constexpr bool second_in_acc(Mode mode) { return mode == Mode::sa || mode == Mode::ka; }
constexpr bool first_constant(Mode mode) { return mode == Mode::ks || mode == Mode::ka; }
constexpr bool second_constant(Mode mode) { return mode == Mode::sk || mode == Mode::ak; }
constexpr bool first_in_slot(Mode mode) {
  return mode == Mode::ss || mode == Mode::sa || mode == Mode::sk;
}
constexpr bool second_in_slot(Mode mode) {
  return mode == Mode::ss || mode == Mode::as || mode == Mode::ks;
}

/// Comparisons of one operand: eqz.
constexpr bool is_test(syntax::Op op) { return syntax::op_info(op).signature.param_count == 1; }

constexpr bool is_commutative(syntax::Op op) {
  using enum syntax::Op;
  constexpr syntax::Op commutative[] = {
      i32_add, i32_mul, i32_and, i32_or, i32_xor, i32_eq, i32_ne, i64_add, i64_mul,
      i64_and, i64_or,  i64_xor, i64_eq, i64_ne,  f32_eq, f32_ne, f64_eq,  f64_ne,
  };
  for (syntax::Op candidate : commutative) {
    if (candidate == op) return true;
  }
  return false;
}

/// PURE rows that can trap: integer division and conversion from floats.
constexpr bool may_trap(syntax::Op op) {
  using enum syntax::Op;
  return (op >= i32_div_s && op <= i32_rem_u) || (op >= i64_div_s && op <= i64_rem_u) ||
         (op >= i32_trunc_f32_s && op <= i32_trunc_f64_u) ||
         (op >= i64_trunc_f32_s && op <= i64_trunc_f64_u);
}

}  // namespace waxwing::interp
