// Mandelbrot's set: a short loop of double arithmetic with an early exit.
#include "kernel.h"

static uint32_t escape_time(double cr, double ci) {
  double zr = 0, zi = 0;
  uint32_t n = 0;
  while (n < 256) {
    double rr = zr * zr, ii = zi * zi;
    if (rr + ii > 4) break;
    zi = 2 * zr * zi + ci;
    zr = rr - ii + cr;
    n++;
  }
  return n;
}

static uint64_t kernel(uint32_t repetitions) {
  uint64_t hash = 1;
  for (uint32_t i = 0; i < repetitions; i++) {
    double ci = -1.2 + 2.4 * (i % 480) / 480;
    uint64_t sum = 0;
    for (uint32_t x = 0; x < 640; x++) sum += escape_time(-2 + 3.0 * x / 640, ci);
    hash = mix(hash, sum);
  }
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 960); }
