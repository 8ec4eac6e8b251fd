// Builtins of structures, arrays and casts: values of every storage type, traps in their order, and
// a heap that is full.
#include "builtin_fixture.h"
#include "runtime/aggregate.h"
#include "runtime/bulk.h"

namespace waxwing::runtime {
namespace {

using abi::Status;
using syntax::AbstractHeap;
using syntax::HeapType;
using syntax::TrapCode;
using syntax::ValKind;
using syntax::ValType;

class BuiltinHeapTest : public BuiltinTest, public testing::WithParamInterface<bool> {
 public:
  BuiltinHeapTest() : BuiltinTest({.max_heap_bytes = 64u << 20, .gc_stress = GetParam()}) {
    ModuleBuilder builder;
    const auto type = [&](syntax::SubType sub) { return builder.type(std::move(sub)).value; };
    const auto array = [&](ValType element) {
      return type({.is_final = true, .super = {}, .composite = syntax::ArrayType{{element, true}}});
    };
    func_base = type({.is_final = false, .super = {}, .composite = syntax::FuncType{}});
    func_sub = type(
        {.is_final = true, .super = syntax::TypeIdx(func_base), .composite = syntax::FuncType{}});
    const ValType anyref = ValType::ref(true, AbstractHeap::any);
    bytes = array(ValKind::i8);
    halves = array(ValKind::i16);
    floats = array(ValKind::f32);
    words = array(ValKind::i64);
    vectors = array(ValKind::v128);
    refs = array(anyref);
    const syntax::FieldType word{syntax::i64_type, true};
    const syntax::FieldType any{anyref, true};
    pair_type =
        type({.is_final = false, .super = {}, .composite = syntax::StructType{{word, any}}});
    triple_type = type({.is_final = true,
                        .super = syntax::TypeIdx(pair_type),
                        .composite = syntax::StructType{{word, any, word}}});
    mixed_type = type({.is_final = true,
                       .super = {},
                       .composite = syntax::StructType{{{ValKind::i8, true},
                                                        {syntax::v128_type, true},
                                                        {ValKind::i16, true},
                                                        {syntax::f32_type, true},
                                                        word}}});
    builder.func(syntax::TypeIdx(func_base));
    builder.func(syntax::TypeIdx(func_sub));
    builder.module.datas.push_back({.mode = syntax::SegmentMode::passive,
                                    .memory = {},
                                    .offset = {},
                                    .bytes = base::as_bytes("abcdefghij")});
    builder.module.elems.push_back({.mode = syntax::SegmentMode::passive,
                                    .type = anyref,
                                    .table = {},
                                    .offset = {},
                                    .funcs = {},
                                    .exprs = {i31(builder, 5), i31(builder, 6), i31(builder, 7)}});
    start(builder);
  }

  static syntax::ConstExpr i31(ModuleBuilder& builder, uint32_t value) {
    return builder.expr({i32_const(value), instr(syntax::Op::ref_i31)});
  }
  const TypeInfo& info(uint32_t type) { return *instance->data.type_infos[type]; }
  Object* object(Status status) {
    EXPECT_EQ(trap_of(status), TrapCode::none);
    return reinterpret_cast<Object*>(result());
  }
  Object* new_refs(uint32_t length) {
    return object(builtins::array_new_default(context, refs, length));
  }
  static uint64_t bits(const Object* object) { return reinterpret_cast<uint64_t>(object); }
  template <typename T>
  static T element(const Object* array, size_t index) {
    return load_field<T>(array->payload() + index * sizeof(T));
  }
  uint64_t test(uint64_t ref, HeapType type, bool is_null_in = false) {
    return builtins::ref_test(context, ref, type.bits(), is_null_in);
  }
  static HeapType type_at(uint32_t type) { return HeapType(syntax::TypeIdx(type)); }

  uint32_t func_base, func_sub, bytes, halves, floats, words, vectors, refs, pair_type, triple_type,
      mixed_type;
};

INSTANTIATE_TEST_SUITE_P(Collector, BuiltinHeapTest, testing::Bool());

TEST_P(BuiltinHeapTest, fields_of_words) {
  const Slot values[] = {7, Ref::from_i31(3).bits(), 9};
  const Object* made = object(builtins::struct_new(context, triple_type, values));
  EXPECT_EQ(made->header, info(triple_type).header);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(element<uint64_t>(made, i), values[i]);
}

TEST_P(BuiltinHeapTest, fields_of_every_size) {
  const Slot values[] = {0x1ff, 2, 3, 0x1ffff, 0xfffffffff, 5};
  const Object* made = object(builtins::struct_new(context, mixed_type, values));
  const auto& fields = info(mixed_type).fields;
  EXPECT_EQ(load_field<uint8_t>(made->at(fields[0].offset)), 0xff);
  EXPECT_EQ(load_field<uint64_t>(made->at(fields[1].offset)), 2u);
  EXPECT_EQ(load_field<uint64_t>(made->at(fields[1].offset + 8)), 3u);
  EXPECT_EQ(load_field<uint16_t>(made->at(fields[2].offset)), 0xffff);
  EXPECT_EQ(load_field<uint32_t>(made->at(fields[3].offset)), 0xffffffffu);
  EXPECT_EQ(load_field<uint64_t>(made->at(fields[4].offset)), 5u);
  const Object* zeros = object(builtins::struct_new_default(context, mixed_type));
  for (size_t i = object_payload; i < info(mixed_type).size_bytes; ++i)
    EXPECT_EQ(*zeros->at(i), 0) << i;
}

TEST_P(BuiltinHeapTest, arrays_of_one_value) {
  const Slot value[] = {0x1'2345'6789, 0xabc};
  for (const uint32_t length : {0u, 1u, 5u, 1000u, 100'000u}) {
    const Object* array = object(builtins::array_new(context, bytes, value, length));
    EXPECT_EQ(array->length, length);
    for (size_t i = 0; i < length; ++i) ASSERT_EQ(element<uint8_t>(array, i), 0x89);
    array = object(builtins::array_new(context, halves, value, length));
    for (size_t i = 0; i < length; ++i) ASSERT_EQ(element<uint16_t>(array, i), 0x6789);
    array = object(builtins::array_new(context, floats, value, length));
    for (size_t i = 0; i < length; ++i) ASSERT_EQ(element<uint32_t>(array, i), 0x23456789u);
    array = object(builtins::array_new(context, words, value, length));
    for (size_t i = 0; i < length; ++i) ASSERT_EQ(element<uint64_t>(array, i), value[0]);
    array = object(builtins::array_new(context, vectors, value, length));
    for (size_t i = 0; i < length * 2; ++i) ASSERT_EQ(element<uint64_t>(array, i), value[i % 2]);
  }
}

TEST_P(BuiltinHeapTest, arrays_of_a_row_of_values) {
  const Slot values[] = {0x1'0001'0001, 0x2'0002'0002, 0x3'0003'0003, 4};
  const Object* array = object(builtins::array_new_fixed(context, bytes, values, 3));
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(element<uint8_t>(array, i), i + 1);
  array = object(builtins::array_new_fixed(context, halves, values, 3));
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(element<uint16_t>(array, i), i + 1);
  array = object(builtins::array_new_fixed(context, floats, values, 3));
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(element<uint32_t>(array, i), (i + 1) * 0x10001);
  array = object(builtins::array_new_fixed(context, words, values, 3));
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(element<uint64_t>(array, i), values[i]);
  array = object(builtins::array_new_fixed(context, vectors, values, 2));
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(element<uint64_t>(array, i), values[i]);
  EXPECT_EQ(object(builtins::array_new_fixed(context, words, values, 0))->length, 0u);
}

TEST_P(BuiltinHeapTest, arrays_of_segments) {
  const Object* array = object(builtins::array_new_data(context, pair(halves, 0), 1, 4));
  EXPECT_EQ(std::memcmp(array->payload(), "bcdefghi", 8), 0);
  EXPECT_EQ(trap_of(builtins::array_new_data(context, pair(halves, 0), 3, 4)),
            TrapCode::out_of_bounds_memory);
  EXPECT_EQ(trap_of(builtins::array_new_data(context, pair(vectors, 0), 0, UINT32_MAX)),
            TrapCode::out_of_bounds_memory);
  array = object(builtins::array_new_elem(context, pair(refs, 0), 1, 2));
  EXPECT_EQ(element<uint64_t>(array, 1), Ref::from_i31(7).bits());
  EXPECT_EQ(trap_of(builtins::array_new_elem(context, pair(refs, 0), 2, 2)),
            TrapCode::out_of_bounds_table);
  EXPECT_EQ(trap_of(builtins::array_new_elem(context, pair(refs, 0), UINT32_MAX, 2)),
            TrapCode::out_of_bounds_table);
  builtins::data_drop(context, 0);
  builtins::elem_drop(context, 0);
  EXPECT_EQ(object(builtins::array_new_data(context, pair(bytes, 0), 0, 0))->length, 0u);
  EXPECT_EQ(object(builtins::array_new_elem(context, pair(refs, 0), 0, 0))->length, 0u);
  EXPECT_EQ(trap_of(builtins::array_new_data(context, pair(bytes, 0), 0, 1)),
            TrapCode::out_of_bounds_memory);
  EXPECT_EQ(trap_of(builtins::array_new_elem(context, pair(refs, 0), 0, 1)),
            TrapCode::out_of_bounds_table);
}

TEST_P(BuiltinHeapTest, fills_parts) {
  const uint64_t array = bits(new_refs(4));
  const Slot value[] = {Ref::from_i31(1).bits()};
  EXPECT_EQ(trap_of(builtins::array_fill(context, refs, array, 1, value, 2)), TrapCode::none);
  const uint64_t expected[] = {0, value[0], value[0], 0};
  for (size_t i = 0; i < 4; ++i)
    EXPECT_EQ(element<uint64_t>(reinterpret_cast<Object*>(array), i), expected[i]);
  EXPECT_EQ(trap_of(builtins::array_fill(context, refs, array, 4, value, 0)), TrapCode::none);
  EXPECT_EQ(trap_of(builtins::array_fill(context, refs, array, 5, value, 0)),
            TrapCode::out_of_bounds_array);
  EXPECT_EQ(trap_of(builtins::array_fill(context, refs, array, UINT32_MAX, value, 2)),
            TrapCode::out_of_bounds_array);
  EXPECT_EQ(trap_of(builtins::array_fill(context, refs, 0, 5, value, 0)),
            TrapCode::null_array_reference);
}

TEST_P(BuiltinHeapTest, copies_over_itself_and_from_others) {
  const Slot values[] = {1, 2, 3, 4};
  Object* array = object(builtins::array_new_fixed(context, floats, values, 4));
  EXPECT_EQ(trap_of(builtins::array_copy(context, bits(array), 1, bits(array), 0, 3)),
            TrapCode::none);
  const uint32_t expected[] = {1, 1, 2, 3};
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(element<uint32_t>(array, i), expected[i]);
  EXPECT_EQ(trap_of(builtins::array_copy(context, bits(array), 2, bits(array), 0, 3)),
            TrapCode::out_of_bounds_array);
  EXPECT_EQ(trap_of(builtins::array_copy(context, bits(array), 0, bits(array), 2, 3)),
            TrapCode::out_of_bounds_array);
  EXPECT_EQ(trap_of(builtins::array_copy(context, 0, 9, bits(array), 0, 3)),
            TrapCode::null_array_reference);
  EXPECT_EQ(trap_of(builtins::array_copy(context, bits(array), 9, 0, 0, 3)),
            TrapCode::null_array_reference);
  EXPECT_EQ(trap_of(builtins::array_copy(context, bits(array), 4, bits(array), 4, 0)),
            TrapCode::none);
}

TEST_P(BuiltinHeapTest, initializes_from_segments_with_the_array_checked_first) {
  Object* array = object(builtins::array_new_default(context, halves, 3));
  EXPECT_EQ(trap_of(builtins::array_init_data(context, pair(halves, 0), bits(array), 1, 4, 2)),
            TrapCode::none);
  EXPECT_EQ(std::memcmp(array->payload(), "\0\0efgh", 6), 0);
  EXPECT_EQ(trap_of(builtins::array_init_data(context, pair(halves, 0), bits(array), 0, 7, 2)),
            TrapCode::out_of_bounds_memory);
  EXPECT_EQ(trap_of(builtins::array_init_data(context, pair(halves, 0), bits(array), 2, 7, 2)),
            TrapCode::out_of_bounds_array);
  EXPECT_EQ(trap_of(builtins::array_init_data(context, pair(halves, 0), 0, 2, 7, 2)),
            TrapCode::null_array_reference);
  Object* objects = new_refs(3);
  EXPECT_EQ(trap_of(builtins::array_init_elem(context, pair(refs, 0), bits(objects), 2, 1, 1)),
            TrapCode::none);
  EXPECT_EQ(element<uint64_t>(objects, 2), Ref::from_i31(6).bits());
  EXPECT_EQ(trap_of(builtins::array_init_elem(context, pair(refs, 0), bits(objects), 0, 2, 2)),
            TrapCode::out_of_bounds_table);
  EXPECT_EQ(trap_of(builtins::array_init_elem(context, pair(refs, 0), bits(objects), 3, 2, 2)),
            TrapCode::out_of_bounds_array);
  EXPECT_EQ(trap_of(builtins::array_init_elem(context, pair(refs, 0), 0, 3, 2, 2)),
            TrapCode::null_array_reference);
}

TEST_P(BuiltinHeapTest, casts_to_types_of_the_module) {
  const Slot values[] = {0, 0, 0};
  const uint64_t base = bits(object(builtins::struct_new(context, pair_type, values)));
  const uint64_t sub = bits(object(builtins::struct_new(context, triple_type, values)));
  const uint64_t array = bits(new_refs(1));
  EXPECT_EQ(test(base, type_at(pair_type)), 1u);
  EXPECT_EQ(test(sub, type_at(pair_type)), 1u);
  EXPECT_EQ(test(base, type_at(triple_type)), 0u);
  EXPECT_EQ(test(sub, type_at(triple_type)), 1u);
  EXPECT_EQ(test(array, type_at(pair_type)), 0u);
  EXPECT_EQ(test(array, type_at(refs)), 1u);
  EXPECT_EQ(test(Ref::from_i31(4).bits(), type_at(pair_type)), 0u);
  EXPECT_EQ(test(Ref::from_host(4).bits(), type_at(pair_type)), 0u);
  EXPECT_EQ(test(store->heap().new_host_object(nullptr, nullptr).bits(), type_at(pair_type)), 0u);
  EXPECT_EQ(test(0, type_at(pair_type), false), 0u);
  EXPECT_EQ(test(0, type_at(pair_type), true), 1u);
  EXPECT_EQ(test(builtins::ref_func(context, 1), type_at(func_base)), 1u);
  EXPECT_EQ(test(builtins::ref_func(context, 0), type_at(func_sub)), 0u);
  EXPECT_EQ(test(builtins::ref_func(context, 1), type_at(func_sub)), 1u);
}

TEST_P(BuiltinHeapTest, casts_to_abstract_types) {
  const uint64_t structure = bits(object(builtins::struct_new_default(context, pair_type)));
  const uint64_t array = bits(new_refs(1));
  const uint64_t i31 = Ref::from_i31(4).bits();
  const uint64_t host = Ref::from_host(4).bits();
  struct Case {
    AbstractHeap heap;
    uint64_t of_struct, of_array, of_i31, of_host;
  };
  for (const Case& c :
       {Case{AbstractHeap::any, 1, 1, 1, 1}, Case{AbstractHeap::eq, 1, 1, 1, 0},
        Case{AbstractHeap::struct_, 1, 0, 0, 0}, Case{AbstractHeap::array, 0, 1, 0, 0},
        Case{AbstractHeap::i31, 0, 0, 1, 0}, Case{AbstractHeap::none, 0, 0, 0, 0}}) {
    EXPECT_EQ(test(structure, c.heap), c.of_struct) << int(c.heap);
    EXPECT_EQ(test(array, c.heap), c.of_array) << int(c.heap);
    EXPECT_EQ(test(i31, c.heap), c.of_i31) << int(c.heap);
    EXPECT_EQ(test(host, c.heap), c.of_host) << int(c.heap);
    EXPECT_EQ(test(0, c.heap, true), 1u);
    EXPECT_EQ(test(0, c.heap, false), 0u);
  }
}

TEST_P(BuiltinHeapTest, a_full_heap_is_a_trap) {
  const Slot value[] = {1, 2};
  EXPECT_EQ(trap_of(builtins::array_new_default(context, vectors, UINT32_MAX)),
            TrapCode::heap_exhausted);
  EXPECT_EQ(trap_of(builtins::array_new(context, bytes, value, 65u << 20)),
            TrapCode::heap_exhausted);
  EXPECT_EQ(trap_of(builtins::array_new(context, vectors, value, UINT32_MAX)),
            TrapCode::heap_exhausted);
}

TEST_P(BuiltinHeapTest, long_fills_can_be_stopped) {
  const Slot value[] = {1};
  const uint64_t array = bits(object(builtins::array_new_default(context, bytes, (16u << 20) + 1)));
  store->interrupt(store->current_call(), TrapCode::deadline_exceeded);
  EXPECT_EQ(trap_of(builtins::array_new(context, bytes, value, (16u << 20) + 1)),
            TrapCode::deadline_exceeded);
  EXPECT_EQ(trap_of(builtins::array_fill(context, bytes, array, 0, value, (16u << 20) + 1)),
            TrapCode::deadline_exceeded);
  EXPECT_EQ(trap_of(builtins::array_fill(context, bytes, array, 1, value, bulk_piece_bytes)),
            TrapCode::none);
}

}  // namespace
}  // namespace waxwing::runtime
