// The guest: C without a C library. All that it knows of the host is one function.
#include <stdint.h>

#define PAGE 65536ull
#define EXPORT(name) __attribute__((export_name(name)))

__attribute__((import_module("host"), import_name("log"))) void host_log(const char* text,
                                                                         uint32_t size);

extern char __heap_base;  // the linker's: from here on memory is free
static char* next = &__heap_base;

// Room for `size` bytes, for the host to write into; 0 where memory is full.
EXPORT("alloc") char* alloc(uint32_t size) {
  const uint64_t end = __builtin_wasm_memory_size(0) * PAGE;
  const uint64_t wanted = (uint64_t)(uintptr_t)next + size;
  if (wanted > end) {
    const uint64_t pages = (wanted - end + PAGE - 1) / PAGE;
    if (__builtin_wasm_memory_grow(0, (uintptr_t)pages) == UINTPTR_MAX) return 0;
  }
  char* const room = next;
  next += size;
  return room;
}

// Frees `room` and all that was allocated after it.
EXPORT("release") void release(char* room) { next = room; }

// A text in capital letters: its address in the upper half of the result, its size in the lower.
EXPORT("shout") uint64_t shout(const char* text, uint32_t size) {
  host_log(text, size);
  if (size == UINT32_MAX) return 0;
  char* const loud = alloc(size + 1);
  if (!loud) return 0;
  for (uint32_t i = 0; i < size; ++i)
    loud[i] = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 'a' + 'A') : text[i];
  loud[size] = '!';
  return (uint64_t)(uint32_t)loud << 32 | (size + 1);
}
