// Every PURE instruction means the same where the compiler evaluates it and where the processor
// runs it.
#include <array>
#include <gtest/gtest.h>
#include <limits>
#include <string_view>

#include "numeric/numeric.h"

namespace waxwing::numeric {
namespace {

/// A small generator of test data: splitmix64.
constexpr uint64_t scramble(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// Bit patterns where meanings change: limits, zeros, subnormals, infinities, NaNs, bounds of
// conversions.
constexpr uint32_t bits32[] = {0,          1,          0xffffffff, 0x80000000, 0x7fffffff,
                               31,         33,         0x7f800000, 0xff800000, 0x7fc00000,
                               0x7fa00001, 0xffc00123, 0x4f000000, 0xcf000000, 0x4f800000,
                               0x3f000000, 0x3fc00000, 0x40200000, 0xbf000001, 0x00000003,
                               0x007fffff, 0x00800000, 0x7f7fffff, 0x34000000, 0x5f7fffff};
constexpr uint64_t bits64[] = {0,
                               1,
                               0xffffffffffffffff,
                               0x8000000000000000,
                               0x7fffffffffffffff,
                               63,
                               65,
                               0x7ff0000000000000,
                               0xfff0000000000000,
                               0x7ff8000000000000,
                               0x7ff4000000000001,
                               0xfff8000000000123,
                               0x41e0000000000000,
                               0xc1e0000000200000,
                               0x41efffffffffffff,
                               0x43e0000000000000,
                               0xc3e0000000000000,
                               0x43f0000000000000,
                               0x3fe0000000000000,
                               0x3ff8000000000000,
                               0x4004000000000000,
                               0x000fffffffffffff,
                               0x7fefffffffffffff,
                               0x47efffffefffffff,
                               0x3690000000000001};

constexpr uint64_t pick32(uint64_t seed) {
  const uint64_t random = scramble(seed);
  return random % 4 == 0 ? random >> 32 : bits32[random / 4 % std::size(bits32)];
}

constexpr uint64_t pick64(uint64_t seed) {
  const uint64_t random = scramble(seed);
  return random % 4 == 0 ? scramble(random) : bits64[random / 4 % std::size(bits64)];
}

/// The operand of type T that `seed` stands for.
template <typename T>
constexpr T pick(uint64_t seed) {
  if constexpr (std::is_same_v<T, V128>) {
    const uint64_t kind = scramble(seed) % 3;
    if (kind == 0) return V128::from_lanes(std::array{pick64(seed + 1), pick64(seed + 2)});
    const uint64_t low = kind == 1 ? pick32(seed + 3) | pick32(seed + 4) << 32 : scramble(seed + 5);
    const uint64_t high = kind == 1 ? pick32(seed + 6) | pick32(seed + 7) << 32 : scramble(seed);
    return V128::from_lanes(std::array{low, high});
  } else if constexpr (sizeof(T) == 1) {
    return static_cast<T>(seed % 2);  // a lane that every shape has
  } else if constexpr (sizeof(T) == 4) {
    return std::bit_cast<T>(static_cast<uint32_t>(pick32(seed)));
  } else {
    return std::bit_cast<T>(pick64(seed));
  }
}

/// The lanes of a shuffle, which validation has bounded.
constexpr V128 bounded(V128 lanes) {
  for (uint8_t& lane : lanes.bytes) lane %= 32;
  return lanes;
}

constexpr size_t case_count = 16;

template <auto meaning>
struct Cases;

template <typename R, typename... P, R (*meaning)(P...)>
struct Cases<meaning> {
  template <size_t... I>
  static constexpr R run(uint64_t seed, std::index_sequence<I...>) {
    if constexpr (std::is_same_v<decltype(meaning), decltype(&i8x16_shuffle)>) {
      if (meaning == &i8x16_shuffle)
        return i8x16_shuffle(pick<V128>(seed), pick<V128>(seed + 50), bounded(pick<V128>(~seed)));
    }
    return meaning(pick<P>(seed + 100 * I)...);
  }

  static constexpr R run(uint64_t seed) { return run(seed, std::index_sequence_for<P...>{}); }

  static constexpr std::array<R, case_count> all() {
    std::array<R, case_count> results{};
    for (size_t i = 0; i < case_count; ++i) results[i] = run(1000 * i);
    return results;
  }

  static constexpr std::array<R, case_count> constants = all();
};

/// Equal, or both a quiet NaN: sign and payload of a NaN are the processor's choice.
template <typename F>
bool same_float(F a, F b) {
  const auto is_quiet = [](F x) { return (to_bits(x) & FloatFormat<F>::quiet) != 0; };
  if (is_nan(a) && is_nan(b) && is_quiet(a) && is_quiet(b)) return true;
  return to_bits(a) == to_bits(b);
}

bool same(std::string_view, float a, float b) { return same_float(a, b); }
bool same(std::string_view, double a, double b) { return same_float(a, b); }
bool same(std::string_view text, V128 a, V128 b) {
  if (!text.starts_with("f")) return a == b;
  for (size_t i = 0; i < 4 && text.starts_with("f32"); ++i) {
    if (!same_float(a.lanes<float>()[i], b.lanes<float>()[i])) return false;
  }
  for (size_t i = 0; i < 2 && text.starts_with("f64"); ++i) {
    if (!same_float(a.lanes<double>()[i], b.lanes<double>()[i])) return false;
  }
  return true;
}
template <typename T>
bool same(std::string_view, T a, T b) {
  return a == b;
}

template <auto meaning>
void expect_constants_are_run_time_results(std::string_view text) {
  for (size_t i = 0; i < case_count; ++i) {
    volatile uint64_t seed = 1000 * i;  // what the compiler does not know, it cannot evaluate
    EXPECT_TRUE(same(text, Cases<meaning>::constants[i], Cases<meaning>::run(seed)))
        << text << ", case " << i;
  }
}

TEST(constant_evaluation, yields_what_the_processor_yields_for_every_row) {
#define OP(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE)
#define PURE(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) \
  expect_constants_are_run_time_results<&ID>(TEXT);
#include "syntax/opcodes.def"
}

/// Compares the soft arithmetic with the processor's on many operands.
template <typename F>
void expect_soft_is_hard() {
  for (uint64_t i = 0; i < 200000; ++i) {
    const F a = pick<F>(2 * i);
    // Near operands, where sums cancel and quotients round, as often as unrelated ones.
    const F b = i % 2 ? pick<F>(2 * i + 1)
                      : from_bits<F>(to_bits(a) ^ static_cast<FloatBits<F>>(scramble(i) & 0xfff));
    ASSERT_TRUE(same_float(soft::add(a, b), a + b)) << a << " + " << b;
    ASSERT_TRUE(same_float(soft::subtract(a, b), a - b)) << a << " - " << b;
    ASSERT_TRUE(same_float(soft::multiply(a, b), a * b)) << a << " * " << b;
    ASSERT_TRUE(same_float(soft::divide(a, b), a / b)) << a << " / " << b;
    ASSERT_TRUE(same_float(soft::square_root(a), float_sqrt(a))) << "sqrt " << a;
    ASSERT_TRUE(same_float(soft::round_to_integer(a, soft::Rounding::up), float_ceil(a))) << a;
    ASSERT_TRUE(same_float(soft::round_to_integer(a, soft::Rounding::down), float_floor(a))) << a;
    ASSERT_TRUE(same_float(soft::round_to_integer(a, soft::Rounding::to_zero), float_trunc(a)))
        << a;
    ASSERT_TRUE(same_float(soft::round_to_integer(a, soft::Rounding::to_nearest), float_nearest(a)))
        << a;
  }
}

TEST(soft_float, is_the_processors_single_precision) { expect_soft_is_hard<float>(); }
TEST(soft_float, is_the_processors_double_precision) { expect_soft_is_hard<double>(); }

TEST(soft_float, converts_like_the_processor) {
  for (uint64_t i = 0; i < 200000; ++i) {
    const double wide = pick<double>(i);
    const float narrow = pick<float>(i);
    ASSERT_TRUE(same_float(soft::convert<float>(wide), f32_demote_f64(wide))) << wide;
    ASSERT_TRUE(same_float(soft::convert<double>(narrow), f64_promote_f32(narrow))) << narrow;
    const double near_float = from_bits<double>(to_bits(static_cast<double>(narrow)) ^ (i & 7));
    ASSERT_TRUE(same_float(soft::convert<float>(near_float), f32_demote_f64(near_float)))
        << near_float;
  }
}

}  // namespace
}  // namespace waxwing::numeric
