// setjmp and longjmp through several frames, and memory that grows, stand-alone.
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static jmp_buf failed;

static void parse(const char* text, int depth) {
  char copy[64];
  strncpy(copy, text, sizeof copy - 1);
  copy[sizeof copy - 1] = 0;
  if (copy[0] == '!') longjmp(failed, depth);
  if (copy[0] == 0) return;
  parse(text + 1, depth + 1);
}

int main(int argc, char** argv) {
  const char* const texts[] = {"abc", "ab!c", "!", "xyz!"};
  for (int i = 0; i < 4; ++i) {
    const int at = setjmp(failed);
    if (at == 0) {
      parse(texts[i], 1);
      printf("%s: well\n", texts[i]);
    } else {
      printf("%s: failed at %d\n", texts[i], at);
    }
  }
  size_t sum = 0;
  for (int i = 0; i < 64; ++i) {
    char* block = malloc(1 << 20);
    memset(block, i, 1 << 20);
    sum += (size_t)block[i];
  }
  printf("sum %zu\n", sum);
  if (argc > 1) longjmp(failed, 3);
  return 7;
}
