// Vectors: arithmetic, comparisons, shuffles, lanes.
#include <wasm_simd128.h>
static float numbers[64];
__attribute__((export_name("saxpy"))) float saxpy(float a, int n) {
  const v128_t factor = wasm_f32x4_splat(a);
  for (int i = 0; i < 64; i += 4) {
    const v128_t x = wasm_v128_load(numbers + i);
    wasm_v128_store(numbers + i,
                    wasm_f32x4_add(wasm_f32x4_mul(x, factor), wasm_f32x4_splat((float)n)));
  }
  return numbers[n & 63];
}
__attribute__((export_name("mix"))) v128_t mix(v128_t a, v128_t b) {
  const v128_t low = wasm_i16x8_extmul_low_i8x16(a, b);
  const v128_t high =
      wasm_i8x16_shuffle(a, b, 0, 17, 2, 19, 4, 21, 6, 23, 8, 25, 10, 27, 12, 29, 14, 31);
  return wasm_v128_bitselect(wasm_i32x4_dot_i16x8(low, high), wasm_i8x16_swizzle(a, b),
                             wasm_i64x2_gt(a, b));
}
__attribute__((export_name("lanes"))) int lanes(v128_t a, int n) {
  a = wasm_i8x16_replace_lane(wasm_i32x4_shl(a, (unsigned)n), 3, (signed char)n);
  return wasm_i16x8_extract_lane(wasm_i16x8_q15mulr_sat(a, a), 5) + (int)wasm_i8x16_bitmask(a) +
         wasm_v128_any_true(a) +
         wasm_i32x4_extract_lane(wasm_i32x4_trunc_sat_f64x2_zero(wasm_f64x2_sqrt(a)), 1);
}
