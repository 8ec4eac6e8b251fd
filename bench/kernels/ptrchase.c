// A walk along a list whose nodes lie in random order: the caches' latency, mostly.
#include "kernel.h"

enum { node_count = 1 << 16 };

// As large where pointers are short as where they are long, so that the caches hold as many.
typedef struct Node {
  union {
    struct Node* next;
    uint64_t space;
  };
  uint32_t value;
} Node;

static Node nodes[node_count];

static uint64_t kernel(uint32_t repetitions) {
  uint32_t seed = 21;
  for (uint32_t i = 0; i < node_count; i++) {
    nodes[i].next = &nodes[i];
    nodes[i].value = next_random(&seed);
  }
  for (uint32_t i = node_count - 1; i > 0; i--) {  // Sattolo: one cycle
    uint32_t j = next_random(&seed) % i;
    Node* held = nodes[i].next;
    nodes[i].next = nodes[j].next;
    nodes[j].next = held;
  }
  uint64_t sum = 0;
  const Node* node = nodes;
  for (uint32_t i = 0; i < repetitions; i++) {
    for (int j = 0; j < 10000; j++) {
      sum += node->value;
      node = node->next;
    }
  }
  return mix(sum, node->value);
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 900); }
