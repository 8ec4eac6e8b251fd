// ChaCha20's block function with a row of the state a vector.
#include "kernel.h"

typedef uint32_t Row __attribute__((vector_size(16)));

static Row rotate(Row x, int n) { return x << n | x >> (32 - n); }

static void quarter_rounds(Row* rows) {
  rows[0] += rows[1], rows[3] = rotate(rows[3] ^ rows[0], 16);
  rows[2] += rows[3], rows[1] = rotate(rows[1] ^ rows[2], 12);
  rows[0] += rows[1], rows[3] = rotate(rows[3] ^ rows[0], 8);
  rows[2] += rows[3], rows[1] = rotate(rows[1] ^ rows[2], 7);
}

static void make_block(const Row* state, Row* block) {
  memcpy(block, state, 4 * sizeof *block);
  for (int i = 0; i < 10; i++) {
    quarter_rounds(block);
    block[1] = __builtin_shufflevector(block[1], block[1], 1, 2, 3, 0);
    block[2] = __builtin_shufflevector(block[2], block[2], 2, 3, 0, 1);
    block[3] = __builtin_shufflevector(block[3], block[3], 3, 0, 1, 2);
    quarter_rounds(block);
    block[1] = __builtin_shufflevector(block[1], block[1], 3, 0, 1, 2);
    block[2] = __builtin_shufflevector(block[2], block[2], 2, 3, 0, 1);
    block[3] = __builtin_shufflevector(block[3], block[3], 1, 2, 3, 0);
  }
  for (int i = 0; i < 4; i++) block[i] += state[i];
}

static uint64_t kernel(uint32_t repetitions) {
  Row state[4] = {{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574},
                  {0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c},
                  {0x13121110, 0x17161514, 0x1b1a1918, 0x1f1e1d1c},
                  {1, 0x09000000, 0x4a000000, 0}};
  Row block[4], sum = {0};
  for (uint32_t i = 0; i < repetitions; i++) {
    for (int j = 0; j < 100; j++) {
      make_block(state, block);
      sum ^= block[0] + block[1] + block[2] + block[3];
      state[3][0]++;
    }
  }
  return mix((uint64_t)sum[0] << 32 | sum[1], (uint64_t)sum[2] << 32 | sum[3]);
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 9000); }
