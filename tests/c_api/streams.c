/* Streams, clocks and randomness of a program's own, and what AssemblyScript and Emscripten
 * import. */
#include "check.h"

static int finalized = 0;
static void count_finalized(void* env) {
  CHECK(env == &finalized);
  ++finalized;
}

static waxwing_errno_t read_twice(void* env, void* to, size_t size, size_t* count) {
  CHECK(env == &finalized && size != 0 && *count == 0);
  static int calls = 0;
  if (calls == 2) return 29; /* io */
  memset(to, 'a' + calls++, size);
  *count = size;
  return 0;
}

static char written[64];
static waxwing_errno_t write_some(void* env, const void* from, size_t size, size_t* count) {
  CHECK(env == &finalized && *count == size);
  if (size > 3) *count = 3;
  strncat(written, (const char*)from, *count);
  return 0;
}

static uint64_t now_ns = 5;
static uint64_t time_ns(void* env, waxwing_clock_t clock) {
  CHECK(env == &finalized);
  return now_ns + clock;
}
static uint64_t wait_ns(void* env, uint64_t timeout_ns) {
  CHECK(env == &finalized);
  now_ns += timeout_ns;
  return 0;
}
static bool fill(void* env, void* to, size_t size) {
  CHECK(env == &finalized);
  memset(to, 'r', size);
  return true;
}

/* What the export `name`, which takes and returns i32s, returns. */
static int32_t call(const wasm_instance_t* instance, const char* name, int32_t arg) {
  own wasm_extern_t* found = waxwing_instance_export(instance, name);
  CHECK(found);
  wasm_val_t args[1] = {WASM_I32_VAL(arg)}, results[1] = {WASM_INIT_VAL};
  wasm_val_vec_t in = WASM_ARRAY_VEC(args), out = WASM_ARRAY_VEC(results);
  CHECK(!wasm_func_call(wasm_extern_as_func(found), &in, &out));
  wasm_extern_delete(found);
  return results[0].of.i32;
}

static own wasm_instance_t* instantiate(wasm_store_t* store, const wasm_module_t* module,
                                        own waxwing_wasi_config_t* config) {
  own waxwing_linker_t* linker = waxwing_linker_new();
  CHECK(!waxwing_linker_define_wasi(linker, config));
  CHECK(!waxwing_linker_define_assemblyscript(linker, true, WAXWING_TRACE_STDOUT));
  CHECK(!waxwing_linker_define_emscripten(linker));
  own waxwing_error_t* twice = waxwing_linker_define_emscripten(linker);
  CHECK(waxwing_error_code(twice) == WAXWING_ERROR_UNLINKABLE);
  waxwing_error_delete(twice);
  own waxwing_error_t* wrong = waxwing_linker_define_assemblyscript(linker, true, 9);
  CHECK(waxwing_error_code(wrong) == WAXWING_ERROR_INVALID_ARGUMENT);
  waxwing_error_delete(wrong);
  waxwing_wasi_config_delete(config);
  own wasm_instance_t* instance = NULL;
  own waxwing_error_t* error = waxwing_linker_instantiate(linker, store, module, &instance);
  if (error) fprintf(stderr, "%s\n", waxwing_error_message(error));
  CHECK(!error && instance);
  waxwing_linker_delete(linker);
  return instance;
}

static void check_buffers(wasm_engine_t* engine, char** argv) {
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = new_module(store, argv);
  own waxwing_wasi_config_t* config = waxwing_wasi_config_new();
  own waxwing_wasi_buffer_t* output = waxwing_wasi_buffer_new(40);
  CHECK(waxwing_wasi_config_set_stdin_bytes(config, "hello", 5));
  CHECK(waxwing_wasi_config_set_stream_buffer(config, WAXWING_STDOUT, output));
  CHECK(!waxwing_wasi_config_set_stream_buffer(config, WAXWING_STDIN, output));
  CHECK(!waxwing_wasi_config_set_stream_buffer(config, 3, output));
  CHECK(!waxwing_wasi_config_set_stream_buffer(config, WAXWING_STDERR, NULL));
  waxwing_wasi_config_set_random_seed(config, 7);
  own wasm_instance_t* instance = instantiate(store, module, config);
  CHECK(call(instance, "echo", 0) == 5);
  CHECK(call(instance, "trace", 2) == 0);
  CHECK(call(instance, "invoke", 20) == 21);
  wasm_byte_vec_t bytes;
  waxwing_wasi_buffer_take(output, &bytes);
  CHECK(bytes.size == 21 && memcmp(bytes.data, "hellotrace: hi 1.5,2\n", 21) == 0);
  wasm_byte_vec_delete(&bytes);
  CHECK(!waxwing_wasi_buffer_has_overflowed(output));
  for (int i = 0; i < 4; ++i) CHECK(call(instance, "trace", 0) == 0);
  CHECK(!waxwing_wasi_buffer_has_overflowed(output));
  CHECK(call(instance, "trace", 0) == 0);
  CHECK(waxwing_wasi_buffer_has_overflowed(output));
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  waxwing_wasi_buffer_delete(output);
}

static void check_functions(wasm_engine_t* engine, char** argv) {
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = new_module(store, argv);
  own waxwing_wasi_config_t* config = waxwing_wasi_config_new();
  void* const env = &finalized;
  CHECK(!waxwing_wasi_config_set_stdin_reader(config, NULL, env, count_finalized));
  CHECK(finalized == 1);
  CHECK(waxwing_wasi_config_set_stdin_reader(config, read_twice, env, count_finalized));
  CHECK(!waxwing_wasi_config_set_stream_writer(config, WAXWING_STDIN, write_some, env, NULL));
  CHECK(waxwing_wasi_config_set_stream_writer(config, WAXWING_STDOUT, write_some, env,
                                              count_finalized));
  waxwing_wasi_clocks_t clocks = {env, NULL, NULL, wait_ns, NULL, count_finalized};
  CHECK(!waxwing_wasi_config_set_clocks(config, &clocks) && finalized == 2);
  clocks.time_ns = time_ns;
  CHECK(waxwing_wasi_config_set_clocks(config, &clocks));
  waxwing_wasi_config_set_random(config, fill, env, count_finalized);
  own wasm_instance_t* instance = instantiate(store, module, config);
  CHECK(call(instance, "echo", 0) == 8);
  CHECK(strcmp(written, "aaa") == 0);
  CHECK(call(instance, "echo", 0) == 8);
  CHECK(call(instance, "echo", 0) == -29);
  CHECK(call(instance, "time", 1) == 6);
  CHECK(call(instance, "sleep", 1000) == 0);
  CHECK(call(instance, "time", 0) == 1005);
  CHECK(call(instance, "random", 0) == 0x72727272);
  CHECK(finalized == 2);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  CHECK(finalized == 6);
}

static void check_files(wasm_engine_t* engine, char** argv) {
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = new_module(store, argv);
  own waxwing_wasi_config_t* config = waxwing_wasi_config_new();
  CHECK(!waxwing_wasi_config_set_stream_append(config, WAXWING_STDIN, "/dev/null"));
  CHECK(waxwing_wasi_config_set_stream_append(config, WAXWING_STDOUT, "/dev/null"));
  CHECK(waxwing_wasi_config_set_stream_file(config, WAXWING_STDERR, "/dev/null"));
  CHECK(!waxwing_wasi_config_set_stream_file(config, WAXWING_STDERR, NULL));
  CHECK(waxwing_wasi_config_set_stream_file(config, WAXWING_STDIN, argv[2]));
  own wasm_instance_t* instance = instantiate(store, module, config);
  CHECK(call(instance, "echo", 0) == 8);
  wasm_instance_delete(instance);

  config = waxwing_wasi_config_new();
  CHECK(waxwing_wasi_config_set_stream_file(config, WAXWING_STDIN, "/no/such/file"));
  own waxwing_linker_t* linker = waxwing_linker_new();
  CHECK(!waxwing_linker_define_wasi(linker, config));
  own waxwing_error_t* error = waxwing_linker_instantiate(linker, store, module, &instance);
  CHECK(!instance && strstr(waxwing_error_message(error), "/no/such/file"));
  waxwing_error_delete(error);
  waxwing_linker_delete(linker);
  waxwing_wasi_config_delete(config);

  wasm_module_delete(module);
  wasm_store_delete(store);
}

static void check_misuse(void) {
  CHECK(!waxwing_wasi_config_set_stream_file(NULL, WAXWING_STDIN, "a"));
  CHECK(!waxwing_wasi_config_set_stream_append(NULL, WAXWING_STDOUT, "a"));
  CHECK(!waxwing_wasi_config_set_stream_descriptor(NULL, WAXWING_STDIN, 0));
  CHECK(!waxwing_wasi_config_set_stdin_bytes(NULL, NULL, 0));
  CHECK(!waxwing_wasi_config_set_clocks(NULL, NULL));
  CHECK(!waxwing_wasi_buffer_has_overflowed(NULL));
  waxwing_wasi_buffer_take(NULL, NULL);
  waxwing_wasi_buffer_delete(NULL);
  waxwing_wasi_config_set_random(NULL, fill, &finalized, NULL);
  waxwing_wasi_config_set_random_seed(NULL, 1);
  own waxwing_error_t* error = waxwing_linker_define_emscripten(NULL);
  CHECK(waxwing_error_code(error) == WAXWING_ERROR_INVALID_ARGUMENT);
  waxwing_error_delete(error);
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  own wasm_engine_t* engine = new_engine(argv);
  check_buffers(engine, argv);
  check_functions(engine, argv);
  check_files(engine, argv);
  wasm_engine_delete(engine);
  check_misuse();
  return 0;
}
