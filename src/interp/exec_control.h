// Handlers of branches, calls and returns. Wasm calls Wasm of its own instance by moving the frame
// pointer: arguments at the top of the caller's frame are the first locals of the callee's. All
// other calls go through call.h.
#pragma once

#include "interp/activation.h"
#include "interp/exec_numeric.h"

namespace waxwing::interp {

[[gnu::always_inline]] inline bool exec_br(Regs& r) {
  return take_branch(r, r.pc + read_cells<int32_t>(r.pc + 1));
}

template <Mode mode>
[[gnu::always_inline]] inline bool exec_br_table(Regs& r) {
  constexpr size_t targets = mode == Mode::a ? 3 : 4;
  const uint32_t count = read_cells<uint32_t>(r.pc + 1);
  uint32_t index = mode == Mode::a ? acc_value<uint32_t>(r) : load_slot<uint32_t>(&r.fp[r.pc[3]]);
  if (index > count) index = count;
  return take_branch(r, r.pc + read_cells<int32_t>(r.pc + targets + size_t{index} * 2));
}

/// `fp` is the callee's, `acc` the return address.
[[gnu::always_inline]] inline bool exec_enter(Regs& r) {
  if (r.fp + read_cells<uint32_t>(r.pc + 1) > r.stack->limit.load(std::memory_order_relaxed))
      [[unlikely]] {
    return go_slow(r, IOp::refuse_enter);
  }
  r.fp[r.pc[3]] = r.acc;
  Slot* local = r.fp + r.pc[4];
  for (uint32_t left = read_cells<uint32_t>(r.pc + 5); left != 0; --left) {
    *local++ = 0;
    asm("" : "+r"(local));  // few locals: a call of memset would cost more than the loop
  }
  r.pc += 7;
  return true;
}

[[gnu::always_inline]] inline bool exec_halt(Regs& r) {
  return stop_with(r, Activation::Stop::finished, syntax::TrapCode::none);
}

/// Enters a defined function of this instance whose frame begins at `fp` and which returns to
/// `back`.
[[gnu::always_inline]] inline bool enter_func(Regs& r, uint32_t defined, Slot* fp,
                                              const Cell* back) {
  const Cell* target = r.act->entries[defined].load(std::memory_order_acquire);
  r.fp = fp;
  r.acc = reinterpret_cast<Slot>(back);
  if (!target) [[unlikely]] {
    r.act->callee = defined;
    return go_slow(r, IOp::translate_entry);
  }
  r.pc = target;
  return true;
}

[[gnu::always_inline]] inline bool exec_call(Regs& r) {
  return enter_func(r, read_cells<uint32_t>(r.pc + 1), r.fp + read_cells<uint32_t>(r.pc + 3),
                    r.pc + 5);
}

/// Calls any function; the instruction is `length` cells long and ends with span and delta.
[[gnu::always_inline]] inline bool call_func(Regs& r, runtime::Func& func, size_t length) {
  Slot* fp = r.fp + read_cells<uint32_t>(r.pc + length - 2);
  if (func.context == r.act->data->context) [[likely]] {
    return enter_func(r, func.index - r.act->imported_funcs, fp, r.pc + length);
  }
  r.act->func = &func;
  r.act->span = r.pc[length - 3];
  r.acc = reinterpret_cast<Slot>(r.pc + length);
  r.act->pc = r.pc;
  return go_slow(r, IOp::call_foreign);
}

[[gnu::always_inline]] inline bool exec_call_import(Regs& r) {
  return call_func(r, *r.act->data->imported_funcs[read_cells<uint32_t>(r.pc + 1)], 6);
}

/// The element of a table that an indirect call names; null where it traps, `code` telling why.
/// [spec 4.6.10]
[[gnu::always_inline]] inline runtime::Func* table_func(const Regs& r, const Cell* cells,
                                                        syntax::TrapCode& code) {
  const runtime::Table& table = *r.act->data->tables[cells[2]];
  const uint64_t index = r.fp[cells[3]];
  if (index >= table.size()) [[unlikely]] {
    code = syntax::TrapCode::undefined_element;
    return nullptr;
  }
  runtime::Func* func = table.data()[index].func();
  if (!func) [[unlikely]]
    code = syntax::TrapCode::uninitialized_element;
  return func;
}

/// Whether the function has exactly the type that the indirect call names.
[[gnu::always_inline]] inline bool has_type(const Regs& r, const runtime::Func& func,
                                            const Cell* cells) {
  return func.type_id() == r.act->data->type_ids[read_cells<uint32_t>(cells)];
}

[[gnu::always_inline]] inline bool exec_call_indirect(Regs& r) {
  syntax::TrapCode code = syntax::TrapCode::none;
  runtime::Func* func = table_func(r, r.pc + 1, code);
  if (!func) [[unlikely]]
    return trap(r, code);
  if (!has_type(r, *func, r.pc + 1)) [[unlikely]] {
    r.act->pc = r.pc;
    return go_slow(r, IOp::call_by_type);
  }
  return call_func(r, *func, 8);
}

[[gnu::always_inline]] inline bool exec_call_ref(Regs& r) {
  runtime::Func* func = runtime::Ref::from_bits(r.fp[r.pc[1]]).func();
  if (!func) [[unlikely]]
    return trap(r, syntax::TrapCode::null_function_reference);
  return call_func(r, *func, 5);
}

/// `cells`: from i32, count, header. Moves the arguments to the frame's start and yields the return
/// address.
[[gnu::always_inline]] inline const Cell* leave_for(Regs& r, const Cell* cells) {
  const Cell* back = reinterpret_cast<const Cell*>(r.fp[cells[3]]);
  std::memmove(r.fp, r.fp + read_cells<uint32_t>(cells), cells[2] * sizeof(Slot));
  return back;
}

[[gnu::always_inline]] inline bool exec_return_call(Regs& r) {
  const Cell* back = leave_for(r, r.pc + 3);
  return enter_func(r, read_cells<uint32_t>(r.pc + 1), r.fp, back);
}

/// `cells`: from i32, count, header, span.
[[gnu::always_inline]] inline bool tail_call_func(Regs& r, runtime::Func& func, const Cell* cells) {
  const Cell* back = leave_for(r, cells);
  if (func.context == r.act->data->context) [[likely]] {
    return enter_func(r, func.index - r.act->imported_funcs, r.fp, back);
  }
  r.act->func = &func;
  r.act->span = cells[4];
  r.acc = reinterpret_cast<Slot>(back);
  return go_slow(r, IOp::tail_call_foreign);
}

[[gnu::always_inline]] inline bool exec_return_call_import(Regs& r) {
  return tail_call_func(r, *r.act->data->imported_funcs[read_cells<uint32_t>(r.pc + 1)], r.pc + 3);
}

[[gnu::always_inline]] inline bool exec_return_call_indirect(Regs& r) {
  syntax::TrapCode code = syntax::TrapCode::none;
  runtime::Func* func = table_func(r, r.pc + 1, code);
  if (!func) [[unlikely]]
    return trap(r, code);
  if (!has_type(r, *func, r.pc + 1)) [[unlikely]] {
    r.act->pc = r.pc;
    return go_slow(r, IOp::call_by_type);
  }
  return tail_call_func(r, *func, r.pc + 5);
}

[[gnu::always_inline]] inline bool exec_return_call_ref(Regs& r) {
  runtime::Func* func = runtime::Ref::from_bits(r.fp[r.pc[1]]).func();
  if (!func) [[unlikely]]
    return trap(r, syntax::TrapCode::null_function_reference);
  return tail_call_func(r, *func, r.pc + 2);
}

/// The return address in the frame's header; to be read before results are written, which may
/// overwrite it.
[[gnu::always_inline]] inline const Cell* return_address(const Regs& r) {
  return reinterpret_cast<const Cell*>(r.fp[r.pc[1]]);
}

/// Goes back to the caller; its results lie at the start of this frame.
[[gnu::always_inline]] inline bool leave(Regs& r, const Cell* back) {
  r.pc = back;
  r.fp -= read_cells<uint32_t>(back - 2);
  return true;
}

[[gnu::always_inline]] inline bool exec_return_void(Regs& r) { return leave(r, return_address(r)); }

/// Returns one value that lies in a slot or in the accumulator of its type.
template <typename T, Mode mode>
[[gnu::always_inline]] inline bool exec_return(Regs& r) {
  const Cell* back = return_address(r);
  set_result(r, 0, mode == Mode::a ? acc_value<T>(r) : load_slot<T>(&r.fp[r.pc[2]]));
  return leave(r, back);
}

[[gnu::always_inline]] inline bool exec_return_many(Regs& r) {
  const Cell* back = return_address(r);
  std::memmove(r.fp, r.fp + read_cells<uint32_t>(r.pc + 2), r.pc[4] * sizeof(Slot));
  return leave(r, back);
}

/// Takes `cost` of the store's fuel. Both charges are three cells long.
[[gnu::always_inline]] inline bool charge(Regs& r, uint64_t cost) {
  const uint64_t fuel = r.stack->native.fuel;
  r.stack->native.fuel = fuel - cost;
  if (fuel < cost) [[unlikely]] {
    r.act->pc = r.pc;
    return go_slow(r, IOp::refuel);
  }
  r.pc += 3;
  return true;
}

[[gnu::always_inline]] inline bool exec_charge(Regs& r) {
  return charge(r, read_cells<uint32_t>(r.pc + 1));
}

[[gnu::always_inline]] inline bool exec_charge_length(Regs& r) {
  return charge(r, r.fp[r.pc[1]] >> r.pc[2]);
}

}  // namespace waxwing::interp
