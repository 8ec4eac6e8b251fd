#include "syntax/subtyping.h"

#include <gtest/gtest.h>

namespace waxwing::syntax {
namespace {

/// 0: a structure, 1: a structure below 0, 2: a structure below 1, 3: an array, 4: a function, 5:
/// equal to 1.
Module module_of_types() {
  Module module;
  const auto add = [&](auto composite, std::optional<uint32_t> super, uint32_t canonical) {
    SubType type;
    type.is_final = false;
    if (super) type.super = TypeIdx(*super);
    type.composite = composite;
    module.types.push_back(type);
    module.canonical_types.push_back(TypeIdx(canonical));
  };
  add(StructType{}, std::nullopt, 0);
  add(StructType{}, 0, 1);
  add(StructType{}, 1, 2);
  add(ArrayType{}, std::nullopt, 3);
  add(FuncType{}, std::nullopt, 4);
  add(StructType{}, 0, 1);
  return module;
}

HeapType concrete(uint32_t index) { return HeapType(TypeIdx(index)); }

TEST(subtyping, defined_types_follow_their_declarations) {
  const Module module = module_of_types();
  EXPECT_TRUE(is_subtype(module, TypeIdx(2u), TypeIdx(0u)));
  EXPECT_TRUE(is_subtype(module, TypeIdx(2u), TypeIdx(2u)));
  EXPECT_FALSE(is_subtype(module, TypeIdx(0u), TypeIdx(2u)));
  EXPECT_FALSE(is_subtype(module, TypeIdx(2u), TypeIdx(3u)));
  EXPECT_TRUE(is_subtype(module, TypeIdx(5u), TypeIdx(1u)));
  EXPECT_TRUE(is_subtype(module, TypeIdx(2u), TypeIdx(5u)));
}

TEST(subtyping, a_circle_of_supertypes_ends) {
  Module module = module_of_types();
  module.types[TypeIdx(0u)].super = TypeIdx(1u);
  EXPECT_FALSE(is_subtype(module, TypeIdx(0u), TypeIdx(3u)));
}

TEST(subtyping, heap_types_have_four_hierarchies) {
  using enum AbstractHeap;
  const Module module = module_of_types();
  struct Row {
    HeapType sub;
    HeapType super;
    bool matches;
  };
  const Row rows[] = {
      {eq, any, true},
      {i31, eq, true},
      {struct_, eq, true},
      {array, any, true},
      {none, i31, true},
      {none, any, true},
      {any, eq, false},
      {struct_, array, false},
      {nofunc, func, true},
      {nofunc, any, false},
      {none, func, false},
      {noextern, extern_, true},
      {noexn, exn, true},
      {noexn, extern_, false},
      {func, any, false},
      {bottom, exn, true},
      {concrete(2), struct_, true},
      {concrete(2), array, false},
      {concrete(3), array, true},
      {concrete(3), eq, true},
      {concrete(4), func, true},
      {concrete(4), any, false},
      {none, concrete(0), true},
      {none, concrete(4), false},
      {nofunc, concrete(4), true},
      {nofunc, concrete(0), false},
      {struct_, concrete(0), false},
      {bottom, concrete(4), true},
      {concrete(2), concrete(0), true},
      {concrete(0), concrete(3), false},
      {concrete(0), none, false},
      {exn, bottom, false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(is_subtype(module, row.sub, row.super), row.matches)
        << to_string(row.sub) << " <: " << to_string(row.super);
  }
}

TEST(subtyping, values_heed_null) {
  const Module module = module_of_types();
  const ValType null_any = ValType::ref(true, AbstractHeap::any);
  const ValType any = ValType::ref(false, AbstractHeap::any);
  EXPECT_TRUE(is_subtype(module, any, null_any));
  EXPECT_FALSE(is_subtype(module, null_any, any));
  EXPECT_TRUE(is_subtype(module, ValType(ValKind::bottom), i32_type));
  EXPECT_FALSE(is_subtype(module, i32_type, i64_type));
  EXPECT_FALSE(is_subtype(module, i32_type, any));
  EXPECT_TRUE(
      is_subtype(module, ValType::ref(false, concrete(2)), ValType::ref(true, concrete(0))));
}

TEST(subtyping, top_of_each_hierarchy) {
  const Module module = module_of_types();
  EXPECT_EQ(top_of(module, concrete(3)), AbstractHeap::any);
  EXPECT_EQ(top_of(module, concrete(4)), AbstractHeap::func);
  EXPECT_EQ(top_of(module, AbstractHeap::noexn), AbstractHeap::exn);
  EXPECT_EQ(top_of(module, AbstractHeap::i31), AbstractHeap::any);
}

}  // namespace
}  // namespace waxwing::syntax
