// The product of two matrices of floats, a row of four columns at a time.
#include "kernel.h"

typedef float Floats __attribute__((vector_size(16)));

enum { size = 96 };

static Floats a[size][size / 4], b[size][size / 4], c[size][size / 4];

static void multiply(void) {
  for (int i = 0; i < size; i++) {
    for (int j = 0; j < size / 4; j += 2) {
      Floats left = c[i][j], right = c[i][j + 1];
      for (int k = 0; k < size; k++) {
        float value = a[i][k / 4][k % 4];
        Floats scale = {value, value, value, value};
        left += scale * b[k][j];
        right += scale * b[k][j + 1];
      }
      c[i][j] = left;
      c[i][j + 1] = right;
    }
  }
}

static uint64_t kernel(uint32_t repetitions) {
  for (int i = 0; i < size; i++) {
    for (int j = 0; j < size; j++) {
      a[i][j / 4][j % 4] = (float)((i * 7 + j * 3) % 11 - 5);
      b[i][j / 4][j % 4] = (float)((i * 5 + j * 2) % 13) * 0.125f - 0.75f;
    }
  }
  for (uint32_t i = 0; i < repetitions; i++) multiply();
  uint64_t hash = 1;
  for (int i = 0; i < size; i++) {
    uint32_t bits;
    memcpy(&bits, (float*)c[i] + i, sizeof bits);
    hash = mix(hash, bits);
  }
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 1100); }
