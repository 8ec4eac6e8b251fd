// CRC-32 by a table of bytes: a chain of dependent loads.
#include "kernel.h"

enum { size = 16384 };

static uint32_t table[256];
static uint8_t data[size];

static uint32_t crc32(uint32_t crc, const uint8_t* bytes, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) crc = table[(crc ^ bytes[i]) & 255] ^ crc >> 8;
  return crc;
}

static uint64_t kernel(uint32_t repetitions) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; bit++) value = value & 1 ? value >> 1 ^ 0xedb88320u : value >> 1;
    table[i] = value;
  }
  uint32_t seed = 1, crc = ~0u;
  for (int i = 0; i < size; i++) data[i] = (uint8_t)next_random(&seed);
  for (uint32_t i = 0; i < repetitions; i++) crc = crc32(crc, data, size - i % 64);
  return crc;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 2500); }
