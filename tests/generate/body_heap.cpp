// References: objects, casts, and the instructions that copy between memories, tables and arrays.
#include <algorithm>

#include "abi/object_layout.h"
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
      const size_t count = random_.one_in(4) ? random_.below(30) : 8 + random_.below(3);
      for (size_t i = 0; i < count; ++i) value(element);
      op(Op::array_new_fixed, index);
      out_.u64(count);
      pop(count);
      return push(made);
    }
    case 2:
      value(element);
      bounded(syntax::i32_type, 24);
      op(Op::array_new, index);
      pop(2);
      return push(made);
    case 3: {
      const auto data = uint32_t(random_.below(plan_.datas.size()));
      const auto elem = uint32_t(random_.below(plan_.elems.size()));
      if (storage.is_ref() && !plan_.matches(plan_.elems[elem].type, storage)) break;
      from_segment(storage, storage.is_ref() ? elem_count(elem) : plan_.datas[data].size());
      op(storage.is_ref() ? Op::array_new_elem : Op::array_new_data, index);
      out_.u32(storage.is_ref() ? elem : data);
      pop(2);
      return push(made);
    }
    default: break;
  }
  if (is_wild() && random_.one_in(4)) {
    i32(random_.one_in(2) ? -1 : 0x40000000);
  } else {
    i32(int32_t(random_.one_in(6) ? random_.below(8) : 8 + random_.below(12)));
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

/// How many elements of a segment, and from where; the segment holds `size` bytes or references.
void Body::from_segment(ValType storage, uint64_t size) {
  const uint64_t width =
      storage.is_ref() ? 1 : uint64_t{1} << abi::storage_size_log2(storage.kind());
  const bool wild = is_wild();
  const uint64_t count = random_.below(std::min<uint64_t>(size / width, 12) + 1);
  bounded(syntax::i32_type, wild ? size : size - count * width);
  bounded(syntax::i32_type, count);
}

/// Leaves an element of an array. Where it is not wild, it asks for the length first.
void Body::element_at(uint32_t index, ValType type) {
  const ValType storage = element_of(plan_.types[index])->storage;
  const auto get = [&] {
    op(!storage.is_packed() ? Op::array_get
       : random_.one_in(2)  ? Op::array_get_s
                            : Op::array_get_u,
       index);
    pop(2);
    push(type);
  };
  non_null(HeapType(TypeIdx(index)));
  if (random_.one_in(12) || is_wild()) {
    small(syntax::i32_type);
    return get();
  }
  const uint32_t array = add_local(object_ref(index), true);
  const uint32_t at = add_local(syntax::i32_type, true);
  op(Op::local_set, array);
  pop();
  small(syntax::i32_type);
  op(Op::local_tee, at);
  op(Op::local_get, array);
  op(Op::array_len);
  op(Op::i32_lt_u);
  pop();
  open(Op::if_, {}, {type});
  op(Op::local_get, array);
  op(Op::local_get, at);
  push({object_ref(index), syntax::i32_type});
  get();
  op(Op::else_);
  pop();
  least(type);
  close();
}

/// Leaves a field, an element, a length or an i31 of that type.
bool Body::read_object(ValType type) {
  if (plan_.aggregates == 0 || spend()) return false;
  const auto index = uint32_t(random_.below(plan_.aggregates));
  const syntax::SubType& owner = plan_.types[index];
  if (const syntax::FieldType* element = element_of(owner)) {
    const ValType storage = element->storage;
    if (type == syntax::i32_type && random_.one_in(3)) {
      non_null(HeapType(TypeIdx(index)));
      op(Op::array_len);
      stack_.back() = type;
      return true;
    }
    if (!plan_.matches(storage.unpacked(), type)) return false;
    element_at(index, type);
    return true;
  }
  const std::vector<syntax::FieldType> fields = owner.structure()->fields;
  const size_t begin = random_.below(fields.size());
  for (size_t i = 0; i < fields.size(); ++i) {
    const size_t field = (begin + i) % fields.size();
    const ValType storage = fields[field].storage;
    if (!plan_.matches(storage.unpacked(), type)) continue;
    non_null(HeapType(TypeIdx(index)));
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
    non_null(heap);
    op(Op::ref_as_non_null);
    stack_.back() = type;
    return true;
  }
  const AbstractHeap top =
      plan_.is_below(heap, AbstractHeap::any) ? AbstractHeap::any : AbstractHeap::func;
  value(ValType::ref(true, top));
  cast(type, ValType::ref(true, top));
  return true;
}

/// Makes what is on top, of type `from`, a `type`. Where it is not wild, it asks first.
void Body::cast(ValType type, ValType from) {
  const auto plain = [&] {
    op(type.is_nullable() ? Op::ref_cast_null : Op::ref_cast);
    write_heap_type(out_, type.heap());
    stack_.back() = type;
  };
  if (is_wild()) return plain();
  const uint32_t local = add_local(from, true);
  op(Op::local_tee, local);
  op(type.is_nullable() ? Op::ref_test_null : Op::ref_test);
  write_heap_type(out_, type.heap());
  pop();
  open(Op::if_, {}, {type});
  op(Op::local_get, local);
  push(from);
  plain();
  op(Op::else_);
  pop();
  least(type);
  close();
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
      non_null(AbstractHeap::i31);
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

/// Changes elements of an array. Where it is not wild, only if it is long enough.
void Body::whole_array(uint32_t index) {
  const ValType storage = element_of(plan_.types[index])->storage;
  const size_t way = random_.below(4);
  const auto make = [&] {
    const uint32_t local = add_local(object_ref(index), true);
    non_null(HeapType(TypeIdx(index)));
    op(Op::local_set, local);
    pop();
    return local;
  };
  const auto get = [&](uint32_t local) {
    op(Op::local_get, local);
    push(object_ref(index));
  };
  const uint32_t to = make();
  const uint32_t from = way == 1 && random_.one_in(2) ? make() : to;
  const bool is_checked = !is_wild();
  if (is_checked) {
    op(Op::local_get, to);
    op(Op::array_len);
    op(Op::local_get, from);
    op(Op::array_len);
    op(Op::i32_and);
    with_constant(syntax::i32_type, 8, Op::i32_ge_u, Op::i32_ge_u);
    open(Op::if_, {}, {});
  }
  get(to);
  bounded(syntax::i32_type, 4);
  fill_array(index, storage, way, [&] { get(from); });
  if (is_checked) close();
}

/// The operands behind an array and an index, and the instruction.
void Body::fill_array(uint32_t index, ValType storage, size_t way, const Inside& source) {
  switch (way) {
    case 0:
      value(storage.unpacked());
      bounded(syntax::i32_type, 4);
      op(Op::array_fill, index);
      return pop(4);
    case 1:
      source();
      bounded(syntax::i32_type, 4);
      bounded(syntax::i32_type, 4);
      op(Op::array_copy, index);
      out_.u32(index);
      return pop(5);
    case 2: {
      const auto elem = uint32_t(random_.below(plan_.elems.size()));
      const auto data = uint32_t(random_.below(plan_.datas.size()));
      if (storage.is_ref() && !plan_.matches(plan_.elems[elem].type, storage)) break;
      from_segment(storage, storage.is_ref() ? elem_count(elem) : plan_.datas[data].size());
      op(storage.is_ref() ? Op::array_init_elem : Op::array_init_data, index);
      out_.u32(storage.is_ref() ? elem : data);
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
  non_null(HeapType(TypeIdx(index)));
  value(fields[field].storage.unpacked());
  op(Op::struct_set, index);
  out_.u64(field);
  pop(2);
}

/// The operands of a copy between two memories or tables of those sizes and index types.
void Body::copy_operands(const Extent& to, const Extent& from) {
  const bool is_wide = to.index == syntax::i64_type && from.index == syntax::i64_type;
  const bool wild = is_wild();
  const uint64_t count = random_.below(std::min({to.size, from.size, uint64_t{70}}) + 1);
  bounded(to.index, wild ? to.size : to.size - count);
  bounded(from.index, wild ? from.size : from.size - count);
  bounded(is_wide ? syntax::i64_type : syntax::i32_type, count);
}

void Body::copy_memory() {
  const auto to = uint32_t(random_.below(plan_.memories.size()));
  const auto from = uint32_t(random_.below(plan_.memories.size()));
  copy_operands({memory_index(to), memory_bytes(to)}, {memory_index(from), memory_bytes(from)});
  op(Op::memory_copy, to);
  out_.u32(from);
  pop(3);
}

void Body::copy_table() {
  const auto to = uint32_t(random_.below(plan_.tables.size()));
  const auto from = uint32_t(random_.below(plan_.tables.size()));
  if (!plan_.matches(plan_.tables[from].element, plan_.tables[to].element)) return;
  copy_operands({table_index(to), plan_.tables[to].limits.min},
                {table_index(from), plan_.tables[from].limits.min});
  op(Op::table_copy, to);
  out_.u32(from);
  pop(3);
}

}  // namespace waxwing::tests
