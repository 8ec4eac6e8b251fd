// What builtins owe to a collector that is marking: whatever overwrites the only reference to an
// object shows it to the collector, for it may have been read before.
#include "builtin_fixture.h"
#include "runtime/aggregate.h"

namespace waxwing::runtime {
namespace {

using syntax::AbstractHeap;
using syntax::TrapCode;
using syntax::ValType;

class BuiltinBarrierTest : public BuiltinTest {
 public:
  BuiltinBarrierTest() {
    ModuleBuilder builder;
    const ValType anyref = ValType::ref(true, AbstractHeap::any);
    const syntax::FieldType word{syntax::i64_type, true};
    box = builder.type(
        {.is_final = true, .super = {}, .composite = syntax::StructType{{word, word}}});
    refs = builder.type(
        {.is_final = true, .super = {}, .composite = syntax::ArrayType{{anyref, true}}});
    builder.func(builder.func_type({}));
    builder.module.tables.push_back({{.element = anyref, .limits = {8, 16}}, {}});
    const auto new_box = builder.expr({i64_const(1), i64_const(2), instr(syntax::Op::struct_new)});
    builder.module.elems.push_back({.mode = syntax::SegmentMode::passive,
                                    .type = anyref,
                                    .table = {},
                                    .offset = {},
                                    .funcs = {},
                                    .exprs = {new_box, new_box}});
    start(builder);
  }

  Table& table() { return *instance->data.tables[0]; }
  Object* new_box() { return new_struct(store->heap(), *instance->data.type_infos[box.value]); }
  /// Makes objects until a collection has begun, of which nothing but the first roots was seen.
  [[gnu::noinline]] void begin_marking() {
    clear_stack();
    for (int i = 0; i < 1'000'000 && !context->state->is_marking; ++i) static_cast<void>(new_box());
    ASSERT_TRUE(context->state->is_marking);
  }
  /// Puts a new object into the table. Its address, as no word in memory shows it.
  [[gnu::noinline]] uint64_t hidden_in_table(uint64_t index) {
    return further_down(&BuiltinBarrierTest::put_into_table, index);
  }
  /// Calls it where clear_stack reaches what it leaves on the stack: not in a frame that another
  /// function has later, which need not write all of it.
  template <typename Index>
  [[gnu::noinline]] uint64_t further_down(uint64_t (BuiltinBarrierTest::*make)(Index),
                                          Index index) {
    volatile uint8_t room[1024];
    room[0] = 0;
    return (this->*make)(index) + room[0];
  }
  [[gnu::noinline]] uint64_t put_into_table(uint64_t index) {
    const auto made = reinterpret_cast<uint64_t>(new_box());
    table().data()[index] = Ref::from_bits(made);
    return ~made;
  }
  /// Puts an array of four, whose element `index` is a new object, into the table at 7.
  [[gnu::noinline]] uint64_t hidden_in_array(uint32_t index) {
    return further_down(&BuiltinBarrierTest::put_into_array, index);
  }
  [[gnu::noinline]] uint64_t put_into_array(uint32_t index) {
    Object* made = new_array(store->heap(), *instance->data.type_infos[refs.value], 4);
    table().data()[7] = Ref::from_bits(reinterpret_cast<uint64_t>(made));
    const auto object = reinterpret_cast<uint64_t>(new_box());
    references(*made, index, 1)[0] = Ref::from_bits(object);
    return ~object;
  }
  uint64_t array() { return table().data()[7].bits(); }
  /// Overwrites what a call left on the stack.
  [[gnu::noinline]] static void clear_stack() {
    volatile uint64_t words[512];
    for (volatile uint64_t& word : words) word = 0;
  }
  /// Whether the object survives the collection that is under way: otherwise its room is given to
  /// one of those that are made before the next begins.
  [[gnu::noinline]] bool survives(uint64_t hidden) {
    clear_stack();
    const uint64_t collections = store->heap_statistics().collections;
    while (store->heap_statistics().collections == collections || !context->state->is_marking) {
      if (~reinterpret_cast<uint64_t>(new_box()) == hidden) return false;
    }
    return true;
  }

  syntax::TypeIdx box;
  syntax::TypeIdx refs;
};

TEST_F(BuiltinBarrierTest, an_object_that_nobody_shows_is_gone) {
  const uint64_t hidden = hidden_in_table(0);
  begin_marking();
  table().data()[0] = {};
  EXPECT_FALSE(survives(hidden)) << "the other tests show nothing";
}

TEST_F(BuiltinBarrierTest, shade) {
  const uint64_t hidden = hidden_in_table(0);
  begin_marking();
  builtins::shade(context, ~hidden);
  builtins::shade(context, 0);
  builtins::shade(context, Ref::from_i31(3).bits());
  builtins::shade(context, Ref::from_host(3).bits());
  builtins::shade(context, builtins::ref_func(context, 0));
  table().data()[0] = {};
  EXPECT_TRUE(survives(hidden));
}

TEST_F(BuiltinBarrierTest, table_set) {
  const uint64_t hidden = hidden_in_table(0);
  begin_marking();
  ASSERT_EQ(trap_of(builtins::table_set(context, 0, 0, 0)), TrapCode::none);
  EXPECT_TRUE(survives(hidden));
}

TEST_F(BuiltinBarrierTest, table_fill) {
  const uint64_t hidden = hidden_in_table(3);
  begin_marking();
  ASSERT_EQ(trap_of(builtins::table_fill(context, 0, 2, 0, 2)), TrapCode::none);
  EXPECT_TRUE(survives(hidden));
}

TEST_F(BuiltinBarrierTest, table_copy) {
  const uint64_t hidden = hidden_in_table(3);
  begin_marking();
  ASSERT_EQ(trap_of(builtins::table_copy(context, pair(0, 0), 2, 5, 2)), TrapCode::none);
  EXPECT_TRUE(survives(hidden));
}

TEST_F(BuiltinBarrierTest, table_init) {
  const uint64_t hidden = hidden_in_table(3);
  begin_marking();
  ASSERT_EQ(trap_of(builtins::table_init(context, pair(0, 0), 2, 0, 2)), TrapCode::none);
  EXPECT_TRUE(survives(hidden));
}

TEST_F(BuiltinBarrierTest, elem_drop) {
  const uint64_t hidden = ~instance->elem(syntax::ElemIdx(0u))[1].bits();
  begin_marking();
  builtins::elem_drop(context, 0);
  EXPECT_TRUE(survives(hidden));
}

TEST_F(BuiltinBarrierTest, array_fill) {
  const uint64_t hidden = hidden_in_array(2);
  begin_marking();
  const Slot null[] = {0};
  ASSERT_EQ(trap_of(builtins::array_fill(context, refs.value, array(), 1, null, 2)),
            TrapCode::none);
  EXPECT_TRUE(survives(hidden));
}

TEST_F(BuiltinBarrierTest, array_copy) {
  const uint64_t hidden = hidden_in_array(2);
  begin_marking();
  ASSERT_EQ(trap_of(builtins::array_copy(context, array(), 1, array(), 0, 2)), TrapCode::none);
  EXPECT_TRUE(survives(hidden));
}

TEST_F(BuiltinBarrierTest, array_init_elem) {
  const uint64_t hidden = hidden_in_array(2);
  begin_marking();
  ASSERT_EQ(trap_of(builtins::array_init_elem(context, pair(refs.value, 0), array(), 1, 0, 2)),
            TrapCode::none);
  EXPECT_TRUE(survives(hidden));
}

}  // namespace
}  // namespace waxwing::runtime
