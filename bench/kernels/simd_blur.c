// A blur of an image of bytes: widening, saturation and narrowing of integer vectors.
#include "kernel.h"

typedef uint8_t Bytes __attribute__((vector_size(8)));
typedef uint16_t Halves __attribute__((vector_size(16)));

enum { width = 256, height = 64 };

static uint8_t images[2][height][width + 32];

static Halves widen(const uint8_t* p) {
  Bytes bytes;
  memcpy(&bytes, p, sizeof bytes);
  return __builtin_convertvector(bytes, Halves);
}

static void blur(int from) {
  for (int y = 1; y < height - 1; y++) {
    for (int x = 0; x < width; x += 8) {
      const uint8_t* p = &images[from][y][x];
      const int row = width + 32;
      Halves sum =
          widen(p) + widen(p + 2) + widen(p + 1 - row) + widen(p + 1 + row) + (widen(p + 1) << 2);
      Bytes result = __builtin_convertvector(sum >> 3, Bytes);
      memcpy(&images[1 - from][y][x + 1], &result, sizeof result);
    }
  }
}

static uint64_t kernel(uint32_t repetitions) {
  uint32_t seed = 51;
  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) images[0][y][x] = (uint8_t)next_random(&seed);
  }
  memcpy(images[1], images[0], sizeof images[0]);
  uint64_t hash = 1;
  for (uint32_t i = 0; i < repetitions; i++) {
    blur(i & 1);
    hash = mix(hash, images[0][hash % height][(hash >> 32) % width]);
    images[0][hash % height][(hash >> 20) % width] = (uint8_t)(hash >> 50);
  }
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 40000); }
