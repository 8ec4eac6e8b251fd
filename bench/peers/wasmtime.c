// Runs, compiles and embeds modules in wasmtime, by the C interface of the library in PyPI's wheel
// (which brings no header: what is used of it is declared here).
//   wasmtime cranelift|winch run MODULE ARGS...
//   wasmtime cranelift|winch compile MODULE ROUNDS
//   wasmtime cranelift|winch embed MICRO_MODULE MEMORY_MODULE
//   wasmtime cranelift|winch cached CACHE_CONFIG MODULE ARGS...
//   wasmtime cranelift|winch precompile MODULE ARTEFACT
//   wasmtime cranelift|winch precompiled ARTEFACT ARGS...
//   wasmtime cranelift|winch again CACHE_CONFIG MODULE ROUNDS
//   wasmtime cranelift|winch again-precompiled ARTEFACT ROUNDS
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct wasm_config wasm_config_t;
typedef struct wasm_engine wasm_engine_t;
typedef struct wasm_trap wasm_trap_t;
typedef struct wasm_valtype wasm_valtype_t;
typedef struct wasm_functype wasm_functype_t;
typedef struct wasi_config wasi_config_t;
typedef struct wasmtime_error wasmtime_error_t;
typedef struct wasmtime_module wasmtime_module_t;
typedef struct wasmtime_store wasmtime_store_t;
typedef struct wasmtime_context wasmtime_context_t;
typedef struct wasmtime_linker wasmtime_linker_t;
typedef struct wasmtime_instance_pre wasmtime_instance_pre_t;
typedef struct wasmtime_pooling_config wasmtime_pooling_config_t;
typedef struct {
  size_t size;
  char* data;
} wasm_name_t;
typedef struct {
  size_t size;
  wasm_valtype_t** data;
} wasm_valtype_vec_t;
typedef struct {
  uint64_t words[2];
} wasmtime_func_t;
typedef struct {
  uint64_t words[2];
} wasmtime_instance_t;
typedef struct {
  uint8_t kind;
  union {
    wasmtime_func_t func;
    uint64_t words[4];
  } of;
} wasmtime_extern_t;
typedef union {
  int32_t i32;
  int64_t i64;
  double f64;
  uint64_t words[2];
} wasmtime_val_raw_t;
typedef wasm_trap_t* (*callback_t)(void*, void*, wasmtime_val_raw_t*, size_t);

wasm_config_t* wasm_config_new(void);
void wasmtime_config_strategy_set(wasm_config_t*, uint8_t);
void wasmtime_config_wasm_exceptions_set(wasm_config_t*, bool);
wasmtime_error_t* wasmtime_config_cache_config_load(wasm_config_t*, const char*);
wasmtime_pooling_config_t* wasmtime_pooling_allocation_config_new(void);
void wasmtime_pooling_allocation_strategy_set(wasm_config_t*, const wasmtime_pooling_config_t*);
wasm_engine_t* wasm_engine_new_with_config(wasm_config_t*);
void wasm_engine_delete(wasm_engine_t*);
wasmtime_error_t* wasmtime_module_new(wasm_engine_t*, const uint8_t*, size_t, wasmtime_module_t**);
wasmtime_error_t* wasmtime_module_serialize(wasmtime_module_t*, wasm_name_t*);
wasmtime_error_t* wasmtime_module_deserialize_file(wasm_engine_t*, const char*,
                                                   wasmtime_module_t**);
void wasmtime_module_image_range(const wasmtime_module_t*, void**, void**);
void wasmtime_module_delete(wasmtime_module_t*);
wasmtime_store_t* wasmtime_store_new(wasm_engine_t*, void*, void (*)(void*));
wasmtime_context_t* wasmtime_store_context(wasmtime_store_t*);
void wasmtime_store_delete(wasmtime_store_t*);
wasmtime_linker_t* wasmtime_linker_new(wasm_engine_t*);
wasmtime_error_t* wasmtime_linker_define_wasi(wasmtime_linker_t*);
wasmtime_error_t* wasmtime_linker_define_func_unchecked(wasmtime_linker_t*, const char*, size_t,
                                                        const char*, size_t, const wasm_functype_t*,
                                                        callback_t, void*, void (*)(void*));
wasmtime_error_t* wasmtime_linker_instantiate(const wasmtime_linker_t*, wasmtime_context_t*,
                                              const wasmtime_module_t*, wasmtime_instance_t*,
                                              wasm_trap_t**);
wasmtime_error_t* wasmtime_linker_instantiate_pre(const wasmtime_linker_t*,
                                                  const wasmtime_module_t*,
                                                  wasmtime_instance_pre_t**);
wasmtime_error_t* wasmtime_instance_pre_instantiate(const wasmtime_instance_pre_t*,
                                                    wasmtime_context_t*, wasmtime_instance_t*,
                                                    wasm_trap_t**);
bool wasmtime_instance_export_get(wasmtime_context_t*, const wasmtime_instance_t*, const char*,
                                  size_t, wasmtime_extern_t*);
wasmtime_error_t* wasmtime_func_call_unchecked(wasmtime_context_t*, const wasmtime_func_t*,
                                               wasmtime_val_raw_t*, size_t, wasm_trap_t**);
wasi_config_t* wasi_config_new(void);
bool wasi_config_set_argv(wasi_config_t*, size_t, const char*[]);
void wasi_config_inherit_stdin(wasi_config_t*);
void wasi_config_inherit_stdout(wasi_config_t*);
void wasi_config_inherit_stderr(wasi_config_t*);
bool wasi_config_preopen_dir(wasi_config_t*, const char*, const char*, size_t, size_t);
wasmtime_error_t* wasmtime_context_set_wasi(wasmtime_context_t*, wasi_config_t*);
bool wasmtime_error_exit_status(const wasmtime_error_t*, int*);
void wasmtime_error_message(const wasmtime_error_t*, wasm_name_t*);
void wasmtime_error_delete(wasmtime_error_t*);
void wasm_trap_message(const wasm_trap_t*, wasm_name_t*);
void wasm_trap_delete(wasm_trap_t*);
wasm_valtype_t* wasm_valtype_new(uint8_t);
void wasm_valtype_vec_new(wasm_valtype_vec_t*, size_t, wasm_valtype_t* const[]);
wasm_functype_t* wasm_functype_new(wasm_valtype_vec_t*, wasm_valtype_vec_t*);

enum { strategy_cranelift = 1, strategy_winch = 2 };
enum { valtype_i32 = 0, valtype_i64 = 1, valtype_f64 = 3 };

static double seconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/// Ends the process, with the guest's exit status where that is all that happened.
static void check(wasmtime_error_t* error, wasm_trap_t* trap) {
  int status;
  if (error && wasmtime_error_exit_status(error, &status)) exit(status);
  wasm_name_t message = {0, NULL};
  if (error) wasmtime_error_message(error, &message);
  if (trap) wasm_trap_message(trap, &message);
  if (!error && !trap) return;
  fprintf(stderr, "wasmtime: %.*s\n", (int)message.size, message.data);
  exit(1);
}

typedef struct {
  uint8_t* data;
  size_t size;
} bytes_t;

static bytes_t read_file(const char* path) {
  FILE* file = fopen(path, "rb");
  bytes_t bytes = {NULL, 0};
  if (file && fseek(file, 0, SEEK_END) == 0) {
    bytes.size = (size_t)ftell(file);
    bytes.data = malloc(bytes.size + 1);
    rewind(file);
    if (bytes.data && fread(bytes.data, 1, bytes.size, file) == bytes.size) {
      fclose(file);
      return bytes;
    }
  }
  fprintf(stderr, "wasmtime: %s cannot be read\n", path);
  exit(1);
}

static wasm_config_t* new_config(uint8_t strategy) {
  wasm_config_t* config = wasm_config_new();
  wasmtime_config_strategy_set(config, strategy);
  if (strategy == strategy_cranelift) wasmtime_config_wasm_exceptions_set(config, true);
  return config;
}

static wasm_engine_t* new_engine(uint8_t strategy) {
  return wasm_engine_new_with_config(new_config(strategy));
}

static wasm_engine_t* new_pooling_engine(uint8_t strategy) {
  wasm_config_t* config = new_config(strategy);
  wasmtime_pooling_allocation_strategy_set(config, wasmtime_pooling_allocation_config_new());
  return wasm_engine_new_with_config(config);
}

static wasm_engine_t* new_caching_engine(uint8_t strategy, const char* cache_config) {
  wasm_config_t* config = new_config(strategy);
  check(wasmtime_config_cache_config_load(config, cache_config), NULL);
  return wasm_engine_new_with_config(config);
}

static wasmtime_module_t* compile(wasm_engine_t* engine, bytes_t bytes) {
  wasmtime_module_t* module = NULL;
  check(wasmtime_module_new(engine, bytes.data, bytes.size, &module), NULL);
  return module;
}

static wasmtime_module_t* load(wasm_engine_t* engine, const char* artefact) {
  wasmtime_module_t* module = NULL;
  check(wasmtime_module_deserialize_file(engine, artefact, &module), NULL);
  return module;
}

static wasmtime_func_t find_func(wasmtime_context_t* context, const wasmtime_instance_t* instance,
                                 const char* name) {
  wasmtime_extern_t item;
  if (!wasmtime_instance_export_get(context, instance, name, strlen(name), &item)) {
    fprintf(stderr, "wasmtime: the module exports no %s\n", name);
    exit(1);
  }
  return item.of.func;
}

/// `arguments` begin with the program's name.
static void run(wasm_engine_t* engine, wasmtime_module_t* module, size_t count,
                const char* arguments[]) {
  wasmtime_linker_t* linker = wasmtime_linker_new(engine);
  check(wasmtime_linker_define_wasi(linker), NULL);
  wasmtime_context_t* context = wasmtime_store_context(wasmtime_store_new(engine, NULL, NULL));
  wasi_config_t* wasi = wasi_config_new();
  if (!wasi_config_set_argv(wasi, count, arguments)) exit(1);
  wasi_config_inherit_stdin(wasi);
  wasi_config_inherit_stdout(wasi);
  wasi_config_inherit_stderr(wasi);
  const char* folder = getenv("WAXWING_BENCH_FOLDER");
  const size_t all_permissions = 3;  // reading and writing
  if (folder && !wasi_config_preopen_dir(wasi, folder, folder, all_permissions, all_permissions))
    exit(1);
  check(wasmtime_context_set_wasi(context, wasi), NULL);
  wasmtime_instance_t instance;
  wasm_trap_t* trap = NULL;
  check(wasmtime_linker_instantiate(linker, context, module, &instance, &trap), trap);
  const wasmtime_func_t start = find_func(context, &instance, "_start");
  wasmtime_val_raw_t slots[1];
  check(wasmtime_func_call_unchecked(context, &start, slots, 0, &trap), trap);
}

static void measure_compiling(uint8_t strategy, const char* path, int rounds) {
  const bytes_t bytes = read_file(path);
  wasm_engine_t* engine = new_engine(strategy);
  for (int i = 0; i < rounds; ++i) {
    const double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    wasmtime_module_t* module = compile(engine, bytes);
    printf("round %.3f %.3f\n", (seconds(CLOCK_MONOTONIC) - wall) * 1e3,
           (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e3);
    void *begin, *end;
    wasmtime_module_image_range(module, &begin, &end);
    if (i == 0) printf("code_bytes %zu\n", (size_t)((char*)end - (char*)begin));
    wasmtime_module_delete(module);
  }
}

static void precompile(uint8_t strategy, const char* path, const char* artefact) {
  wasm_name_t bytes;
  check(wasmtime_module_serialize(compile(new_engine(strategy), read_file(path)), &bytes), NULL);
  FILE* file = fopen(artefact, "wb");
  if (file && fwrite(bytes.data, 1, bytes.size, file) == bytes.size && fclose(file) == 0) return;
  fprintf(stderr, "wasmtime: %s cannot be written\n", artefact);
  exit(1);
}

/// Makes engines, and modules in them by the cache (or of an artefact, where there is no cache),
/// the first before those that are timed.
static void measure_again(uint8_t strategy, const char* cache_config, const char* path,
                          int rounds) {
  const bytes_t bytes = cache_config ? read_file(path) : (bytes_t){NULL, 0};
  for (int i = 0; i <= rounds; ++i) {
    const double start = seconds(CLOCK_MONOTONIC);
    wasm_engine_t* engine =
        cache_config ? new_caching_engine(strategy, cache_config) : new_engine(strategy);
    const double made = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    wasmtime_module_t* module = cache_config ? compile(engine, bytes) : load(engine, path);
    const double used = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("%s %.3f %.3f %.3f\n", i ? "again" : "first", (made - start) * 1e6,
           (seconds(CLOCK_MONOTONIC) - made) * 1e6, used * 1e6);
    wasmtime_module_delete(module);
    wasm_engine_delete(engine);
  }
}

static wasm_trap_t* host_nop(void* data, void* caller, wasmtime_val_raw_t* slots, size_t count) {
  (void)data, (void)caller, (void)slots, (void)count;
  return NULL;
}

static wasm_trap_t* host_mix(void* data, void* caller, wasmtime_val_raw_t* slots, size_t count) {
  (void)data, (void)caller, (void)count;
  slots[0].f64 = slots[0].i32 + (double)slots[1].i64 + slots[2].f64;
  return NULL;
}

static void define(wasmtime_linker_t* linker, const char* name, const uint8_t* kinds, size_t count,
                   bool has_result, callback_t callback) {
  wasm_valtype_t *params[4], *results[1] = {has_result ? wasm_valtype_new(valtype_f64) : NULL};
  for (size_t i = 0; i < count; ++i) params[i] = wasm_valtype_new(kinds[i]);
  wasm_valtype_vec_t param_vec, result_vec;
  wasm_valtype_vec_new(&param_vec, count, params);
  wasm_valtype_vec_new(&result_vec, has_result, results);
  check(wasmtime_linker_define_func_unchecked(linker, "host", 4, name, strlen(name),
                                              wasm_functype_new(&param_vec, &result_vec), callback,
                                              NULL, NULL),
        NULL);
}

static wasmtime_instance_pre_t* prepare(wasm_engine_t* engine, const char* path) {
  static const uint8_t mix[] = {valtype_i32, valtype_i64, valtype_f64};
  wasmtime_linker_t* linker = wasmtime_linker_new(engine);
  define(linker, "nop", NULL, 0, false, host_nop);
  define(linker, "mix", mix, 3, true, host_mix);
  wasmtime_instance_pre_t* ready = NULL;
  check(wasmtime_linker_instantiate_pre(linker, compile(engine, read_file(path)), &ready), NULL);
  return ready;
}

typedef struct {
  wasm_engine_t* engine;
  wasmtime_instance_pre_t* ready;
  int count;
} instances_t;

static void* make_instances(void* argument) {
  const instances_t* self = argument;
  for (int i = 0; i < self->count; ++i) {
    wasmtime_store_t* store = wasmtime_store_new(self->engine, NULL, NULL);
    wasmtime_instance_t instance;
    wasm_trap_t* trap = NULL;
    check(wasmtime_instance_pre_instantiate(self->ready, wasmtime_store_context(store), &instance,
                                            &trap),
          trap);
    wasmtime_store_delete(store);
  }
  return NULL;
}

enum { rounds = 9 };

static int compare(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

static void print_median(const char* name, double* values) {
  qsort(values, rounds, sizeof *values, compare);
  printf("%s %.3f\n", name, values[rounds / 2]);
}

static void measure_instances(const char* name, wasm_engine_t* engine, const char* path,
                              int threads, int count) {
  instances_t instances = {engine, prepare(engine, path), count};
  const clockid_t clock = threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC;
  double times[rounds];
  for (int round = 0; round < rounds; ++round) {
    pthread_t others[8];
    const double start = seconds(clock);
    for (int i = 1; i < threads; ++i) pthread_create(&others[i], NULL, make_instances, &instances);
    make_instances(&instances);
    for (int i = 1; i < threads; ++i) pthread_join(others[i], NULL);
    times[round] = (seconds(clock) - start) * 1e6 / (threads * count);
  }
  print_median(name, times);
}

typedef struct {
  const char* name;
  const char* func;
  int calls;
  int per_call;  // of what is counted, in one call; it is the argument too
  bool traps;
} call_t;

static void measure_calls(wasmtime_context_t* context, const wasmtime_instance_t* instance,
                          const call_t* call) {
  const wasmtime_func_t func = find_func(context, instance, call->func);
  double times[rounds];
  for (int round = 0; round < rounds; ++round) {
    const double start = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < call->calls; ++i) {
      wasm_trap_t* trap = NULL;
      wasmtime_val_raw_t slots[2] = {{.i32 = call->per_call}, {.i32 = i}};
      wasmtime_error_t* error = wasmtime_func_call_unchecked(context, &func, slots, 2, &trap);
      if (!call->traps) check(error, trap);
      if (error) wasmtime_error_delete(error);
      if (trap) wasm_trap_delete(trap);
    }
    times[round] =
        (seconds(CLOCK_PROCESS_CPUTIME_ID) - start) * 1e9 / ((double)call->calls * call->per_call);
  }
  print_median(call->name, times);
}

static void measure_embedding(uint8_t strategy, const char* micro, const char* memory) {
  static const call_t calls[] = {
      {"enter_ns", "empty", 2000000, 1, false},  {"enter_add_ns", "add", 2000000, 1, false},
      {"out_ns", "call_nop", 10, 200000, false}, {"out_mix_ns", "call_mix", 10, 200000, false},
      {"trap_ns", "trap", 5000, 1, true},        {"fault_ns", "fault", 5000, 1, true}};
  wasm_engine_t* engine = new_engine(strategy);
  wasmtime_context_t* context = wasmtime_store_context(wasmtime_store_new(engine, NULL, NULL));
  wasmtime_instance_t instance;
  wasm_trap_t* trap = NULL;
  check(wasmtime_instance_pre_instantiate(prepare(engine, micro), context, &instance, &trap), trap);
  for (size_t i = 0; i < sizeof calls / sizeof *calls; ++i)
    measure_calls(context, &instance, &calls[i]);
  measure_instances("instance_us", engine, micro, 1, 500);
  measure_instances("instance_2_threads_us", engine, micro, 2, 500);
  measure_instances("instance_1mib_us", engine, memory, 1, 200);
  wasm_engine_t* pooled = new_pooling_engine(strategy);
  measure_instances("pooled_us", pooled, micro, 1, 2000);
  measure_instances("pooled_2_threads_us", pooled, micro, 2, 2000);
  measure_instances("pooled_1mib_us", pooled, memory, 1, 1000);
}

int main(int argc, const char** argv) {
  if (argc < 4) return 2;
  const uint8_t strategy = strcmp(argv[1], "winch") == 0 ? strategy_winch : strategy_cranelift;
  const char *verb = argv[2], **arguments = argv + 3;
  const size_t count = (size_t)(argc - 3);
  if (strcmp(verb, "run") == 0) {
    wasm_engine_t* engine = new_engine(strategy);
    run(engine, compile(engine, read_file(arguments[0])), count, arguments);
  } else if (strcmp(verb, "compile") == 0 && count == 2) {
    measure_compiling(strategy, arguments[0], atoi(arguments[1]));
  } else if (strcmp(verb, "embed") == 0 && count == 2) {
    measure_embedding(strategy, arguments[0], arguments[1]);
  } else if (strcmp(verb, "cached") == 0 && count >= 2) {
    wasm_engine_t* engine = new_caching_engine(strategy, arguments[0]);
    run(engine, compile(engine, read_file(arguments[1])), count - 1, arguments + 1);
  } else if (strcmp(verb, "precompile") == 0 && count == 2) {
    precompile(strategy, arguments[0], arguments[1]);
  } else if (strcmp(verb, "precompiled") == 0) {
    wasm_engine_t* engine = new_engine(strategy);
    run(engine, load(engine, arguments[0]), count, arguments);
  } else if (strcmp(verb, "again") == 0 && count == 3) {
    measure_again(strategy, arguments[0], arguments[1], atoi(arguments[2]));
  } else if (strcmp(verb, "again-precompiled") == 0 && count == 2) {
    measure_again(strategy, NULL, arguments[0], atoi(arguments[1]));
  } else {
    return 2;
  }
  return 0;
}
