// What the kernels share: a main that prints a checksum, and small helpers. A kernel is one C file
// that gives the same checksum natively and in WebAssembly; it uses no function of libm, whose last
// bits differ between C libraries.
#ifndef WAXWING_BENCH_KERNELS_KERNEL_H_
#define WAXWING_BENCH_KERNELS_KERNEL_H_

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The first argument is the scale in thousandths of the full number of repetitions: 1000 where
// absent; 0 does nothing, any other scale at least one repetition.
static inline int run_kernel(int argc, char** argv, uint64_t (*kernel)(uint32_t),
                             uint32_t full_repetitions) {
  uint64_t scale = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
  uint64_t repetitions = full_repetitions * scale / 1000;
  if (repetitions == 0 && scale != 0) repetitions = 1;
  printf("%016" PRIx64 "\n", kernel((uint32_t)repetitions));
  return 0;
}

// xorshift32: the state must not be zero.
static inline uint32_t next_random(uint32_t* state) {
  uint32_t x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}

static inline uint64_t mix(uint64_t hash, uint64_t value) {
  hash ^= value;
  hash *= 0x9e3779b97f4a7c15u;
  return hash ^ (hash >> 29);
}

static inline uint64_t double_bits(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

#endif  // WAXWING_BENCH_KERNELS_KERNEL_H_
