// Vector instructions, one fact or more for each group, as constants and at run time.
#include <gtest/gtest.h>

#include "numeric/numeric.h"

namespace waxwing::numeric {
namespace {

template <typename T, typename... Rest>
constexpr V128 lanes(Rest... values) {
  return V128::from_lanes(Lanes<T>{static_cast<T>(values)...});
}
constexpr V128 i8(auto... x) { return lanes<int8_t>(x...); }
constexpr V128 i16(auto... x) { return lanes<int16_t>(x...); }
constexpr V128 i32(auto... x) { return lanes<int32_t>(x...); }
constexpr V128 i64(auto... x) { return lanes<int64_t>(x...); }
constexpr V128 f32(auto... x) { return lanes<float>(x...); }
constexpr V128 f64(auto... x) { return lanes<double>(x...); }

constexpr V128 counting = i8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
constexpr float nan32 = from_bits<float>(0x7fc00000);

V128 hidden(V128 value) {
  V128 copy = value;
  asm volatile("" : "+m"(copy));
  return copy;
}

/// Expects `expected` of `constant`, which the compiler evaluated, and of `meaning` run on
/// `operands`.
template <auto meaning, typename R, typename... P>
void expect_fact(const char* text, R constant, R expected, P... operands) {
  EXPECT_EQ(constant, expected) << text << ", as a constant";
  EXPECT_EQ(meaning(operands...), expected) << text << ", at run time";
}

TEST(simd_lane_ops, move_lanes) {
  constexpr V128 reversed = i8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  constexpr V128 mixed = i8(0, 16, 1, 17, 31, 15, 2, 18, 0, 0, 0, 0, 0, 0, 0, 0);
  static_assert(i8x16_swizzle(counting, reversed) == reversed);
  expect_fact<&i8x16_swizzle>("swizzle", i8x16_swizzle(counting, i8(16, -1, 3)), i8(0, 0, 3),
                              counting, hidden(i8(16, -1, 3)));
  constexpr V128 shuffled = i8x16_shuffle(counting, reversed, mixed);
  expect_fact<&i8x16_shuffle>("shuffle", shuffled, i8(0, 15, 1, 14, 0, 15, 2, 13), hidden(counting),
                              reversed, mixed);
  static_assert(i16x8_splat(0x12345) ==
                i16(0x2345, 0x2345, 0x2345, 0x2345, 0x2345, 0x2345, 0x2345, 0x2345));
  EXPECT_EQ(f32x4_splat(1.5f), f32(1.5, 1.5, 1.5, 1.5));
  static_assert(i8x16_extract_lane_s(i8(0, -2), 1) == 0xfffffffe);
  static_assert(i8x16_extract_lane_u(i8(0, -2), 1) == 0xfe);
  EXPECT_EQ(i16x8_extract_lane_s(hidden(i16(0, 0, 0, -3)), 3), 0xfffffffdu);
  EXPECT_EQ(f64x2_extract_lane(hidden(f64(1, 2)), 1), 2.0);
  EXPECT_EQ(i32x4_replace_lane(hidden(i32(1, 2, 3, 4)), 9, 2), i32(1, 2, 9, 4));
}

TEST(simd_int_ops, wrap_and_saturate) {
  expect_fact<&i8x16_add>("add", i8x16_add(i8(127), i8(1)), i8(-128), hidden(i8(127)), i8(1));
  expect_fact<&i8x16_add_sat_s>("add_sat_s", i8x16_add_sat_s(i8(127, -128), i8(1, -1)),
                                i8(127, -128), hidden(i8(127, -128)), i8(1, -1));
  expect_fact<&i16x8_sub_sat_u>("sub_sat_u", i16x8_sub_sat_u(i16(1, -1), i16(2, 1)), i16(0, -2),
                                hidden(i16(1, -1)), i16(2, 1));
  expect_fact<&i16x8_mul>("mul", i16x8_mul(i16(-1, 0x101), i16(-1, 0x100)), i16(1, 0x100),
                          hidden(i16(-1, 0x101)), i16(-1, 0x100));
  expect_fact<&i64x2_mul>("mul", i64x2_mul(i64(-3, 1ll << 33), i64(5, 1ll << 31)), i64(-15, 0),
                          hidden(i64(-3, 1ll << 33)), i64(5, 1ll << 31));
  expect_fact<&i8x16_avgr_u>("avgr_u", i8x16_avgr_u(i8(-1, 1), i8(-1, 2)), i8(-1, 2),
                             hidden(i8(-1, 1)), i8(-1, 2));
  constexpr auto most_negative = INT32_MIN;
  expect_fact<&i32x4_abs>("abs", i32x4_abs(i32(-5, most_negative)), i32(5, most_negative),
                          hidden(i32(-5, most_negative)));
  expect_fact<&i64x2_neg>("neg", i64x2_neg(i64(1, INT64_MIN)), i64(-1, INT64_MIN),
                          hidden(i64(1, INT64_MIN)));
}

TEST(simd_int_ops, compare_and_choose) {
  expect_fact<&i8x16_lt_s>("lt_s", i8x16_lt_s(i8(-1, 1), i8(0, 0)), i8(-1, 0), hidden(i8(-1, 1)),
                           i8(0, 0));
  expect_fact<&i8x16_lt_u>("lt_u", i8x16_lt_u(i8(-1, 0), i8(0, 1)), i8(0, -1), hidden(i8(-1, 0)),
                           i8(0, 1));
  expect_fact<&i16x8_min_u>("min_u", i16x8_min_u(i16(-1), i16(7)), i16(7), hidden(i16(-1)), i16(7));
  expect_fact<&i32x4_max_s>("max_s", i32x4_max_s(i32(-1), i32(-7)), i32(-1), hidden(i32(-1)),
                            i32(-7));
  expect_fact<&i64x2_ge_s>("ge_s", i64x2_ge_s(i64(-1, 3), i64(0, 3)), i64(0, -1),
                           hidden(i64(-1, 3)), i64(0, 3));
  expect_fact<&v128_bitselect>("bitselect", v128_bitselect(i64(-1), i64(0), i64(0xf0)), i64(0xf0),
                               hidden(i64(-1)), i64(0), i64(0xf0));
}

TEST(simd_int_ops, shift_by_a_count_modulo_the_width) {
  expect_fact<&i8x16_shl>("shl", i8x16_shl(i8(1, -1), 9), i8(2, -2), hidden(i8(1, -1)), 9u);
  expect_fact<&i8x16_shr_s>("shr_s", i8x16_shr_s(i8(-128, 64), 15), i8(-1, 0), hidden(i8(-128, 64)),
                            15u);
  expect_fact<&i64x2_shr_s>("shr_s", i64x2_shr_s(i64(-4, 4), 65), i64(-2, 2), hidden(i64(-4, 4)),
                            65u);
  expect_fact<&i32x4_shr_u>("shr_u", i32x4_shr_u(i32(-1), 28), i32(15), hidden(i32(-1)), 28u);
}

TEST(simd_int_ops, reduce) {
  expect_fact<&i8x16_bitmask>("bitmask", i8x16_bitmask(i8(-1, 0, -1)), 5u, hidden(i8(-1, 0, -1)));
  expect_fact<&i16x8_bitmask>("bitmask", i16x8_bitmask(i16(0, -1, 127)), 2u,
                              hidden(i16(0, -1, 127)));
  expect_fact<&i64x2_bitmask>("bitmask", i64x2_bitmask(i64(1, -1)), 2u, hidden(i64(1, -1)));
  expect_fact<&i32x4_all_true>("all_true", i32x4_all_true(i32(1, 2, 3, 256)), 1u,
                               hidden(i32(1, 2, 3, 256)));
  expect_fact<&i8x16_all_true>("all_true", i8x16_all_true(counting), 0u, hidden(counting));
  expect_fact<&v128_any_true>("any_true", v128_any_true(i64(0, 1)), 1u, hidden(i64(0, 1)));
  expect_fact<&i8x16_popcnt>("popcnt", i8x16_popcnt(i8(-1, 3, 0)), i8(8, 2, 0),
                             hidden(i8(-1, 3, 0)));
}

TEST(simd_widen_ops, widen_narrow_and_multiply) {
  expect_fact<&i16x8_extend_high_i8x16_s>(
      "extend_high", i16x8_extend_high_i8x16_s(i8(0, 0, 0, 0, 0, 0, 0, 0, -1, 2)), i16(-1, 2),
      hidden(i8(0, 0, 0, 0, 0, 0, 0, 0, -1, 2)));
  expect_fact<&i64x2_extend_low_i32x4_u>("extend_low", i64x2_extend_low_i32x4_u(i32(-1, 1)),
                                         i64(0xffffffff, 1), hidden(i32(-1, 1)));
  expect_fact<&i8x16_narrow_i16x8_u>("narrow_u", i8x16_narrow_i16x8_u(i16(-1, 300), i16(7)),
                                     i8(0, -1, 0, 0, 0, 0, 0, 0, 7), hidden(i16(-1, 300)), i16(7));
  expect_fact<&i32x4_extmul_high_i16x8_s>(
      "extmul", i32x4_extmul_high_i16x8_s(i16(0, 0, 0, 0, -32768), i16(0, 0, 0, 0, -32768)),
      i32(1 << 30), hidden(i16(0, 0, 0, 0, -32768)), i16(0, 0, 0, 0, -32768));
  expect_fact<&i64x2_extmul_low_i32x4_u>("extmul", i64x2_extmul_low_i32x4_u(i32(-1, 2), i32(-1, 3)),
                                         lanes<uint64_t>(0xfffffffe00000001, 6), hidden(i32(-1, 2)),
                                         i32(-1, 3));
  expect_fact<&i32x4_extadd_pairwise_i16x8_u>("extadd",
                                              i32x4_extadd_pairwise_i16x8_u(i16(-1, -1, 1, 2)),
                                              i32(131070, 3), hidden(i16(-1, -1, 1, 2)));
  constexpr V128 lowest = i16(-32768, -32768);
  expect_fact<&i32x4_dot_i16x8_s>("dot", i32x4_dot_i16x8_s(lowest, lowest), i32(INT32_MIN),
                                  hidden(lowest), lowest);
  expect_fact<&i16x8_q15mulr_sat_s>("q15mulr", i16x8_q15mulr_sat_s(lowest, lowest),
                                    i16(32767, 32767), hidden(lowest), lowest);
}

TEST(simd_relaxed_ops, follow_the_deterministic_profile) {
  constexpr V128 lowest = i8(-128, -128, 1, 2);
  expect_fact<&i16x8_relaxed_dot_i8x16_i7x16_s>("dot",
                                                i16x8_relaxed_dot_i8x16_i7x16_s(lowest, lowest),
                                                i16(32767, 5), hidden(lowest), lowest);
  expect_fact<&i32x4_relaxed_dot_i8x16_i7x16_add_s>(
      "dot_add", i32x4_relaxed_dot_i8x16_i7x16_add_s(lowest, lowest, i32(1)), i32(32773),
      hidden(lowest), lowest, i32(1));
  // Two roundings: the product overflows before the sum could bring it back.
  constexpr float most = 0x1.fffffep+127f;
  constexpr float infinity = std::numeric_limits<float>::infinity();
  expect_fact<&f32x4_relaxed_madd>("madd", f32x4_relaxed_madd(f32(most), f32(2), f32(-most)),
                                   f32(infinity), hidden(f32(most)), f32(2), f32(-most));
  expect_fact<&i32x4_relaxed_trunc_f32x4_s>("trunc", i32x4_relaxed_trunc_f32x4_s(f32(nan32, 3e9)),
                                            i32(0, INT32_MAX), hidden(f32(nan32, 3e9)));
  expect_fact<&i32x4_relaxed_trunc_f64x2_u_zero>(
      "trunc", i32x4_relaxed_trunc_f64x2_u_zero(f64(-1, 5e9)), i32(0, -1), hidden(f64(-1, 5e9)));
}

TEST(simd_float_ops, order_zeros_and_canonicalize_nans) {
  constexpr V128 zeros = f32(0.0f, -0.0f, nan32, 1.0f);
  constexpr V128 others = f32(-0.0f, 0.0f, 1.0f, nan32);
  const auto expect_nans = [](V128 result, uint32_t zero) {
    const auto bits = result.lanes<uint32_t>();
    EXPECT_EQ(bits[0], zero);
    EXPECT_EQ(bits[1], zero);
    EXPECT_EQ(bits[2] & 0x7fffffff, 0x7fc00000u);
    EXPECT_EQ(bits[3] & 0x7fffffff, 0x7fc00000u);
  };
  expect_nans(f32x4_min(hidden(zeros), others), 0x80000000);
  expect_nans(f32x4_max(hidden(zeros), others), 0);
  static_assert(f32x4_min(zeros, others).lanes<uint32_t>()[0] == 0x80000000);
  constexpr V128 pmin = f32x4_pmin(f32(0.0f, 2.0f), f32(-0.0f, 1.0f));
  expect_fact<&f32x4_pmin>("pmin", pmin, f32(0.0f, 1.0f), hidden(f32(0.0f, 2.0f)),
                           f32(-0.0f, 1.0f));
  constexpr V128 rounded = f64x2_nearest(f64(2.5, -0.5));
  expect_fact<&f64x2_nearest>("nearest", rounded, f64(2.0, -0.0), hidden(f64(2.5, -0.5)));
  EXPECT_EQ(f32x4_lt(hidden(f32(1, nan32)), f32(2, 2)), i32(-1, 0));
  EXPECT_EQ(f32x4_ne(hidden(f32(nan32)), f32(nan32)), i32(-1));
}

TEST(simd_convert_ops, saturate_and_round_once) {
  constexpr V128 wide = f32(-5.0f, 4294967296.0f, 2147483648.0f, nan32);
  expect_fact<&i32x4_trunc_sat_f32x4_u>("trunc_sat_u", i32x4_trunc_sat_f32x4_u(wide),
                                        lanes<uint32_t>(0, 0xffffffff, 0x80000000, 0),
                                        hidden(wide));
  expect_fact<&i32x4_trunc_sat_f32x4_s>("trunc_sat_s", i32x4_trunc_sat_f32x4_s(wide),
                                        i32(-5, INT32_MAX, INT32_MAX, 0), hidden(wide));
  constexpr V128 numbers = lanes<uint32_t>(0xffffffff, 0x80000081, 0x01000001, 0xffff);
  expect_fact<&f32x4_convert_i32x4_u>("convert_u", f32x4_convert_i32x4_u(numbers),
                                      f32(4294967296.0f, 2147483904.0f, 16777216.0f, 65535.0f),
                                      hidden(numbers));
  expect_fact<&f64x2_convert_low_i32x4_u>("convert_low_u", f64x2_convert_low_i32x4_u(numbers),
                                          f64(4294967295.0, 2147483777.0), hidden(numbers));
  expect_fact<&f32x4_demote_f64x2_zero>("demote", f32x4_demote_f64x2_zero(f64(1.5, 1e-50)),
                                        f32(1.5, 0), hidden(f64(1.5, 1e-50)));
}

}  // namespace
}  // namespace waxwing::numeric
