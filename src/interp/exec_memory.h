// Handlers of LOAD, STORE and ATOMIC rows. The quick forms serve 32-bit memory 0 with offsets below
// 4 GiB; one general form a row serves every other memory. [spec 4.6.8]
#pragma once

#include "interp/access.h"
#include "interp/activation.h"
#include "interp/exec_numeric.h"

namespace waxwing::interp {

/// Whether [end - size, end) lies in memory 0, `end` not having wrapped; looks again where the
/// known size is too small.
[[gnu::always_inline]] inline bool in_bounds(Regs& r, uint64_t end) {
  if (end <= r.mem_size) [[likely]]
    return true;
  r.mem_size = r.act->data->memory0->size_bytes();
  return end <= r.mem_size;
}

/// d, address (in a slot, unless it is in the accumulator or part of the offset), offset i32.
template <typename Access, Mode mode, bool is_stored>
[[gnu::always_inline]] inline bool exec_load(Regs& r) {
  constexpr size_t at = mode == Mode::s ? 3 : 2;
  uint64_t address = 0;
  if constexpr (mode == Mode::a) address = acc_value<uint32_t>(r);
  if constexpr (mode == Mode::s) address = load_slot<uint32_t>(&r.fp[r.pc[2]]);
  const uint64_t begin = address + read_cells<uint32_t>(r.pc + at);
  if (!in_bounds(r, begin + Access::size)) [[unlikely]]
    return trap(r, syntax::TrapCode::out_of_bounds_memory);
  return finish<at + 2, is_stored>(r, Access::apply(r.mem + begin));
}

/// Address and value as a binary instruction's operands (a constant value may be), then offset i32.
template <typename Access, Mode mode>
[[gnu::always_inline]] inline bool exec_store(Regs& r) {
  using Value = typename Access::Value;
  constexpr size_t cells = operand_cells<uint32_t, Value, mode>;
  const uint64_t address = first_operand<uint32_t, mode>(r, r.pc + 1);
  const Value value = second_operand<Value, mode>(r, r.pc + 1);
  const uint64_t begin = address + read_cells<uint32_t>(r.pc + 1 + cells);
  if (!in_bounds(r, begin + Access::size)) [[unlikely]]
    return trap(r, syntax::TrapCode::out_of_bounds_memory);
  Access::apply(r.mem + begin, value);
  r.pc += 3 + cells;
  return true;
}

/// Where an access of the general form goes: memory i16, offset i64 at `cells`. Null where it is
/// out of bounds.
template <size_t size>
[[gnu::always_inline]] inline uint8_t* any_address(Regs& r, Slot address, const Cell* cells) {
  runtime::Memory& memory = *r.act->data->memories[cells[0]];
  uint64_t begin = 0;
  if (__builtin_add_overflow(address, read_cells<uint64_t>(cells + 1), &begin)) return nullptr;
  return memory.contains(begin, size) ? memory.base() + begin : nullptr;
}

inline constexpr size_t any_address_cells = 5;

/// d, address, memory i16, offset i64.
template <typename Access>
[[gnu::always_inline]] inline bool exec_load_any(Regs& r) {
  const uint8_t* address = any_address<Access::size>(r, r.fp[r.pc[2]], r.pc + 3);
  if (!address) [[unlikely]]
    return trap(r, syntax::TrapCode::out_of_bounds_memory);
  set_result(r, r.pc[1], Access::apply(address));
  r.pc += 3 + any_address_cells;
  return true;
}

/// address, value, memory i16, offset i64.
template <typename Access>
[[gnu::always_inline]] inline bool exec_store_any(Regs& r) {
  uint8_t* address = any_address<Access::size>(r, r.fp[r.pc[1]], r.pc + 3);
  if (!address) [[unlikely]]
    return trap(r, syntax::TrapCode::out_of_bounds_memory);
  Access::apply(address, load_slot<typename Access::Value>(&r.fp[r.pc[2]]));
  r.pc += 3 + any_address_cells;
  return true;
}

/// d, address, vector, memory i16, offset i64, lane i16.
template <typename Access>
[[gnu::always_inline]] inline bool exec_load_lane(Regs& r) {
  const uint8_t* address = any_address<Access::size>(r, r.fp[r.pc[2]], r.pc + 4);
  if (!address) [[unlikely]]
    return trap(r, syntax::TrapCode::out_of_bounds_memory);
  set_result(
      r, r.pc[1],
      Access::apply(address, load_slot<base::V128>(&r.fp[r.pc[3]]), r.pc[4 + any_address_cells]));
  r.pc += 5 + any_address_cells;
  return true;
}

/// address, vector, memory i16, offset i64, lane i16.
template <typename Access>
[[gnu::always_inline]] inline bool exec_store_lane(Regs& r) {
  uint8_t* address = any_address<Access::size>(r, r.fp[r.pc[1]], r.pc + 3);
  if (!address) [[unlikely]]
    return trap(r, syntax::TrapCode::out_of_bounds_memory);
  Access::apply(address, load_slot<base::V128>(&r.fp[r.pc[2]]), r.pc[3 + any_address_cells]);
  r.pc += 4 + any_address_cells;
  return true;
}

/// d, address, first operand, second operand (all four are always there), memory i16, offset i64.
template <typename Access>
[[gnu::always_inline]] inline bool exec_atomic(Regs& r) {
  using Value = decltype(Access::apply(nullptr, 0, 0));
  uint64_t effective = 0;
  if (__builtin_add_overflow(r.fp[r.pc[2]], read_cells<uint64_t>(r.pc + 6), &effective)) {
    return trap(r, syntax::TrapCode::out_of_bounds_memory);
  }
  if (effective % Access::size != 0) return trap(r, syntax::TrapCode::unaligned_atomic);
  uint8_t* address = any_address<Access::size>(r, r.fp[r.pc[2]], r.pc + 5);
  if (!address) [[unlikely]]
    return trap(r, syntax::TrapCode::out_of_bounds_memory);
  const Value value =
      Access::apply(address, static_cast<Value>(r.fp[r.pc[3]]), static_cast<Value>(r.fp[r.pc[4]]));
  if constexpr (requires { Access::has_result; }) {
    static_cast<void>(value);
  } else {
    set_result(r, r.pc[1], value);
  }
  r.pc += 5 + any_address_cells;
  return true;
}

}  // namespace waxwing::interp
