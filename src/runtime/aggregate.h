// What the instructions of structures, arrays and casts do beyond a load or store; every tier calls
// these. [spec 4.6.4, 4.6.5]
#pragma once

#include <optional>

#include "runtime/gc_heap.h"
#include "runtime/trap.h"
#include "syntax/trap.h"

namespace waxwing::runtime {

/// A zeroed structure or array, or null where the heap is full. May collect.
[[gnu::always_inline]] inline Object* new_struct(GcHeap& heap, const TypeInfo& type) {
  return heap.allocate(type.header, 0, type.size_bytes);
}
[[gnu::always_inline]] inline Object* new_array(GcHeap& heap, const TypeInfo& type,
                                                uint32_t length) {
  // Below 2^37: no overflow.
  const uint64_t size = object_payload + (uint64_t{length} << type.element_size_log2);
  return heap.allocate(type.header, length, object_size(size));
}

/// Writes the fields of a new structure from slots in a row, as wide as values are in frames.
void init_fields(Object& object, const TypeInfo& type, const Slot* slots);
/// The same. REQUIRES: type.all_words
[[gnu::always_inline]] inline void init_words(Object& object, const TypeInfo& type,
                                              const Slot* slots) {
  auto* to = reinterpret_cast<Slot*>(object.payload());
  for (size_t left = type.fields.size(); left != 0; --left) {
    *to++ = *slots++;
    asm("" : "+r"(to));  // few fields: a call of memcpy would cost more than the loop
  }
}
/// Writes `count` elements, from number `first` on, from such slots. No barrier.
void init_elements(Object& object, const TypeInfo& type, uint32_t first, uint32_t count,
                   const Slot* slots);

/// Whether elements [first, first + count) are in the array.
inline bool contains(const Object& array, uint32_t first, uint32_t count) {
  return count <= array.length && first <= array.length - count;
}
/// Where an element is, or would be.
inline uint8_t* element_address(Object& array, const TypeInfo& type, uint32_t index) {
  return array.payload() + (size_t{index} << type.element_size_log2);
}
inline const uint8_t* element_address(const Object& array, const TypeInfo& type, uint32_t index) {
  return array.payload() + (size_t{index} << type.element_size_log2);
}
/// The references [first, first + count) of an array of them. REQUIRES: they are in it.
inline std::span<Ref> references(Object& array, uint32_t first, uint32_t count) {
  return {reinterpret_cast<Ref*>(array.payload()) + first, count};
}

/// Writes one value, which starts at `value`, to elements that are in the array. No barrier.
void fill_elements(Object& array, const TypeInfo& type, uint32_t first, uint32_t count,
                   const Slot* value);
/// Whether a reference of the any hierarchy that is not null is of that type. Constant time.
/// `depth` is how many supertypes `type` has.
bool is_instance_of(const GcHeap& heap, const TypeRegistry& types, Ref ref, TypeId type,
                    size_t depth);
/// Whether a reference that is not null, of the hierarchy that `heap_type` belongs to, is of that
/// abstract type.
bool is_instance_of(const GcHeap& heap, const TypeRegistry& types, Ref ref,
                    syntax::AbstractHeap heap_type);

/// The most exact type of a reference that claims to be of `type`, engine-wide. [spec 4.5.4]
syntax::ValType dynamic_type(const GcHeap& heap, const TypeRegistry& types, syntax::ValType type,
                             Ref ref);

}  // namespace waxwing::runtime
