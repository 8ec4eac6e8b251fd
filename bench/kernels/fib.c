// Recursive calls with one argument.
#include "kernel.h"

static uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static uint64_t kernel(uint32_t repetitions) {
  uint64_t hash = 1;
  for (uint32_t i = 0; i < repetitions; i++) hash = mix(hash, fib(21 + (uint32_t)(hash & 1)));
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 4000); }
