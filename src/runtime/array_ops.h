// The instructions of arrays that are more than one load or store, for every tier: checks in the
// order of the specification, the collector's barrier, and long work that can be stopped. [spec
// 4.6.5]
#pragma once

#include <expected>

#include "runtime/aggregate.h"
#include "runtime/instance.h"

namespace waxwing::runtime {

/// A new array, or the trap: heap_exhausted, that of the segment's bounds, or `interrupted` where
/// the running call was asked to stop, for a reason that the store knows.
using NewArray = std::expected<Object*, syntax::TrapCode>;

/// Elements [first, first + count) of an array, which may be null, and they need not be in it.
struct ArrayRange {
  Object* array;
  uint32_t first;
  uint32_t count;
};

/// All elements are the value that starts at `value`, which lies where the collector sees it.
NewArray array_new(Store& store, const TypeInfo& type, const Slot* value, uint32_t length);
/// The elements lie in a row of slots where the collector sees them.
NewArray array_new_fixed(GcHeap& heap, const TypeInfo& type, const Slot* slots, uint32_t length);
NewArray array_new_data(const Instance& instance, const TypeInfo& type, syntax::DataIdx data,
                        uint32_t from, uint32_t length);
NewArray array_new_elem(const Instance& instance, const TypeInfo& type, syntax::ElemIdx elem,
                        uint32_t from, uint32_t length);

/// Each returns the trap, or TrapCode::none; `interrupted` as for NewArray. `type` is that of the
/// array that is written, or a supertype.
syntax::TrapCode array_fill(Store& store, const TypeInfo& type, ArrayRange to, const Slot* value);
syntax::TrapCode array_copy(Store& store, const TypeInfo& type, ArrayRange to, const Object* from,
                            uint32_t from_index);
syntax::TrapCode array_init_data(const Instance& instance, const TypeInfo& type, ArrayRange to,
                                 syntax::DataIdx data, uint32_t from);
syntax::TrapCode array_init_elem(const Instance& instance, const TypeInfo& type, ArrayRange to,
                                 syntax::ElemIdx elem, uint32_t from);

}  // namespace waxwing::runtime
