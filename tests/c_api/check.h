/* What the programs here share: each is called as `PROGRAM ENGINE MODULE.wasm`, and fails by the
 * line that it stops at. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wasm.h"
#include "waxwing/c.h"

#define own

#define CHECK(condition)                                                      \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                \
    }                                                                         \
  } while (0)

/* For an engine of the tier that the first argument names. */
static inline own wasm_config_t* new_config(char** argv) {
  own wasm_config_t* config = wasm_config_new();
  CHECK(config);
  CHECK(waxwing_config_set_tier(config, strcmp(argv[1], "interpreter") == 0
                                            ? WAXWING_TIER_INTERPRETER
                                            : WAXWING_TIER_BASELINE));
  return config;
}

static inline own wasm_engine_t* new_engine(char** argv) {
  own wasm_config_t* config = new_config(argv);
  own wasm_engine_t* engine = wasm_engine_new_with_config(config);
  CHECK(engine);
  return engine;
}

static inline void read_file(const char* path, own wasm_byte_vec_t* out) {
  FILE* file = fopen(path, "rb");
  CHECK(file);
  CHECK(fseek(file, 0, SEEK_END) == 0);
  const long size = ftell(file);
  CHECK(size > 0);
  CHECK(fseek(file, 0, SEEK_SET) == 0);
  wasm_byte_vec_new_uninitialized(out, (size_t)size);
  CHECK(out->size == (size_t)size);
  CHECK(fread(out->data, 1, out->size, file) == out->size);
  CHECK(fclose(file) == 0);
}

/* The module of the second argument. */
static inline own wasm_module_t* new_module(wasm_store_t* store, char** argv) {
  wasm_byte_vec_t binary;
  read_file(argv[2], &binary);
  CHECK(wasm_module_validate(store, &binary));
  own wasm_module_t* module = wasm_module_new(store, &binary);
  wasm_byte_vec_delete(&binary);
  CHECK(module);
  return module;
}

static inline own wasm_instance_t* new_instance(wasm_store_t* store, const wasm_module_t* module,
                                                const wasm_extern_vec_t* imports) {
  own wasm_trap_t* trap = NULL;
  own wasm_instance_t* instance = wasm_instance_new(store, module, imports, &trap);
  if (trap) {
    wasm_message_t message;
    wasm_trap_message(trap, &message);
    fprintf(stderr, "%s\n", message.data);
  }
  CHECK(instance && !trap);
  return instance;
}

/* Lent by `exports`. */
static inline wasm_func_t* func_at(const wasm_extern_vec_t* exports, size_t index) {
  CHECK(index < exports->size);
  CHECK(wasm_extern_kind(exports->data[index]) == WASM_EXTERN_FUNC);
  wasm_func_t* func = wasm_extern_as_func(exports->data[index]);
  CHECK(func);
  return func;
}

/* Whether the trap says just that. */
static inline bool has_message(const wasm_trap_t* trap, const char* expected) {
  wasm_message_t message;
  wasm_trap_message(trap, &message);
  CHECK(message.size > 0 && message.data[message.size - 1] == '\0');
  const bool is_same = strcmp(message.data, expected) == 0;
  if (!is_same) fprintf(stderr, "the message is: %s\n", message.data);
  wasm_byte_vec_delete(&message);
  return is_same;
}

static inline bool is_name(const wasm_name_t* name, const char* expected) {
  return name->size == strlen(expected) && memcmp(name->data, expected, name->size) == 0;
}

#endif
