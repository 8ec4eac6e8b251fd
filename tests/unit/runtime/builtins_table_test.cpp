// Builtins of tables and element segments: bounds of both sides, overlap, dropped segments.
#include "builtin_fixture.h"

namespace waxwing::runtime {
namespace {

using syntax::AbstractHeap;
using syntax::TrapCode;
using syntax::ValType;

constexpr uint32_t objects = 1;  // the table of anyrefs
const ValType anyref = ValType::ref(true, AbstractHeap::any);

class BuiltinTableTest : public BuiltinTest {
 public:
  BuiltinTableTest() {
    ModuleBuilder builder;
    const syntax::TypeIdx type = builder.func_type({});
    builder.func(type);
    builder.func(type);
    builder.module.tables.push_back({{.element = syntax::funcref, .limits = {4, 8}}, {}});
    builder.module.tables.push_back({{.element = anyref, .limits = {8, 16}}, {}});
    const auto ref_func = [&](uint32_t index) {
      return builder.expr({instr(syntax::Op::ref_func, index)});
    };
    builder.module.elems.push_back({.mode = syntax::SegmentMode::passive,
                                    .table = {},
                                    .offset = {},
                                    .funcs = {},
                                    .exprs = {ref_func(0), ref_func(1)}});
    const auto one = builder.expr({i32_const(1), instr(syntax::Op::ref_i31)});
    builder.module.elems.push_back({.mode = syntax::SegmentMode::passive,
                                    .type = anyref,
                                    .table = {},
                                    .offset = {},
                                    .funcs = {},
                                    .exprs = {one, one}});
    start(builder);
  }

  Table& table(uint32_t index) { return *instance->data.tables[index]; }
  TrapCode set(uint32_t index, uint64_t at, uint64_t ref) {
    return trap_of(builtins::table_set(context, index, at, ref));
  }
  TrapCode fill(uint32_t index, uint64_t to, uint64_t ref, uint64_t length) {
    return trap_of(builtins::table_fill(context, index, to, ref, length));
  }
  TrapCode copy(uint64_t tables, uint64_t to, uint64_t from, uint64_t length) {
    return trap_of(builtins::table_copy(context, tables, to, from, length));
  }
  TrapCode init(uint64_t table_and_elem, uint64_t to, uint64_t from, uint64_t length) {
    return trap_of(builtins::table_init(context, table_and_elem, to, from, length));
  }
};

TEST_F(BuiltinTableTest, ref_func_is_the_same_object_every_time) {
  const uint64_t first = builtins::ref_func(context, 0);
  EXPECT_EQ(first, Ref(&instance->func(syntax::FuncIdx(0u))).bits());
  EXPECT_EQ(builtins::ref_func(context, 0), first);
  EXPECT_NE(builtins::ref_func(context, 1), first);
}

TEST_F(BuiltinTableTest, sets_within_bounds) {
  EXPECT_EQ(set(0, 3, 17), TrapCode::none);
  EXPECT_EQ(table(0).data()[3].bits(), 17u);
  EXPECT_EQ(set(0, 4, 17), TrapCode::out_of_bounds_table);
  EXPECT_EQ(set(0, UINT64_MAX, 17), TrapCode::out_of_bounds_table);
}

TEST_F(BuiltinTableTest, grows_to_the_maximum) {
  EXPECT_EQ(builtins::table_grow(context, 0, 0, 5), 4u);
  EXPECT_EQ(builtins::table_grow(context, 0, 4, 5), 4u);
  EXPECT_EQ(table(0).data()[7].bits(), 5u);
  EXPECT_TRUE(table(0).data()[3].is_null());
  EXPECT_EQ(builtins::table_grow(context, 0, 1, 5), UINT64_MAX);
  EXPECT_EQ(builtins::table_grow(context, 0, UINT64_MAX, 5), UINT64_MAX);
  EXPECT_EQ(table(0).size(), 8u);
}

TEST_F(BuiltinTableTest, fills_all_or_nothing) {
  EXPECT_EQ(fill(0, 1, 9, 3), TrapCode::none);
  EXPECT_EQ(fill(0, 1, 11, 4), TrapCode::out_of_bounds_table);
  EXPECT_EQ(fill(0, 2, 11, UINT64_MAX), TrapCode::out_of_bounds_table);
  EXPECT_EQ(fill(0, 4, 11, 0), TrapCode::none);
  EXPECT_EQ(fill(0, 5, 11, 0), TrapCode::out_of_bounds_table);
  EXPECT_TRUE(table(0).data()[0].is_null());
  for (size_t i = 1; i < 4; ++i) EXPECT_EQ(table(0).data()[i].bits(), 9u);
}

TEST_F(BuiltinTableTest, copies_between_tables_and_over_itself) {
  for (uint64_t i = 0; i < 4; ++i) ASSERT_EQ(set(objects, i, i * 2 + 1), TrapCode::none);
  EXPECT_EQ(copy(pair(objects, objects), 1, 0, 4), TrapCode::none);
  const uint64_t expected[] = {1, 1, 3, 5, 7, 0};
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(table(objects).data()[i].bits(), expected[i]) << i;
  EXPECT_EQ(copy(pair(objects, 0), 0, 3, 1), TrapCode::none);
  EXPECT_TRUE(table(objects).data()[0].is_null());
  EXPECT_EQ(copy(pair(objects, 0), 0, 3, 2), TrapCode::out_of_bounds_table);
  EXPECT_EQ(copy(pair(0, objects), 3, 0, 2), TrapCode::out_of_bounds_table);
  EXPECT_EQ(copy(pair(0, objects), 4, 8, 0), TrapCode::none);
}

TEST_F(BuiltinTableTest, initializes_until_the_segment_is_dropped) {
  EXPECT_EQ(init(pair(0, 0), 2, 0, 2), TrapCode::none);
  EXPECT_EQ(table(0).data()[3].func(), &instance->func(syntax::FuncIdx(1u)));
  EXPECT_EQ(init(pair(0, 0), 3, 0, 2), TrapCode::out_of_bounds_table);
  EXPECT_EQ(init(pair(0, 0), 0, 1, 2), TrapCode::out_of_bounds_table);
  EXPECT_EQ(builtins::elem_drop(context, 0), 0u);
  EXPECT_EQ(init(pair(0, 0), 0, 0, 1), TrapCode::out_of_bounds_table);
  EXPECT_EQ(init(pair(0, 0), 4, 0, 0), TrapCode::none);
  EXPECT_EQ(init(pair(objects, 1), 0, 0, 2), TrapCode::none) << "the other one is still there";
}

}  // namespace
}  // namespace waxwing::runtime
