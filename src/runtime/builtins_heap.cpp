// Builtins of structures, arrays and casts. Whatever allocates may collect: operands lie in frames,
// where the collector sees them. [spec 4.6.3-4.6.5]
#include "runtime/array_ops.h"
#include "runtime/builtins.h"

namespace waxwing::runtime::builtins {
namespace {

using syntax::HeapType;
using syntax::TrapCode;

const TypeInfo& type_at(const VmContext& context, uint32_t index) {
  return *instance_of(context).data.type_infos[index];
}

GcHeap& heap_of(const VmContext& context) { return *instance_of(context).data.heap; }

Object* object_at(uint64_t ref) { return reinterpret_cast<Object*>(ref); }

[[gnu::always_inline]] inline Status finish_new(VmContext& context, const Object* object) {
  if (!object) [[unlikely]]
    return trap(context, TrapCode::heap_exhausted);
  return succeed(context, reinterpret_cast<uint64_t>(object));
}

Status finish_new(VmContext& context, const NewArray& array) {
  if (array) [[likely]]
    return finish_new(context, *array);
  return finish(context, array.error());
}

/// Whether a reference that is not null is of a type of the module.
bool is_of_type(const VmContext& context, uint64_t ref, const TypeInfo& type) {
  if (type.kind == TypeInfo::Kind::func) {
    return store_of(context).types().is_subtype(Ref::from_bits(ref).func()->type_id(),
                                                type.supertypes.back());
  }
  if (ref % object_alignment != 0) return false;  // an i31 or a host's value
  const Object& object = *object_at(ref);
  if (object.header == type.header) return true;
  return object.has_type() && store_of(context)
                                  .types()
                                  .info(object.type())
                                  .is_below(type.supertypes.back(), type.supertypes.size() - 1);
}

}  // namespace

uint64_t shade(VmContext* context, uint64_t ref) {
  heap_of(*context).shade(Ref::from_bits(ref));
  return 0;
}

uint64_t ref_test(VmContext* context, uint64_t ref, uint64_t heap_type, uint64_t is_null_in) {
  if (ref == 0) return is_null_in;
  const HeapType heap = HeapType::from_bits(low_half(heap_type));
  if (heap.is_index()) return is_of_type(*context, ref, type_at(*context, heap.index().value));
  return is_instance_of(heap_of(*context), store_of(*context).types(), Ref::from_bits(ref),
                        heap.abstract());
}

// Allocation.

Status struct_new(VmContext* context, uint64_t type, const Slot* slots) {
  const TypeInfo& info = type_at(*context, low_half(type));
  Object* object = new_struct(heap_of(*context), info);
  if (object) [[likely]] {
    if (info.all_words)
      init_words(*object, info, slots);
    else
      init_fields(*object, info, slots);
  }
  return finish_new(*context, object);
}

Status struct_new_default(VmContext* context, uint64_t type) {
  return finish_new(*context, new_struct(heap_of(*context), type_at(*context, low_half(type))));
}

Status array_new(VmContext* context, uint64_t type, const Slot* slots, uint64_t length) {
  return finish_new(*context,
                    runtime::array_new(store_of(*context), type_at(*context, low_half(type)), slots,
                                       low_half(length)));
}

Status array_new_default(VmContext* context, uint64_t type, uint64_t length) {
  return finish_new(
      *context, new_array(heap_of(*context), type_at(*context, low_half(type)), low_half(length)));
}

Status array_new_fixed(VmContext* context, uint64_t type, const Slot* slots, uint64_t length) {
  return finish_new(*context,
                    runtime::array_new_fixed(heap_of(*context), type_at(*context, low_half(type)),
                                             slots, low_half(length)));
}

Status array_new_data(VmContext* context, uint64_t type_and_data, uint64_t offset,
                      uint64_t length) {
  return finish_new(*context, runtime::array_new_data(instance_of(*context),
                                                      type_at(*context, low_half(type_and_data)),
                                                      syntax::DataIdx(high_half(type_and_data)),
                                                      low_half(offset), low_half(length)));
}

Status array_new_elem(VmContext* context, uint64_t type_and_elem, uint64_t offset,
                      uint64_t length) {
  return finish_new(*context, runtime::array_new_elem(instance_of(*context),
                                                      type_at(*context, low_half(type_and_elem)),
                                                      syntax::ElemIdx(high_half(type_and_elem)),
                                                      low_half(offset), low_half(length)));
}

// Bulk changes.

// NOLINTBEGIN(readability-function-size): the context comes on top of five arguments.
Status array_fill(VmContext* context, uint64_t type, uint64_t array, uint64_t index,
                  const Slot* slots, uint64_t length) {
  return finish(*context,
                runtime::array_fill(store_of(*context), type_at(*context, low_half(type)),
                                    {object_at(array), low_half(index), low_half(length)}, slots));
}

Status array_copy(VmContext* context, uint64_t to_array, uint64_t to, uint64_t from_array,
                  uint64_t from, uint64_t length) {
  Object* const array = object_at(to_array);
  if (!array) return trap(*context, TrapCode::null_array_reference);
  Store& store = store_of(*context);
  return finish(*context, runtime::array_copy(store, store.types().info(array->type()),
                                              {array, low_half(to), low_half(length)},
                                              object_at(from_array), low_half(from)));
}

Status array_init_data(VmContext* context, uint64_t type_and_data, uint64_t array, uint64_t to,
                       uint64_t from, uint64_t length) {
  return finish(*context, runtime::array_init_data(
                              instance_of(*context), type_at(*context, low_half(type_and_data)),
                              {object_at(array), low_half(to), low_half(length)},
                              syntax::DataIdx(high_half(type_and_data)), low_half(from)));
}

Status array_init_elem(VmContext* context, uint64_t type_and_elem, uint64_t array, uint64_t to,
                       uint64_t from, uint64_t length) {
  return finish(*context, runtime::array_init_elem(
                              instance_of(*context), type_at(*context, low_half(type_and_elem)),
                              {object_at(array), low_half(to), low_half(length)},
                              syntax::ElemIdx(high_half(type_and_elem)), low_half(from)));
}
// NOLINTEND(readability-function-size)

}  // namespace waxwing::runtime::builtins
