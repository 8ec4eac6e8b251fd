/* Limits of what is compiled, and how compiling is stopped. */
#include "check.h"

enum { pairs = 2000000, arity = 1000 };

static void expect(own waxwing_error_t* error, waxwing_error_code_t code, const char* words) {
  CHECK(error);
  if (!strstr(waxwing_error_message(error), words))
    fprintf(stderr, "%s\n", waxwing_error_message(error));
  CHECK(waxwing_error_code(error) == code && strstr(waxwing_error_message(error), words));
  waxwing_error_delete(error);
}

static void check_limit(char** argv, const wasm_byte_vec_t* binary,
                        void (*set)(wasm_config_t*, uint64_t), uint64_t most, const char* words) {
  for (int is_beyond = 0; is_beyond < 2; ++is_beyond) {
    own wasm_config_t* config = new_config(argv);
    set(config, most - (uint64_t)is_beyond);
    own wasm_engine_t* engine = wasm_engine_new_with_config(config);
    own wasm_store_t* store = wasm_store_new(engine);
    own wasm_module_t* module = NULL;
    own waxwing_error_t* error = waxwing_module_new(store, binary, NULL, &module);
    if (is_beyond) {
      CHECK(!module);
      expect(error, WAXWING_ERROR_RESOURCE_LIMIT, words);
    } else {
      CHECK(module && !error);
    }
    wasm_module_delete(module);
    wasm_store_delete(store);
    wasm_engine_delete(engine);
  }
}

static char* put(char* at, const char* bytes, size_t size) {
  memcpy(at, bytes, size);
  return at + size;
}

/* Five bytes each, so that nobody has to know sizes before. */
static char* put_number(char* at, size_t number) {
  for (int i = 0; i < 4; ++i, number >>= 7) *at++ = (char)(number | 0x80);
  *at++ = (char)(number & 0x7f);
  return at;
}

static char* put_values(char* at) {
  at = put_number(at, arity);
  memset(at, 0x7f, arity);
  return at + arity;
}

/* One function that calls another with 1,000 results, and one that takes them, for seconds. */
static void make_slow(own wasm_byte_vec_t* out) {
  const size_t body_size = 2 + 4 * (size_t)pairs;
  wasm_byte_vec_new_uninitialized(out, body_size + 4096);
  CHECK(out->data);
  char* at = put(out->data, "\0asm\1\0\0\0\1", 9);
  at = put_number(at, 8 + 2 * (5 + arity));
  at = put(at, "\3\x60\0\0\x60\0", 6);
  at = put_values(at);
  at = put(at, "\x60", 1);
  at = put_values(at);
  at = put(at, "\0\3\4\3\1\2\0\x0a", 8); /* no results; functions; code */
  at = put_number(at, 8 + 5 + body_size);
  at = put(at, "\3\3\0\0\x0b\2\0\x0b", 8);
  at = put_number(at, body_size);
  *at++ = 0;
  for (int i = 0; i < pairs; ++i) at = put(at, "\x10\0\x10\1", 4);
  *at++ = 0x0b;
  out->size = (size_t)(at - out->data);
}

static void check_stopping(char** argv, const wasm_byte_vec_t* quick) {
  own wasm_engine_t* engine = new_engine(argv);
  own wasm_store_t* store = wasm_store_new(engine);
  wasm_byte_vec_t slow;
  make_slow(&slow);
  own wasm_module_t* module = NULL;
  own waxwing_compile_options_t* options = waxwing_compile_options_new();
  waxwing_compile_options_set_timeout_ns(options, 20000000);
  expect(waxwing_module_new(store, &slow, options, &module), WAXWING_ERROR_INTERRUPTED,
         "deadline exceeded");
  CHECK(!module);
  wasm_byte_vec_delete(&slow);

  own waxwing_stop_t* stop = waxwing_stop_new();
  waxwing_compile_options_set_timeout_ns(options, 0);
  waxwing_compile_options_set_stop(options, stop);
  CHECK(!waxwing_module_new(store, quick, options, &module) && module);
  wasm_module_delete(module);
  waxwing_stop_request(stop);
  waxwing_stop_delete(stop);
  expect(waxwing_module_new(store, quick, options, &module), WAXWING_ERROR_INTERRUPTED,
         "interrupted");
  waxwing_compile_options_set_stop(options, NULL);
  CHECK(!waxwing_module_new(store, quick, options, &module) && module);
  wasm_module_delete(module);
  waxwing_compile_options_delete(options);

  expect(waxwing_module_new(NULL, quick, NULL, &module), WAXWING_ERROR_INVALID_ARGUMENT, "");
  expect(waxwing_module_new(store, NULL, NULL, &module), WAXWING_ERROR_INVALID_ARGUMENT, "");
  expect(waxwing_module_new(store, quick, NULL, NULL), WAXWING_ERROR_INVALID_ARGUMENT, "");
  waxwing_stop_request(NULL);
  waxwing_stop_delete(NULL);
  waxwing_compile_options_set_timeout_ns(NULL, 1);
  waxwing_compile_options_set_stop(NULL, NULL);
  waxwing_compile_options_delete(NULL);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  wasm_byte_vec_t binary;
  read_file(argv[2], &binary);
  check_limit(argv, &binary, waxwing_config_set_max_module_bytes, binary.size, "module_bytes");
  check_limit(argv, &binary, waxwing_config_set_max_funcs, 2, "2 functions");
  check_limit(argv, &binary, waxwing_config_set_max_func_bytes, 2, "2 bytes in a function");
  check_stopping(argv, &binary);
  wasm_byte_vec_delete(&binary);
  return 0;
}
