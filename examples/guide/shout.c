// The guide's plugin: it writes text in capital letters.
#include <stddef.h>

__attribute__((import_module("host"), import_name("log"))) void host_log(const char* text,
                                                                         size_t size);

static char buffer[1024];

__attribute__((export_name("buffer"))) char* get_buffer(void) { return buffer; }

// Changes the text in the buffer, and returns how long it is now.
__attribute__((export_name("shout"))) size_t shout(size_t size) {
  host_log(buffer, size);
  for (size_t i = 0; i < size; ++i)
    if (buffer[i] >= 'a' && buffer[i] <= 'z') buffer[i] = (char)(buffer[i] - 'a' + 'A');
  buffer[size] = '!';
  return size + 1;
}
