#include "binary/type_decoder.h"

#include <gtest/gtest.h>

#include "hex.h"

namespace waxwing::binary {
namespace {

using syntax::HeapType;
using syntax::TypeIdx;
using syntax::ValType;

/// The canonical index of each type in a type section.
std::vector<uint32_t> canonical(std::string_view section) {
  const auto module = decode_sections(section);
  EXPECT_TRUE(module) << module.error().message();
  std::vector<uint32_t> indices;
  if (module) {
    for (TypeIdx index : module->canonical_types) indices.push_back(index.value);
  }
  return indices;
}

using Indices = std::vector<uint32_t>;

TEST(type_decoder_canonical, equal_function_types) {
  // [] -> [], [i32] -> [], [] -> [i32], [i32] -> []
  EXPECT_EQ(canonical("01 10 04 60 00 00 60 01 7f 00 60 00 01 7f 60 01 7f 00"),
            (Indices{0, 1, 2, 1}));
}

TEST(type_decoder_canonical, a_group_of_one_equals_a_type_alone) {
  EXPECT_EQ(canonical("01 0b 02 5f 01 7f 00 4e 01 5f 01 7f 00"), (Indices{0, 0}));
  // A final type without supertypes equals the short form, an open one does not.
  EXPECT_EQ(canonical("01 0b 03 5f 00 4f 00 5f 00 50 00 5f 00"), (Indices{0, 0, 2}));
}

TEST(type_decoder_canonical, types_that_refer_to_themselves) {
  // (struct (ref null 0)), (struct (ref null 1)), (struct (ref null 0)): the third refers to the
  // first, not to itself.
  EXPECT_EQ(canonical("01 10 03 5f 01 63 00 00 5f 01 63 01 00 5f 01 63 00 00"), (Indices{0, 0, 2}));
}

TEST(type_decoder_as_written, every_index_is_kept) {
  // Three equal types; the function has the third.
  constexpr std::string_view module =
      "00 61 73 6d 01 00 00 00 01 0a 03 60 00 00 60 00 00 60 00 00 03 02 01 02 0a 04 01 02 00 0b";
  const auto decode_with = [&](TypeIndices indices) {
    const auto decoded = decode(std::make_shared<const std::vector<uint8_t>>(hex(module)),
                                syntax::FeatureSet::all(), indices);
    EXPECT_TRUE(decoded) << decoded.error().message();
    return decoded->funcs[syntax::FuncIdx(0u)].value;
  };
  EXPECT_EQ(decode_with(TypeIndices::canonical), 0u);
  EXPECT_EQ(decode_with(TypeIndices::as_written), 2u);
}

TEST(type_decoder_canonical, order_in_a_group_matters) {
  // Groups of a structure and a function type; then the same the other way round; then the first
  // again.
  EXPECT_EQ(canonical("01 16 03 4e 02 5f 00 60 00 00 4e 02 60 00 00 5f 00 4e 02 5f 00 60 00 00"),
            (Indices{0, 1, 2, 3, 0, 1}));
}

TEST(type_decoder_canonical, equal_members_of_one_group_differ) {
  EXPECT_EQ(canonical("01 07 01 4e 02 5f 00 5f 00"), (Indices{0, 1}));
}

TEST(type_decoder_canonical, groups_of_other_sizes_differ) {
  EXPECT_EQ(canonical("01 0b 02 4e 02 5f 00 5f 00 4e 01 5f 00"), (Indices{0, 1, 2}));
}

TEST(type_decoder_canonical, mutability_finality_and_supertypes_count) {
  EXPECT_EQ(canonical("01 07 02 5e 7f 00 5e 7f 01"), (Indices{0, 1}));
  // An open structure and two equal subtypes of it.
  EXPECT_EQ(canonical("01 0f 03 50 00 5f 00 50 01 00 5f 00 50 01 00 5f 00"), (Indices{0, 1, 1}));
}

TEST(type_decoder_canonical, a_later_type_sees_equal_references) {
  // Types 0 and 1 are equal, so functions that take a reference to the one or the other are.
  EXPECT_EQ(canonical("01 0f 04 5f 00 5f 00 60 01 64 00 00 60 01 64 01 00"), (Indices{0, 0, 2, 2}));
}

TEST(type_decoder_canonical, members_of_a_repeated_group_refer_to_the_first_one) {
  const auto module = decode_sections(
      "01 1d 02 "
      "4e 02 50 00 5f 01 63 01 00 5f 01 64 00 00 "
      "4e 02 50 00 5f 01 63 03 00 5f 01 64 02 00");
  ASSERT_TRUE(module) << module.error().message();
  EXPECT_EQ(module->rec_groups.size(), 2u);
  EXPECT_EQ(module->canonical_types[TypeIdx(2u)], TypeIdx(0u));
  EXPECT_EQ(module->canonical_types[TypeIdx(3u)], TypeIdx(1u));
  const syntax::StructType* repeated = module->types[TypeIdx(2u)].structure();
  EXPECT_EQ(repeated->fields[0].storage, ValType::ref(true, HeapType(TypeIdx(1u))));
}

TEST(type_decoder_canonical, empty_groups_add_nothing) {
  const auto module = decode_sections("01 08 03 4e 00 60 00 00 4e 00");
  ASSERT_TRUE(module) << module.error().message();
  EXPECT_EQ(module->types.size(), 1u);
  EXPECT_EQ(module->rec_groups.size(), 1u);
}

TEST(type_decoder_hostile, a_large_group_takes_linear_time) {
  constexpr uint32_t count = 200'000;
  std::vector<uint8_t> body = {0x01, 0x4e, 0x80 | (count & 0x7f), 0x80 | (count >> 7 & 0x7f),
                               count >> 14};
  for (uint32_t i = 0; i < count; ++i) {
    for (uint32_t byte : {0x5fu, 0x01u, 0x63u, 0x00u, 0x00u}) body.push_back(uint8_t(byte));
  }
  std::vector<uint8_t> bytes = hex(preamble);
  bytes.push_back(0x01);
  for (int i = 0; i < 4; ++i)
    bytes.push_back(uint8_t((body.size() >> (7 * i) & 0x7f) | (i < 3 ? 0x80 : 0)));
  bytes.insert(bytes.end(), body.begin(), body.end());
  const auto module = decode_bytes(bytes);
  ASSERT_TRUE(module) << module.error().message();
  EXPECT_EQ(module->canonical_types.back(), TypeIdx(count - 1));
}

}  // namespace
}  // namespace waxwing::binary
