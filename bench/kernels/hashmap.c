// A hash table with open addressing: insert, find, erase.
#include "kernel.h"

enum { capacity = 1 << 15 };

typedef struct {
  uint32_t key, value;
} Slot;

static Slot slots[capacity];

static uint32_t slot_of(uint32_t key) { return (key * 0x9e3779b1u) >> 17; }

static Slot* find(uint32_t key) {
  uint32_t i = slot_of(key);
  while (slots[i].key != key && slots[i].key != 0) i = (i + 1) % capacity;
  return &slots[i];
}

static void erase(uint32_t key) {
  Slot* hole = find(key);
  if (hole->key == 0) return;
  uint32_t i = (uint32_t)(hole - slots), j = i;
  for (;;) {
    j = (j + 1) % capacity;
    if (slots[j].key == 0) break;
    uint32_t home = slot_of(slots[j].key);
    if ((j - home) % capacity >= (j - i) % capacity) {
      slots[i] = slots[j];
      i = j;
    }
  }
  slots[i].key = 0;
}

static uint64_t kernel(uint32_t repetitions) {
  uint64_t hash = 1;
  uint32_t seed = 99;
  for (uint32_t i = 0; i < repetitions; i++) {
    for (int j = 0; j < 1000; j++) {
      uint32_t key = next_random(&seed) % 40000 + 1;
      Slot* slot = find(key);
      if (slot->key == 0) {
        slot->key = key;
        slot->value = 0;
      }
      slot->value += i;
      hash += slot->value;
      if ((key & 1) == 0) erase(next_random(&seed) % 40000 + 1);
    }
    hash = mix(hash, i);
  }
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 4000); }
