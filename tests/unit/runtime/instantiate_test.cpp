// Instantiation: what is checked, made and run, and in which order.
#include "fixtures.h"

namespace waxwing::runtime {
namespace {

using syntax::ExternKind;
using syntax::GlobalType;
using syntax::i32_type;
using syntax::i64_type;
using syntax::MemoryType;
using syntax::Op;
using syntax::TableType;
using syntax::TrapCode;
using syntax::TypeIdx;

MemoryType pages(uint64_t min, std::optional<uint64_t> max = {}) {
  return {.limits_pages = {min, max}, .address = syntax::AddressType::i32, .is_shared = false};
}

TableType funcs(uint64_t min, std::optional<uint64_t> max = {}) {
  return {.element = syntax::funcref, .limits = {min, max}, .address = syntax::AddressType::i32};
}

Outcome do_nothing(void*, Caller&, Slot*) { return Outcome::returned; }

class InstantiateTest : public StoreTest {
 protected:
  explicit InstantiateTest(const StoreLimits& limits = {}) : StoreTest(limits) {}

  /// The message of the failure to instantiate a module that imports one `wanted`, given `found`.
  template <typename Type>
  std::string refusal(Type wanted, Extern found) {
    ModuleBuilder builder;
    builder.import("env", "it", wanted);
    auto instance = instantiate(*store, builder.compile(types), std::span(&found, 1), "");
    if (instance) return "";
    const base::Error& error = std::get<base::Error>(instance.error());
    EXPECT_EQ(error.code, base::ErrorCode::incompatible_import);
    return error.detail;
  }
};

TEST_F(InstantiateTest, an_empty_module) {
  ModuleBuilder builder;
  Instance& instance = instantiate_ok(builder);
  EXPECT_EQ(instance.data.memory0, nullptr);
  EXPECT_EQ(instance.data.store, store.get());
  EXPECT_EQ(instance.name(), "test");
  EXPECT_FALSE(instance.find_export("").has_value());
}

TEST_F(InstantiateTest, makes_memories_tables_globals_and_tags) {
  ModuleBuilder builder;
  const TypeIdx type = builder.func_type({i32_type});
  const syntax::FuncIdx func = builder.func(type);
  builder.module.memories.push_back(pages(1));
  builder.module.tables.push_back({funcs(2), builder.expr({instr(Op::ref_func, 0)})});
  builder.module.tables.push_back({funcs(1), {}});
  builder.module.tags.push_back({type});
  builder.module.globals.push_back({{i64_type, false}, builder.expr({i64_const(UINT64_MAX)})});
  builder.module.globals.push_back(
      {{i64_type, true},
       builder.expr({instr(Op::global_get, 0), i64_const(3), instr(Op::i64_mul)})});
  builder.export_as("g", ExternKind::global, 1);
  builder.export_as("f", ExternKind::func, 0);
  builder.export_as("a", ExternKind::table, 0);
  Instance& instance = instantiate_ok(builder);

  EXPECT_EQ(instance.data.memory0, instance.data.memories[0]);
  EXPECT_EQ(instance.data.globals[1].slots[0], uint64_t(-3));
  EXPECT_EQ(instance.data.tables[0]->data()[1].func(), &instance.func(func));
  EXPECT_TRUE(instance.data.tables[1]->data()[0].is_null());
  EXPECT_EQ(instance.data.tags[0]->type, types->add_func_type({{i32_type}, {}}));
  EXPECT_EQ(std::get<Func*>(*instance.find_export("f")), &instance.func(func))
      << "one object a function";
  const Global* global = std::get<Global*>(*instance.find_export("g"));
  EXPECT_EQ(global->cell, &instance.data.globals[1]);
  EXPECT_TRUE(global->type.is_mutable);
  EXPECT_FALSE(instance.find_export("b").has_value());
}

TEST_F(InstantiateTest, evaluates_every_constant_instruction) {
  ModuleBuilder builder;
  const auto global = [&](syntax::ValType type, std::vector<syntax::ConstInstr> instrs) {
    builder.module.globals.push_back({{type, false}, builder.expr(std::move(instrs))});
  };
  global(i32_type, {i32_const(1), i32_const(3), instr(Op::i32_sub)});
  global(i32_type, {i32_const(0x80000000), i32_const(2), instr(Op::i32_mul)});
  global(i32_type, {i32_const(UINT32_MAX), i32_const(2), instr(Op::i32_add)});
  global(i64_type, {i64_const(1), i64_const(3), instr(Op::i64_sub)});
  global(i64_type, {i64_const(UINT64_MAX), i64_const(3), instr(Op::i64_add)});
  global(syntax::f32_type, {instr(Op::f32_const, 0, i32_const(0x3f800000).value)});
  const base::V128 vector = base::V128::from_lanes(std::array<uint64_t, 2>{1, 2});
  global(syntax::v128_type, {instr(Op::v128_const, 0, vector)});
  global(syntax::externref, {instr(Op::ref_null)});
  const GlobalCell* cells = instantiate_ok(builder).data.globals;
  EXPECT_EQ(cells[0].slots[0], uint32_t(-2)) << "zero-extended";
  EXPECT_EQ(cells[1].slots[0], 0u);
  EXPECT_EQ(cells[2].slots[0], 1u);
  EXPECT_EQ(cells[3].slots[0], uint64_t(-2));
  EXPECT_EQ(cells[4].slots[0], 2u);
  EXPECT_EQ(cells[5].slots[0], 0x3f800000u);
  EXPECT_EQ(slot_v128(cells[6].slots), vector);
  EXPECT_EQ(cells[7].slots[0], 0u);
}

TEST_F(InstantiateTest, makes_objects_in_constants) {
  ModuleBuilder builder;
  const syntax::TypeIdx pair = builder.type(
      {.is_final = true,
       .super = {},
       .composite = syntax::StructType{{{syntax::i32_type, false}, {syntax::i64_type, false}}}});
  const syntax::ValType any = syntax::ValType::ref(true, syntax::AbstractHeap::any);
  builder.module.globals.push_back(
      {{any, false},
       builder.expr({i32_const(7), i64_const(8), instr(Op::struct_new, pair.value)})});
  builder.module.globals.push_back(
      {{any, false}, builder.expr({i32_const(uint32_t(-5)), instr(Op::ref_i31)})});
  const GlobalCell* cells = instantiate_ok(builder).data.globals;
  const auto* object = reinterpret_cast<const Object*>(cells[0].slots[0]);
  store->heap().collect();
  EXPECT_EQ(load_field<uint32_t>(object->at(8)), 7u);
  EXPECT_EQ(load_field<uint64_t>(object->at(16)), 8u);
  EXPECT_EQ(Ref::from_bits(cells[1].slots[0]).i31(), -5);
}

TEST_F(InstantiateTest, constants_that_the_heap_cannot_hold_are_an_error) {
  ModuleBuilder builder;
  const syntax::TypeIdx words = builder.type(
      {.is_final = true, .super = {}, .composite = syntax::ArrayType{{syntax::i64_type, true}}});
  syntax::ConstInstr made = instr(Op::array_new_default, words.value);
  made.offset = 0x21;
  builder.module.globals.push_back({{syntax::ValType::ref(true, syntax::AbstractHeap::any), false},
                                    builder.expr({i32_const(UINT32_MAX), made})});
  const base::Error error = std::get<base::Error>(instantiate_error(builder));
  EXPECT_EQ(error.code, base::ErrorCode::resource_limit);
  EXPECT_EQ(error.offset, 0x21u);
  EXPECT_NE(error.detail.find("array.new_default"), std::string::npos);
}

// Imports.

TEST_F(InstantiateTest, wants_one_extern_for_each_import) {
  ModuleBuilder builder;
  builder.import("env", "f", builder.func_type({}));
  EXPECT_EQ(std::get<base::Error>(instantiate_error(builder)).code,
            base::ErrorCode::invalid_argument);
}

TEST_F(InstantiateTest, imports_come_first_in_their_index_spaces) {
  Func& func = host_func(do_nothing);
  Memory* memory = *store->add_memory(pages(1));
  Global& global = store->add_global({i32_type, false}, {{7, 0}});
  ModuleBuilder builder;
  const TypeIdx type = builder.func_type({});
  builder.import("env", "g", GlobalType{i32_type, false});
  builder.import("env", "f", type);
  builder.import("env", "m", pages(1));
  builder.func(type);
  builder.module.globals.push_back({{i32_type, true}, builder.expr({instr(Op::global_get, 0)})});
  Instance& instance = instantiate_ok(builder, {&global, &func, memory});
  EXPECT_EQ(&instance.func(syntax::FuncIdx(0u)), &func);
  EXPECT_EQ(instance.data.memory0, memory);
  EXPECT_EQ(&instance.global(syntax::GlobalIdx(0u)), &global);
  EXPECT_EQ(instance.data.globals[0].slots[0], 7u);
  EXPECT_EQ(&instance.func(syntax::FuncIdx(1u)).instance(), &instance);
}

TEST_F(InstantiateTest, functions_must_match) {
  ModuleBuilder builder;
  const TypeIdx type = builder.func_type({i32_type});
  builder.import("env", "f", type);
  Func& other = host_func(do_nothing, nullptr, {{i64_type}, {}});
  const base::Error error = std::get<base::Error>(instantiate_error(builder, {&other}));
  EXPECT_EQ(error.message(),
            "cannot link: incompatible import type: import \"env\" \"f\": expected (func (param "
            "i32)), found (func "
            "(param i64)) (at offset 0x0)");
}

TEST_F(InstantiateTest, modules_of_other_engines_and_functions_of_other_stores_are_refused) {
  ModuleBuilder exporter;
  exporter.func(exporter.func_type({}));
  const auto other = Store::create(types, {}).value();
  const auto instance = instantiate(*other, exporter.compile(types), {}, "other");
  ASSERT_TRUE(instance);
  ModuleBuilder importer;
  importer.import("env", "f", importer.func_type({}));
  Func& func = (*instance)->func(syntax::FuncIdx(0u));
  EXPECT_EQ(std::get<base::Error>(instantiate_error(importer, {&func})).code,
            base::ErrorCode::invalid_argument);
  const auto strange =
      instantiate(*store, exporter.compile(std::make_shared<TypeRegistry>()), {}, "");
  ASSERT_FALSE(strange);
  EXPECT_EQ(std::get<base::Error>(strange.error()).code, base::ErrorCode::invalid_argument);
}

TEST_F(InstantiateTest, a_subtype_of_a_function_type_fits) {
  ModuleBuilder exporter;
  exporter.type({.is_final = false, .super = {}, .composite = syntax::FuncType{}});
  const TypeIdx sub =
      exporter.type({.is_final = false, .super = TypeIdx(0u), .composite = syntax::FuncType{}});
  Func& func = instantiate_ok(exporter).store().add_func(
      HostFuncObject(exporter.compile(types)->type_ids[sub], do_nothing, nullptr, nullptr));
  ModuleBuilder importer;
  importer.import("env", "f",
                  importer.type({.is_final = false, .super = {}, .composite = syntax::FuncType{}}));
  instantiate_ok(importer, {&func});
  ModuleBuilder strict;
  strict.import("env", "f", strict.func_type({}));
  const auto error = instantiate_error(strict, {&func});
  EXPECT_NE(std::get<base::Error>(error).detail.find("finality"), std::string::npos);
}

TEST_F(InstantiateTest, kinds_must_match) {
  EXPECT_EQ(refusal(pages(1), &host_func(do_nothing)),
            "import \"env\" \"it\": expected (memory 1), found (func)");
}

TEST_F(InstantiateTest, memories_must_match_as_they_are_now) {
  Memory* memory = *store->add_memory(pages(1, 3));
  EXPECT_NE(refusal(pages(2), memory), "");
  EXPECT_EQ(memory->grow(1), 1);
  EXPECT_EQ(refusal(pages(2), memory), "");
  EXPECT_EQ(refusal(pages(1, 3), memory), "");
  EXPECT_EQ(refusal(pages(1, 2), memory),
            "import \"env\" \"it\": expected (memory 1 2), found (memory 2 3)");
  EXPECT_NE(refusal(MemoryType{{1, 3}, syntax::AddressType::i32, true}, memory), "");
  EXPECT_NE(refusal(MemoryType{{1, 3}, syntax::AddressType::i64, false}, memory), "");
  EXPECT_NE(refusal(pages(0, 100), *store->add_memory(pages(0))), "") << "a maximum is wanted";
  MemoryType of_bytes = pages(0);
  of_bytes.page_size_log2 = 0;
  EXPECT_EQ(refusal(of_bytes, memory),
            "import \"env\" \"it\": expected (memory 0 (pagesize 1)), found (memory 2 3)");
  EXPECT_NE(refusal(pages(0), *store->add_memory(of_bytes)), "");
  EXPECT_EQ(refusal(of_bytes, *store->add_memory(of_bytes)), "");
}

TEST_F(InstantiateTest, tables_must_match_as_they_are_now) {
  Table* table = *store->add_table(funcs(1, 10), Ref());
  EXPECT_NE(refusal(funcs(2), table), "");
  EXPECT_EQ(table->grow(1, Ref()), 1);
  EXPECT_EQ(refusal(funcs(2, 10), table), "");
  EXPECT_EQ(refusal(TableType{syntax::externref, {1, {}}, syntax::AddressType::i32}, table),
            "import \"env\" \"it\": expected (table 1 externref), found (table 2 10 funcref)");
}

TEST_F(InstantiateTest, globals_must_match_mutable_ones_exactly) {
  const syntax::ValType nofunc = syntax::ValType::ref(true, syntax::AbstractHeap::nofunc);
  Global& constant = store->add_global({nofunc, false}, {});
  Global& variable = store->add_global({nofunc, true}, {});
  EXPECT_EQ(refusal(GlobalType{syntax::funcref, false}, &constant), "");
  EXPECT_NE(refusal(GlobalType{syntax::funcref, true}, &variable), "");
  EXPECT_EQ(refusal(GlobalType{nofunc, true}, &variable), "");
  EXPECT_EQ(refusal(GlobalType{i32_type, true}, &constant),
            "import \"env\" \"it\": expected (global (mut i32)), found (global nullfuncref)");
  EXPECT_NE(refusal(GlobalType{nofunc, false}, &variable), "");
}

TEST_F(InstantiateTest, tags_must_match) {
  Tag& tag = store->add_tag(types->add_func_type({{i32_type}, {}}));
  ModuleBuilder builder;
  builder.import("env", "t", syntax::TagType{builder.func_type({i32_type})});
  EXPECT_EQ(instantiate_ok(builder, {&tag}).data.tags[0], &tag);
  ModuleBuilder other;
  other.import("env", "t", syntax::TagType{other.func_type({i64_type})});
  EXPECT_NE(
      std::get<base::Error>(instantiate_error(other, {&tag})).detail.find("(tag (param i32))"),
      std::string::npos);
}

// Segments and start.

TEST_F(InstantiateTest, active_segments_are_written_and_dropped) {
  ModuleBuilder builder;
  const syntax::FuncIdx func = builder.func(builder.func_type({}));
  builder.module.memories.push_back(pages(1));
  builder.module.tables.push_back({funcs(4), {}});
  builder.active_elem(2, {func, func});
  builder.active_data(65533, "abc");
  builder.module.datas.push_back({.mode = syntax::SegmentMode::passive,
                                  .memory = {},
                                  .offset = {},
                                  .bytes = base::as_bytes("xy")});
  Instance& instance = instantiate_ok(builder);
  EXPECT_EQ(base::as_text({instance.data.memory0->base() + 65533, 3}), "abc");
  EXPECT_TRUE(instance.data.tables[0]->data()[1].is_null());
  EXPECT_EQ(instance.data.tables[0]->data()[3].func(), &instance.func(func));
  EXPECT_TRUE(instance.data_segment(syntax::DataIdx(0u)).empty());
  EXPECT_TRUE(instance.elem(syntax::ElemIdx(0u)).empty());
  EXPECT_EQ(instance.data_segment(syntax::DataIdx(1u)).size(), 2u);
  instance.drop_data(syntax::DataIdx(1u));
  EXPECT_TRUE(instance.data_segment(syntax::DataIdx(1u)).empty());
}

TEST_F(InstantiateTest, a_segment_out_of_bounds_traps_after_those_before_it) {
  Memory* memory = *store->add_memory(pages(1));
  Table* table = *store->add_table(funcs(1), Ref());
  ModuleBuilder builder;
  const syntax::FuncIdx func = builder.func(builder.func_type({}, {i32_type}));
  builder.import("env", "m", pages(1));
  builder.import("env", "t", funcs(1));
  builder.active_elem(0, {func});
  builder.active_data(0, "first");
  builder.active_data(65536, "");
  builder.active_data(65535, "no");
  builder.active_data(10, "never");
  const Trap trap = std::get<Trap>(
      instantiate_error(builder, {memory, table}, [](Instance&, syntax::FuncIdx, Slot* slots) {
        slots[0] = 5;
        return Outcome::returned;
      }));
  EXPECT_EQ(trap.code, TrapCode::out_of_bounds_memory);
  EXPECT_EQ(trap.message(),
            "wasm trap: out of bounds memory access: data segment 2 writes 2 bytes at 65535 to "
            "memory 0 of 65536");
  EXPECT_EQ(base::as_text({memory->base(), 5}), "first");
  EXPECT_EQ(memory->base()[10], 0);
  // The function that was left in the table still works.
  Slot slots[1] = {0};
  ASSERT_FALSE(table->data()[0].is_null());
  EXPECT_EQ(store->call(*table->data()[0].func(), slots), Outcome::returned);
  EXPECT_EQ(slots[0], 5u);
}

TEST_F(InstantiateTest, an_element_segment_out_of_bounds_traps) {
  ModuleBuilder builder;
  const syntax::FuncIdx func = builder.func(builder.func_type({}));
  builder.module.tables.push_back({funcs(1), {}});
  builder.active_elem(UINT32_MAX, {func});
  EXPECT_EQ(std::get<Trap>(instantiate_error(builder)).code, TrapCode::out_of_bounds_table);
}

TEST_F(InstantiateTest, the_start_function_runs_last_and_may_trap) {
  ModuleBuilder builder;
  builder.module.memories.push_back(pages(1));
  builder.active_data(0, "x");
  builder.module.start = builder.func(builder.func_type({}));
  bool saw_data = false;
  instantiate_ok(builder, {}, [&](Instance& instance, syntax::FuncIdx, Slot*) {
    saw_data = instance.data.memory0->base()[0] == 'x';
    return Outcome::returned;
  });
  EXPECT_TRUE(saw_data);
  const Trap trap = std::get<Trap>(
      instantiate_error(builder, {}, [](Instance& instance, syntax::FuncIdx func, Slot*) {
        const Outcome outcome = instance.store().set_trap(TrapCode::unreachable);
        instance.store().add_frame(instance, func, 9);
        return outcome;
      }));
  EXPECT_EQ(trap.code, TrapCode::unreachable);
  EXPECT_EQ(trap.frames.size(), 1u);
}

class TightStore : public InstantiateTest {
 protected:
  TightStore()
      : InstantiateTest({.max_memory_bytes = 3 * page_size_bytes,
                         .max_table_elements = 5,
                         .max_instances = 2}) {}
};

TEST_F(TightStore, a_refused_instance_gives_back_what_it_took) {
  ModuleBuilder greedy;
  greedy.module.memories.push_back(pages(2));
  greedy.module.tables.push_back({funcs(6), {}});
  EXPECT_EQ(std::get<base::Error>(instantiate_error(greedy)).code, base::ErrorCode::resource_limit);
  ModuleBuilder modest;
  modest.module.memories.push_back(pages(3));
  modest.module.tables.push_back({funcs(5), {}});
  instantiate_ok(modest);
  ModuleBuilder empty;
  instantiate_ok(empty);
  EXPECT_EQ(std::get<base::Error>(instantiate_error(empty)).code, base::ErrorCode::resource_limit);
}

}  // namespace
}  // namespace waxwing::runtime
