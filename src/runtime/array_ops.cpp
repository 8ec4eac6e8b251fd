// See array_ops.h.
#include "runtime/array_ops.h"

#include "runtime/bulk.h"

namespace waxwing::runtime {
namespace {

using syntax::TrapCode;

NewArray heap_exhausted() { return std::unexpected(TrapCode::heap_exhausted); }

/// Why these elements cannot be written, or `none`.
TrapCode check(const ArrayRange& to) {
  if (!to.array) return TrapCode::null_array_reference;
  return contains(*to.array, to.first, to.count) ? TrapCode::none : TrapCode::out_of_bounds_array;
}

/// Fills in pieces; `interrupted` where the call was asked to stop.
TrapCode fill(Store& store, const TypeInfo& type, ArrayRange to, const Slot* value) {
  return in_pieces(to.count, bulk_piece_bytes >> type.element_size_log2, &store.stack().limit,
                   [&](uint64_t done, uint64_t count) {
                     fill_elements(*to.array, type, to.first + static_cast<uint32_t>(done),
                                   static_cast<uint32_t>(count), value);
                   });
}

/// Copies in pieces; `interrupted` as in `fill`.
TrapCode move(Store& store, const TypeInfo& type, const ArrayRange& to, const uint8_t* from) {
  return move_bytes(element_address(*to.array, type, to.first), from,
                    uint64_t{to.count} << type.element_size_log2, &store.stack().limit);
}

/// To be called before the elements are overwritten.
void shade(Store& store, const TypeInfo& type, const ArrayRange& to) {
  if (store.execution_state().is_marking && type.has_refs)
    store.heap().shade(references(*to.array, to.first, to.count));
}

/// The bytes of `count` elements from byte `from` of a segment on, or null where they are out of
/// bounds.
const uint8_t* segment_bytes(base::ByteSpan segment, const TypeInfo& type, uint32_t from,
                             uint32_t count) {
  const uint64_t size = uint64_t{count} << type.element_size_log2;
  static constexpr uint8_t nothing = 0;
  if (size > segment.size() || from > segment.size() - size) return nullptr;
  return segment.empty() ? &nothing : segment.data() + from;
}

bool segment_contains(std::span<const Ref> segment, uint32_t from, uint32_t count) {
  return count <= segment.size() && from <= segment.size() - count;
}

/// Copies in pieces; `interrupted` as in `fill`.
TrapCode move(Store& store, const TypeInfo& type, const ArrayRange& to, std::span<const Ref> from) {
  return move(store, type, to, reinterpret_cast<const uint8_t*>(from.data()));
}

/// The array, unless it was left half made: nobody has seen it.
NewArray finish(Object* array, TrapCode code) {
  if (code != TrapCode::none) return std::unexpected(code);
  return array;
}

}  // namespace

NewArray array_new(Store& store, const TypeInfo& type, const Slot* value, uint32_t length) {
  Object* array = new_array(store.heap(), type, length);
  if (!array) return heap_exhausted();
  const bool is_zero = value[0] == 0 && type.element != syntax::ValKind::v128;
  if (is_zero) return array;
  return finish(array, fill(store, type, {array, 0, length}, value));
}

NewArray array_new_fixed(GcHeap& heap, const TypeInfo& type, const Slot* slots, uint32_t length) {
  Object* array = new_array(heap, type, length);
  if (!array) return heap_exhausted();
  init_elements(*array, type, 0, length, slots);
  return array;
}

NewArray array_new_data(const Instance& instance, const TypeInfo& type, syntax::DataIdx data,
                        uint32_t from, uint32_t length) {
  const uint8_t* bytes = segment_bytes(instance.data_segment(data), type, from, length);
  if (!bytes) return std::unexpected(TrapCode::out_of_bounds_memory);
  Object* array = new_array(*instance.data.heap, type, length);
  if (!array) return heap_exhausted();
  return finish(array, move(instance.store(), type, {array, 0, length}, bytes));
}

NewArray array_new_elem(const Instance& instance, const TypeInfo& type, syntax::ElemIdx elem,
                        uint32_t from, uint32_t length) {
  const std::span<const Ref> segment = instance.elem(elem);
  if (!segment_contains(segment, from, length))
    return std::unexpected(TrapCode::out_of_bounds_table);
  Object* array = new_array(*instance.data.heap, type, length);
  if (!array) return heap_exhausted();
  return finish(array,
                move(instance.store(), type, {array, 0, length}, segment.subspan(from, length)));
}

TrapCode array_fill(Store& store, const TypeInfo& type, ArrayRange to, const Slot* value) {
  const TrapCode code = check(to);
  if (code != TrapCode::none) return code;
  shade(store, type, to);
  return fill(store, type, to, value);
}

TrapCode array_copy(Store& store, const TypeInfo& type, ArrayRange to, const Object* from,
                    uint32_t from_index) {
  if (!to.array || !from) return TrapCode::null_array_reference;
  if (!contains(*to.array, to.first, to.count) || !contains(*from, from_index, to.count))
    return TrapCode::out_of_bounds_array;
  shade(store, type, to);
  return move(store, type, to, element_address(*from, type, from_index));
}

TrapCode array_init_data(const Instance& instance, const TypeInfo& type, ArrayRange to,
                         syntax::DataIdx data, uint32_t from) {
  const TrapCode code = check(to);
  if (code != TrapCode::none) return code;
  const uint8_t* bytes = segment_bytes(instance.data_segment(data), type, from, to.count);
  if (!bytes) return TrapCode::out_of_bounds_memory;
  return move(instance.store(), type, to, bytes);
}

TrapCode array_init_elem(const Instance& instance, const TypeInfo& type, ArrayRange to,
                         syntax::ElemIdx elem, uint32_t from) {
  const TrapCode code = check(to);
  if (code != TrapCode::none) return code;
  const std::span<const Ref> segment = instance.elem(elem);
  if (!segment_contains(segment, from, to.count)) return TrapCode::out_of_bounds_table;
  shade(instance.store(), type, to);
  return move(instance.store(), type, to, segment.subspan(from, to.count));
}

}  // namespace waxwing::runtime
