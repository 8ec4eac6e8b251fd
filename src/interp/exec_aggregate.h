// Handlers of structures, arrays, i31 and casts that need no call; what does goes on in
// aggregate_ops.h. [spec 4.6.4, 4.6.5]
#pragma once

#include "interp/activation.h"
#include "runtime/aggregate.h"

namespace waxwing::interp {

/// How a field or element lies in memory, and what it becomes in a frame.
template <typename Stored, typename Result>
struct Storage {
  [[gnu::always_inline]] static Result load(const uint8_t* from) {
    return static_cast<Result>(runtime::load_field<Stored>(from));
  }
};
template <typename Stored>
struct Storage<Stored, Stored> {
  [[gnu::always_inline]] static Stored load(const uint8_t* from) {
    return runtime::load_field<Stored>(from);
  }
};

[[gnu::always_inline]] inline runtime::Object* object_at(Slot slot) {
  return reinterpret_cast<runtime::Object*>(slot);
}

/// Leaves the instruction to a slow handler, which finds it at Activation::pc.
[[gnu::always_inline]] inline bool go_slow_here(Regs& r, IOp op) {
  r.act->pc = r.pc;
  return go_slow(r, op);
}

/// d, object (unless it is in the accumulator), offset i32.
template <typename S, Mode mode>
[[gnu::always_inline]] inline bool exec_struct_get(Regs& r) {
  constexpr size_t at = mode == Mode::s ? 3 : 2;
  const Slot object = mode == Mode::s ? r.fp[r.pc[2]] : r.acc;
  if (object == 0) [[unlikely]]
    return trap(r, syntax::TrapCode::null_structure_reference);
  set_result(r, r.pc[1], S::load(object_at(object)->at(read_cells<uint32_t>(r.pc + at))));
  r.pc += at + 2;
  return true;
}

/// object, value, offset i32.
template <typename Stored>
[[gnu::always_inline]] inline bool exec_struct_set(Regs& r) {
  const Slot object = r.fp[r.pc[1]];
  if (object == 0) [[unlikely]]
    return trap(r, syntax::TrapCode::null_structure_reference);
  runtime::store_field(object_at(object)->at(read_cells<uint32_t>(r.pc + 3)),
                       load_slot<Stored>(&r.fp[r.pc[2]]));
  r.pc += 5;
  return true;
}

[[gnu::always_inline]] inline bool exec_struct_set_ref(Regs& r) {
  if (r.stack->native.is_marking) [[unlikely]]
    return go_slow_here(r, IOp::struct_set_shaded);
  return exec_struct_set<uint64_t>(r);
}

/// The address of an element, or null where it traps, `code` telling why.
template <size_t size>
[[gnu::always_inline]] inline uint8_t* element_at(Slot array, uint32_t index,
                                                  syntax::TrapCode& code) {
  code = syntax::TrapCode::null_array_reference;
  if (array == 0) [[unlikely]]
    return nullptr;
  code = syntax::TrapCode::out_of_bounds_array;
  if (index >= object_at(array)->length) [[unlikely]]
    return nullptr;
  return object_at(array)->payload() + size_t{index} * size;
}

/// d, array, index; the one that is in the accumulator has no cell.
template <typename S, size_t size, Mode mode>
[[gnu::always_inline]] inline bool exec_array_get(Regs& r) {
  const Slot array = mode == Mode::as ? r.acc : r.fp[r.pc[2]];
  const auto index = mode == Mode::sa ? static_cast<uint32_t>(r.acc)
                                      : load_slot<uint32_t>(&r.fp[r.pc[mode == Mode::as ? 2 : 3]]);
  syntax::TrapCode code = syntax::TrapCode::none;
  const uint8_t* from = element_at<size>(array, index, code);
  if (!from) [[unlikely]]
    return trap(r, code);
  set_result(r, r.pc[1], S::load(from));
  r.pc += mode == Mode::ss ? 4 : 3;
  return true;
}

/// array, index, value.
template <typename Stored>
[[gnu::always_inline]] inline bool exec_array_set(Regs& r) {
  syntax::TrapCode code = syntax::TrapCode::none;
  uint8_t* to =
      element_at<sizeof(Stored)>(r.fp[r.pc[1]], load_slot<uint32_t>(&r.fp[r.pc[2]]), code);
  if (!to) [[unlikely]]
    return trap(r, code);
  runtime::store_field(to, load_slot<Stored>(&r.fp[r.pc[3]]));
  r.pc += 4;
  return true;
}

[[gnu::always_inline]] inline bool exec_array_set_ref(Regs& r) {
  if (r.stack->native.is_marking) [[unlikely]]
    return go_slow_here(r, IOp::array_set_shaded);
  return exec_array_set<uint64_t>(r);
}

[[gnu::always_inline]] inline bool exec_array_len(Regs& r) {
  const Slot array = r.fp[r.pc[2]];
  if (array == 0) [[unlikely]]
    return trap(r, syntax::TrapCode::null_array_reference);
  set_result(r, r.pc[1], object_at(array)->length);
  r.pc += 3;
  return true;
}

/// The type whose address is in the code.
[[gnu::always_inline]] inline const runtime::TypeInfo& type_at(const Cell* cells) {
  return *reinterpret_cast<const runtime::TypeInfo*>(read_cells<uint64_t>(cells));
}

/// d, TypeInfo i64, from i32, top i32: a structure of words, from a row of slots.
[[gnu::always_inline]] inline bool exec_struct_new_words(Regs& r) {
  const runtime::TypeInfo& type = type_at(r.pc + 2);
  runtime::Object* object = r.act->data->heap->allocate_quick(type.header, 0, type.size_bytes);
  if (!object) [[unlikely]]
    return go_slow_here(r, IOp::struct_new);
  runtime::init_words(*object, type, r.fp + read_cells<uint32_t>(r.pc + 6));
  set_result(r, r.pc[1], reinterpret_cast<Slot>(object));
  r.pc += 10;
  return true;
}

template <Mode mode>
[[gnu::always_inline]] inline bool exec_ref_i31(Regs& r) {
  const auto value = static_cast<uint32_t>(mode == Mode::s ? r.fp[r.pc[2]] : r.acc);
  set_result(r, r.pc[1], runtime::Ref::from_i31(value).bits());
  r.pc += mode == Mode::s ? 3 : 2;
  return true;
}

template <Mode mode, bool is_signed>
[[gnu::always_inline]] inline bool exec_i31_get(Regs& r) {
  const Slot ref = mode == Mode::s ? r.fp[r.pc[2]] : r.acc;
  if (ref == 0) [[unlikely]]
    return trap(r, syntax::TrapCode::null_i31_reference);
  const auto bits = static_cast<uint32_t>(ref);
  set_result(r, r.pc[1],
             is_signed ? static_cast<uint32_t>(static_cast<int32_t>(bits) >> 1) : bits >> 1);
  r.pc += mode == Mode::s ? 3 : 2;
  return true;
}

/// What a cast can tell without asking the registry.
enum class Match : uint8_t { no, yes, unknown };

/// `cells`: header i32, depth i16, null i16.
[[gnu::always_inline]] inline Match match_quickly(Slot ref, const Cell* cells) {
  if (ref == 0) return cells[3] != 0 ? Match::yes : Match::no;
  if (ref % runtime::object_alignment != 0) return Match::no;
  if (object_at(ref)->header == read_cells<uint32_t>(cells)) return Match::yes;
  return Match::unknown;
}

/// d, s, header i32, depth i16, null i16: whether an object has the structure or array type.
[[gnu::always_inline]] inline bool exec_ref_test_type(Regs& r) {
  const Match match = match_quickly(r.fp[r.pc[2]], r.pc + 3);
  if (match == Match::unknown) [[unlikely]]
    return go_slow_here(r, IOp::ref_test_subtype);
  set_result<uint32_t>(r, r.pc[1], match == Match::yes);
  r.pc += 7;
  return true;
}

/// s, header i32, depth i16, null i16.
[[gnu::always_inline]] inline bool exec_ref_cast_type(Regs& r) {
  const Match match = match_quickly(r.fp[r.pc[1]], r.pc + 2);
  if (match != Match::yes) [[unlikely]]
    return go_slow_here(r, IOp::ref_cast_subtype);
  r.pc += 6;
  return true;
}

[[gnu::always_inline]] inline bool exec_global_set_ref(Regs& r) {
  if (r.stack->native.is_marking) [[unlikely]]
    return go_slow_here(r, IOp::global_set_shaded);
  r.act->data->globals[read_cells<uint32_t>(r.pc + 1)].slots[0] = r.fp[r.pc[3]];
  r.pc += 4;
  return true;
}

}  // namespace waxwing::interp
