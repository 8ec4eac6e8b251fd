#include "cli/wast_values.h"

#include <gtest/gtest.h>

#include "engine/engine.h"

namespace waxwing::cli {
namespace {

using runtime::Ref;
using runtime::Value;
using syntax::AbstractHeap;
using syntax::TrapCode;
using syntax::ValType;
using text::LaneShape;
using text::NanPattern;
using text::NumPattern;
using text::RefKind;
using text::RefPattern;
using text::ResultPattern;

class WastValues : public testing::Test {
 protected:
  bool fits(text::ValuePattern pattern, const Value& value) {
    const ResultPattern expected{{pattern}};
    return matches(*store_, {&expected, 1}, {&value, 1});
  }

  std::unique_ptr<runtime::Store> store_ = *engine::Engine().new_store();
};

NumPattern scalar(ValType type, LaneShape shape, uint64_t bits) {
  return {type, shape, base::V128::from_lanes(std::array<uint64_t, 2>{bits, 0}), {}};
}

NumPattern nan_of(ValType type, LaneShape shape, NanPattern nan) {
  NumPattern pattern{.type = type, .shape = shape};
  pattern.nans[0] = nan;
  return pattern;
}

TEST_F(WastValues, numbers_by_type_and_bits) {
  const NumPattern one = scalar(syntax::i32_type, LaneShape::i32x4, 1);
  EXPECT_TRUE(fits(one, {syntax::i32_type, {1, 0}}));
  EXPECT_FALSE(fits(one, {syntax::i32_type, {2, 0}}));
  EXPECT_FALSE(fits(one, {syntax::i64_type, {1, 0}}));
  const NumPattern wide = scalar(syntax::i64_type, LaneShape::i64x2, uint64_t(1) << 40);
  EXPECT_TRUE(fits(wide, {syntax::i64_type, {uint64_t(1) << 40, 0}}));
  EXPECT_FALSE(fits(wide, {syntax::i64_type, {0, 0}}));
}

TEST_F(WastValues, only_the_low_half_of_an_f32_counts) {
  const NumPattern one = scalar(syntax::f32_type, LaneShape::f32x4, 0x3f80'0000);
  EXPECT_TRUE(fits(one, {syntax::f32_type, {0xdead'beef'3f80'0000, 0}}));
}

TEST_F(WastValues, zeros_have_signs) {
  const NumPattern zero = scalar(syntax::f32_type, LaneShape::f32x4, 0);
  EXPECT_FALSE(fits(zero, {syntax::f32_type, {0x8000'0000, 0}}));
}

TEST_F(WastValues, classes_of_nans) {
  const auto f32 = [](uint64_t bits) { return Value{syntax::f32_type, {bits, 0}}; };
  const auto f64 = [](uint64_t bits) { return Value{syntax::f64_type, {bits, 0}}; };
  const NumPattern canonical = nan_of(syntax::f32_type, LaneShape::f32x4, NanPattern::canonical);
  const NumPattern arithmetic = nan_of(syntax::f32_type, LaneShape::f32x4, NanPattern::arithmetic);
  EXPECT_TRUE(fits(canonical, f32(0x7fc0'0000)));
  EXPECT_TRUE(fits(canonical, f32(0xffc0'0000)));
  EXPECT_FALSE(fits(canonical, f32(0x7fc0'0001)));
  EXPECT_FALSE(fits(canonical, f32(0x7f80'0000)));
  EXPECT_TRUE(fits(arithmetic, f32(0xffc0'0001)));
  EXPECT_FALSE(fits(arithmetic, f32(0x7f80'0001)));
  EXPECT_FALSE(fits(arithmetic, f32(0x3f80'0000)));
  const NumPattern wide = nan_of(syntax::f64_type, LaneShape::f64x2, NanPattern::canonical);
  EXPECT_TRUE(fits(wide, f64(0xfff8'0000'0000'0000)));
  EXPECT_FALSE(fits(wide, f64(0x7ff8'0000'0000'0001)));
}

TEST_F(WastValues, vectors_lane_by_lane) {
  NumPattern pattern{.type = syntax::v128_type, .shape = LaneShape::f32x4};
  pattern.bits = base::V128::from_lanes(std::array<uint32_t, 4>{0, 0, 0, 7});
  pattern.nans[1] = NanPattern::canonical;
  EXPECT_TRUE(fits(pattern, {syntax::v128_type, {0x7fc0'0000'0000'0000, 0x0000'0007'0000'0000}}));
  EXPECT_FALSE(fits(pattern, {syntax::v128_type, {0x7fc0'0000'0000'0000, 0}}));
  EXPECT_FALSE(fits(pattern, {syntax::v128_type, {0, 0x0000'0007'0000'0000}}));
}

TEST_F(WastValues, null_references) {
  const Value null_func{syntax::funcref, {0, 0}};
  EXPECT_TRUE(fits(RefPattern{}, null_func));
  EXPECT_TRUE(fits(RefPattern{RefKind::null, AbstractHeap::func, {}}, null_func));
  EXPECT_TRUE(fits(RefPattern{RefKind::null, AbstractHeap::nofunc, {}}, null_func));
  EXPECT_FALSE(fits(RefPattern{RefKind::null, AbstractHeap::extern_, {}}, null_func));
  EXPECT_FALSE(fits(RefPattern{RefKind::any, {}, {}}, null_func));
  EXPECT_FALSE(fits(RefPattern{}, {syntax::i32_type, {0, 0}}));
}

TEST_F(WastValues, host_references_by_payload) {
  const Value value = to_value(RefPattern{RefKind::extern_, {}, 3});
  EXPECT_TRUE(fits(RefPattern{RefKind::extern_, {}, 3}, value));
  EXPECT_TRUE(fits(RefPattern{RefKind::extern_, {}, {}}, value));
  EXPECT_TRUE(fits(RefPattern{RefKind::any, {}, {}}, value));
  EXPECT_FALSE(fits(RefPattern{RefKind::extern_, {}, 4}, value));
  EXPECT_FALSE(fits(RefPattern{RefKind::func, {}, {}}, value));
  EXPECT_FALSE(fits(RefPattern{}, value));
}

TEST_F(WastValues, references_are_what_they_point_to) {
  const Value i31{ValType::ref(true, AbstractHeap::any), {Ref::from_i31(5).bits(), 0}};
  EXPECT_TRUE(fits(RefPattern{RefKind::i31, {}, {}}, i31));
  EXPECT_TRUE(fits(RefPattern{RefKind::eq, {}, {}}, i31));
  EXPECT_TRUE(fits(RefPattern{RefKind::any, {}, {}}, i31));
  EXPECT_FALSE(fits(RefPattern{RefKind::struct_, {}, {}}, i31));
  EXPECT_FALSE(fits(RefPattern{RefKind::array, {}, {}}, i31));
  EXPECT_FALSE(fits(RefPattern{RefKind::func, {}, {}}, i31));
  const Value host = to_value(RefPattern{RefKind::host, {}, 3});
  EXPECT_FALSE(fits(RefPattern{RefKind::eq, {}, {}}, host));
}

TEST_F(WastValues, counts_of_results) {
  const ResultPattern one{{scalar(syntax::i32_type, LaneShape::i32x4, 1)}};
  const Value value{syntax::i32_type, {1, 0}};
  EXPECT_TRUE(matches(*store_, {}, {}));
  EXPECT_FALSE(matches(*store_, {&one, 1}, {}));
  EXPECT_FALSE(matches(*store_, {}, {&value, 1}));
}

TEST_F(WastValues, one_of_several) {
  const ResultPattern either{{scalar(syntax::i32_type, LaneShape::i32x4, 1),
                              scalar(syntax::i32_type, LaneShape::i32x4, 3)}};
  for (uint64_t bits = 0; bits < 5; ++bits) {
    const Value value{syntax::i32_type, {bits, 0}};
    EXPECT_EQ(matches(*store_, {&either, 1}, {&value, 1}), bits == 1 || bits == 3);
  }
  EXPECT_EQ(to_string(std::span(&either, 1)), "(either (i32.const 1) (i32.const 3))");
}

TEST_F(WastValues, arguments_keep_their_bits) {
  const Value value = to_value(scalar(syntax::f64_type, LaneShape::f64x2, 0x7ff0'0000'0000'0001));
  EXPECT_EQ(value.type, syntax::f64_type);
  EXPECT_EQ(value.slots[0], 0x7ff0'0000'0000'0001u);
}

TEST_F(WastValues, traps_by_the_longest_name) {
  EXPECT_EQ(trap_called("out of bounds memory access"), TrapCode::out_of_bounds_memory);
  EXPECT_EQ(trap_called("uninitialized element 7"), TrapCode::uninitialized_element);
  EXPECT_EQ(trap_called("null function reference"), TrapCode::null_function_reference);
  EXPECT_EQ(trap_called("null"), TrapCode::none);
  EXPECT_EQ(trap_called(""), TrapCode::none);
}

}  // namespace
}  // namespace waxwing::cli
