// Copies and fills of large blocks by the library's memcpy, memmove and memset.
#include "kernel.h"

enum { size = 1 << 18 };

static uint8_t blocks[2][size + 64];

static uint64_t kernel(uint32_t repetitions) {
  uint64_t hash = 1;
  for (uint32_t i = 0; i < repetitions; i++) {
    uint32_t offset = i % 61, count = size - i % 4096;
    memset(blocks[0] + offset, (int)i, count);
    memcpy(blocks[1], blocks[0] + offset / 2, count);
    memmove(blocks[1] + 33, blocks[1] + offset / 3, count);
    hash = mix(hash, blocks[1][hash % size]);
  }
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 5000); }
