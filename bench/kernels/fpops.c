// Conversions, roundings, minima, square roots and single precision.
#include "kernel.h"

static uint64_t kernel(uint32_t repetitions) {
  uint64_t hash = 1;
  uint32_t seed = 5;
  float low = 1e30f, sum = 0;
  double high = 0;
  for (uint32_t i = 0; i < repetitions; i++) {
    for (int j = 0; j < 1000; j++) {
      int32_t n = (int32_t)next_random(&seed);
      float f = (float)n * 1.5e-4f;
      double d = __builtin_fabs((double)f) + 0.25;
      double root = __builtin_sqrt(d);
      sum = sum * 0.5f + f;
      low = f < low ? f : low;
      high = root > high ? root : high;
      hash += (uint64_t)(int64_t)(root * 1000.0) + (uint32_t)(int32_t)sum;
      hash ^= (uint64_t)(d / (root + 1.0));
    }
  }
  uint32_t bits;
  memcpy(&bits, &low, sizeof bits);
  return mix(mix(hash, bits), double_bits(high));
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 27000); }
