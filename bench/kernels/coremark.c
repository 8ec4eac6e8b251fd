// What CoreMark is made of: a linked list that is searched and sorted, a matrix of small integers,
// a state machine that reads numbers, and a CRC over the results.
#include "kernel.h"

enum { item_count = 100, matrix_size = 10 };

typedef struct Item {
  struct Item* next;
  int16_t key, index;
} Item;

static Item items[item_count];
static int16_t matrix_a[matrix_size * matrix_size], matrix_b[matrix_size * matrix_size];
static int32_t matrix_c[matrix_size * matrix_size];

static uint16_t crc_byte(uint8_t data, uint16_t crc) {
  for (int i = 0; i < 8; i++) {
    int carry = (data & 1) ^ (crc & 1);
    data >>= 1;
    crc = (uint16_t)(crc >> 1);
    if (carry) crc ^= 0xa001;
  }
  return crc;
}

static uint16_t crc_word(uint32_t word, uint16_t crc) {
  for (int i = 0; i < 4; i++, word >>= 8) crc = crc_byte((uint8_t)word, crc);
  return crc;
}

static int by_key(const Item* a, const Item* b) { return a->key - b->key; }
static int by_index(const Item* a, const Item* b) { return a->index - b->index; }

static Item* sort_list(Item* list, int (*compare)(const Item*, const Item*)) {
  for (int run = 1;; run *= 2) {
    Item *p = list, *tail = NULL;
    int merges = 0;
    list = NULL;
    while (p) {
      Item* q = p;
      int p_count = 0, q_count = run;
      merges++;
      while (p_count < run && q) {
        q = q->next;
        p_count++;
      }
      while (p_count > 0 || (q_count > 0 && q)) {
        Item* taken;
        if (p_count == 0 || (q_count > 0 && q && compare(p, q) > 0)) {
          taken = q;
          q = q->next;
          q_count--;
        } else {
          taken = p;
          p = p->next;
          p_count--;
        }
        if (tail)
          tail->next = taken;
        else
          list = taken;
        tail = taken;
      }
      p = q;
    }
    if (tail) tail->next = NULL;
    if (merges <= 1) return list;
  }
}

static Item* reverse(Item* list) {
  Item* reversed = NULL;
  while (list) {
    Item* next = list->next;
    list->next = reversed;
    reversed = list;
    list = next;
  }
  return reversed;
}

static uint16_t work_on_list(uint16_t seed, uint16_t crc) {
  for (int i = 0; i < item_count; i++) {
    items[i].next = i + 1 < item_count ? &items[i + 1] : NULL;
    items[i].key = (int16_t)((i * 61 + seed) & 0x7ff);
    items[i].index = (int16_t)i;
  }
  Item* list = items;
  for (int sought = 0; sought < 20; sought++) {
    int steps = 0;
    for (Item* item = list; item && item->key != ((sought * 53 + seed) & 0x7ff); item = item->next)
      steps++;
    crc = crc_byte((uint8_t)steps, crc);
    list = reverse(list);
  }
  list = sort_list(list, by_key);
  for (Item* item = list; item; item = item->next) crc = (uint16_t)(crc + item->index * 3);
  list = sort_list(list, by_index);
  return crc_word((uint32_t)list->key, crc);
}

static uint16_t work_on_matrix(int16_t seed, uint16_t crc) {
  for (int i = 0; i < matrix_size * matrix_size; i++) {
    matrix_a[i] = (int16_t)((i * seed + 3) & 0xff);
    matrix_b[i] = (int16_t)((i + seed * 5) & 0xff);
  }
  for (int i = 0; i < matrix_size; i++) {
    for (int j = 0; j < matrix_size; j++) {
      int32_t sum = 0, bits = 0;
      for (int k = 0; k < matrix_size; k++) {
        int32_t product = matrix_a[i * matrix_size + k] * matrix_b[k * matrix_size + j];
        sum += product;
        bits += (product >> 2 & 0xf) * (product >> 5 & 0x7f);
      }
      matrix_c[i * matrix_size + j] = sum ^ bits;
    }
  }
  int32_t total = 0, previous = 0;
  for (int i = 0; i < matrix_size * matrix_size; i++) {
    total += matrix_c[i] > previous ? 10 : 1;
    previous = matrix_c[i];
  }
  return crc_word((uint32_t)total, crc);
}

enum State {
  state_start,
  state_sign,
  state_integer,
  state_float,
  state_exponent,
  state_scientific,
  state_invalid
};

static enum State next_state(enum State state, char c) {
  int digit = c >= '0' && c <= '9';
  switch (state) {
    case state_start:
      if (digit) return state_integer;
      if (c == '+' || c == '-') return state_sign;
      return c == '.' ? state_float : state_invalid;
    case state_sign:
      if (digit) return state_integer;
      return c == '.' ? state_float : state_invalid;
    case state_integer:
      if (digit) return state_integer;
      if (c == '.') return state_float;
      return c == 'e' ? state_exponent : state_invalid;
    case state_float:
      if (digit) return state_float;
      return c == 'e' || c == 'E' ? state_exponent : state_invalid;
    case state_exponent: return c == '+' || c == '-' || digit ? state_scientific : state_invalid;
    case state_scientific: return digit ? state_scientific : state_invalid;
    case state_invalid: return state_invalid;
  }
  return state_invalid;
}

static uint16_t work_on_states(uint32_t seed, uint16_t crc) {
  static char text[] =
      "5012,1234,-874,+122,35.54400,.1234500,-110.700,+0.64400,5.500e+3,-.123e-2,-87e+832,T0.3e-"
      "1F,";
  uint32_t final_counts[state_invalid + 1] = {0}, visits[state_invalid + 1] = {0};
  text[seed % 40] ^= 1;
  enum State state = state_start;
  for (const char* p = text; *p; p++) {
    if (*p == ',') {
      final_counts[state]++;
      state = state_start;
    } else {
      state = next_state(state, *p);
      visits[state]++;
    }
  }
  text[seed % 40] ^= 1;
  for (int i = 0; i <= state_invalid; i++) crc = crc_word(final_counts[i] << 16 | visits[i], crc);
  return crc;
}

static uint64_t kernel(uint32_t repetitions) {
  uint16_t crc = 0xffff;
  for (uint32_t i = 0; i < repetitions; i++) {
    crc = work_on_list(crc, crc);
    crc = work_on_matrix((int16_t)(crc & 63), crc);
    for (int j = 0; j < 4; j++) crc = work_on_states(crc, crc);
  }
  return crc;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 10000); }
