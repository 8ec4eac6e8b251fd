// Little-endian, so that the low bytes of a slot are the value of a narrow field.
#include "runtime/aggregate.h"

#include <algorithm>

#include "abi/slots.h"
#include "runtime/func.h"

namespace waxwing::runtime {
namespace {

using abi::slots_of;
using syntax::AbstractHeap;
using syntax::HeapType;
using syntax::ValKind;
using syntax::ValType;

const Object* object_of(const GcHeap& heap, Ref ref) {
  return heap.is_object(ref) ? reinterpret_cast<const Object*>(ref.bits()) : nullptr;
}

/// Writes the low bytes of slots in a row.
template <typename T>
void init_as(uint8_t* to, uint32_t count, const Slot* slots) {
  for (uint32_t i = 0; i < count; ++i)
    store_field(to + size_t{i} * sizeof(T), static_cast<T>(slots[i]));
}

template <typename T>
void fill_as(uint8_t* to, uint32_t count, const Slot* value) {
  const T element = load_field<T>(reinterpret_cast<const uint8_t*>(value));
  for (uint32_t i = 0; i < count; ++i) store_field(to + size_t{i} * sizeof(T), element);
}

}  // namespace

void init_fields(Object& object, const TypeInfo& type, const Slot* slots) {
  for (const FieldInfo& field : type.fields) {
    store_value(object.at(field.offset), field.kind, slots);
    slots += slots_of(field.kind);
  }
}

void init_elements(Object& object, const TypeInfo& type, uint32_t first, uint32_t count,
                   const Slot* slots) {
  if (count == 0) return;  // and there may be no slots
  uint8_t* to = element_address(object, type, first);
  switch (type.element_size_log2) {
    case 0: return init_as<uint8_t>(to, count, slots);
    case 1: return init_as<uint16_t>(to, count, slots);
    case 2: return init_as<uint32_t>(to, count, slots);
    // Words and vectors lie in an array as they do in slots.
    default: std::memcpy(to, slots, size_t{count} << type.element_size_log2); return;
  }
}

void fill_elements(Object& array, const TypeInfo& type, uint32_t first, uint32_t count,
                   const Slot* value) {
  uint8_t* to = element_address(array, type, first);
  switch (type.element_size_log2) {
    case 0: std::memset(to, static_cast<uint8_t>(*value), count); return;
    case 1: return fill_as<uint16_t>(to, count, value);
    case 2: return fill_as<uint32_t>(to, count, value);
    case 3: return fill_as<uint64_t>(to, count, value);
    default: return fill_as<base::V128>(to, count, value);
  }
}

bool is_instance_of(const GcHeap& heap, const TypeRegistry& types, Ref ref, TypeId type,
                    size_t depth) {
  const Object* object = object_of(heap, ref);
  return object && object->has_type() && types.info(object->type()).is_below(type, depth);
}

bool is_instance_of(const GcHeap& heap, const TypeRegistry& types, Ref ref,
                    AbstractHeap heap_type) {
  switch (heap_type) {
    case AbstractHeap::func:
    case AbstractHeap::extern_:
    case AbstractHeap::any:
    case AbstractHeap::exn: return true;
    case AbstractHeap::none:
    case AbstractHeap::nofunc:
    case AbstractHeap::noextern:
    case AbstractHeap::noexn:
    case AbstractHeap::bottom: return false;
    case AbstractHeap::i31: return ref.is_i31();
    case AbstractHeap::eq:
    case AbstractHeap::struct_:
    case AbstractHeap::array: break;
  }
  const Object* object = object_of(heap, ref);
  if (!object || !object->has_type()) return heap_type == AbstractHeap::eq && ref.is_i31();
  const bool is_array = types.info(object->type()).kind == TypeInfo::Kind::array;
  return heap_type == AbstractHeap::eq || is_array == (heap_type == AbstractHeap::array);
}

ValType dynamic_type(const GcHeap& heap, const TypeRegistry& types, ValType type, Ref ref) {
  const auto is_in = [&](AbstractHeap top) { return types.is_subtype(type.heap(), HeapType(top)); };
  const bool is_null = ref.is_null();
  if (is_in(AbstractHeap::func)) {
    return is_null ? ValType::ref(true, AbstractHeap::nofunc)
                   : ValType::ref(false, HeapType(syntax::TypeIdx(ref.func()->type)));
  }
  if (is_in(AbstractHeap::extern_)) {
    return ValType::ref(is_null, is_null ? AbstractHeap::noextern : AbstractHeap::extern_);
  }
  if (is_in(AbstractHeap::exn)) {
    return ValType::ref(is_null, is_null ? AbstractHeap::noexn : AbstractHeap::exn);
  }
  if (is_null) return ValType::ref(true, AbstractHeap::none);
  if (ref.is_i31()) return ValType::ref(false, AbstractHeap::i31);
  const Object* object = object_of(heap, ref);
  if (!object || !object->has_type()) return ValType::ref(false, AbstractHeap::any);
  return ValType::ref(false, HeapType(syntax::TypeIdx(object->type().value)));
}

}  // namespace waxwing::runtime
