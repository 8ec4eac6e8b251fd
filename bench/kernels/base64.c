// Base64, there and back: shifts, masks and tables of bytes.
#include "kernel.h"

enum { size = 12288 };

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static uint8_t values[256], data[size], text[size / 3 * 4], decoded[size];

static void encode(const uint8_t* in, uint32_t count, uint8_t* out) {
  for (uint32_t i = 0; i < count; i += 3, out += 4) {
    uint32_t group = (uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 | in[i + 2];
    out[0] = (uint8_t)digits[group >> 18];
    out[1] = (uint8_t)digits[group >> 12 & 63];
    out[2] = (uint8_t)digits[group >> 6 & 63];
    out[3] = (uint8_t)digits[group & 63];
  }
}

static int decode(const uint8_t* in, uint32_t count, uint8_t* out) {
  for (uint32_t i = 0; i < count; i += 4, out += 3) {
    uint8_t a = values[in[i]], b = values[in[i + 1]], c = values[in[i + 2]], d = values[in[i + 3]];
    if ((a | b | c | d) & 128) return 0;
    uint32_t group = (uint32_t)a << 18 | (uint32_t)b << 12 | (uint32_t)c << 6 | d;
    out[0] = (uint8_t)(group >> 16);
    out[1] = (uint8_t)(group >> 8);
    out[2] = (uint8_t)group;
  }
  return 1;
}

static uint64_t kernel(uint32_t repetitions) {
  uint64_t hash = 1;
  uint32_t seed = 31;
  memset(values, 255, sizeof values);
  for (int i = 0; i < 64; i++) values[(uint8_t)digits[i]] = (uint8_t)i;
  for (int i = 0; i < size; i++) data[i] = (uint8_t)next_random(&seed);
  for (uint32_t i = 0; i < repetitions; i++) {
    encode(data, size, text);
    hash += (uint64_t)decode(text, sizeof text, decoded);
    hash += (uint64_t)(data[hash % size] == decoded[hash % size]);
    hash = mix(hash, text[hash % sizeof text]);
    data[hash % size] ^= (uint8_t)i;
  }
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 8500); }
