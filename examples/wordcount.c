// Counts lines, words and bytes of the files named, or of standard input, as wc does.
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  uint64_t lines, words, bytes;
} Counts;

static bool count(FILE* file, Counts* counts) {
  static char buffer[1 << 14];
  bool in_word = false;
  size_t length;
  while ((length = fread(buffer, 1, sizeof buffer, file)) > 0) {
    counts->bytes += length;
    for (size_t i = 0; i < length; ++i) {
      const bool space = isspace((unsigned char)buffer[i]);
      counts->lines += buffer[i] == '\n';
      counts->words += !space && !in_word;
      in_word = !space;
    }
  }
  return !ferror(file);
}

static void print(const Counts* counts, const char* name) {
  printf("%8llu %8llu %8llu%s%s\n", (unsigned long long)counts->lines,
         (unsigned long long)counts->words, (unsigned long long)counts->bytes, *name ? " " : "",
         name);
}

static int complain(const char* name) {
  fprintf(stderr, "wordcount: %s: %s\n", name, strerror(errno));
  return 1;
}

int main(int argc, char** argv) {
  Counts total = {0};
  int status = 0;
  if (argc < 2) {
    if (!count(stdin, &total)) status = complain("standard input");
    print(&total, "");
  }
  for (int i = 1; i < argc; ++i) {
    Counts counts = {0};
    FILE* file = fopen(argv[i], "rb");
    if (!file) {
      status = complain(argv[i]);
      continue;
    }
    if (count(file, &counts)) {
      print(&counts, argv[i]);
    } else {
      status = complain(argv[i]);
    }
    fclose(file);
    total.lines += counts.lines;
    total.words += counts.words;
    total.bytes += counts.bytes;
  }
  if (argc > 2) print(&total, "total");
  return status;
}
