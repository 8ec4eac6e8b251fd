// The handler of every opcode, made from the rows of opcodes.def and ops.def. A dispatch says what
// a handler is.
#pragma once

#include <array>

#include "interp/aggregate_ops.h"
#include "interp/call.h"
#include "interp/exec_aggregate.h"
#include "interp/exec_control.h"
#include "interp/exec_frame.h"
#include "interp/exec_memory.h"
#include "interp/exec_numeric.h"
#include "interp/fused_pairs.h"
#include "interp/runtime_ops.h"
#include "numeric/nans.h"

namespace waxwing::interp {

[[gnu::always_inline]] inline bool exec_unreachable(Regs& r) {
  return trap(r, syntax::TrapCode::unreachable);
}
[[gnu::always_inline]] inline bool exec_unsupported(Regs& r) {
  return trap(r, syntax::TrapCode::unsupported);
}

/// What to do at each opcode. `Dispatch::handler<exec>()` is what does `exec` and goes on.
template <typename Dispatch>
struct HandlerTable {
  using Handler = typename Dispatch::Handler;
  std::array<Handler, all_opcode_count> handlers;

  template <bool (*exec)(Regs&)>
  constexpr void set(Cell opcode) {
    handlers[opcode] = Dispatch::template handler<exec>();
  }

  template <auto meaning, Mode... modes>
  constexpr void set_binary(syntax::Op op) {
    (set<exec_binary<meaning, modes, true>>(opcode(op, modes)), ...);
    (set<exec_binary<meaning, modes, false>>(opcode(op, unstored(modes))), ...);
  }

  template <auto meaning, Mode... modes>
  constexpr void set_unary(syntax::Op op) {
    (set<exec_unary<meaning, modes, true>>(opcode(op, modes)), ...);
    (set<exec_unary<meaning, modes, false>>(opcode(op, unstored(modes))), ...);
  }

  template <auto meaning>
  constexpr void set_two_operands(syntax::Op op) {
    using enum Mode;
    using S = Shape<decltype(meaning)>;
    using A = typename S::template Param<0>;
    using B = typename S::template Param<1>;
    if constexpr (std::is_same_v<B, uint8_t>) {
      set<exec_extract_lane<meaning, s>>(opcode(op, s));
    } else {
      set_binary<meaning, ss, as, sa>(op);
      if constexpr (!std::is_same_v<B, base::V128>) set_binary<meaning, sk, ak>(op);
      if constexpr (!std::is_same_v<A, base::V128>) set_binary<meaning, ks, ka>(op);
    }
  }

  template <auto meaning>
  constexpr void set_three_operands(syntax::Op op) {
    using Third = typename Shape<decltype(meaning)>::template Param<2>;
    if constexpr (std::is_same_v<Third, uint8_t>) {
      set<exec_replace_lane<meaning, Mode::ss>>(opcode(op, Mode::ss));
    } else if (op == syntax::Op::i8x16_shuffle) {
      set<exec_shuffle<meaning>>(opcode(op, Mode::ss));
    } else {
      set<exec_ternary<meaning>>(opcode(op, Mode::ss));
    }
  }

  template <auto meaning>
  constexpr void set_pure(syntax::Op op) {
    using S = Shape<decltype(meaning)>;
    if constexpr (std::is_same_v<typename S::Result, numeric::U64Pair>) {
      set<exec_wide<meaning>>(opcode(op, Mode::ss));
    } else if constexpr (S::arity == 1) {
      set_unary<meaning, Mode::s, Mode::a>(op);
    } else if constexpr (S::arity == 2) {
      set_two_operands<meaning>(op);
    } else {
      set_three_operands<meaning>(op);
    }
  }

  template <auto meaning, Mode... modes>
  constexpr void set_fused(syntax::Op op) {
    (set<exec_branch<meaning, false, modes>>(branch_opcode(op, false, modes)), ...);
    (set<exec_branch<meaning, true, modes>>(branch_opcode(op, true, modes)), ...);
  }

  template <auto meaning>
  constexpr void set_comparison(syntax::Op op) {
    using enum Mode;
    if constexpr (Shape<decltype(meaning)>::arity == 1)
      set_fused<meaning, s, a>(op);
    else
      set_fused<meaning, ss, as, sa, sk, ak, ks, ka>(op);
  }

  template <typename Access, Mode... modes>
  constexpr void set_load_modes(syntax::Op op) {
    (set<exec_load<Access, modes, true>>(opcode(op, modes)), ...);
    (set<exec_load<Access, modes, false>>(opcode(op, unstored(modes))), ...);
  }

  template <typename Access>
  constexpr void set_load(syntax::Op op) {
    if constexpr (requires { Access::apply(nullptr); }) {
      set_load_modes<Access, Mode::s, Mode::a, constant_address>(op);
      set<exec_load_any<Access>>(opcode(op, any_memory));
    } else {
      set<exec_load_lane<Access>>(opcode(op, any_memory));
    }
  }

  template <typename Access, Mode... modes>
  constexpr void set_store_modes(syntax::Op op) {
    (set<exec_store<Access, modes>>(opcode(op, modes)), ...);
  }

  template <typename Access>
  constexpr void set_store(syntax::Op op) {
    using enum Mode;
    using Value = typename Access::Value;
    if constexpr (requires(Value value) { Access::apply(nullptr, value); }) {
      set_store_modes<Access, ss, as, sa, ks, ka>(op);
      if constexpr (!std::is_same_v<Value, base::V128>) set_store_modes<Access, sk, ak>(op);
      set<exec_store_any<Access>>(opcode(op, any_memory));
    } else {
      set<exec_store_lane<Access>>(opcode(op, any_memory));
    }
  }

  constexpr void set_rows() {
    using syntax::Op;
#define PURE(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) \
  set_pure<&numeric::ID>(Op::ID);                                   \
  if constexpr (is_comparison(Op::ID)) set_comparison<&numeric::ID>(Op::ID);
#define LOAD(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) set_load<access::ID>(Op::ID);
#define STORE(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) set_store<access::ID>(Op::ID);
#define ATOMIC(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) \
  set<exec_atomic<access::ID>>(opcode(Op::ID, any_memory));
#include "syntax/opcodes.def"
    set<runtime_ops::table_get>(opcode(Op::table_get, Mode::s));
    set<runtime_ops::table_set>(opcode(Op::table_set, Mode::s));
    set<runtime_ops::table_size>(opcode(Op::table_size, Mode::s));
    set<runtime_ops::table_grow>(opcode(Op::table_grow, Mode::s));
    set<runtime_ops::table_fill>(opcode(Op::table_fill, Mode::s));
    set<runtime_ops::table_copy>(opcode(Op::table_copy, Mode::s));
    set<runtime_ops::table_init>(opcode(Op::table_init, Mode::s));
    set<runtime_ops::elem_drop>(opcode(Op::elem_drop, Mode::s));
    set<runtime_ops::memory_size>(opcode(Op::memory_size, Mode::s));
    set<runtime_ops::memory_grow>(opcode(Op::memory_grow, Mode::s));
    set<runtime_ops::memory_fill>(opcode(Op::memory_fill, Mode::s));
    set<runtime_ops::memory_copy>(opcode(Op::memory_copy, Mode::s));
    set<runtime_ops::memory_init>(opcode(Op::memory_init, Mode::s));
    set<runtime_ops::data_drop>(opcode(Op::data_drop, Mode::s));
    set<runtime_ops::memory_atomic_notify>(opcode(Op::memory_atomic_notify, Mode::s));
    set<runtime_ops::memory_atomic_wait32>(opcode(Op::memory_atomic_wait32, Mode::s));
    set<runtime_ops::memory_atomic_wait64>(opcode(Op::memory_atomic_wait64, Mode::s));
    set<runtime_ops::atomic_fence>(opcode(Op::atomic_fence, Mode::s));
  }

  template <typename F>
  constexpr void set_canonical_lanes(IOp in_slot, IOp in_accumulator) {
    set<exec_unary<&numeric::canonicalize_lanes<F>, Mode::s, true>>(opcode(in_slot));
    set<exec_unary<&numeric::canonicalize_lanes<F>, Mode::a, true>>(opcode(in_accumulator));
  }

  constexpr void set_own() {
    set<exec_enter>(opcode(IOp::enter));
    set<exec_halt>(opcode(IOp::halt));
    set<exec_call>(opcode(IOp::call));
    set<exec_call_import>(opcode(IOp::call_import));
    set<exec_call_indirect>(opcode(IOp::call_indirect));
    set<exec_call_ref>(opcode(IOp::call_ref));
    set<exec_return_call>(opcode(IOp::return_call));
    set<exec_return_call_import>(opcode(IOp::return_call_import));
    set<exec_return_call_indirect>(opcode(IOp::return_call_indirect));
    set<exec_return_call_ref>(opcode(IOp::return_call_ref));
    set<exec_return_void>(opcode(IOp::return_void));
    set<exec_return<Slot, Mode::s>>(opcode(IOp::return_i_s));
    set<exec_return<Slot, Mode::a>>(opcode(IOp::return_i_a));
    set<exec_return<double, Mode::s>>(opcode(IOp::return_f_s));
    set<exec_return<double, Mode::a>>(opcode(IOp::return_f_a));
    set<exec_return<base::V128, Mode::s>>(opcode(IOp::return_v_s));
    set<exec_return_many>(opcode(IOp::return_many));
    set<exec_refuse_enter>(opcode(IOp::refuse_enter));
    set<exec_translate_entry>(opcode(IOp::translate_entry));
    set<exec_call_foreign>(opcode(IOp::call_foreign));
    set<exec_tail_call_foreign>(opcode(IOp::tail_call_foreign));
    set<exec_call_by_type>(opcode(IOp::call_by_type));
    set<exec_br>(opcode(IOp::br));
    set<exec_br_table<Mode::s>>(opcode(IOp::br_table_s));
    set<exec_br_table<Mode::a>>(opcode(IOp::br_table_a));
    set<exec_unreachable>(opcode(IOp::unreachable));
    set<exec_charge>(opcode(IOp::charge));
    set<exec_charge_length>(opcode(IOp::charge_length));
    set<exec_refuel>(opcode(IOp::refuel));
    set<exec_listen_enter>(opcode(IOp::listen_enter));
    set<exec_listen_exit>(opcode(IOp::listen_exit));
    set<exec_listen_tail>(opcode(IOp::listen_tail));
    set<exec_throw>(opcode(IOp::throw_));
    set<exec_throw_ref>(opcode(IOp::throw_ref));
    set<exec_copy>(opcode(IOp::copy));
    set<exec_copy2>(opcode(IOp::copy2));
    set<exec_copy_v>(opcode(IOp::copy_v));
    set<exec_copy_wide>(opcode(IOp::copy_wide));
    set<exec_copy_many>(opcode(IOp::copy_many));
    set<exec_const32>(opcode(IOp::const32));
    set<exec_const64>(opcode(IOp::const64));
    set<exec_const_v128>(opcode(IOp::const_v128));
    set<exec_global_get>(opcode(IOp::global_get));
    set<exec_global_get_v>(opcode(IOp::global_get_v));
    set<exec_global_set_s>(opcode(IOp::global_set_s));
    set<exec_global_set_a>(opcode(IOp::global_set_a));
    set<exec_global_set_v>(opcode(IOp::global_set_v));
    set<exec_imported_get>(opcode(IOp::imported_get));
    set<exec_imported_set>(opcode(IOp::imported_set));
    set<exec_select_s>(opcode(IOp::select_s));
    set<exec_select_a>(opcode(IOp::select_a));
    set<exec_select_v>(opcode(IOp::select_v));
    set<exec_unary<&numeric::canonicalize<float>, Mode::s, true>>(opcode(IOp::canonical_f32_s));
    set<exec_unary<&numeric::canonicalize<float>, Mode::a, true>>(opcode(IOp::canonical_f32_a));
    set<exec_unary<&numeric::canonicalize<double>, Mode::s, true>>(opcode(IOp::canonical_f64_s));
    set<exec_unary<&numeric::canonicalize<double>, Mode::a, true>>(opcode(IOp::canonical_f64_a));
    set_canonical_lanes<float>(IOp::canonical_f32x4_s, IOp::canonical_f32x4_a);
    set_canonical_lanes<double>(IOp::canonical_f64x2_s, IOp::canonical_f64x2_a);
    set<exec_null_check>(opcode(IOp::null_check));
    set<runtime_ops::ref_func>(opcode(IOp::ref_func));
  }

  /// The enumerators of a kind of access are in the order of these types.
  template <typename S, size_t size, IOp struct_get, IOp array_get>
  constexpr void set_get() {
    const auto after = [](IOp op, uint32_t distance) {
      return static_cast<Cell>(opcode(op) + distance);
    };
    set<exec_struct_get<S, Mode::s>>(opcode(struct_get));
    set<exec_struct_get<S, Mode::a>>(after(struct_get, 1));
    set<exec_array_get<S, size, Mode::ss>>(opcode(array_get));
    set<exec_array_get<S, size, Mode::as>>(after(array_get, 1));
    set<exec_array_get<S, size, Mode::sa>>(after(array_get, 2));
  }

  constexpr void set_aggregate_access() {
    using enum IOp;
    set_get<Storage<int8_t, uint32_t>, 1, struct_get_i8_s_s, array_get_i8_s_ss>();
    set_get<Storage<uint8_t, uint32_t>, 1, struct_get_i8_u_s, array_get_i8_u_ss>();
    set_get<Storage<int16_t, uint32_t>, 2, struct_get_i16_s_s, array_get_i16_s_ss>();
    set_get<Storage<uint16_t, uint32_t>, 2, struct_get_i16_u_s, array_get_i16_u_ss>();
    set_get<Storage<uint32_t, uint32_t>, 4, struct_get_i32_s, array_get_i32_ss>();
    set_get<Storage<uint64_t, uint64_t>, 8, struct_get_i64_s, array_get_i64_ss>();
    set_get<Storage<float, float>, 4, struct_get_f32_s, array_get_f32_ss>();
    set_get<Storage<double, double>, 8, struct_get_f64_s, array_get_f64_ss>();
    set_get<Storage<base::V128, base::V128>, 16, struct_get_v128_s, array_get_v128_ss>();
    set<exec_struct_set<uint8_t>>(opcode(struct_set_i8));
    set<exec_struct_set<uint16_t>>(opcode(struct_set_i16));
    set<exec_struct_set<uint32_t>>(opcode(struct_set_i32));
    set<exec_struct_set<uint64_t>>(opcode(struct_set_i64));
    set<exec_struct_set<base::V128>>(opcode(struct_set_v128));
    set<exec_struct_set_ref>(opcode(struct_set_ref));
    set<exec_array_set<uint8_t>>(opcode(array_set_i8));
    set<exec_array_set<uint16_t>>(opcode(array_set_i16));
    set<exec_array_set<uint32_t>>(opcode(array_set_i32));
    set<exec_array_set<uint64_t>>(opcode(array_set_i64));
    set<exec_array_set<base::V128>>(opcode(array_set_v128));
    set<exec_array_set_ref>(opcode(array_set_ref));
    set<exec_array_len>(opcode(array_len));
  }

  constexpr void set_aggregate() {
    using enum IOp;
    set<aggregate_ops::struct_new_here>(opcode(struct_new));
    set<exec_struct_new_words>(opcode(struct_new_words));
    set<aggregate_ops::struct_new>(opcode(struct_new_fields));
    set<aggregate_ops::struct_new_default>(opcode(struct_new_default));
    set<aggregate_ops::array_new>(opcode(array_new));
    set<aggregate_ops::array_new_default>(opcode(array_new_default));
    set<aggregate_ops::array_new_fixed>(opcode(array_new_fixed));
    set<aggregate_ops::array_new_data>(opcode(array_new_data));
    set<aggregate_ops::array_new_elem>(opcode(array_new_elem));
    set<aggregate_ops::array_fill>(opcode(array_fill));
    set<aggregate_ops::array_copy>(opcode(array_copy));
    set<aggregate_ops::array_init_data>(opcode(array_init_data));
    set<aggregate_ops::array_init_elem>(opcode(array_init_elem));
    set<exec_ref_i31<Mode::s>>(opcode(ref_i31_s));
    set<exec_ref_i31<Mode::a>>(opcode(ref_i31_a));
    set<exec_i31_get<Mode::s, true>>(opcode(i31_get_s_s));
    set<exec_i31_get<Mode::a, true>>(opcode(i31_get_s_a));
    set<exec_i31_get<Mode::s, false>>(opcode(i31_get_u_s));
    set<exec_i31_get<Mode::a, false>>(opcode(i31_get_u_a));
    set<exec_ref_test_type>(opcode(ref_test_type));
    set<exec_ref_cast_type>(opcode(ref_cast_type));
    set<aggregate_ops::ref_test>(opcode(ref_test));
    set<aggregate_ops::ref_cast>(opcode(ref_cast));
    set<exec_global_set_ref>(opcode(global_set_ref));
    set<aggregate_ops::imported_set_ref>(opcode(imported_set_ref));
    set<aggregate_ops::struct_set_shaded>(opcode(struct_set_shaded));
    set<aggregate_ops::array_set_shaded>(opcode(array_set_shaded));
    set<aggregate_ops::global_set_shaded>(opcode(global_set_shaded));
    set<aggregate_ops::ref_test_subtype>(opcode(ref_test_subtype));
    set<aggregate_ops::ref_cast_subtype>(opcode(ref_cast_subtype));
  }

  constexpr HandlerTable() {
    handlers.fill(Dispatch::template handler<exec_unsupported>());
    set_rows();
    set_own();
    set_aggregate_access();
    set_aggregate();
  }
};

/// The bare functions of all opcodes, to compose pairs of.
struct BareDispatch {
  using Handler = bool (*)(Regs&);

  template <bool (*exec)(Regs&)>
  static constexpr Handler handler() {
    return exec;
  }
};
inline constexpr HandlerTable<BareDispatch> bare_table;

/// An instruction and the one that follows it in the code.
template <bool (*first)(Regs&), bool (*second)(Regs&)>
[[gnu::always_inline]] inline bool exec_pair(Regs& r) {
  if (!first(r)) [[unlikely]]
    return false;
  r.pc += opcode_cells - 1;
  return second(r);
}

/// The handlers of single instructions, then those of fused_pairs.
template <typename Dispatch>
consteval std::array<typename Dispatch::Handler, all_opcode_count> make_handlers() {
  HandlerTable<Dispatch> table;
  const auto fused = []<size_t... i>(std::index_sequence<i...>) {
    return std::array<typename Dispatch::Handler, sizeof...(i)>{
        Dispatch::template handler<exec_pair<bare_table.handlers[fused_pairs[i].first],
                                             bare_table.handlers[fused_pairs[i].second]>>()...};
  }(std::make_index_sequence<fused_pairs.size()>());
  std::ranges::copy(fused, table.handlers.begin() + opcode_count);
  return table.handlers;
}

}  // namespace waxwing::interp
