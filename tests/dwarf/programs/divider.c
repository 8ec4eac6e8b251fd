// Traps in a function that was inlined into another one.
#include <stdio.h>
#include <stdlib.h>

static inline __attribute__((always_inline)) int divide(int dividend, int divisor) {
  return dividend / divisor;
}

__attribute__((noinline)) static int share(int among) {
  const int whole = divide(100, among);
  return whole + 1;
}

static int compare(const void* left, const void* right) {
  return *(const int*)left - *(const int*)right;
}

int main(int count, char** arguments) {
  int numbers[] = {7, 3, 5, count};
  qsort(numbers, 4, sizeof numbers[0], compare);
  printf("%d, %s\n", numbers[0], count > 1 ? arguments[1] : "nobody");
  return share(count - 1) + (int)strtol(arguments[1], NULL, 10);
}
