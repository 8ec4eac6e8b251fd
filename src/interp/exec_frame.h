// Handlers of moves, constants, globals and selections.
#pragma once

#include "interp/activation.h"

namespace waxwing::interp {

[[gnu::always_inline]] inline bool exec_copy(Regs& r) {
  r.fp[r.pc[1]] = r.fp[r.pc[2]];
  r.pc += 3;
  return true;
}

[[gnu::always_inline]] inline bool exec_copy2(Regs& r) {
  r.fp[r.pc[1]] = r.fp[r.pc[2]];
  r.fp[r.pc[3]] = r.fp[r.pc[4]];
  r.pc += 5;
  return true;
}

[[gnu::always_inline]] inline bool exec_copy_v(Regs& r) {
  std::memmove(&r.fp[r.pc[1]], &r.fp[r.pc[2]], sizeof(base::V128));
  r.pc += 3;
  return true;
}

[[gnu::always_inline]] inline bool exec_copy_wide(Regs& r) {
  r.fp[read_cells<uint32_t>(r.pc + 1)] = r.fp[read_cells<uint32_t>(r.pc + 3)];
  r.pc += 5;
  return true;
}

[[gnu::always_inline]] inline bool exec_copy_many(Regs& r) {
  std::memmove(r.fp + read_cells<uint32_t>(r.pc + 1), r.fp + read_cells<uint32_t>(r.pc + 3),
               r.pc[5] * sizeof(Slot));
  r.pc += 6;
  return true;
}

[[gnu::always_inline]] inline bool exec_const32(Regs& r) {
  set_result(r, r.pc[1], read_cells<uint32_t>(r.pc + 2));
  r.pc += 4;
  return true;
}

[[gnu::always_inline]] inline bool exec_const64(Regs& r) {
  set_result(r, r.pc[1], read_cells<uint64_t>(r.pc + 2));
  r.pc += 6;
  return true;
}

[[gnu::always_inline]] inline bool exec_const_v128(Regs& r) {
  set_result(r, r.pc[1], read_cells<base::V128>(r.pc + 2));
  r.pc += 10;
  return true;
}

[[gnu::always_inline]] inline bool exec_global_get(Regs& r) {
  set_result(r, r.pc[1], r.act->data->globals[read_cells<uint32_t>(r.pc + 2)].slots[0]);
  r.pc += 4;
  return true;
}

[[gnu::always_inline]] inline bool exec_global_get_v(Regs& r) {
  set_result(r, r.pc[1],
             runtime::slot_v128(r.act->data->globals[read_cells<uint32_t>(r.pc + 2)].slots));
  r.pc += 4;
  return true;
}

[[gnu::always_inline]] inline bool exec_global_set_s(Regs& r) {
  r.act->data->globals[read_cells<uint32_t>(r.pc + 1)].slots[0] = r.fp[r.pc[3]];
  r.pc += 4;
  return true;
}

[[gnu::always_inline]] inline bool exec_global_set_a(Regs& r) {
  r.act->data->globals[read_cells<uint32_t>(r.pc + 1)].slots[0] = r.acc;
  r.pc += 3;
  return true;
}

[[gnu::always_inline]] inline bool exec_global_set_v(Regs& r) {
  runtime::GlobalCell& cell = r.act->data->globals[read_cells<uint32_t>(r.pc + 1)];
  runtime::store_v128(cell.slots, load_slot<base::V128>(&r.fp[r.pc[3]]));
  r.pc += 4;
  return true;
}

[[gnu::always_inline]] inline bool exec_imported_get(Regs& r) {
  const runtime::GlobalCell* cell =
      r.act->data->imported_globals[read_cells<uint32_t>(r.pc + 2)]->cell;
  r.fp[r.pc[1]] = cell->slots[0];
  if (r.pc[4] == 2) r.fp[r.pc[1] + 1] = cell->slots[1];
  r.pc += 5;
  return true;
}

[[gnu::always_inline]] inline bool exec_imported_set(Regs& r) {
  runtime::GlobalCell* cell = r.act->data->imported_globals[read_cells<uint32_t>(r.pc + 2)]->cell;
  cell->slots[0] = r.fp[r.pc[1]];
  if (r.pc[4] == 2) cell->slots[1] = r.fp[r.pc[1] + 1];
  r.pc += 5;
  return true;
}

[[gnu::always_inline]] inline bool exec_select_s(Regs& r) {
  const Slot x = r.fp[r.pc[2]];
  const Slot y = r.fp[r.pc[3]];
  set_result<Slot>(r, r.pc[1], load_slot<uint32_t>(&r.fp[r.pc[4]]) ? x : y);
  r.pc += 5;
  return true;
}

[[gnu::always_inline]] inline bool exec_select_a(Regs& r) {
  const Slot x = r.fp[r.pc[2]];
  const Slot y = r.fp[r.pc[3]];
  set_result<Slot>(r, r.pc[1], acc_value<uint32_t>(r) ? x : y);
  r.pc += 4;
  return true;
}

[[gnu::always_inline]] inline bool exec_select_v(Regs& r) {
  const Cell source = load_slot<uint32_t>(&r.fp[r.pc[4]]) ? r.pc[2] : r.pc[3];
  set_result(r, r.pc[1], load_slot<base::V128>(&r.fp[source]));
  r.pc += 5;
  return true;
}

[[gnu::always_inline]] inline bool exec_null_check(Regs& r) {
  if (r.fp[r.pc[1]] == 0) return trap(r, syntax::TrapCode::null_reference);
  r.pc += 2;
  return true;
}

}  // namespace waxwing::interp
