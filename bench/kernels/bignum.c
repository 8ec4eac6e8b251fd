// Multiplication of long numbers by limbs of 32 bits: 64-bit products and carries.
#include "kernel.h"

enum { limb_count = 64 };

static void multiply(uint32_t* product, const uint32_t* a, const uint32_t* b) {
  memset(product, 0, 2 * limb_count * sizeof *product);
  for (int i = 0; i < limb_count; i++) {
    uint64_t carry = 0;
    for (int j = 0; j < limb_count; j++) {
      uint64_t sum = (uint64_t)a[i] * b[j] + product[i + j] + carry;
      product[i + j] = (uint32_t)sum;
      carry = sum >> 32;
    }
    product[i + limb_count] = (uint32_t)carry;
  }
}

static uint64_t kernel(uint32_t repetitions) {
  uint32_t a[limb_count], b[limb_count], product[2 * limb_count], seed = 7;
  for (int i = 0; i < limb_count; i++) {
    a[i] = next_random(&seed);
    b[i] = next_random(&seed);
  }
  for (uint32_t i = 0; i < repetitions; i++) {
    for (int j = 0; j < 8; j++) {
      multiply(product, a, b);
      memcpy(a, product + limb_count / 2, sizeof a);
      a[0] |= 1;
      a[limb_count - 1] |= 0x80000000u;
    }
  }
  uint64_t hash = 1;
  for (int i = 0; i < limb_count; i++) hash = mix(hash, a[i]);
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 5000); }
