// Integer division and remainder of both widths and signs, by divisors known only at run time.
#include "kernel.h"

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b) {
  while (b != 0) {
    uint64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

static uint32_t digit_sum(uint32_t value, uint32_t base) {
  uint32_t sum = 0;
  for (; value != 0; value /= base) sum += value % base;
  return sum;
}

static uint64_t kernel(uint32_t repetitions) {
  uint64_t hash = 1;
  uint32_t seed = 77;
  for (uint32_t i = 0; i < repetitions; i++) {
    for (int j = 0; j < 100; j++) {
      uint64_t a = (uint64_t)next_random(&seed) << 20 | next_random(&seed),
               b = next_random(&seed) | 1;
      hash += greatest_common_divisor(a, b);
      hash += digit_sum(next_random(&seed), 3 + (seed & 15));
      hash += (uint64_t)((int64_t)(a - hash) / (int64_t)b) +
              (uint64_t)((int32_t)a % (int32_t)((b & 0xffff) + 3));
    }
  }
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 9000); }
