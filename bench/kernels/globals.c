// State in global variables that calls keep out of registers.
#include "kernel.h"

static volatile uint32_t counter, total;
static uint32_t low = 1, high = 2, turns;

__attribute__((noinline)) static void turn(uint32_t by) {
  low = low * 0x915f77f5u + by;
  high ^= low >> 3;
  if (high & 64) turns++;
}

static uint64_t kernel(uint32_t repetitions) {
  for (uint32_t i = 0; i < repetitions; i++) {
    for (uint32_t j = 0; j < 1000; j++) {
      counter = counter + 1;
      turn(counter);
      total = total + high;
    }
  }
  return mix((uint64_t)low << 32 | high, (uint64_t)total << 32 | turns);
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 40000); }
