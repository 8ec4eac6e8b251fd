// Scalar instructions at the edges of their domains, as constants and as run-time calls.
#include <gtest/gtest.h>

#include "numeric/fold.h"
#include "numeric/numeric.h"

namespace waxwing::numeric {
namespace {

constexpr float nan32 = from_bits<float>(0x7fc00000);
constexpr float signaling32 = from_bits<float>(0x7fa00000);
constexpr double signaling64 = from_bits<double>(0x7ff4000000000000);
constexpr float infinity32 = from_bits<float>(0x7f800000);

// Each line is a fact about the meaning, checked by both compilers.
static_assert(i32_add(0xffffffff, 2) == 1);
static_assert(i32_mul(0x10001, 0x10001) == 0x20001);
static_assert(i32_clz(0) == 32 && i32_ctz(0) == 32 && i64_clz(0) == 64 && i64_ctz(0) == 64);
static_assert(i32_clz(1) == 31 && i64_ctz(uint64_t{1} << 63) == 63 && i64_popcnt(~0ull) == 64);
static_assert(i32_shl(1, 33) == 2 && i64_shr_u(~0ull, 127) == 1);
static_assert(i32_shr_s(0x80000000, 63) == 0xffffffff);
static_assert(i32_rotl(0x80000001, 0) == 0x80000001 && i32_rotl(0x80000001, 33) == 3);
static_assert(i64_rotr(1, 1) == 0x8000000000000000 && i64_rotr(1, 64) == 1);
static_assert(i32_lt_s(0xffffffff, 0) == 1 && i32_lt_u(0xffffffff, 0) == 0);
static_assert(i32_extend8_s(0x180) == 0xffffff80 && i64_extend32_s(0x80000000) == ~0x7fffffffull);
static_assert(i64_extend_i32_s(0x80000000) == 0xffffffff80000000);
static_assert(i64_extend_i32_u(0x80000000) == 0x80000000 && i32_wrap_i64(0x100000002) == 2);

static_assert(i32_div_s(7, 0).trap == TrapCode::integer_divide_by_zero);
static_assert(i32_div_s(0x80000000, 0xffffffff).trap == TrapCode::integer_overflow);
static_assert(i64_div_s(uint64_t{1} << 63, ~0ull).trap == TrapCode::integer_overflow);
static_assert(i32_div_s(0xfffffff9, 2) == OrTrap<uint32_t>{0xfffffffd});
static_assert(i32_div_s(5, 0xffffffff) == OrTrap<uint32_t>{0xfffffffb});
static_assert(i32_rem_s(0x80000000, 0xffffffff) == OrTrap<uint32_t>{0});
static_assert(i32_rem_s(0xfffffff9, 2) == OrTrap<uint32_t>{0xffffffff});
static_assert(i64_rem_u(7, 0).trap == TrapCode::integer_divide_by_zero);
static_assert(i32_div_u(0xffffffff, 2) == OrTrap<uint32_t>{0x7fffffff});

static_assert(i64_add128(~0ull, 0, 1, 0) == U64Pair{0, 1});
static_assert(i64_sub128(0, 0, 1, 0) == U64Pair{~0ull, ~0ull});
static_assert(i64_mul_wide_s(~0ull, ~0ull) == U64Pair{1, 0});
static_assert(i64_mul_wide_u(~0ull, ~0ull) == U64Pair{1, ~1ull});

static_assert(to_bits(f32_min(0.0f, -0.0f)) == 0x80000000 && to_bits(f32_max(-0.0f, 0.0f)) == 0);
static_assert(to_bits(f32_min(signaling32, 1.0f)) == 0x7fe00000);
static_assert(to_bits(f32_abs(from_bits<float>(0xffa00000))) == 0x7fa00000);
static_assert(to_bits(f32_neg(signaling32)) == 0xffa00000);
static_assert(to_bits(f64_copysign(signaling64, -1.0)) == 0xfff4000000000000);
static_assert(f32_nearest(2.5f) == 2.0f && f32_nearest(3.5f) == 4.0f && f32_nearest(0.5f) == 0.0f);
static_assert(to_bits(f32_nearest(-0.5f)) == 0x80000000 && to_bits(f32_ceil(-0.5f)) == 0x80000000);
static_assert(f64_floor(-0.5) == -1.0 && f64_trunc(-1.5) == -1.0 && f64_ceil(1.0000001) == 2.0);
static_assert(f32_add(3e38f, 3e38f) == infinity32 && is_nan(f32_sub(infinity32, infinity32)));
static_assert(f32_div(1.0f, 0.0f) == infinity32 && is_nan(f32_div(0.0f, 0.0f)));
static_assert(f64_sqrt(2.0) == 1.4142135623730951 && is_nan(f64_sqrt(-1.0)));
static_assert(f32_eq(nan32, nan32) == 0 && f32_ne(nan32, nan32) == 1 && f32_lt(nan32, 1.0f) == 0);

static_assert(i32_trunc_f32_s(-2147483648.0f) == OrTrap<uint32_t>{0x80000000});
static_assert(i32_trunc_f32_s(2147483648.0f).trap == TrapCode::integer_overflow);
static_assert(i32_trunc_f64_s(-2147483648.9) == OrTrap<uint32_t>{0x80000000});
static_assert(i32_trunc_f64_s(-2147483649.0).trap == TrapCode::integer_overflow);
static_assert(i32_trunc_f64_u(-0.9) == OrTrap<uint32_t>{0});
static_assert(i32_trunc_f64_u(-1.0).trap == TrapCode::integer_overflow);
static_assert(i32_trunc_f64_u(4294967295.9) == OrTrap<uint32_t>{0xffffffff});
static_assert(i64_trunc_f64_u(18446744073709549568.0) == OrTrap<uint64_t>{0xfffffffffffff800});
static_assert(i64_trunc_f32_u(18446744073709551616.0f).trap == TrapCode::integer_overflow);
static_assert(i64_trunc_f32_s(-9223372036854775808.0f) == OrTrap<uint64_t>{uint64_t{1} << 63});
static_assert(i32_trunc_f32_s(nan32).trap == TrapCode::invalid_conversion);
static_assert(i32_trunc_sat_f32_s(nan32) == 0 && i32_trunc_sat_f32_u(-5.0f) == 0);
static_assert(i64_trunc_sat_f32_s(infinity32) == 0x7fffffffffffffff);
static_assert(i64_trunc_sat_f64_u(1e30) == ~0ull && i32_trunc_sat_f64_s(-1e30) == 0x80000000);
static_assert(f32_convert_i64_u(~0ull) == 18446744073709551616.0f);
static_assert(f32_convert_i32_u(16777217) == 16777216.0f && f64_convert_i64_s(~0ull) == -1.0);
static_assert(to_bits(f64_promote_f32(signaling32)) == 0x7ffc000000000000);
static_assert(f32_demote_f64(1e300) == infinity32 && f32_demote_f64(1e-46) == 0.0f);

template <typename T>
T hidden(T value) {
  volatile T copy = value;
  return copy;
}

TEST(scalar_ops, quiet_what_arithmetic_is_given_and_keep_what_sign_operations_are_given) {
  const auto bits = [](float x) { return to_bits(x); };
  for (const float result :
       {f32_min(hidden(signaling32), hidden(1.0f)), f32_max(hidden(1.0f), hidden(signaling32)),
        f32_nearest(hidden(signaling32)), f32_ceil(hidden(signaling32)),
        f32_floor(hidden(signaling32)), f32_trunc(hidden(signaling32)),
        f32_sqrt(hidden(signaling32)), f32_add(hidden(signaling32), hidden(0.0f)),
        f32_demote_f64(hidden(signaling64))}) {
    EXPECT_EQ(bits(result) & 0x7fc00000, 0x7fc00000u);
  }
  EXPECT_EQ(to_bits(f64_promote_f32(hidden(signaling32))), 0x7ffc000000000000u);
  EXPECT_EQ(bits(f32_abs(hidden(from_bits<float>(0xffa00000)))), 0x7fa00000u);
  EXPECT_EQ(bits(f32_neg(hidden(signaling32))), 0xffa00000u);
  EXPECT_EQ(bits(f32_copysign(hidden(signaling32), hidden(-1.0f))), 0xffa00000u);
}

TEST(scalar_ops, trap_at_the_limits_of_division_and_truncation) {
  EXPECT_EQ(i32_div_s(hidden(0x80000000u), hidden(~0u)).trap, TrapCode::integer_overflow);
  EXPECT_EQ(i32_rem_s(hidden(0x80000000u), hidden(~0u)), OrTrap<uint32_t>{0});
  EXPECT_EQ(i64_div_u(hidden(uint64_t{1}), hidden(uint64_t{0})).trap,
            TrapCode::integer_divide_by_zero);
  EXPECT_EQ(i32_trunc_f64_s(hidden(-2147483648.9)), OrTrap<uint32_t>{0x80000000});
  EXPECT_EQ(i32_trunc_f64_s(hidden(-2147483649.0)).trap, TrapCode::integer_overflow);
  EXPECT_EQ(i32_trunc_f32_s(hidden(-2147483648.0f)), OrTrap<uint32_t>{0x80000000});
  EXPECT_EQ(i32_trunc_f32_u(hidden(-0.99f)), OrTrap<uint32_t>{0});
  EXPECT_EQ(i32_trunc_f32_u(hidden(-1.0f)).trap, TrapCode::integer_overflow);
  EXPECT_EQ(i64_trunc_f64_s(hidden(-9223372036854775808.0)), OrTrap<uint64_t>{1ull << 63});
  EXPECT_EQ(i64_trunc_f64_s(hidden(9223372036854775808.0)).trap, TrapCode::integer_overflow);
  EXPECT_EQ(i64_trunc_f64_u(hidden(9223372036854775808.0)), OrTrap<uint64_t>{1ull << 63});
  EXPECT_EQ(i64_trunc_f64_u(hidden(-1.0)).trap, TrapCode::integer_overflow);
  EXPECT_EQ(i64_trunc_f32_u(hidden(nan32)).trap, TrapCode::invalid_conversion);
  EXPECT_EQ(i64_trunc_sat_f64_s(hidden(-1e30)), 1ull << 63);
}

TEST(fold, runs_scalars_traps_and_pairs) {
  using syntax::Op;
  const V128 operands[] = {fold_operand(7u), fold_operand(0u)};
  EXPECT_EQ(fold(Op::i32_add, operands)->values[0], fold_operand(7u));
  EXPECT_EQ(fold(Op::i32_add, operands)->value_count, 1);
  EXPECT_EQ(fold(Op::i32_div_u, operands)->trap, TrapCode::integer_divide_by_zero);
  const V128 wide[] = {fold_operand(~uint64_t{0}), fold_operand(uint64_t{2})};
  const auto product = fold(Op::i64_mul_wide_u, wide);
  ASSERT_EQ(product->value_count, 2);
  EXPECT_EQ(product->values[0], fold_operand(~uint64_t{1}));
  EXPECT_EQ(product->values[1], fold_operand(uint64_t{1}));
}

TEST(fold, refuses_what_is_not_pure_and_the_wrong_number_of_operands) {
  const V128 operands[] = {fold_operand(7u), fold_operand(0u)};
  EXPECT_FALSE(fold(syntax::Op::i32_load, operands));
  EXPECT_FALSE(fold(syntax::Op::i32_eqz, operands));
  EXPECT_FALSE(fold(syntax::Op(syntax::op_count), operands));
}

}  // namespace
}  // namespace waxwing::numeric
