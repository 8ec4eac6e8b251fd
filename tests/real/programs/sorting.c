// qsort and bsearch over numbers, strings and structures.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  double key;
  char name[12];
  int32_t order;
} Item;

static uint32_t state = 12345;
static uint32_t next_random(void) {
  state = state * 1664525u + 1013904223u;
  return state >> 8;
}

static int by_number(const void* a, const void* b) {
  const int32_t x = *(const int32_t*)a, y = *(const int32_t*)b;
  return (x > y) - (x < y);
}

static int by_key(const void* a, const void* b) {
  const Item *x = a, *y = b;
  if (x->key != y->key) return x->key < y->key ? -1 : 1;
  return strcmp(x->name, y->name);
}

static int by_text(const void* a, const void* b) {
  return strcmp(*(const char* const*)a, *(const char* const*)b);
}

int main(void) {
  enum { count = 100000, item_count = 2000 };
  int32_t* numbers = malloc(count * sizeof *numbers);
  for (int i = 0; i < count; ++i) numbers[i] = (int32_t)(next_random() % 1000003) - 500000;
  qsort(numbers, count, sizeof *numbers, by_number);
  uint64_t sum = 0;
  for (int i = 0; i < count; ++i) sum = sum * 31 + (uint32_t)numbers[i];
  printf("%d .. %d, hash %016llx\n", numbers[0], numbers[count - 1], (unsigned long long)sum);
  const int32_t wanted = numbers[777];
  const int32_t* found = bsearch(&wanted, numbers, count, sizeof *numbers, by_number);
  printf("found %d\n", found ? *found : -1);
  free(numbers);

  Item* items = malloc(item_count * sizeof *items);
  for (int i = 0; i < item_count; ++i) {
    items[i].key = (double)(next_random() % 100) / 8;
    items[i].order = i;
    snprintf(items[i].name, sizeof items[i].name, "n%u", next_random() % 1000);
  }
  qsort(items, item_count, sizeof *items, by_key);
  for (int i = 0; i < item_count; i += 199) printf("%g %s\n", items[i].key, items[i].name);
  free(items);

  const char* words[] = {"pear", "apple", "fig", "banana", "cherry", "date", "Fig", ""};
  qsort(words, sizeof words / sizeof *words, sizeof *words, by_text);
  for (size_t i = 0; i < sizeof words / sizeof *words; ++i) printf("[%s]", words[i]);
  printf("\n");
  return 0;
}
