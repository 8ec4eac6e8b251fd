// The sieve of Eratosthenes: byte stores with a growing stride, and a scan.
#include "kernel.h"

enum { limit = 65536 };

static unsigned char composite[limit];

static uint32_t count_primes(uint32_t end) {
  memset(composite, 0, sizeof composite);
  uint32_t count = 0;
  for (uint32_t i = 2; i < end; i++) {
    if (composite[i]) continue;
    count++;
    for (uint32_t j = i + i; j < end; j += i) composite[j] = 1;
  }
  return count;
}

static uint64_t kernel(uint32_t repetitions) {
  uint64_t hash = 1;
  for (uint32_t i = 0; i < repetitions; i++) hash = mix(hash, count_primes(limit - i % 1000));
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 1100); }
