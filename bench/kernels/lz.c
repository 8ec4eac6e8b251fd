// Compression by back references found in a hash table, and decompression.
#include "kernel.h"

enum { size = 16384, hash_bits = 12, min_match = 4, max_match = 131, window = 8192 };

static uint8_t text[size], packed[size * 2], unpacked[size];
static uint32_t last_seen[1 << hash_bits];

static uint32_t hash_at(const uint8_t* p) {
  uint32_t word;
  memcpy(&word, p, sizeof word);
  return (word * 0x9e3779b1u) >> (32 - hash_bits);
}

// A byte below 128 announces that many literals and one; from 128 on, a match: its length less 128,
// then its distance.
static uint32_t compress(const uint8_t* in, uint32_t count, uint8_t* out) {
  uint32_t used = 0, literals = 0, i = 0;
  memset(last_seen, 0, sizeof last_seen);
  while (i < count) {
    uint32_t length = 0, candidate = 0;
    if (i + min_match <= count) {
      uint32_t* seen = &last_seen[hash_at(in + i)];
      candidate = *seen;
      *seen = i;
      if (candidate < i && i - candidate < window) {
        while (length < max_match && i + length < count && in[candidate + length] == in[i + length])
          length++;
      }
    }
    if (length >= min_match) {
      out[used++] = (uint8_t)(128 + length - min_match);
      out[used++] = (uint8_t)(i - candidate);
      out[used++] = (uint8_t)((i - candidate) >> 8);
      i += length;
      literals = 0;
    } else {
      if (literals == 0)
        out[used++] = 0;
      else
        out[used - literals - 1] = (uint8_t)literals;
      out[used++] = in[i++];
      if (++literals == 128) literals = 0;
    }
  }
  return used;
}

static uint32_t decompress(const uint8_t* in, uint32_t count, uint8_t* out) {
  uint32_t made = 0;
  for (uint32_t i = 0; i < count;) {
    uint32_t head = in[i++];
    if (head < 128) {
      for (uint32_t j = 0; j <= head; j++) out[made++] = in[i++];
    } else {
      uint32_t distance = in[i] | (uint32_t)in[i + 1] << 8;
      i += 2;
      for (uint32_t j = 0; j < head - 128 + min_match; j++, made++)
        out[made] = out[made - distance];
    }
  }
  return made;
}

static uint64_t kernel(uint32_t repetitions) {
  static const char* const words[] = {"wing ", "wax ", "the ",  "feather",
                                      "ed ",   "bird", "s of ", "night, "};
  uint64_t hash = 1;
  uint32_t seed = 11;
  for (uint32_t i = 0; i < repetitions; i++) {
    for (uint32_t filled = 0; filled < size;) {
      uint32_t random = next_random(&seed);
      const char* word = words[random & 7];
      while (*word && filled < size) text[filled++] = (uint8_t)*word++;
      if ((random & 0x700) == 0 && filled < size) text[filled++] = (uint8_t)(random >> 16);
    }
    uint32_t used = compress(text, size, packed);
    uint32_t made = decompress(packed, used, unpacked);
    hash = mix(hash, (uint64_t)used << 32 | made);
    hash += (uint64_t)(memcmp(text, unpacked, size) != 0);
  }
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 1000); }
