// The eight queens' problem by bit masks: recursion with a loop in each call.
#include "kernel.h"

static uint32_t place(uint32_t all, uint32_t columns, uint32_t left, uint32_t right) {
  if (columns == all) return 1;
  uint32_t count = 0;
  for (uint32_t free = all & ~(columns | left | right); free != 0;) {
    uint32_t bit = free & (0u - free);
    free ^= bit;
    count += place(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return count;
}

static uint64_t kernel(uint32_t repetitions) {
  uint64_t hash = 1;
  for (uint32_t i = 0; i < repetitions; i++)
    hash = mix(hash, place((1u << (8 + (hash & 1))) - 1, 0, 0, 0));
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 6000); }
