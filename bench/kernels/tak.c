// Takeuchi's function: deep recursion with three arguments.
#include "kernel.h"

static int tak(int x, int y, int z) {
  return y >= x ? z : tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y));
}

static uint64_t kernel(uint32_t repetitions) {
  uint64_t hash = 1;
  for (uint32_t i = 0; i < repetitions; i++)
    hash = mix(hash, (uint64_t)tak(14 + (int)(hash & 1), 8, 3));
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 4000); }
