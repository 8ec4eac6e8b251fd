// The smallest program with output: what it costs is what the engine's start costs.
#include <stdio.h>

int main(void) {
  puts("hello");
  return 0;
}
