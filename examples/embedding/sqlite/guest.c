// How far two texts are apart: how many letters must be added, removed or changed to make one of
// the other (Levenshtein). C without a C library.
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(name)))
enum { MAX_SIZE = 1000 };

// The host writes the texts here.
static char texts[2][MAX_SIZE];
EXPORT("text") char* text(uint32_t which) { return which < 2 ? texts[which] : 0; }
EXPORT("max_size") uint32_t max_size(void) { return MAX_SIZE; }

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

EXPORT("distance") uint32_t distance(uint32_t first_size, uint32_t second_size) {
  static uint32_t row[MAX_SIZE + 1];  // from the first i letters to the first k of the second text
  for (uint32_t k = 0; k <= second_size; ++k) row[k] = k;
  for (uint32_t i = 1; i <= first_size; ++i) {
    uint32_t before = row[0];  // of the row above
    row[0] = i;
    for (uint32_t k = 1; k <= second_size; ++k) {
      const uint32_t changed = before + (texts[0][i - 1] != texts[1][k - 1]);
      before = row[k];
      row[k] = least(changed, least(before, row[k - 1]) + 1);
    }
  }
  return row[second_size];
}
