// Many short copies, fills, comparisons and lengths, as programs with records and strings make
// them.
#include "kernel.h"

enum { record_count = 256, record_size = 96 };

static char records[record_count][record_size];

static uint64_t kernel(uint32_t repetitions) {
  uint64_t hash = 1;
  uint32_t seed = 3;
  for (int i = 0; i < record_count; i++) {
    uint32_t length = 8 + next_random(&seed) % 80;
    memset(records[i], 'a' + i % 26, length);
  }
  for (uint32_t i = 0; i < repetitions; i++) {
    for (int j = 0; j < 500; j++) {
      uint32_t random = next_random(&seed);
      char *a = records[random % record_count], *b = records[random >> 8 & (record_count - 1)];
      size_t length = strlen(a);
      hash += length;
      if (a != b) memcpy(b, a, random >> 16 & 31);
      int order = memcmp(a, b, random >> 20 & 31);
      hash = hash * 5 + (order > 0) - (order < 0 ? 2 : 0);
      char held[40];
      memset(held, (int)(random & 15) + 'a', random >> 24 & 31);
      memmove(a + 1, a, length / 4);
      a[0] = held[0] | 'a';
    }
  }
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 9000); }
