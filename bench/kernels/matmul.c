// The product of two matrices of doubles; the native build vectorizes its inner loop.
#include "kernel.h"

enum { size = 128 };

static double a[size][size], b[size][size], c[size][size];

static void multiply(void) {
  for (int i = 0; i < size; i++) {
    for (int k = 0; k < size; k++) {
      double scale = a[i][k];
      for (int j = 0; j < size; j++) c[i][j] += scale * b[k][j];
    }
  }
}

static uint64_t kernel(uint32_t repetitions) {
  for (int i = 0; i < size; i++) {
    for (int j = 0; j < size; j++) {
      a[i][j] = (i * 7 + j * 3) % 11 - 5;
      b[i][j] = (i * 5 + j * 2) % 13 * 0.125 - 0.75;
    }
  }
  for (uint32_t i = 0; i < repetitions; i++) {
    multiply();
    a[i % size][(i * 31) % size] += 0.5;
  }
  uint64_t hash = 1;
  for (int i = 0; i < size; i++) hash = mix(hash, double_bits(c[i][i]));
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 300); }
