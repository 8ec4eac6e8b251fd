// The instructions that compilers do not find by themselves, as x86-64-v2 (SSE4.2) has them.
// Elsewhere `available` is false, none of these is called, and the plain C++ meaning beside each
// call is what runs.
#pragma once

#include "numeric/results.h"

#if defined(__SSE4_2__)
#include <nmmintrin.h>
#endif

namespace waxwing::numeric::machine {

#if defined(__SSE4_2__)

inline constexpr bool available = true;

inline __m128i ints(V128 v) { return __builtin_bit_cast(__m128i, v); }
inline __m128 floats(V128 v) { return __builtin_bit_cast(__m128, v); }
inline __m128d doubles(V128 v) { return __builtin_bit_cast(__m128d, v); }
inline V128 pack(__m128i v) { return __builtin_bit_cast(V128, v); }
inline V128 pack(__m128 v) { return __builtin_bit_cast(V128, v); }
inline V128 pack(__m128d v) { return __builtin_bit_cast(V128, v); }
inline uint32_t number(int x) { return static_cast<uint32_t>(x); }

// Truncation towards zero; 0x80... where the value does not fit.
inline int32_t truncate_to_i32(float x) { return _mm_cvttss_si32(_mm_set_ss(x)); }
inline int32_t truncate_to_i32(double x) { return _mm_cvttsd_si32(_mm_set_sd(x)); }
inline int64_t truncate_to_i64(float x) { return _mm_cvttss_si64(_mm_set_ss(x)); }
inline int64_t truncate_to_i64(double x) { return _mm_cvttsd_si64(_mm_set_sd(x)); }

// pshufb takes the low four bits of an index and yields 0 where the highest is set.
inline V128 i8x16_swizzle(V128 a, V128 indices) {
  return pack(_mm_shuffle_epi8(ints(a), _mm_adds_epu8(ints(indices), _mm_set1_epi8(0x70))));
}

inline V128 i8x16_shuffle(V128 a, V128 b, V128 lanes) {
  const __m128i from_a = _mm_adds_epu8(ints(lanes), _mm_set1_epi8(0x70));
  const __m128i from_b = _mm_sub_epi8(ints(lanes), _mm_set1_epi8(0x10));
  return pack(_mm_or_si128(_mm_shuffle_epi8(ints(a), from_a), _mm_shuffle_epi8(ints(b), from_b)));
}

inline V128 i8x16_popcnt(V128 a) {
  const __m128i nibble_mask = _mm_set1_epi8(0x0f);
  const __m128i counts = _mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m128i low = _mm_and_si128(ints(a), nibble_mask);
  const __m128i high = _mm_and_si128(_mm_srli_epi16(ints(a), 4), nibble_mask);
  return pack(_mm_add_epi8(_mm_shuffle_epi8(counts, low), _mm_shuffle_epi8(counts, high)));
}

inline V128 i8x16_abs(V128 a) { return pack(_mm_abs_epi8(ints(a))); }
inline V128 i16x8_abs(V128 a) { return pack(_mm_abs_epi16(ints(a))); }
inline V128 i32x4_abs(V128 a) { return pack(_mm_abs_epi32(ints(a))); }
inline V128 i64x2_abs(V128 a) {
  const __m128i sign = _mm_cmpgt_epi64(_mm_setzero_si128(), ints(a));
  return pack(_mm_sub_epi64(_mm_xor_si128(ints(a), sign), sign));
}

inline uint32_t v128_any_true(V128 a) { return !_mm_testz_si128(ints(a), ints(a)); }
inline uint32_t no_lane_is_set(__m128i lanes) { return number(_mm_testz_si128(lanes, lanes)); }
inline uint32_t i8x16_all_true(V128 a) {
  return no_lane_is_set(_mm_cmpeq_epi8(ints(a), _mm_setzero_si128()));
}
inline uint32_t i16x8_all_true(V128 a) {
  return no_lane_is_set(_mm_cmpeq_epi16(ints(a), _mm_setzero_si128()));
}
inline uint32_t i32x4_all_true(V128 a) {
  return no_lane_is_set(_mm_cmpeq_epi32(ints(a), _mm_setzero_si128()));
}
inline uint32_t i64x2_all_true(V128 a) {
  return no_lane_is_set(_mm_cmpeq_epi64(ints(a), _mm_setzero_si128()));
}

inline uint32_t i8x16_bitmask(V128 a) { return number(_mm_movemask_epi8(ints(a))); }
inline uint32_t i16x8_bitmask(V128 a) {
  return number(_mm_movemask_epi8(_mm_packs_epi16(ints(a), _mm_setzero_si128())));
}
inline uint32_t i32x4_bitmask(V128 a) { return number(_mm_movemask_ps(floats(a))); }
inline uint32_t i64x2_bitmask(V128 a) { return number(_mm_movemask_pd(doubles(a))); }

inline V128 i8x16_narrow_i16x8_s(V128 a, V128 b) { return pack(_mm_packs_epi16(ints(a), ints(b))); }
inline V128 i8x16_narrow_i16x8_u(V128 a, V128 b) {
  return pack(_mm_packus_epi16(ints(a), ints(b)));
}
inline V128 i16x8_narrow_i32x4_s(V128 a, V128 b) { return pack(_mm_packs_epi32(ints(a), ints(b))); }
inline V128 i16x8_narrow_i32x4_u(V128 a, V128 b) {
  return pack(_mm_packus_epi32(ints(a), ints(b)));
}

inline V128 i8x16_add_sat_s(V128 a, V128 b) { return pack(_mm_adds_epi8(ints(a), ints(b))); }
inline V128 i8x16_add_sat_u(V128 a, V128 b) { return pack(_mm_adds_epu8(ints(a), ints(b))); }
inline V128 i8x16_sub_sat_s(V128 a, V128 b) { return pack(_mm_subs_epi8(ints(a), ints(b))); }
inline V128 i8x16_sub_sat_u(V128 a, V128 b) { return pack(_mm_subs_epu8(ints(a), ints(b))); }
inline V128 i16x8_add_sat_s(V128 a, V128 b) { return pack(_mm_adds_epi16(ints(a), ints(b))); }
inline V128 i16x8_add_sat_u(V128 a, V128 b) { return pack(_mm_adds_epu16(ints(a), ints(b))); }
inline V128 i16x8_sub_sat_s(V128 a, V128 b) { return pack(_mm_subs_epi16(ints(a), ints(b))); }
inline V128 i16x8_sub_sat_u(V128 a, V128 b) { return pack(_mm_subs_epu16(ints(a), ints(b))); }
inline V128 i8x16_avgr_u(V128 a, V128 b) { return pack(_mm_avg_epu8(ints(a), ints(b))); }
inline V128 i16x8_avgr_u(V128 a, V128 b) { return pack(_mm_avg_epu16(ints(a), ints(b))); }

// pmulhrsw wraps where both operands are -2^15, which alone yields 0x8000.
inline V128 i16x8_q15mulr_sat_s(V128 a, V128 b) {
  const __m128i product = _mm_mulhrs_epi16(ints(a), ints(b));
  return pack(_mm_xor_si128(product, _mm_cmpeq_epi16(product, _mm_set1_epi16(INT16_MIN))));
}

inline __m128i high_half(__m128i v) { return _mm_unpackhi_epi64(v, v); }

inline V128 i16x8_extend_low_i8x16_s(V128 a) { return pack(_mm_cvtepi8_epi16(ints(a))); }
inline V128 i16x8_extend_high_i8x16_s(V128 a) {
  return pack(_mm_cvtepi8_epi16(high_half(ints(a))));
}
inline V128 i16x8_extend_low_i8x16_u(V128 a) { return pack(_mm_cvtepu8_epi16(ints(a))); }
inline V128 i16x8_extend_high_i8x16_u(V128 a) {
  return pack(_mm_unpackhi_epi8(ints(a), _mm_setzero_si128()));
}
inline V128 i32x4_extend_low_i16x8_s(V128 a) { return pack(_mm_cvtepi16_epi32(ints(a))); }
inline V128 i32x4_extend_high_i16x8_s(V128 a) {
  return pack(_mm_cvtepi16_epi32(high_half(ints(a))));
}
inline V128 i32x4_extend_low_i16x8_u(V128 a) { return pack(_mm_cvtepu16_epi32(ints(a))); }
inline V128 i32x4_extend_high_i16x8_u(V128 a) {
  return pack(_mm_unpackhi_epi16(ints(a), _mm_setzero_si128()));
}
inline V128 i64x2_extend_low_i32x4_s(V128 a) { return pack(_mm_cvtepi32_epi64(ints(a))); }
inline V128 i64x2_extend_high_i32x4_s(V128 a) {
  return pack(_mm_cvtepi32_epi64(high_half(ints(a))));
}
inline V128 i64x2_extend_low_i32x4_u(V128 a) { return pack(_mm_cvtepu32_epi64(ints(a))); }
inline V128 i64x2_extend_high_i32x4_u(V128 a) {
  return pack(_mm_unpackhi_epi32(ints(a), _mm_setzero_si128()));
}

inline V128 i16x8_mul(V128 a, V128 b) { return pack(_mm_mullo_epi16(ints(a), ints(b))); }

// The low and high halves of 16-bit products, interleaved, are 32-bit products.
inline V128 i32x4_extmul_low_i16x8_s(V128 a, V128 b) {
  return pack(
      _mm_unpacklo_epi16(_mm_mullo_epi16(ints(a), ints(b)), _mm_mulhi_epi16(ints(a), ints(b))));
}
inline V128 i32x4_extmul_high_i16x8_s(V128 a, V128 b) {
  return pack(
      _mm_unpackhi_epi16(_mm_mullo_epi16(ints(a), ints(b)), _mm_mulhi_epi16(ints(a), ints(b))));
}
inline V128 i32x4_extmul_low_i16x8_u(V128 a, V128 b) {
  return pack(
      _mm_unpacklo_epi16(_mm_mullo_epi16(ints(a), ints(b)), _mm_mulhi_epu16(ints(a), ints(b))));
}
inline V128 i32x4_extmul_high_i16x8_u(V128 a, V128 b) {
  return pack(
      _mm_unpackhi_epi16(_mm_mullo_epi16(ints(a), ints(b)), _mm_mulhi_epu16(ints(a), ints(b))));
}

// pmuldq and pmuludq multiply the even lanes.
inline __m128i low_to_even(V128 v) { return _mm_shuffle_epi32(ints(v), 0b01'01'00'00); }
inline __m128i high_to_even(V128 v) { return _mm_shuffle_epi32(ints(v), 0b11'11'10'10); }
inline V128 i64x2_extmul_low_i32x4_s(V128 a, V128 b) {
  return pack(_mm_mul_epi32(low_to_even(a), low_to_even(b)));
}
inline V128 i64x2_extmul_high_i32x4_s(V128 a, V128 b) {
  return pack(_mm_mul_epi32(high_to_even(a), high_to_even(b)));
}
inline V128 i64x2_extmul_low_i32x4_u(V128 a, V128 b) {
  return pack(_mm_mul_epu32(low_to_even(a), low_to_even(b)));
}
inline V128 i64x2_extmul_high_i32x4_u(V128 a, V128 b) {
  return pack(_mm_mul_epu32(high_to_even(a), high_to_even(b)));
}

inline V128 i16x8_extadd_pairwise_i8x16_s(V128 a) {
  return pack(_mm_maddubs_epi16(_mm_set1_epi8(1), ints(a)));
}
inline V128 i16x8_extadd_pairwise_i8x16_u(V128 a) {
  return pack(_mm_maddubs_epi16(ints(a), _mm_set1_epi8(1)));
}
inline V128 i32x4_extadd_pairwise_i16x8_s(V128 a) {
  return pack(_mm_madd_epi16(ints(a), _mm_set1_epi16(1)));
}
inline V128 i32x4_extadd_pairwise_i16x8_u(V128 a) {
  const __m128i odd = _mm_srli_epi32(ints(a), 16);
  const __m128i even = _mm_blend_epi16(ints(a), _mm_setzero_si128(), 0b10101010);
  return pack(_mm_add_epi32(odd, even));
}

inline V128 i32x4_dot_i16x8_s(V128 a, V128 b) { return pack(_mm_madd_epi16(ints(a), ints(b))); }

inline V128 i16x8_relaxed_dot_i8x16_i7x16_s(V128 a, V128 b) {
  const auto dot = [](V128 x, V128 y) { return ints(i32x4_dot_i16x8_s(x, y)); };
  return pack(_mm_packs_epi32(dot(i16x8_extend_low_i8x16_s(a), i16x8_extend_low_i8x16_s(b)),
                              dot(i16x8_extend_high_i8x16_s(a), i16x8_extend_high_i8x16_s(b))));
}

inline V128 f32x4_sqrt(V128 a) { return pack(_mm_sqrt_ps(floats(a))); }
inline V128 f64x2_sqrt(V128 a) { return pack(_mm_sqrt_pd(doubles(a))); }
inline V128 f32x4_ceil(V128 a) { return pack(_mm_ceil_ps(floats(a))); }
inline V128 f64x2_ceil(V128 a) { return pack(_mm_ceil_pd(doubles(a))); }
inline V128 f32x4_floor(V128 a) { return pack(_mm_floor_ps(floats(a))); }
inline V128 f64x2_floor(V128 a) { return pack(_mm_floor_pd(doubles(a))); }
inline V128 f32x4_trunc(V128 a) {
  return pack(_mm_round_ps(floats(a), _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC));
}
inline V128 f64x2_trunc(V128 a) {
  return pack(_mm_round_pd(doubles(a), _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC));
}
inline V128 f32x4_nearest(V128 a) {
  return pack(_mm_round_ps(floats(a), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
inline V128 f64x2_nearest(V128 a) {
  return pack(_mm_round_pd(doubles(a), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

// minps yields its second operand where the two are zeros or one is a NaN: both orders, joined by
// or, give -0 where either is; lanes with a NaN become all ones and lose their payload, that is,
// become the canonical NaN.
inline V128 with_canonical_nans(__m128 result, __m128 unordered) {
  const __m128 payload = _mm_castsi128_ps(_mm_srli_epi32(_mm_castps_si128(unordered), 10));
  return pack(_mm_andnot_ps(payload, _mm_or_ps(result, unordered)));
}
inline V128 with_canonical_nans(__m128d result, __m128d unordered) {
  const __m128d payload = _mm_castsi128_pd(_mm_srli_epi64(_mm_castpd_si128(unordered), 13));
  return pack(_mm_andnot_pd(payload, _mm_or_pd(result, unordered)));
}
inline V128 f32x4_min(V128 a, V128 b) {
  const __m128 x = floats(a);
  const __m128 y = floats(b);
  return with_canonical_nans(_mm_or_ps(_mm_min_ps(x, y), _mm_min_ps(y, x)), _mm_cmpunord_ps(x, y));
}
inline V128 f32x4_max(V128 a, V128 b) {
  const __m128 x = floats(a);
  const __m128 y = floats(b);
  return with_canonical_nans(_mm_and_ps(_mm_max_ps(x, y), _mm_max_ps(y, x)), _mm_cmpunord_ps(x, y));
}
inline V128 f64x2_min(V128 a, V128 b) {
  const __m128d x = doubles(a);
  const __m128d y = doubles(b);
  return with_canonical_nans(_mm_or_pd(_mm_min_pd(x, y), _mm_min_pd(y, x)), _mm_cmpunord_pd(x, y));
}
inline V128 f64x2_max(V128 a, V128 b) {
  const __m128d x = doubles(a);
  const __m128d y = doubles(b);
  return with_canonical_nans(_mm_and_pd(_mm_max_pd(x, y), _mm_max_pd(y, x)), _mm_cmpunord_pd(x, y));
}
inline V128 f32x4_pmin(V128 a, V128 b) { return pack(_mm_min_ps(floats(b), floats(a))); }
inline V128 f32x4_pmax(V128 a, V128 b) { return pack(_mm_max_ps(floats(b), floats(a))); }
inline V128 f64x2_pmin(V128 a, V128 b) { return pack(_mm_min_pd(doubles(b), doubles(a))); }
inline V128 f64x2_pmax(V128 a, V128 b) { return pack(_mm_max_pd(doubles(b), doubles(a))); }

// cvttps yields 0x80000000 for what does not fit: right below the range, off by one above it.
inline V128 i32x4_trunc_sat_f32x4_s(V128 a) {
  const __m128 number_or_0 = _mm_and_ps(floats(a), _mm_cmpord_ps(floats(a), floats(a)));
  const __m128 above = _mm_cmpge_ps(number_or_0, _mm_set1_ps(0x1p31f));
  return pack(_mm_xor_si128(_mm_cvttps_epi32(number_or_0), _mm_castps_si128(above)));
}

// The value below 2^31 and the rest above it are truncated apart and added.
inline V128 i32x4_trunc_sat_f32x4_u(V128 a) {
  const __m128 not_negative = _mm_max_ps(floats(a), _mm_setzero_ps());
  const __m128 rest = _mm_sub_ps(not_negative, _mm_set1_ps(0x1p31f));
  const __m128i above = _mm_castps_si128(_mm_cmpge_ps(rest, _mm_set1_ps(0x1p31f)));
  const __m128i high =
      _mm_max_epi32(_mm_xor_si128(_mm_cvttps_epi32(rest), above), _mm_setzero_si128());
  return pack(_mm_add_epi32(_mm_cvttps_epi32(not_negative), high));
}

inline V128 i32x4_trunc_sat_f64x2_s_zero(V128 a) {
  const __m128d limit_or_0 =
      _mm_and_pd(_mm_cmpord_pd(doubles(a), doubles(a)), _mm_set1_pd(2147483647.0));
  return pack(_mm_cvttpd_epi32(_mm_min_pd(doubles(a), limit_or_0)));
}

// Adding 2^52 leaves an integer in the lowest bits of the fraction.
inline V128 i32x4_trunc_sat_f64x2_u_zero(V128 a) {
  const __m128d in_range =
      _mm_min_pd(_mm_max_pd(doubles(a), _mm_setzero_pd()), _mm_set1_pd(4294967295.0));
  const __m128d whole = _mm_round_pd(in_range, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
  const __m128d shifted = _mm_add_pd(whole, _mm_set1_pd(0x1p52));
  return pack(_mm_shuffle_ps(_mm_castpd_ps(shifted), _mm_setzero_ps(), 0b10'00'10'00));
}

inline V128 f32x4_convert_i32x4_s(V128 a) { return pack(_mm_cvtepi32_ps(ints(a))); }

// The halves are exact as floats, and their sum is rounded once: 2^39 + high * 2^16 in one word,
// 2^23 + low in the other.
inline V128 f32x4_convert_i32x4_u(V128 a) {
  const __m128i low = _mm_blend_epi16(ints(a), _mm_set1_epi32(0x4b000000), 0b10101010);
  const __m128i high = _mm_or_si128(_mm_srli_epi32(ints(a), 16), _mm_set1_epi32(0x53000000));
  const __m128 high_part = _mm_sub_ps(_mm_castsi128_ps(high), _mm_set1_ps(0x1p39f + 0x1p23f));
  return pack(_mm_add_ps(high_part, _mm_castsi128_ps(low)));
}

inline V128 f64x2_convert_low_i32x4_s(V128 a) { return pack(_mm_cvtepi32_pd(ints(a))); }
inline V128 f64x2_convert_low_i32x4_u(V128 a) {
  const __m128i above_2_52 = _mm_unpacklo_epi32(ints(a), _mm_set1_epi32(0x43300000));
  return pack(_mm_sub_pd(_mm_castsi128_pd(above_2_52), _mm_set1_pd(0x1p52)));
}

inline V128 f32x4_demote_f64x2_zero(V128 a) { return pack(_mm_cvtpd_ps(doubles(a))); }
inline V128 f64x2_promote_low_f32x4(V128 a) { return pack(_mm_cvtps_pd(floats(a))); }

#else

inline constexpr bool available = false;

// Named by calls that are discarded, and defined nowhere.
int32_t truncate_to_i32(float x);
int32_t truncate_to_i32(double x);
int64_t truncate_to_i64(float x);
int64_t truncate_to_i64(double x);
using Binary = V128(V128, V128);
using Ternary = V128(V128, V128, V128);
using Unary = V128(V128);
using Test = uint32_t(V128);
Binary i8x16_swizzle, i8x16_narrow_i16x8_s, i8x16_narrow_i16x8_u, i16x8_narrow_i32x4_s,
    i16x8_narrow_i32x4_u, i8x16_add_sat_s, i8x16_add_sat_u, i8x16_sub_sat_s, i8x16_sub_sat_u,
    i16x8_add_sat_s, i16x8_add_sat_u, i16x8_sub_sat_s, i16x8_sub_sat_u, i8x16_avgr_u, i16x8_avgr_u,
    i16x8_q15mulr_sat_s, i16x8_mul, i32x4_extmul_low_i16x8_s, i32x4_extmul_high_i16x8_s,
    i32x4_extmul_low_i16x8_u, i32x4_extmul_high_i16x8_u, i64x2_extmul_low_i32x4_s,
    i64x2_extmul_high_i32x4_s, i64x2_extmul_low_i32x4_u, i64x2_extmul_high_i32x4_u,
    i32x4_dot_i16x8_s, i16x8_relaxed_dot_i8x16_i7x16_s, f32x4_min, f32x4_max, f64x2_min, f64x2_max,
    f32x4_pmin, f32x4_pmax, f64x2_pmin, f64x2_pmax;
Ternary i8x16_shuffle;
Unary i8x16_popcnt, i8x16_abs, i16x8_abs, i32x4_abs, i64x2_abs, i16x8_extend_low_i8x16_s,
    i16x8_extend_high_i8x16_s, i16x8_extend_low_i8x16_u, i16x8_extend_high_i8x16_u,
    i32x4_extend_low_i16x8_s, i32x4_extend_high_i16x8_s, i32x4_extend_low_i16x8_u,
    i32x4_extend_high_i16x8_u, i64x2_extend_low_i32x4_s, i64x2_extend_high_i32x4_s,
    i64x2_extend_low_i32x4_u, i64x2_extend_high_i32x4_u, i16x8_extadd_pairwise_i8x16_s,
    i16x8_extadd_pairwise_i8x16_u, i32x4_extadd_pairwise_i16x8_s, i32x4_extadd_pairwise_i16x8_u,
    f32x4_sqrt, f64x2_sqrt, f32x4_ceil, f64x2_ceil, f32x4_floor, f64x2_floor, f32x4_trunc,
    f64x2_trunc, f32x4_nearest, f64x2_nearest, i32x4_trunc_sat_f32x4_s, i32x4_trunc_sat_f32x4_u,
    i32x4_trunc_sat_f64x2_s_zero, i32x4_trunc_sat_f64x2_u_zero, f32x4_convert_i32x4_s,
    f32x4_convert_i32x4_u, f64x2_convert_low_i32x4_s, f64x2_convert_low_i32x4_u,
    f32x4_demote_f64x2_zero, f64x2_promote_low_f32x4;
Test v128_any_true, i8x16_all_true, i16x8_all_true, i32x4_all_true, i64x2_all_true, i8x16_bitmask,
    i16x8_bitmask, i32x4_bitmask, i64x2_bitmask;

#endif

}  // namespace waxwing::numeric::machine
