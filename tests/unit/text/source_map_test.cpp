#include "text/source_map.h"

#include <gtest/gtest.h>

#include "binary/module_decoder.h"
#include "text/assembler.h"

namespace waxwing::text {
namespace {

/// What of `wat` the instruction at `code_offset` of the `body`-th function comes from.
std::string_view source_of(std::string_view wat, size_t body, uint32_t code_offset) {
  SourceMap map;
  const auto bytes = assemble(wat, {.source_map = &map});
  EXPECT_TRUE(bytes);
  const auto module = binary::decode(std::make_shared<const std::vector<uint8_t>>(*bytes),
                                     syntax::FeatureSet::all());
  EXPECT_TRUE(module);
  const auto offset = map.find(*bytes, module->bodies[body].offset + code_offset);
  return offset ? wat.substr(*offset) : "nowhere";
}

constexpr std::string_view wat = R"((module (import "a" "b" (func))
  (func nop)
  (func (param i32) (local i64)
    (if (i32.eqz (local.get 0)) (then (drop (i32.const 500))))
    block nop end)))";

TEST(source_map, folded_instructions_are_told_by_their_beginning) {
  EXPECT_TRUE(source_of(wat, 1, 0).starts_with("(local.get 0)"));
  EXPECT_TRUE(source_of(wat, 1, 2).starts_with("(i32.eqz"));
  EXPECT_TRUE(source_of(wat, 1, 3).starts_with("(if"));
  EXPECT_TRUE(source_of(wat, 1, 5).starts_with("(i32.const 500)"));
  EXPECT_TRUE(source_of(wat, 1, 6).starts_with("(i32.const 500)"));  // within it
  EXPECT_TRUE(source_of(wat, 1, 8).starts_with("(drop"));
}

TEST(source_map, flat_instructions_and_ends) {
  EXPECT_TRUE(source_of(wat, 0, 0).starts_with("nop)"));
  EXPECT_TRUE(source_of(wat, 0, 1).starts_with(")\n  (func (param"));
  EXPECT_TRUE(source_of(wat, 1, 10).starts_with("block nop"));
  EXPECT_TRUE(source_of(wat, 1, 12).starts_with("nop end"));
  EXPECT_TRUE(source_of(wat, 1, 13).starts_with("end)"));
}

TEST(source_map, what_is_in_no_function_has_no_place) {
  SourceMap map;
  const auto bytes = assemble(wat, {.source_map = &map});
  ASSERT_TRUE(bytes);
  EXPECT_FALSE(map.find(*bytes, 9));
  EXPECT_FALSE(map.find(*bytes, bytes->size() + 7));
  EXPECT_FALSE(SourceMap().find({}, 0));
}

}  // namespace
}  // namespace waxwing::text
