// Calls through a table of function pointers.
#include "kernel.h"

typedef uint32_t (*Step)(uint32_t);

static uint32_t step_add(uint32_t x) { return x + 0x3c6ef372u; }
static uint32_t step_xor(uint32_t x) { return x ^ x >> 15; }
static uint32_t step_multiply(uint32_t x) { return x * 0x2c1b3c6du; }
static uint32_t step_rotate(uint32_t x) { return x << 7 | x >> 25; }
static uint32_t step_negate(uint32_t x) { return ~x; }
static uint32_t step_swap(uint32_t x) { return __builtin_bswap32(x); }
static uint32_t step_shift(uint32_t x) { return x ^ x << 5; }
static uint32_t step_odd(uint32_t x) { return x & 1 ? x + 2 : x + 7; }

static Step steps[8] = {step_add,    step_xor,  step_multiply, step_rotate,
                        step_negate, step_swap, step_shift,    step_odd};

static uint64_t kernel(uint32_t repetitions) {
  uint32_t x = 1;
  for (uint32_t i = 0; i < repetitions; i++) {
    for (uint32_t j = 0; j < 1000; j++) x = steps[(j * 5 + (j >> 3)) & 7](x);
    Step held = steps[i & 7];
    steps[i & 7] = steps[x & 7];
    steps[x & 7] = held;
  }
  return x;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 12000); }
