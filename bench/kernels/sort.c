// Quicksort, merge sort and heap sort of words, compared in line.
#include "kernel.h"

enum { count = 4096 };

static uint32_t words[count], scratch[count];

static void quicksort(uint32_t* low, uint32_t* high) {
  while (high - low > 12) {
    uint32_t pivot = low[(high - low) / 2], *i = low, *j = high;
    for (;;) {
      while (*i < pivot) i++;
      while (pivot < *j) j--;
      if (i >= j) break;
      uint32_t held = *i;
      *i++ = *j;
      *j-- = held;
    }
    if (j == high) j--;
    quicksort(low, j);
    low = j + 1;
  }
  for (uint32_t* i = low + 1; i <= high; i++) {
    uint32_t held = *i, *j = i;
    for (; j > low && j[-1] > held; j--) *j = j[-1];
    *j = held;
  }
}

static void merge_sort(uint32_t* data, uint32_t* other, uint32_t n) {
  if (n < 2) return;
  uint32_t half = n / 2, i = 0, j = half, k = 0;
  merge_sort(data, other, half);
  merge_sort(data + half, other + half, n - half);
  memcpy(other, data, n * sizeof *data);
  while (i < half && j < n) data[k++] = other[j] < other[i] ? other[j++] : other[i++];
  while (i < half) data[k++] = other[i++];
  while (j < n) data[k++] = other[j++];
}

static void sift_down(uint32_t* heap, uint32_t root, uint32_t n) {
  uint32_t held = heap[root];
  for (uint32_t child; (child = 2 * root + 1) < n; root = child) {
    if (child + 1 < n && heap[child] < heap[child + 1]) child++;
    if (held >= heap[child]) break;
    heap[root] = heap[child];
  }
  heap[root] = held;
}

static void heap_sort(uint32_t* data, uint32_t n) {
  for (uint32_t i = n / 2; i-- > 0;) sift_down(data, i, n);
  for (uint32_t i = n; i-- > 1;) {
    uint32_t held = data[0];
    data[0] = data[i];
    data[i] = held;
    sift_down(data, 0, i);
  }
}

static uint64_t kernel(uint32_t repetitions) {
  uint64_t hash = 1;
  uint32_t seed = 12345;
  for (uint32_t i = 0; i < repetitions; i++) {
    for (int sorter = 0; sorter < 3; sorter++) {
      for (int j = 0; j < count; j++) words[j] = next_random(&seed);
      if (sorter == 0) quicksort(words, words + count - 1);
      if (sorter == 1) merge_sort(words, scratch, count);
      if (sorter == 2) heap_sort(words, count);
      for (int j = 1; j < count; j++) hash += words[j - 1] > words[j];
      hash = mix(hash, words[i % count]);
    }
  }
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 270); }
