// A hash of long messages in four 64-bit lanes.
#include "kernel.h"

static const uint64_t prime1 = 0x9e3779b185ebca87u, prime2 = 0xc2b2ae3d27d4eb4fu;

static uint64_t rotate(uint64_t x, int n) { return x << n | x >> (64 - n); }

static uint64_t hash_message(const uint64_t* words, uint32_t count, uint64_t seed) {
  uint64_t a = seed + prime1, b = seed ^ prime2, c = seed, d = seed - prime1;
  for (uint32_t i = 0; i + 3 < count; i += 4) {
    a = rotate(a + words[i] * prime2, 31) * prime1;
    b = rotate(b + words[i + 1] * prime2, 31) * prime1;
    c = rotate(c + words[i + 2] * prime2, 31) * prime1;
    d = rotate(d + words[i + 3] * prime2, 31) * prime1;
  }
  uint64_t hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
  hash ^= hash >> 33;
  return hash * prime2;
}

static uint64_t kernel(uint32_t repetitions) {
  static uint64_t words[2048];
  for (int i = 0; i < 2048; i++) words[i] = (uint64_t)i * prime1;
  uint64_t hash = 1;
  for (uint32_t i = 0; i < repetitions; i++) {
    hash = hash_message(words, 2048, hash);
    words[hash % 2048] ^= hash;
  }
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 90000); }
