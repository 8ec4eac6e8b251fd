// A scan of text: lines, blanks and capitals counted by comparing sixteen bytes at once.
#include "kernel.h"

typedef uint8_t Bytes __attribute__((vector_size(16)));

enum { size = 1 << 16 };

static uint8_t text[size];

static uint32_t sum_of(Bytes bytes) {
  uint32_t sum = 0;
  for (int i = 0; i < 16; i++) sum += bytes[i];
  return sum;
}

static uint64_t scan(const uint8_t* p, uint32_t count) {
  uint32_t lines = 0, blanks = 0, capitals = 0;
  while (count >= 16) {
    Bytes line = {0}, blank = {0}, capital = {0};
    for (int i = 0; i < 128 && count >= 16; i++, p += 16, count -= 16) {
      Bytes chunk;
      memcpy(&chunk, p, sizeof chunk);
      line -= (Bytes)(chunk == '\n');
      blank -= (Bytes)(chunk == ' ') | (Bytes)(chunk == '\t');
      capital -= (Bytes)(chunk - 'A' < 26);
    }
    lines += sum_of(line);
    blanks += sum_of(blank);
    capitals += sum_of(capital);
  }
  return (uint64_t)lines << 40 | (uint64_t)blanks << 20 | capitals;
}

static uint64_t kernel(uint32_t repetitions) {
  uint32_t seed = 41;
  for (int i = 0; i < size; i++) text[i] = (uint8_t)(next_random(&seed) % 100);
  uint64_t hash = 1;
  for (uint32_t i = 0; i < repetitions; i++) {
    hash = mix(hash, scan(text + i % 16, size - 16));
    text[hash % size] ^= 1;
  }
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 25000); }
