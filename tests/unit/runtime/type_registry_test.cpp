// One identity for equal types, and subtyping over all of them.
#include "runtime/type_registry.h"

#include <thread>

#include "fixtures.h"

namespace waxwing::runtime {
namespace {

using syntax::AbstractHeap;
using syntax::FuncType;
using syntax::HeapType;
using syntax::i32_type;
using syntax::i64_type;
using syntax::SubType;
using syntax::TypeIdx;
using syntax::ValType;

ValType ref_to(TypeId id) { return ValType::ref(false, HeapType(TypeIdx(id.value))); }
ValType ref_null(HeapType heap) { return ValType::ref(true, heap); }
ValType ref_null_to(TypeIdx index) { return ValType::ref(true, HeapType(index)); }

SubType func_of(std::vector<ValType> params, bool is_final = true,
                std::optional<TypeIdx> super = {}) {
  return {.is_final = is_final, .super = super, .composite = FuncType{std::move(params), {}}};
}

TEST(type_registry_identity, equal_types_of_two_modules_share_an_id) {
  TypeRegistry types;
  ModuleBuilder one;
  one.func_type({i32_type});
  one.func_type({i64_type});
  ModuleBuilder two;
  two.func_type({i64_type});
  two.func_type({i32_type}, {i32_type});
  const auto ids_one = types.add_module(one.module);
  const auto ids_two = types.add_module(two.module);
  EXPECT_EQ(ids_one[TypeIdx(1u)], ids_two[TypeIdx(0u)]);
  EXPECT_NE(ids_one[TypeIdx(0u)], ids_two[TypeIdx(1u)]);
  EXPECT_EQ(types.add_func_type({{i32_type}, {}}), ids_one[TypeIdx(0u)]);
  EXPECT_EQ(types.func_type(ids_two[TypeIdx(1u)]), (FuncType{{i32_type}, {i32_type}}));
}

TEST(type_registry_identity, equal_types_of_one_module_share_an_id) {
  TypeRegistry types;
  ModuleBuilder builder;
  builder.func_type({i32_type});
  builder.func_type({i32_type});
  const auto ids = types.add_module(builder.module);
  EXPECT_EQ(ids[TypeIdx(0u)], ids[TypeIdx(1u)]);
}

TEST(type_registry_identity, groups_are_equal_as_a_whole_wherever_they_lie) {
  TypeRegistry types;
  ModuleBuilder one;  // a pair that refers to itself
  one.group({func_of({ref_null_to(TypeIdx(1u))}), func_of({ref_null_to(TypeIdx(0u))})});
  ModuleBuilder two;
  two.func_type({i64_type});
  two.group({func_of({ref_null_to(TypeIdx(2u))}), func_of({ref_null_to(TypeIdx(1u))})});
  ModuleBuilder three;  // the same alone: refers to itself
  three.type(func_of({ref_null_to(TypeIdx(0u))}));
  const auto ids_one = types.add_module(one.module);
  const auto ids_two = types.add_module(two.module);
  const auto ids_three = types.add_module(three.module);
  EXPECT_EQ(ids_one[TypeIdx(0u)], ids_two[TypeIdx(1u)]);
  EXPECT_EQ(ids_one[TypeIdx(1u)], ids_two[TypeIdx(2u)]);
  EXPECT_NE(ids_one[TypeIdx(0u)], ids_one[TypeIdx(1u)]);
  EXPECT_NE(ids_three[TypeIdx(0u)], ids_one[TypeIdx(0u)]);
  // What is kept is engine-wide.
  const ValType kept = types.func_type(ids_two[TypeIdx(1u)]).params[0];
  EXPECT_EQ(kept, ref_null(HeapType(TypeIdx(ids_two[TypeIdx(2u)].value))));
}

TEST(type_registry_subtyping, follows_declared_supertypes) {
  TypeRegistry types;
  types.add_func_type({{i64_type}, {}});  // shifts ids against indices
  ModuleBuilder builder;
  builder.type(func_of({i32_type}, false));
  builder.type(func_of({i32_type}, false, TypeIdx(0u)));
  builder.type(func_of({i32_type}, true, TypeIdx(1u)));
  const auto ids = types.add_module(builder.module);
  const TypeId top = ids[TypeIdx(0u)];
  const TypeId leaf = ids[TypeIdx(2u)];
  EXPECT_TRUE(types.is_subtype(leaf, top));
  EXPECT_FALSE(types.is_subtype(top, leaf));
  EXPECT_TRUE(types.is_subtype(ref_to(leaf), ref_to(top)));
  EXPECT_NE(types.add_func_type({{i32_type}, {}}), top) << "one is final, the other is not";
}

TEST(type_registry_subtyping, knows_the_abstract_types) {
  TypeRegistry types;
  const TypeId func = types.add_func_type({{}, {}});
  ModuleBuilder builder;
  builder.type({.is_final = true, .super = {}, .composite = syntax::StructType{}});
  const TypeId structure = types.add_module(builder.module)[TypeIdx(0u)];

  EXPECT_TRUE(types.is_subtype(ref_to(func), syntax::funcref));
  EXPECT_FALSE(types.is_subtype(syntax::funcref, ref_to(func)));
  EXPECT_FALSE(types.is_subtype(ref_to(func), ref_null(AbstractHeap::any)));
  EXPECT_TRUE(types.is_subtype(ref_to(structure), ref_null(AbstractHeap::eq)));
  EXPECT_TRUE(
      types.is_subtype(ref_null(AbstractHeap::none), ref_null(HeapType(TypeIdx(structure.value)))));
  EXPECT_FALSE(types.is_subtype(ref_null(AbstractHeap::nofunc),
                                ref_null(HeapType(TypeIdx(structure.value)))));
  EXPECT_TRUE(
      types.is_subtype(ref_null(AbstractHeap::nofunc), ref_null(HeapType(TypeIdx(func.value)))));
  EXPECT_FALSE(types.is_subtype(ref_null(AbstractHeap::nofunc), ref_to(func)))
      << "null does not fit";
  EXPECT_TRUE(types.is_subtype(ref_null(AbstractHeap::noexn), syntax::exnref));
  EXPECT_TRUE(types.is_subtype(ref_null(AbstractHeap::i31), ref_null(AbstractHeap::any)));
  EXPECT_FALSE(types.is_subtype(ref_null(AbstractHeap::i31), ref_null(AbstractHeap::struct_)));
  EXPECT_FALSE(types.is_subtype(i32_type, i64_type));
  EXPECT_TRUE(types.is_subtype(syntax::ValKind::bottom, i64_type));
}

TEST(type_registry_threads, many_add_and_read_at_once) {
  TypeRegistry types;
  std::vector<std::vector<TypeId>> ids(4);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (std::vector<TypeId>& mine : ids) {
    threads.emplace_back([&types, &mine] {
      for (size_t params = 0; params < 300; ++params) {
        mine.push_back(types.add_func_type({std::vector<ValType>(params, i32_type), {}}));
        EXPECT_EQ(types.func_type(mine.back()).params.size(), params);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<TypeId>& mine : ids) EXPECT_EQ(mine, ids[0]);
}

}  // namespace
}  // namespace waxwing::runtime
