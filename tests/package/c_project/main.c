/* A host in C. */
#include <stdio.h>
#include <waxwing/version.h>

int main(void) {
  printf("Waxwing %s\n", waxwing_version());
  return 0;
}
