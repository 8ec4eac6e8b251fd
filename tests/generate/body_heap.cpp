// References: objects, casts, and the instructions that copy between memories, tables and arrays.
#include "generate/body.h"

namespace waxwing::tests {
namespace {

using syntax::TypeIdx;

const syntax::FieldType* element_of(const syntax::SubType& type) {
  return type.array() ? &type.array()->element : nullptr;
}

}  // namespace

ValType Body::object_ref(uint32_t index) { return ValType::ref(true, HeapType(TypeIdx(index))); }

void Body::new_struct(uint32_t index) {
  const std::vector<syntax::FieldType> fields = plan_.types[index].structure()->fields;
  if (spend() || random_.one_in(3)) {
    op(Op::struct_new_default, index);
  } else {
    for (const syntax::FieldType& field : fields) value(field.storage.unpacked());
    op(Op::struct_new, index);
    pop(fields.size());
  }
  push(ValType::ref(false, HeapType(TypeIdx(index))));
}

void Body::new_array(uint32_t index) {
  const ValType storage = plan_.types[index].array()->element.storage;
  const ValType element = storage.unpacked();
  const ValType made = ValType::ref(false, HeapType(TypeIdx(index)));
  switch (spend() ? 0 : random_.below(5)) {
    case 1: {
      const size_t count = random_.below(random_.one_in(4) ? 30 : 5);
      for (size_t i = 0; i < count; ++i) value(element);
      op(Op::array_new_fixed, index);
      out_.u64(count);
      pop(count);
      return push(made);
    }
    case 2:
      value(element);
      small(syntax::i32_type);
      op(Op::array_new, index);
      pop(2);
      return push(made);
    case 3: {
      const auto data = uint32_t(random_.below(plan_.datas.size()));
      const auto elem = uint32_t(random_.below(plan_.elems.size()));
      if (storage.is_ref() && !plan_.matches(plan_.elems[elem].type, storage)) break;
      small(syntax::i32_type);
      small(syntax::i32_type);
      op(storage.is_ref() ? Op::array_new_elem : Op::array_new_data, index);
      out_.u32(storage.is_ref() ? elem : data);
      pop(2);
      return push(made);
    }
    default: break;
  }
  if (random_.one_in(60)) {
    i32(random_.one_in(2) ? -1 : 0x40000000);
  } else {
    i32(int32_t(random_.below(20)));
  }
  op(Op::array_new_default, index);
  pop();
  push(made);
}

/// Leaves a reference of `type` that is not null, where one can be made.
bool Body::object(ValType type) {
  const HeapType heap = type.heap();
  std::vector<uint32_t> fitting;
  for (uint32_t i = 0; i < plan_.aggregates; ++i) {
    if (plan_.is_below(HeapType(TypeIdx(i)), heap)) fitting.push_back(i);
  }
  const bool has_i31 = plan_.is_below(AbstractHeap::i31, heap);
  if (has_i31 && (fitting.empty() || random_.one_in(3))) {
    if (depth_ > 8) {
      write_const(out_, random_, syntax::i32_type);
      push(syntax::i32_type);
    } else {
      value(syntax::i32_type);
    }
    op(Op::ref_i31);
    stack_.back() = type;
    return true;
  }
  if (!fitting.empty()) {
    const uint32_t index = random_.pick(fitting);
    if (plan_.types[index].structure()) {
      new_struct(index);
    } else {
      new_array(index);
    }
    stack_.back() = type;
    return true;
  }
  if (heap == HeapType(AbstractHeap::extern_)) {
    object(ValType::ref(false, AbstractHeap::any));
    op(Op::extern_convert_any);
    stack_.back() = type;
    return true;
  }
  std::vector<uint32_t> funcs;
  for (uint32_t i = 0; i < plan_.funcs.size(); ++i) {
    if (plan_.is_below(HeapType(TypeIdx(plan_.funcs[i])), heap)) funcs.push_back(i);
  }
  if (funcs.empty()) return false;
  op(Op::ref_func, random_.pick(funcs));
  push(type);
  return true;
}

/// Leaves a field, an element, a length or an i31 of that type.
bool Body::read_object(ValType type) {
  if (plan_.aggregates == 0 || spend()) return false;
  const auto index = uint32_t(random_.below(plan_.aggregates));
  const syntax::SubType& owner = plan_.types[index];
  if (const syntax::FieldType* element = element_of(owner)) {
    const ValType storage = element->storage;
    if (type == syntax::i32_type && random_.one_in(3)) {
      value(object_ref(index));
      op(Op::array_len);
      stack_.back() = type;
      return true;
    }
    if (!plan_.matches(storage.unpacked(), type)) return false;
    value(ValType::ref(!random_.one_in(3), HeapType(TypeIdx(index))));
    small(syntax::i32_type);
    op(!storage.is_packed() ? Op::array_get
       : random_.one_in(2)  ? Op::array_get_s
                            : Op::array_get_u,
       index);
    pop(2);
    push(type);
    return true;
  }
  const std::vector<syntax::FieldType> fields = owner.structure()->fields;
  const size_t begin = random_.below(fields.size());
  for (size_t i = 0; i < fields.size(); ++i) {
    const size_t field = (begin + i) % fields.size();
    const ValType storage = fields[field].storage;
    if (!plan_.matches(storage.unpacked(), type)) continue;
    value(ValType::ref(random_.one_in(4), HeapType(TypeIdx(index))));
    op(!storage.is_packed() ? Op::struct_get
       : random_.one_in(2)  ? Op::struct_get_s
                            : Op::struct_get_u,
       index);
    out_.u64(field);
    pop();
    push(type);
    return true;
  }
  return false;
}

/// Leaves a reference of `type` by a conversion or a cast.
bool Body::convert(ValType type) {
  if (!type.is_ref() || spend()) return false;
  const HeapType heap = type.heap();
  if (heap == HeapType(AbstractHeap::extern_)) {
    value(ValType::ref(type.is_nullable(), AbstractHeap::any));
    op(Op::extern_convert_any);
    stack_.back() = type;
    return true;
  }
  if (heap == HeapType(AbstractHeap::any) && random_.one_in(2)) {
    value(ValType::ref(type.is_nullable(), AbstractHeap::extern_));
    op(Op::any_convert_extern);
    stack_.back() = type;
    return true;
  }
  if (heap == HeapType(AbstractHeap::exn)) return false;
  if (!type.is_nullable() && random_.one_in(2)) {
    value(ValType::ref(true, heap));
    op(Op::ref_as_non_null);
    stack_.back() = type;
    return true;
  }
  if (!random_.one_in(4)) return false;  // casts fail often
  const AbstractHeap top =
      plan_.is_below(heap, AbstractHeap::any) ? AbstractHeap::any : AbstractHeap::func;
  value(ValType::ref(true, top));
  op(type.is_nullable() ? Op::ref_cast_null : Op::ref_cast);
  write_heap_type(out_, heap);
  stack_.back() = type;
  return true;
}

/// Leaves what is known of a reference.
bool Body::question(ValType type) {
  if (type != syntax::i32_type || spend()) return false;
  switch (random_.below(5)) {
    case 0:
      value(some_ref());
      op(Op::ref_is_null);
      break;
    case 1:
      value(ValType::ref(true, AbstractHeap::eq));
      value(ValType::ref(true, AbstractHeap::eq));
      op(Op::ref_eq);
      pop();
      break;
    case 2:
      value(ValType::ref(random_.one_in(4), AbstractHeap::i31));
      op(random_.one_in(2) ? Op::i31_get_s : Op::i31_get_u);
      break;
    default: {
      const ValType to = some_ref();
      if (to == syntax::exnref) return false;
      const AbstractHeap top = plan_.is_below(to.heap(), AbstractHeap::any) ? AbstractHeap::any
                               : plan_.is_below(to.heap(), AbstractHeap::func)
                                   ? AbstractHeap::func
                                   : AbstractHeap::extern_;
      value(ValType::ref(true, top));
      op(random_.one_in(2) ? Op::ref_test : Op::ref_test_null);
      write_heap_type(out_, to.heap());
    }
  }
  stack_.back() = type;
  return true;
}

void Body::whole_array(uint32_t index) {
  const ValType storage = plan_.types[index].array()->element.storage;
  const ValType array = ValType::ref(random_.one_in(4), HeapType(TypeIdx(index)));
  const auto small_numbers = [&](int count) {
    for (int i = 0; i < count; ++i) small(syntax::i32_type);
  };
  value(array);
  small_numbers(1);
  switch (random_.below(4)) {
    case 0:
      value(storage.unpacked());
      small_numbers(1);
      op(Op::array_fill, index);
      return pop(4);
    case 1:
      value(array);
      small_numbers(2);
      op(Op::array_copy, index);
      out_.u32(index);
      return pop(5);
    case 2: {
      const auto elem = uint32_t(random_.below(plan_.elems.size()));
      if (storage.is_ref() && !plan_.matches(plan_.elems[elem].type, storage)) break;
      small_numbers(2);
      op(storage.is_ref() ? Op::array_init_elem : Op::array_init_data, index);
      out_.u32(storage.is_ref() ? elem : uint32_t(random_.below(plan_.datas.size())));
      return pop(4);
    }
    default: break;
  }
  value(storage.unpacked());
  op(Op::array_set, index);
  pop(3);
}

void Body::change_object() {
  const auto index = uint32_t(random_.below(plan_.aggregates));
  if (const syntax::FieldType* element = element_of(plan_.types[index])) {
    if (element->is_mutable) whole_array(index);
    return;
  }
  const std::vector<syntax::FieldType> fields = plan_.types[index].structure()->fields;
  const size_t field = random_.below(fields.size());
  if (fields.empty() || !fields[field].is_mutable) return;
  value(ValType::ref(random_.one_in(4), HeapType(TypeIdx(index))));
  value(fields[field].storage.unpacked());
  op(Op::struct_set, index);
  out_.u64(field);
  pop(2);
}

void Body::copy_memory() {
  const auto to = uint32_t(random_.below(plan_.memories.size()));
  const auto from = uint32_t(random_.below(plan_.memories.size()));
  const bool is_wide =
      memory_index(to) == syntax::i64_type && memory_index(from) == syntax::i64_type;
  address(to, false);
  address(from, false);
  small(is_wide ? syntax::i64_type : syntax::i32_type);
  op(Op::memory_copy, to);
  out_.u32(from);
  pop(3);
}

void Body::copy_table() {
  const auto to = uint32_t(random_.below(plan_.tables.size()));
  const auto from = uint32_t(random_.below(plan_.tables.size()));
  if (!plan_.matches(plan_.tables[from].element, plan_.tables[to].element)) return;
  const bool is_wide = table_index(to) == syntax::i64_type && table_index(from) == syntax::i64_type;
  small(table_index(to));
  small(table_index(from));
  small(is_wide ? syntax::i64_type : syntax::i32_type);
  op(Op::table_copy, to);
  out_.u32(from);
  pop(3);
}

}  // namespace waxwing::tests
