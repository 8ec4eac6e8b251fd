// The dot product of floats, four sums at a time.
#include "kernel.h"

typedef float Floats __attribute__((vector_size(16)));

enum { count = 4096 };

static Floats a[count / 4], b[count / 4];

static float dot(void) {
  Floats sums[2] = {{0}, {0}};
  for (int i = 0; i < count / 4; i += 2) {
    sums[0] += a[i] * b[i];
    sums[1] += a[i + 1] * b[i + 1];
  }
  Floats sum = sums[0] + sums[1];
  return sum[0] + sum[1] + sum[2] + sum[3];
}

static uint64_t kernel(uint32_t repetitions) {
  for (int i = 0; i < count; i++) {
    a[i / 4][i % 4] = (float)(i % 17) * 0.25f;
    b[i / 4][i % 4] = (float)(i % 23) * 0.5f - 4;
  }
  double total = 0;
  for (uint32_t i = 0; i < repetitions; i++) {
    total += (double)dot();
    a[i % (count / 4)][i & 3] += 0.5f;
  }
  return double_bits(total);
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 220000); }
