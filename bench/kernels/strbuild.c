// Strings built piece by piece: decimal numbers, escapes, a buffer that grows.
#include "kernel.h"

typedef struct {
  char* data;
  size_t length, capacity;
} Buffer;

static void append(Buffer* buffer, char c) {
  if (buffer->length == buffer->capacity) {
    buffer->capacity = buffer->capacity * 2 + 16;
    buffer->data = realloc(buffer->data, buffer->capacity);
    if (buffer->data == NULL) abort();
  }
  buffer->data[buffer->length++] = c;
}

static void append_text(Buffer* buffer, const char* text) {
  for (; *text; text++) append(buffer, *text);
}

static void append_number(Buffer* buffer, uint32_t value) {
  char digits[10];
  int count = 0;
  do {
    digits[count++] = (char)('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (count > 0) append(buffer, digits[--count]);
}

static void append_quoted(Buffer* buffer, const char* text) {
  append(buffer, '"');
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') append(buffer, '\\');
    if (*text == '\n')
      append_text(buffer, "\\n");
    else
      append(buffer, *text);
  }
  append(buffer, '"');
}

static uint64_t kernel(uint32_t repetitions) {
  uint64_t hash = 1;
  uint32_t seed = 17;
  for (uint32_t i = 0; i < repetitions; i++) {
    Buffer buffer = {0};
    append(&buffer, '[');
    for (int j = 0; j < 50; j++) {
      append_text(&buffer, "{\"id\": ");
      append_number(&buffer, next_random(&seed) >> (seed & 31));
      append_text(&buffer, ", \"name\": ");
      append_quoted(&buffer, j % 3 ? "a \"quoted\" name" : "two\nlines");
      append_text(&buffer, "},\n");
    }
    for (size_t at = 0; at < buffer.length; at += 64) hash = mix(hash, (uint8_t)buffer.data[at]);
    hash = mix(hash, buffer.length);
    free(buffer.data);
  }
  return hash;
}

int main(int argc, char** argv) { return run_kernel(argc, argv, kernel, 45000); }
