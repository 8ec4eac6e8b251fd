// Binary trees made with malloc, walked and freed.
#include "kernel.h"

typedef struct Tree {
  struct Tree *left, *right;
} Tree;

static Tree* make(int depth) {
  Tree* tree = malloc(sizeof *tree);
  if (tree == NULL) abort();
  tree->left = depth > 0 ? make(depth - 1) : NULL;
  tree->right = depth > 0 ? make(depth - 1) : NULL;
  return tree;
}

static uint32_t count(const Tree* tree) {
  return tree->left ? 1 + count(tree->left) + count(tree->right) : 1;
}

static void drop(Tree* tree) {
  if (tree->left) {
    drop(tree->left);
    drop(tree->right);
  }
  free(tree);
}

static uint64_t kernel(uint32_t repetitions) {
  uint64_t hash = 1;
  for (uint32_t i = 0; i < repetitions; i++) {
    Tree* tree = make(10 + (int)(i & 1));
    hash = mix(hash, count(tree));
    drop(tree);
  }
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 2300); }
