// Handlers of PURE rows and of the branches and selects fused with comparisons: the meaning comes
// from numeric/, the operands from slots, the accumulator or the code.
#pragma once

#include "interp/activation.h"
#include "interp/operand_modes.h"
#include "numeric/numeric.h"

namespace waxwing::interp {

template <typename F>
struct Shape;
template <typename R, typename... A>
struct Shape<R (*)(A...)> {
  using Result = R;
  static constexpr size_t arity = sizeof...(A);
  template <size_t i>
  using Param = std::tuple_element_t<i, std::tuple<A...>>;
};

template <typename T>
struct Unwrapped {
  using Type = T;
  static constexpr bool may_trap = false;
};
template <typename T>
struct Unwrapped<numeric::OrTrap<T>> {
  using Type = T;
  static constexpr bool may_trap = true;
};

/// Constants in the code: 32 bits, sign-extended for i64; 64 bits for f64.
template <typename T>
inline constexpr size_t constant_cells = std::is_same_v<T, double> ? 4 : 2;

template <typename T>
[[gnu::always_inline]] inline T read_constant(const Cell* cells) {
  if constexpr (std::is_same_v<T, uint64_t>) {
    return static_cast<uint64_t>(int64_t{read_cells<int32_t>(cells)});
  } else {
    return read_cells<T>(cells);
  }
}

/// The cells that two operands take in the code: slots first, then the constant.
template <typename A, typename B, Mode mode>
inline constexpr size_t operand_cells =
    (first_in_slot(mode) ? 1 : 0) + (second_in_slot(mode) ? 1 : 0) +
    (first_constant(mode) ? constant_cells<A> : 0) +
    (second_constant(mode) ? constant_cells<B> : 0);

template <typename A, Mode mode>
[[gnu::always_inline]] inline A first_operand(const Regs& r, const Cell* cells) {
  if constexpr (first_in_acc(mode))
    return acc_value<A>(r);
  else if constexpr (first_constant(mode))
    return read_constant<A>(cells + (second_in_slot(mode) ? 1 : 0));
  else
    return load_slot<A>(&r.fp[cells[0]]);
}

template <typename B, Mode mode>
[[gnu::always_inline]] inline B second_operand(const Regs& r, const Cell* cells) {
  if constexpr (second_in_acc(mode))
    return acc_value<B>(r);
  else if constexpr (second_constant(mode))
    return read_constant<B>(cells + (first_in_slot(mode) ? 1 : 0));
  else
    return load_slot<B>(&r.fp[cells[first_in_slot(mode) ? 1 : 0]]);
}

/// Ends an instruction of `length` cells: writes `value`, to the accumulator alone where
/// `is_stored` is false, or traps.
template <size_t length, bool is_stored = true, typename R>
[[gnu::always_inline]] inline bool finish(Regs& r, R value) {
  if constexpr (Unwrapped<R>::may_trap) {
    if (value.trap != syntax::TrapCode::none) [[unlikely]]
      return trap(r, value.trap);
    return finish<length, is_stored>(r, value.value);
  } else {
    if constexpr (is_stored)
      set_result(r, r.pc[1], value);
    else
      set_accumulator(r, value);
    r.pc += length;
    return true;
  }
}

template <auto meaning, Mode mode, bool is_stored>
[[gnu::always_inline]] inline bool exec_unary(Regs& r) {
  using A = typename Shape<decltype(meaning)>::template Param<0>;
  if constexpr (mode == Mode::a)
    return finish<2, is_stored>(r, meaning(acc_value<A>(r)));
  else
    return finish<3, is_stored>(r, meaning(load_slot<A>(&r.fp[r.pc[2]])));
}

template <auto meaning, Mode mode, bool is_stored>
[[gnu::always_inline]] inline bool exec_binary(Regs& r) {
  using S = Shape<decltype(meaning)>;
  using A = typename S::template Param<0>;
  using B = typename S::template Param<1>;
  const A a = first_operand<A, mode>(r, r.pc + 2);
  const B b = second_operand<B, mode>(r, r.pc + 2);
  return finish<2 + operand_cells<A, B, mode>, is_stored>(r, meaning(a, b));
}

/// extract_lane: the lane follows the operand.
template <auto meaning, Mode mode>
[[gnu::always_inline]] inline bool exec_extract_lane(Regs& r) {
  if constexpr (mode == Mode::a) {
    return finish<3>(r, meaning(acc_value<base::V128>(r), static_cast<uint8_t>(r.pc[2])));
  } else {
    return finish<4>(r,
                     meaning(load_slot<base::V128>(&r.fp[r.pc[2]]), static_cast<uint8_t>(r.pc[3])));
  }
}

/// replace_lane: the lane follows the operands.
template <auto meaning, Mode mode>
[[gnu::always_inline]] inline bool exec_replace_lane(Regs& r) {
  using B = typename Shape<decltype(meaning)>::template Param<1>;
  constexpr size_t cells = operand_cells<base::V128, B, mode>;
  const base::V128 a = first_operand<base::V128, mode>(r, r.pc + 2);
  const B b = second_operand<B, mode>(r, r.pc + 2);
  return finish<3 + cells>(r, meaning(a, b, static_cast<uint8_t>(r.pc[2 + cells])));
}

template <auto meaning>
[[gnu::always_inline]] inline bool exec_shuffle(Regs& r) {
  const base::V128 a = load_slot<base::V128>(&r.fp[r.pc[2]]);
  const base::V128 b = load_slot<base::V128>(&r.fp[r.pc[3]]);
  return finish<12>(r, meaning(a, b, read_cells<base::V128>(r.pc + 4)));
}

template <auto meaning>
[[gnu::always_inline]] inline bool exec_ternary(Regs& r) {
  const base::V128 a = load_slot<base::V128>(&r.fp[r.pc[2]]);
  const base::V128 b = load_slot<base::V128>(&r.fp[r.pc[3]]);
  const base::V128 c = load_slot<base::V128>(&r.fp[r.pc[4]]);
  return finish<5>(r, meaning(a, b, c));
}

/// Wide arithmetic: two results in slots d and d + 1.
template <auto meaning>
[[gnu::always_inline]] inline bool exec_wide(Regs& r) {
  const auto slot = [&r](size_t i) { return r.fp[r.pc[2 + i]]; };
  numeric::U64Pair result;
  constexpr size_t arity = Shape<decltype(meaning)>::arity;
  if constexpr (arity == 4)
    result = meaning(slot(0), slot(1), slot(2), slot(3));
  else
    result = meaning(slot(0), slot(1));
  r.fp[r.pc[1]] = result.low;
  r.fp[r.pc[1] + 1] = result.high;
  r.pc += 2 + arity;
  return true;
}

/// Moves on to a branch's target, where the running call may be stopped.
[[gnu::always_inline]] inline bool take_branch(Regs& r, const Cell* target) {
  if (interrupt_requested(r)) [[unlikely]]
    return trap(r, syntax::TrapCode::none);
  r.pc = target;
  return true;
}

/// Operands as in the comparison, from pc[1]; then the distance to the target.
template <auto meaning, bool sense, Mode mode>
[[gnu::always_inline]] inline bool exec_branch(Regs& r) {
  using S = Shape<decltype(meaning)>;
  using A = typename S::template Param<0>;
  uint32_t condition;
  size_t length;
  if constexpr (S::arity == 1) {
    condition = mode == Mode::a ? meaning(acc_value<A>(r)) : meaning(load_slot<A>(&r.fp[r.pc[1]]));
    length = mode == Mode::a ? 1 : 2;
  } else {
    condition = meaning(first_operand<A, mode>(r, r.pc + 1), second_operand<A, mode>(r, r.pc + 1));
    length = 1 + operand_cells<A, A, mode>;
  }
  if ((condition != 0) == sense) return take_branch(r, r.pc + read_cells<int32_t>(r.pc + length));
  r.pc += length + 2;
  return true;
}

}  // namespace waxwing::interp
