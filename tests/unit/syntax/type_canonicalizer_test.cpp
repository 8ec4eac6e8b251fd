#include "syntax/type_canonicalizer.h"

#include <gtest/gtest.h>

namespace waxwing::syntax {
namespace {

ValType reference(uint32_t index) { return ValType::ref(true, HeapType(TypeIdx(index))); }

SubType structure(std::vector<ValType> fields) {
  StructType type;
  for (ValType field : fields) type.fields.push_back({field, false});
  SubType sub;
  sub.composite = type;
  return sub;
}

TEST(type_canonicalizer, equal_groups_have_one_id_wherever_they_are_offered) {
  TypeCanonicalizer types;
  const std::vector<SubType> pair = {structure({reference(1)}), structure({reference(0)})};
  EXPECT_EQ(types.intern(pair, TypeIdx(0u)), TypeIdx(0u));
  const std::vector<SubType> again = {structure({reference(8)}), structure({reference(7)})};
  EXPECT_EQ(types.intern(again, TypeIdx(7u)), TypeIdx(0u));
  const std::vector<SubType> other = {structure({reference(7)}), structure({reference(8)})};
  EXPECT_EQ(types.intern(other, TypeIdx(7u)), TypeIdx(7u));
}

TEST(type_canonicalizer, references_out_of_the_group_go_by_id) {
  TypeCanonicalizer types;
  const std::vector<SubType> first = {structure({})};
  EXPECT_EQ(types.intern(first, TypeIdx(0u)), TypeIdx(0u));
  const std::vector<SubType> to_first = {structure({reference(0)})};
  EXPECT_EQ(types.intern(to_first, TypeIdx(1u)), TypeIdx(1u));
  const std::vector<SubType> to_itself = {structure({reference(2)})};
  EXPECT_EQ(types.intern(to_itself, TypeIdx(2u)), TypeIdx(2u));
  EXPECT_EQ(types.intern(to_first, TypeIdx(3u)), TypeIdx(1u));
}

// A field list of one type must not be mistaken for another's that has the same words in other
// places.
TEST(type_canonicalizer, borders_between_types_count) {
  TypeCanonicalizer types;
  SubType two_params;
  two_params.composite = FuncType{{i32_type, i32_type}, {}};
  SubType param_and_result;
  param_and_result.composite = FuncType{{i32_type}, {i32_type}};
  EXPECT_EQ(types.intern(std::vector<SubType>{two_params}, TypeIdx(0u)), TypeIdx(0u));
  EXPECT_EQ(types.intern(std::vector<SubType>{param_and_result}, TypeIdx(1u)), TypeIdx(1u));
}

TEST(type_canonicalizer, many_types_stay_apart) {
  TypeCanonicalizer types;
  for (int round = 0; round < 2; ++round) {
    for (uint32_t i = 0; i < 1000; ++i) {
      const std::vector<SubType> group = {structure(std::vector<ValType>(i, f32_type))};
      ASSERT_EQ(types.intern(group, TypeIdx(round == 0 ? i : 1000 + i)), TypeIdx(i));
    }
  }
}

TEST(type_canonicalizer, map_replaces_all_indices) {
  SubType type = structure({reference(3), i32_type, funcref});
  type.super = TypeIdx(2u);
  map_type_indices(type, [](TypeIdx index) { return TypeIdx(index.value + 10); });
  EXPECT_EQ(type.super, TypeIdx(12u));
  EXPECT_EQ(type.structure()->fields[0].storage, reference(13));
  EXPECT_EQ(type.structure()->fields[1].storage, i32_type);
  EXPECT_EQ(type.structure()->fields[2].storage, funcref);
}

}  // namespace
}  // namespace waxwing::syntax
