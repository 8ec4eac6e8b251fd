// See aggregate_ops.h. Whatever allocates tells the collector first how much of the stack is in
// use; all values that live are in slots then. [spec 4.6.4, 4.6.5]
#include "interp/aggregate_ops.h"

#include "interp/exec_aggregate.h"
#include "runtime/array_ops.h"

namespace waxwing::interp::aggregate_ops {
namespace {

using runtime::Object;
using runtime::Ref;
using runtime::TypeInfo;
using syntax::TrapCode;

/// Ends an instruction of `length` cells whose result is a new object.
bool finish_new(Regs& r, const Object* object, uint32_t length) {
  if (!object) return trap(r, TrapCode::heap_exhausted);
  set_result(r, r.pc[1], reinterpret_cast<Slot>(object));
  r.pc += length;
  return true;
}

/// Traps; for whatever reason the store has where the call was asked to stop.
bool trap_or_stop(Regs& r, TrapCode code) {
  return trap(r, code == TrapCode::interrupted ? TrapCode::none : code);
}

bool finish_new(Regs& r, const runtime::NewArray& array, uint32_t length) {
  return array ? finish_new(r, *array, length) : trap_or_stop(r, array.error());
}

/// Ends an instruction of `length` cells without a result.
bool finish(Regs& r, TrapCode code, uint32_t length) {
  if (code != TrapCode::none) return trap_or_stop(r, code);
  r.pc += length;
  return true;
}

/// An instruction's operands that are slots from `first` cell on.
struct Operands {
  const Regs& r;
  uint32_t first;
  Slot operator[](uint32_t i) const { return r.fp[r.pc[first + i]]; }
  uint32_t i32(uint32_t i) const { return static_cast<uint32_t>((*this)[i]); }
};

syntax::DataIdx data_at(const Cell* cells) { return syntax::DataIdx(read_cells<uint32_t>(cells)); }
syntax::ElemIdx elem_at(const Cell* cells) { return syntax::ElemIdx(read_cells<uint32_t>(cells)); }

}  // namespace

// Allocation.

bool struct_new(Regs& r) {
  const TypeInfo& type = type_at(r.pc + 2);
  Object* object = nullptr;
  {
    const StackInUse in_use(r, read_cells<uint32_t>(r.pc + 8));
    object = runtime::new_struct(*r.act->data->heap, type);
  }
  if (object) runtime::init_fields(*object, type, r.fp + read_cells<uint32_t>(r.pc + 6));
  return finish_new(r, object, 10);
}

bool struct_new_here(Regs& r) {
  r.pc = r.act->pc;
  return struct_new(r);
}

bool struct_new_default(Regs& r) {
  const StackInUse in_use(r, read_cells<uint32_t>(r.pc + 8));
  return finish_new(r, runtime::new_struct(*r.act->data->heap, type_at(r.pc + 2)), 10);
}

bool array_new(Regs& r) {
  const StackInUse in_use(r, read_cells<uint32_t>(r.pc + 6));
  const auto length = static_cast<uint32_t>(r.fp[r.pc[9]]);
  return finish_new(
      r, runtime::array_new(r.act->instance->store(), type_at(r.pc + 2), &r.fp[r.pc[8]], length),
      10);
}

bool array_new_default(Regs& r) {
  const StackInUse in_use(r, read_cells<uint32_t>(r.pc + 6));
  const auto length = static_cast<uint32_t>(r.fp[r.pc[8]]);
  return finish_new(r, runtime::new_array(*r.act->data->heap, type_at(r.pc + 2), length), 9);
}

bool array_new_fixed(Regs& r) {
  const StackInUse in_use(r, read_cells<uint32_t>(r.pc + 6));
  const uint32_t length = read_cells<uint32_t>(r.pc + 10);
  const Slot* slots = r.fp + read_cells<uint32_t>(r.pc + 8);
  return finish_new(
      r, runtime::array_new_fixed(*r.act->data->heap, type_at(r.pc + 2), slots, length), 12);
}

bool array_new_data(Regs& r) {
  const StackInUse in_use(r, read_cells<uint32_t>(r.pc + 6));
  const Operands operands{r, 10};
  return finish_new(r,
                    runtime::array_new_data(*r.act->instance, type_at(r.pc + 2), data_at(r.pc + 8),
                                            operands.i32(0), operands.i32(1)),
                    12);
}

bool array_new_elem(Regs& r) {
  const StackInUse in_use(r, read_cells<uint32_t>(r.pc + 6));
  const Operands operands{r, 10};
  return finish_new(r,
                    runtime::array_new_elem(*r.act->instance, type_at(r.pc + 2), elem_at(r.pc + 8),
                                            operands.i32(0), operands.i32(1)),
                    12);
}

// Bulk changes.

bool array_fill(Regs& r) {
  const Operands operands{r, 5};
  const runtime::ArrayRange to = {object_at(operands[0]), operands.i32(1), operands.i32(3)};
  return finish(
      r, runtime::array_fill(r.act->instance->store(), type_at(r.pc + 1), to, &r.fp[r.pc[7]]), 9);
}

bool array_copy(Regs& r) {
  const Operands operands{r, 5};
  const runtime::ArrayRange to = {object_at(operands[0]), operands.i32(1), operands.i32(4)};
  return finish(r,
                runtime::array_copy(r.act->instance->store(), type_at(r.pc + 1), to,
                                    object_at(operands[2]), operands.i32(3)),
                10);
}

bool array_init_data(Regs& r) {
  const Operands operands{r, 7};
  const runtime::ArrayRange to = {object_at(operands[0]), operands.i32(1), operands.i32(3)};
  return finish(r,
                runtime::array_init_data(*r.act->instance, type_at(r.pc + 1), to, data_at(r.pc + 5),
                                         operands.i32(2)),
                11);
}

bool array_init_elem(Regs& r) {
  const Operands operands{r, 7};
  const runtime::ArrayRange to = {object_at(operands[0]), operands.i32(1), operands.i32(3)};
  return finish(r,
                runtime::array_init_elem(*r.act->instance, type_at(r.pc + 1), to, elem_at(r.pc + 5),
                                         operands.i32(2)),
                11);
}

// Stores while the collector marks.

bool struct_set_shaded(Regs& r) {
  r.pc = r.act->pc;
  if (Object* object = object_at(r.fp[r.pc[1]])) {
    const auto* field = object->at(read_cells<uint32_t>(r.pc + 3));
    r.act->data->heap->shade(Ref::from_bits(runtime::load_field<uint64_t>(field)));
  }
  return exec_struct_set<uint64_t>(r);
}

bool array_set_shaded(Regs& r) {
  r.pc = r.act->pc;
  TrapCode code = TrapCode::none;
  const uint8_t* element = element_at<8>(r.fp[r.pc[1]], load_slot<uint32_t>(&r.fp[r.pc[2]]), code);
  if (element) r.act->data->heap->shade(Ref::from_bits(runtime::load_field<uint64_t>(element)));
  return exec_array_set<uint64_t>(r);
}

bool global_set_shaded(Regs& r) {
  r.pc = r.act->pc;
  Slot& cell = r.act->data->globals[read_cells<uint32_t>(r.pc + 1)].slots[0];
  r.act->data->heap->shade(Ref::from_bits(cell));
  cell = r.fp[r.pc[3]];
  r.pc += 4;
  return true;
}

bool imported_set_ref(Regs& r) {
  Slot& cell = r.act->data->imported_globals[read_cells<uint32_t>(r.pc + 1)]->cell->slots[0];
  if (r.stack->native.is_marking) r.act->data->heap->shade(Ref::from_bits(cell));
  cell = r.fp[r.pc[3]];
  r.pc += 4;
  return true;
}

// Casts.

namespace {

/// Whether an object, whose header is another one, has the type of header i32, depth i16 at
/// `cells`.
bool is_subtype(const Regs& r, Slot object, const Cell* cells) {
  const Object& o = *object_at(object);
  const runtime::TypeId type(read_cells<uint32_t>(cells) - runtime::first_type_header);
  return o.has_type() && r.act->data->store->types().info(o.type()).is_below(type, cells[2]);
}

/// `cells`: heap type i32 (engine-wide), null i16.
bool matches(const Regs& r, Ref ref, const Cell* cells) {
  if (ref.is_null()) return cells[2] != 0;
  const auto heap_type = syntax::HeapType::from_bits(read_cells<uint32_t>(cells));
  const runtime::TypeRegistry& types = r.act->data->store->types();
  if (heap_type.is_index())
    return types.is_subtype(ref.func()->type_id(), runtime::TypeId(heap_type.index().value));
  return is_instance_of(*r.act->data->heap, types, ref, heap_type.abstract());
}

}  // namespace

bool ref_test_subtype(Regs& r) {
  r.pc = r.act->pc;
  set_result<uint32_t>(r, r.pc[1], is_subtype(r, r.fp[r.pc[2]], r.pc + 3));
  r.pc += 7;
  return true;
}

bool ref_cast_subtype(Regs& r) {
  r.pc = r.act->pc;
  const Slot ref = r.fp[r.pc[1]];
  const bool is_object = match_quickly(ref, r.pc + 2) == Match::unknown;
  if (!is_object || !is_subtype(r, ref, r.pc + 2)) return trap(r, TrapCode::cast_failure);
  r.pc += 6;
  return true;
}

bool ref_test(Regs& r) {
  set_result<uint32_t>(r, r.pc[1], matches(r, Ref::from_bits(r.fp[r.pc[2]]), r.pc + 3));
  r.pc += 6;
  return true;
}

bool ref_cast(Regs& r) {
  if (!matches(r, Ref::from_bits(r.fp[r.pc[1]]), r.pc + 2)) return trap(r, TrapCode::cast_failure);
  r.pc += 5;
  return true;
}

}  // namespace waxwing::interp::aggregate_ops
