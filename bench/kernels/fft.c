// Fast Fourier transform of 1024 complex doubles, in place, with its twiddle factors made by
// rotation.
#include "kernel.h"

enum { log2_size = 10, size = 1 << log2_size };

static double re[size], im[size], twiddle_re[size / 2], twiddle_im[size / 2];

static void make_twiddles(void) {
  const double step_re = 0.99998117528260110909,
               step_im = 0.00613588464915447527;  // cos, sin of 2 pi / 1024
  double c = 1, s = 0;
  for (int i = 0; i < size / 2; i++) {
    twiddle_re[i] = c;
    twiddle_im[i] = -s;
    double next = c * step_re - s * step_im;
    s = c * step_im + s * step_re;
    c = next;
  }
}

static void permute(void) {
  for (int i = 0, j = 0; i < size; i++) {
    if (i < j) {
      double held = re[i];
      re[i] = re[j];
      re[j] = held;
      held = im[i];
      im[i] = im[j];
      im[j] = held;
    }
    int bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j |= bit;
  }
}

static void transform(void) {
  permute();
  for (int half = 1; half < size; half *= 2) {
    int stride = size / (2 * half);
    for (int base = 0; base < size; base += 2 * half) {
      for (int k = 0; k < half; k++) {
        int a = base + k, b = a + half;
        double wr = twiddle_re[k * stride], wi = twiddle_im[k * stride];
        double tr = re[b] * wr - im[b] * wi, ti = re[b] * wi + im[b] * wr;
        re[b] = re[a] - tr;
        im[b] = im[a] - ti;
        re[a] += tr;
        im[a] += ti;
      }
    }
  }
}

static uint64_t kernel(uint32_t repetitions) {
  make_twiddles();
  for (int i = 0; i < size; i++) re[i] = (i * 37 % 101) / 101.0;
  for (uint32_t i = 0; i < repetitions; i++) {
    transform();
    for (int j = 0; j < size; j++) {
      re[j] *= 1.0 / 32;
      im[j] *= 1.0 / 32;
    }
  }
  return mix(double_bits(re[1]), double_bits(im[size - 1]));
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 11000); }
