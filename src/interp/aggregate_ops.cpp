// See aggregate_ops.h. Whatever allocates tells the collector first how much of the stack is in
// use; all values that live are in slots then. [spec 4.6.4, 4.6.5]
#include "interp/aggregate_ops.h"

#include <algorithm>

#include "interp/exec_aggregate.h"
#include "runtime/aggregate.h"

namespace waxwing::interp::aggregate_ops {
namespace {

using runtime::Object;
using runtime::Ref;
using runtime::TypeInfo;
using syntax::TrapCode;

/// So many elements are written between two looks at whether the call is to stop.
constexpr uint32_t fill_piece = 1u << 24;

/// Ends an instruction of `length` cells whose result is a new object.
bool finish_new(Regs& r, const Object* object, uint32_t length) {
  if (!object) return trap(r, TrapCode::heap_exhausted);
  set_result(r, r.pc[1], reinterpret_cast<Slot>(object));
  r.pc += length;
  return true;
}

Object* allocate_array(const Regs& r, const TypeInfo& type, uint32_t length, uint32_t top) {
  const StackInUse in_use(r, top);
  return runtime::new_array(*r.act->data->heap, type, length);
}

struct Elements {
  uint32_t first;
  uint32_t count;
};

/// Fills in pieces; false where the call was asked to stop.
bool fill(const Regs& r, Object& array, const TypeInfo& type, Elements elements,
          const Slot* value) {
  auto [first, count] = elements;
  while (count > 0) {
    const uint32_t piece = std::min(count, fill_piece);
    runtime::fill_elements(array, type, first, piece, value);
    first += piece;
    count -= piece;
    if (count > 0 && interrupt_requested(r)) return false;
  }
  return true;
}

/// To be called before the elements are overwritten.
void shade(const Regs& r, Object& array, const TypeInfo& type, uint32_t first, uint32_t count) {
  if (r.stack->native.is_marking && type.has_refs)
    r.act->data->heap->shade(runtime::references(array, first, count));
}

/// An instruction's operands that are slots from `first` cell on.
struct Operands {
  const Regs& r;
  uint32_t first;
  Slot operator[](uint32_t i) const { return r.fp[r.pc[first + i]]; }
  uint32_t i32(uint32_t i) const { return static_cast<uint32_t>((*this)[i]); }
};

/// Bytes [from, from + count elements) of a data segment, or nothing where they are out of bounds.
const uint8_t* segment_bytes(const Regs& r, uint32_t data, uint32_t from, uint64_t size) {
  const base::ByteSpan bytes = r.act->instance->data_segment(syntax::DataIdx(data));
  static constexpr uint8_t nothing = 0;
  if (size > bytes.size() || from > bytes.size() - size) return nullptr;
  return bytes.empty() ? &nothing : bytes.data() + from;
}

bool segment_contains(std::span<const Ref> items, uint32_t from, uint32_t count) {
  return count <= items.size() && from <= items.size() - count;
}

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
  const TypeInfo& type = type_at(r.pc + 2);
  const auto length = static_cast<uint32_t>(r.fp[r.pc[9]]);
  Object* array = allocate_array(r, type, length, read_cells<uint32_t>(r.pc + 6));
  const Slot* value = &r.fp[r.pc[8]];
  const bool is_zero = value[0] == 0 && type.element != syntax::ValKind::v128;
  if (array && !is_zero && !fill(r, *array, type, {0, length}, value))
    return trap(r, TrapCode::none);
  return finish_new(r, array, 10);
}

bool array_new_default(Regs& r) {
  const auto length = static_cast<uint32_t>(r.fp[r.pc[8]]);
  return finish_new(r, allocate_array(r, type_at(r.pc + 2), length, read_cells<uint32_t>(r.pc + 6)),
                    9);
}

bool array_new_fixed(Regs& r) {
  const TypeInfo& type = type_at(r.pc + 2);
  const uint32_t length = read_cells<uint32_t>(r.pc + 10);
  Object* array = allocate_array(r, type, length, read_cells<uint32_t>(r.pc + 6));
  const Slot* from = r.fp + read_cells<uint32_t>(r.pc + 8);
  if (array) runtime::init_elements(*array, type, 0, length, from);
  return finish_new(r, array, 12);
}

bool array_new_data(Regs& r) {
  const TypeInfo& type = type_at(r.pc + 2);
  const Operands operands{r, 10};
  const uint32_t length = operands.i32(1);
  const uint64_t size = uint64_t{length} << type.element_size_log2;
  const uint8_t* bytes = segment_bytes(r, read_cells<uint32_t>(r.pc + 8), operands.i32(0), size);
  if (!bytes) return trap(r, TrapCode::out_of_bounds_memory);
  Object* array = allocate_array(r, type, length, read_cells<uint32_t>(r.pc + 6));
  if (array) std::memcpy(array->payload(), bytes, size);
  return finish_new(r, array, 12);
}

bool array_new_elem(Regs& r) {
  const TypeInfo& type = type_at(r.pc + 2);
  const Operands operands{r, 10};
  const uint32_t from = operands.i32(0);
  const uint32_t length = operands.i32(1);
  const auto items = r.act->instance->elem(syntax::ElemIdx(read_cells<uint32_t>(r.pc + 8)));
  if (!segment_contains(items, from, length)) return trap(r, TrapCode::out_of_bounds_table);
  Object* array = allocate_array(r, type, length, read_cells<uint32_t>(r.pc + 6));
  if (array) std::ranges::copy(items.subspan(from, length), references(*array, 0, length).begin());
  return finish_new(r, array, 12);
}

// Bulk changes.

bool array_fill(Regs& r) {
  const TypeInfo& type = type_at(r.pc + 1);
  const Operands operands{r, 5};
  Object* array = object_at(operands[0]);
  const uint32_t first = operands.i32(1);
  const uint32_t count = operands.i32(3);
  if (!array) return trap(r, TrapCode::null_array_reference);
  if (!contains(*array, first, count)) return trap(r, TrapCode::out_of_bounds_array);
  shade(r, *array, type, first, count);
  if (!fill(r, *array, type, {first, count}, &r.fp[r.pc[7]])) return trap(r, TrapCode::none);
  r.pc += 9;
  return true;
}

bool array_copy(Regs& r) {
  const TypeInfo& type = type_at(r.pc + 1);
  const Operands operands{r, 5};
  Object* to = object_at(operands[0]);
  Object* from = object_at(operands[2]);
  const uint32_t count = operands.i32(4);
  if (!to || !from) return trap(r, TrapCode::null_array_reference);
  if (!contains(*to, operands.i32(1), count) || !contains(*from, operands.i32(3), count))
    return trap(r, TrapCode::out_of_bounds_array);
  shade(r, *to, type, operands.i32(1), count);
  std::memmove(element_address(*to, type, operands.i32(1)),
               element_address(*from, type, operands.i32(3)),
               size_t{count} << type.element_size_log2);
  r.pc += 10;
  return true;
}

bool array_init_data(Regs& r) {
  const TypeInfo& type = type_at(r.pc + 1);
  const Operands operands{r, 7};
  Object* array = object_at(operands[0]);
  const uint32_t count = operands.i32(3);
  if (!array) return trap(r, TrapCode::null_array_reference);
  if (!contains(*array, operands.i32(1), count)) return trap(r, TrapCode::out_of_bounds_array);
  const uint64_t size = uint64_t{count} << type.element_size_log2;
  const uint8_t* bytes = segment_bytes(r, read_cells<uint32_t>(r.pc + 5), operands.i32(2), size);
  if (!bytes) return trap(r, TrapCode::out_of_bounds_memory);
  std::memcpy(element_address(*array, type, operands.i32(1)), bytes, size);
  r.pc += 11;
  return true;
}

bool array_init_elem(Regs& r) {
  const TypeInfo& type = type_at(r.pc + 1);
  const Operands operands{r, 7};
  Object* array = object_at(operands[0]);
  const uint32_t first = operands.i32(1);
  const uint32_t count = operands.i32(3);
  if (!array) return trap(r, TrapCode::null_array_reference);
  if (!contains(*array, first, count)) return trap(r, TrapCode::out_of_bounds_array);
  const auto items = r.act->instance->elem(syntax::ElemIdx(read_cells<uint32_t>(r.pc + 5)));
  if (!segment_contains(items, operands.i32(2), count))
    return trap(r, TrapCode::out_of_bounds_table);
  shade(r, *array, type, first, count);
  std::ranges::copy(items.subspan(operands.i32(2), count),
                    references(*array, first, count).begin());
  r.pc += 11;
  return true;
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
