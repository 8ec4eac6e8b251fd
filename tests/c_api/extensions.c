/* What waxwing/c.h adds to the standard interface. */
#include "check.h"

static own wasm_module_t* assemble(wasm_store_t* store, const char* text) {
  wasm_byte_vec_t binary;
  own waxwing_error_t* error = waxwing_wat_to_wasm(text, strlen(text), &binary);
  CHECK(!error);
  own wasm_module_t* module = wasm_module_new(store, &binary);
  wasm_byte_vec_delete(&binary);
  return module;
}

static void expect(own waxwing_error_t* error, waxwing_error_code_t code) {
  CHECK(error);
  if (waxwing_error_code(error) != code) fprintf(stderr, "%s\n", waxwing_error_message(error));
  CHECK(waxwing_error_code(error) == code);
  waxwing_error_delete(error);
}

static void check_config(void) {
  own wasm_config_t* config = wasm_config_new();
  CHECK(waxwing_config_set_feature(config, WAXWING_FEATURE_SIMD, false));
  CHECK(!waxwing_config_set_feature(config, 99, true));
  CHECK(!waxwing_config_set_tier(config, 99) && !waxwing_config_set_bounds(config, 99));
  CHECK(waxwing_config_set_bounds(config, WAXWING_BOUNDS_EXPLICIT));
  waxwing_config_set_lazy(config, true);
  waxwing_config_set_deterministic(config, true);
  waxwing_config_set_compile_threads(config, 0);
  own wasm_engine_t* engine = wasm_engine_new_with_config(config);
  own wasm_store_t* store = wasm_store_new(engine);
  CHECK(!assemble(store, "(module (func (param v128)))"));
  expect(waxwing_store_last_error(store), WAXWING_ERROR_MALFORMED);
  own wasm_module_t* module = assemble(store, "(module (func (export \"f\") (param i64)))");
  CHECK(module);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  wasm_byte_vec_t binary;
  expect(waxwing_wat_to_wasm("(module (funk))", 15, &binary), WAXWING_ERROR_MALFORMED);
  CHECK(binary.size == 0);
}

static void check_cache(char** argv) {
  own waxwing_cache_options_t* options = waxwing_cache_options_new();
  waxwing_cache_options_set_warm_bytes(options, 1 << 20);
  own waxwing_cache_t* cache = waxwing_cache_new_in_memory(options);
  waxwing_cache_options_delete(options);
  CHECK(cache);
  for (int i = 0; i < 2; ++i) {
    own wasm_config_t* config = new_config(argv);
    waxwing_config_set_cache(config, cache);
    own wasm_engine_t* engine = wasm_engine_new_with_config(config);
    own wasm_store_t* store = wasm_store_new(engine);
    wasm_module_delete(new_module(store, argv));
    wasm_store_delete(store);
    wasm_engine_delete(engine);
  }
  CHECK(waxwing_cache_stat(cache, WAXWING_CACHE_MISSES) == 1);
  CHECK(waxwing_cache_stat(cache, WAXWING_CACHE_MEMORY_HITS) == 1);
  CHECK(waxwing_cache_stat(cache, 99) == 0);
  waxwing_cache_delete(cache);
  own waxwing_cache_t* none = NULL;
  own waxwing_error_t* error = waxwing_cache_new_directory("/dev/null/cache", NULL, &none);
  CHECK(error && !none);
  waxwing_error_delete(error);
}

static void check_limits(wasm_engine_t* engine) {
  own waxwing_limits_t* limits = waxwing_limits_new();
  waxwing_limits_set_memory_bytes(limits, 65536);
  waxwing_limits_set_instances(limits, 1);
  own wasm_store_t* store = NULL;
  CHECK(!waxwing_store_new(engine, limits, &store) && store);
  waxwing_limits_delete(limits);
  own wasm_module_t* module = assemble(store, "(module (memory (export \"m\") 1 9))");
  own wasm_instance_t* instance = new_instance(store, module, NULL);
  own wasm_extern_t* memory = waxwing_instance_export(instance, "m");
  CHECK(!wasm_memory_grow(wasm_extern_as_memory(memory), 1));
  CHECK(!wasm_instance_new(store, module, NULL, NULL));
  expect(waxwing_store_last_error(store), WAXWING_ERROR_RESOURCE_LIMIT);
  wasm_extern_delete(memory);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
}

/* Lets memories have two pages, and counts how often it is asked. */
static bool allow_two_pages(void* env, waxwing_resource_t resource, uint64_t used,
                            uint64_t wanted) {
  CHECK(resource == WAXWING_RESOURCE_MEMORY_BYTES);
  ++*(int*)env;
  return used + wanted <= 2 * MEMORY_PAGE_SIZE;
}

static int finalized = 0;
static void finalize(void* env) {
  (void)env;
  ++finalized;
}

static void check_limiter(wasm_engine_t* engine) {
  int asked = 0;
  own waxwing_limits_t* limits = waxwing_limits_new();
  waxwing_limits_set_limiter(limits, allow_two_pages, &asked, finalize);
  own wasm_store_t* store = NULL;
  CHECK(!waxwing_store_new(engine, limits, &store) && store);
  waxwing_limits_delete(limits);
  const wasm_limits_t pages = {1, 9};
  own wasm_memorytype_t* type = wasm_memorytype_new(&pages);
  own wasm_memory_t* memory = wasm_memory_new(store, type);
  wasm_memorytype_delete(type);
  CHECK(memory && asked == 1);
  CHECK(wasm_memory_grow(memory, 1) && asked == 2);
  CHECK(!wasm_memory_grow(memory, 1) && asked == 3);
  wasm_memory_delete(memory);
  const int before = finalized;
  wasm_store_delete(store);
  CHECK(finalized == before + 1);
}

static uint64_t give_once(void* env) {
  uint64_t* left = (uint64_t*)env;
  const uint64_t given = *left;
  *left = 0;
  return given;
}

static void check_fuel(char** argv) {
  own wasm_config_t* config = new_config(argv);
  waxwing_config_set_fuel(config, true);
  own wasm_engine_t* engine = wasm_engine_new_with_config(config);
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = assemble(store,
                                       "(module (func (export \"spin\") (loop $again (br $again)))"
                                       "  (func (export \"seven\") (result i32) (i32.const 7)))");
  own wasm_instance_t* instance = new_instance(store, module, NULL);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_val_t results[1] = {WASM_INIT_VAL};
  wasm_val_vec_t results_vec = WASM_ARRAY_VEC(results);
  CHECK(waxwing_store_fuel(store) == 0);
  waxwing_store_set_fuel(store, 100);
  CHECK(!wasm_func_call(func_at(&exports, 1), NULL, &results_vec));
  CHECK(results[0].of.i32 == 7);
  CHECK(waxwing_store_fuel(store) > 0 && waxwing_store_fuel(store) < 100);
  own wasm_trap_t* trap = wasm_func_call(func_at(&exports, 0), NULL, NULL);
  CHECK(trap && waxwing_trap_code(trap) == WAXWING_TRAP_OUT_OF_FUEL);
  wasm_trap_delete(trap);
  uint64_t more = 1000;
  const int before = finalized;
  waxwing_store_set_fuel_source(store, give_once, &more, finalize);
  trap = wasm_func_call(func_at(&exports, 0), NULL, NULL);
  CHECK(trap && waxwing_trap_code(trap) == WAXWING_TRAP_OUT_OF_FUEL && more == 0);
  wasm_trap_delete(trap);
  waxwing_store_set_fuel_source(store, NULL, NULL, NULL);
  CHECK(finalized == before + 1);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

/* Reads its caller's memory, calls what its caller exports, or complains. */
static own wasm_trap_t* log_text(void* env, waxwing_caller_t* caller, const wasm_val_vec_t* args,
                                 wasm_val_vec_t* results) {
  const uint32_t address = (uint32_t)args->data[0].of.i32;
  const uint32_t size = (uint32_t)args->data[1].of.i32;
  const uint8_t* text = waxwing_caller_memory(caller, address, size);
  if (!text) return waxwing_caller_trap(caller, "the text is not in the memory");
  CHECK(size < 16);
  memcpy(env, text, size);
  own wasm_extern_t* found = waxwing_caller_export(caller, "seven");
  CHECK(found);
  CHECK(!wasm_func_call(wasm_extern_as_func(found), NULL, results));
  wasm_extern_delete(found);
  own wasm_instance_t* instance = waxwing_caller_instance(caller);
  CHECK(instance);
  wasm_instance_delete(instance);
  return NULL;
}

static const char* const logger =
    "(module (func $log (import \"env\" \"log\") (param i32 i32) (result i32))"
    "  (memory (export \"memory\") 1) (data (i32.const 100) \"hello\")"
    "  (func (export \"seven\") (result i32) (i32.const 7))"
    "  (func (export \"log\") (param i32) (result i32) (call $log (local.get 0) (i32.const 5))))";

static void check_linker(wasm_engine_t* engine) {
  char text[16] = {0};
  const waxwing_host_func_t log_func = {log_text, text, finalize};
  finalized = 0;
  own wasm_functype_t* type =
      wasm_functype_new_2_1(wasm_valtype_new_i32(), wasm_valtype_new_i32(), wasm_valtype_new_i32());
  own waxwing_linker_t* linker = waxwing_linker_new();
  CHECK(!waxwing_linker_define_func(linker, "env", "log", type, &log_func));
  expect(waxwing_linker_define_func(linker, "env", "log", type, &log_func),
         WAXWING_ERROR_UNLINKABLE);
  CHECK(finalized == 1);
  waxwing_linker_allow_shadowing(linker, true);
  CHECK(!waxwing_linker_define_func(linker, "env", "log", type, &log_func));
  CHECK(finalized == 2);
  expect(waxwing_linker_define_func(linker, "env", "log", NULL, &log_func),
         WAXWING_ERROR_INVALID_ARGUMENT);
  CHECK(finalized == 3);
  wasm_functype_delete(type);

  /* One linker, several stores. */
  for (int i = 0; i < 2; ++i) {
    own wasm_store_t* store = wasm_store_new(engine);
    own wasm_module_t* module = assemble(store, logger);
    own wasm_instance_t* instance = NULL;
    CHECK(!waxwing_linker_instantiate(linker, store, module, &instance));
    own wasm_extern_t* func = waxwing_instance_export(instance, "log");
    wasm_val_t args[1] = {WASM_I32_VAL(100)};
    wasm_val_t results[1] = {WASM_INIT_VAL};
    wasm_val_vec_t args_vec = WASM_ARRAY_VEC(args);
    wasm_val_vec_t results_vec = WASM_ARRAY_VEC(results);
    CHECK(!wasm_func_call(wasm_extern_as_func(func), &args_vec, &results_vec));
    CHECK(strcmp(text, "hello") == 0 && results[0].of.i32 == 7);
    memset(text, 0, sizeof text);
    args[0].of.i32 = 65533;
    own wasm_trap_t* trap = wasm_func_call(wasm_extern_as_func(func), &args_vec, &results_vec);
    CHECK(trap && has_message(trap, "the text is not in the memory"));
    wasm_trap_delete(trap);

    /* The store has the function of the linker once. */
    own wasm_module_t* passer = assemble(
        store,
        "(module (func (export \"log\") (import \"env\" \"log\") (param i32 i32) (result i32)))");
    own wasm_extern_t* passed[2] = {NULL, NULL};
    for (int j = 0; j < 2; ++j) {
      own wasm_instance_t* passing = NULL;
      CHECK(!waxwing_linker_instantiate(linker, store, passer, &passing));
      passed[j] = waxwing_instance_export(passing, "log");
      wasm_instance_delete(passing);
    }
    CHECK(passed[0] && wasm_extern_same(passed[0], passed[1]));
    wasm_extern_delete(passed[0]);
    wasm_extern_delete(passed[1]);
    wasm_module_delete(passer);

    /* What one instance exports another one imports. */
    CHECK(!waxwing_linker_define_instance(linker, "lib", instance));
    own wasm_module_t* user =
        assemble(store,
                 "(module (func $seven (import \"lib\" \"seven\") (result i32))"
                 "  (func (export \"eight\") (result i32) (i32.add (call $seven) (i32.const 1))))");
    own wasm_instance_t* user_instance = NULL;
    CHECK(!waxwing_linker_instantiate(linker, store, user, &user_instance));
    own wasm_extern_t* eight = waxwing_instance_export(user_instance, "eight");
    CHECK(!wasm_func_call(wasm_extern_as_func(eight), NULL, &results_vec));
    CHECK(results[0].of.i32 == 8);
    wasm_extern_delete(eight);
    wasm_instance_delete(user_instance);
    wasm_module_delete(user);

    own wasm_module_t* other = assemble(store, "(module (func (import \"env\" \"missing\")))");
    CHECK(instance);
    wasm_instance_delete(instance);
    expect(waxwing_linker_instantiate(linker, store, other, &instance), WAXWING_ERROR_UNLINKABLE);
    CHECK(!instance);
    wasm_module_delete(other);
    wasm_extern_delete(func);
    wasm_module_delete(module);
    wasm_store_delete(store);
  }
  CHECK(finalized == 3);
  waxwing_linker_delete(linker);
  CHECK(finalized == 4);
}

static own wasm_trap_t* expect_null_funcref(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)results;
  CHECK(args->data[0].kind == WASM_FUNCREF && !args->data[0].of.ref);
  return NULL;
}

/* A funcref is of that kind when it is null, and when its type has an index. */
static void check_funcrefs(wasm_engine_t* engine) {
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module =
      assemble(store,
               "(module (type $t (func)) (func $host (import \"\" \"host\") (param funcref))"
               "  (elem declare func $f) (func $f)"
               "  (func (export \"null\") (result funcref) (ref.null func))"
               "  (func (export \"concrete\") (result (ref null $t)) (ref.func $f))"
               "  (func (export \"give\") (call $host (ref.null func)))"
               "  (global (export \"global\") (mut funcref) (ref.null func)))");
  CHECK(module);
  own wasm_functype_t* type = wasm_functype_new_1_0(wasm_valtype_new_funcref());
  own wasm_func_t* host = wasm_func_new(store, type, expect_null_funcref);
  wasm_functype_delete(type);
  wasm_extern_t* externs[] = {wasm_func_as_extern(host)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  own wasm_instance_t* instance = new_instance(store, module, &imports);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_val_t results[1] = {WASM_INIT_VAL};
  wasm_val_vec_t results_vec = WASM_ARRAY_VEC(results);
  CHECK(!wasm_func_call(func_at(&exports, 0), NULL, &results_vec));
  CHECK(results[0].kind == WASM_FUNCREF && !results[0].of.ref);
  CHECK(!wasm_func_call(func_at(&exports, 1), NULL, &results_vec));
  CHECK(results[0].kind == WASM_FUNCREF && wasm_ref_as_func(results[0].of.ref));
  wasm_val_delete(&results[0]);
  CHECK(!wasm_func_call(func_at(&exports, 2), NULL, NULL));
  wasm_global_get(wasm_extern_as_global(exports.data[3]), &results[0]);
  CHECK(results[0].kind == WASM_FUNCREF && !results[0].of.ref);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_func_delete(host);
  wasm_module_delete(module);
  wasm_store_delete(store);
}

static const char* const program =
    "(module"
    "  (func $args (import \"wasi_snapshot_preview1\" \"args_sizes_get\") (param i32 i32) (result "
    "i32))"
    "  (func $exit (import \"wasi_snapshot_preview1\" \"proc_exit\") (param i32))"
    "  (memory (export \"memory\") 1)"
    "  (func (export \"_start\")"
    "    (drop (call $args (i32.const 0) (i32.const 4)))"
    "    (call $exit (i32.add (i32.load (i32.const 0)) (i32.load (i32.const 4))))))";

static void check_wasi(wasm_engine_t* engine) {
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = assemble(store, program);
  own waxwing_wasi_config_t* config = waxwing_wasi_config_new();
  const char* const argv[] = {"program", "one", "two"};
  waxwing_wasi_config_set_args(config, 3, argv);
  waxwing_wasi_config_add_env(config, "NAME", "VALUE");
  waxwing_wasi_config_add_memory_directory(config, "/tmp", 1 << 20);
  waxwing_wasi_config_add_overlay(config, ".", "/changed", 1 << 20);
  uint16_t port = 0;
  CHECK(!waxwing_wasi_config_add_listener(config, "127.0.0.1:0", false, &port) && port != 0);
  own waxwing_error_t* error = waxwing_wasi_config_add_listener(config, "nowhere", false, NULL);
  CHECK(error && waxwing_error_code(error) == WAXWING_ERROR_INVALID_ARGUMENT);
  waxwing_error_delete(error);
  error = waxwing_wasi_config_add_socket(config, -1, true);
  CHECK(error && waxwing_error_code(error) == WAXWING_ERROR_INVALID_ARGUMENT);
  waxwing_error_delete(error);
  waxwing_wasi_config_allow_special_files(config, true);
  waxwing_wasi_config_set_max_descriptors(config, 16);
  waxwing_wasi_config_set_max_written_bytes(config, 1 << 20);
  waxwing_wasi_config_set_max_entries(config, 100);
  own waxwing_linker_t* linker = waxwing_linker_new();
  CHECK(!waxwing_linker_define_wasi(linker, config));
  waxwing_wasi_config_delete(config);
  own wasm_instance_t* instance = NULL;
  CHECK(!waxwing_linker_instantiate(linker, store, module, &instance));
  int32_t status = -1;
  CHECK(!waxwing_instance_run(instance, &status));
  CHECK(status == 3 + 8 + 4 + 4); /* arguments, and their bytes with final zeros */

  /* Called as any function, its exit is a trap. */
  own wasm_extern_t* start = waxwing_instance_export(instance, "_start");
  own wasm_trap_t* trap = wasm_func_call(wasm_extern_as_func(start), NULL, NULL);
  CHECK(trap && waxwing_trap_exit_status(trap, &status) && status == 19);
  CHECK(waxwing_trap_code(trap) == WAXWING_TRAP_EXIT);
  wasm_trap_delete(trap);
  wasm_extern_delete(start);
  wasm_instance_delete(instance);
  waxwing_linker_delete(linker);
  wasm_module_delete(module);
  wasm_store_delete(store);
}

/* (v128, i32) -> (i32, v128), or a trap where the i32 is 0. */
static own wasm_trap_t* swap_slots(void* env, waxwing_caller_t* caller, uint64_t* slots) {
  (void)env;
  const uint64_t low = slots[0], high = slots[1];
  if (slots[2] == 0) return waxwing_caller_trap(caller, "zero");
  slots[0] = slots[2] | UINT64_C(1) << 40; /* of an i32 the low half counts */
  slots[1] = low;
  slots[2] = high;
  return NULL;
}

static void check_host_slots(wasm_store_t* store, const wasm_functype_t* type) {
  own wasm_func_t* func = waxwing_func_new_unchecked(store, type, swap_slots, NULL, finalize);
  CHECK(func);
  own wasm_module_t* module =
      assemble(store,
               "(module (func $swap (import \"\" \"swap\") (param v128 i32) (result i32 v128))"
               "  (func (export \"run\") (param i32) (result i64) (local v128)"
               "    (call $swap (v128.const i64x2 5 6) (local.get 0)) (local.set 1)"
               "    (i64.add (i64.extend_i32_u) (i64x2.extract_lane 1 (local.get 1)))))");
  wasm_extern_t* externs[] = {wasm_func_as_extern(func)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  own wasm_instance_t* instance = new_instance(store, module, &imports);
  own wasm_extern_t* run = waxwing_instance_export(instance, "run");
  wasm_val_t args[1] = {WASM_I32_VAL(7)};
  wasm_val_t results[1] = {WASM_INIT_VAL};
  wasm_val_vec_t args_vec = WASM_ARRAY_VEC(args);
  wasm_val_vec_t results_vec = WASM_ARRAY_VEC(results);
  CHECK(!wasm_func_call(wasm_extern_as_func(run), &args_vec, &results_vec));
  CHECK(results[0].kind == WASM_I64 && results[0].of.i64 == 13);
  args[0].of.i32 = 0;
  own wasm_trap_t* trap = wasm_func_call(wasm_extern_as_func(run), &args_vec, &results_vec);
  CHECK(trap && has_message(trap, "zero"));
  wasm_trap_delete(trap);
  wasm_extern_delete(run);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_func_delete(func);

  own wasm_functype_t* with_ref = wasm_functype_new_1_0(wasm_valtype_new_externref());
  const int before = finalized;
  CHECK(!waxwing_func_new_unchecked(store, with_ref, swap_slots, NULL, finalize));
  CHECK(finalized == before + 1);
  wasm_functype_delete(with_ref);
}

static void check_slots(wasm_engine_t* engine) {
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = assemble(
      store,
      "(module"
      "  (func (export \"add\") (param i32 i64 f64) (result f64)"
      "    (f64.add (f64.convert_i32_s (local.get 0))"
      "      (f64.add (f64.convert_i64_s (local.get 1)) (local.get 2))))"
      "  (func (export \"swap\") (param v128 i32) (result i32 v128) (local.get 1) (local.get 0))"
      "  (func (export \"ref\") (param funcref))"
      "  (func (export \"trap\") (result i32) (unreachable)))");
  own wasm_instance_t* instance = new_instance(store, module, NULL);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  uint64_t slots[3] = {(uint64_t)-3, 4, 0}; /* of an i32 the low half counts */
  const double half = 0.5;
  double result = 0;
  memcpy(&slots[2], &half, 8);
  CHECK(waxwing_func_slot_count(func_at(&exports, 0)) == 3);
  CHECK(!waxwing_func_call_unchecked(func_at(&exports, 0), slots));
  memcpy(&result, slots, 8);
  CHECK(result == 1.5);

  uint64_t vector[3] = {1, 2, 3};
  CHECK(waxwing_func_slot_count(func_at(&exports, 1)) == 3);
  CHECK(!waxwing_func_call_unchecked(func_at(&exports, 1), vector));
  CHECK(vector[0] == 3 && vector[1] == 1 && vector[2] == 2);
  /* A wasm_val_t cannot hold a v128. */
  own wasm_functype_t* type = wasm_func_type(func_at(&exports, 1));
  CHECK(wasm_valtype_kind(wasm_functype_params(type)->data[0]) == WAXWING_V128);
  check_host_slots(store, type);
  wasm_functype_delete(type);
  wasm_val_t args[2] = {{WAXWING_V128, {0}}, WASM_I32_VAL(1)};
  wasm_val_t results[2] = {WASM_INIT_VAL, WASM_INIT_VAL};
  wasm_val_vec_t args_vec = WASM_ARRAY_VEC(args);
  wasm_val_vec_t results_vec = WASM_ARRAY_VEC(results);
  own wasm_trap_t* trap = wasm_func_call(func_at(&exports, 1), &args_vec, &results_vec);
  CHECK(trap);
  wasm_trap_delete(trap);

  trap = waxwing_func_call_unchecked(func_at(&exports, 2), slots);
  CHECK(trap && waxwing_trap_code(trap) == WAXWING_TRAP_NONE);
  wasm_trap_delete(trap);
  trap = waxwing_func_call_unchecked(func_at(&exports, 3), slots);
  CHECK(trap && waxwing_trap_code(trap) == WAXWING_TRAP_UNREACHABLE);
  wasm_trap_delete(trap);
  trap = waxwing_func_call_unchecked(NULL, slots);
  CHECK(trap);
  wasm_trap_delete(trap);

  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
}

typedef struct pool_t {
  union {
    long double aligned;
    char bytes[4 << 16];
  } room;
  int allocated, released, finalized;
  bool is_spoiled;
} pool_t;

static bool allocate(void* env, uint64_t min_bytes, uint64_t max_bytes,
                     waxwing_memory_block_t* out) {
  pool_t* pool = env;
  if (min_bytes > sizeof pool->room.bytes || max_bytes < min_bytes) return false;
  ++pool->allocated;
  out->base = pool->room.bytes + (pool->is_spoiled ? 1 : 0);
  out->reserved_bytes = sizeof pool->room.bytes;
  return true;
}
static bool grow(void* env, const waxwing_memory_block_t* block, uint64_t old_bytes,
                 uint64_t new_bytes) {
  CHECK(block->base == ((pool_t*)env)->room.bytes && old_bytes < new_bytes);
  return new_bytes <= 3 << 16;
}
static void release(void* env, const waxwing_memory_block_t* block) {
  (void)block;
  ++((pool_t*)env)->released;
}
static void finalize_pool(void* env) { ++((pool_t*)env)->finalized; }

static void check_allocator(char** argv) {
  static pool_t pool;
  memset(pool.room.bytes, 1, sizeof pool.room.bytes);
  waxwing_memory_allocator_t functions = {&pool, allocate, NULL, NULL, NULL};
  own wasm_config_t* config = new_config(argv);
  CHECK(!waxwing_config_set_memory_allocator(config, &functions));
  functions.release = release;
  functions.grow = grow;
  functions.finalizer = finalize_pool;
  CHECK(waxwing_config_set_memory_allocator(config, &functions));
  own wasm_engine_t* engine = wasm_engine_new_with_config(config);
  own wasm_store_t* store = wasm_store_new(engine);
  const wasm_limits_t limits = {1, 10};
  own wasm_memorytype_t* type = wasm_memorytype_new(&limits);
  pool.is_spoiled = true;
  CHECK(!wasm_memory_new(store, type));
  expect(waxwing_store_last_error(store), WAXWING_ERROR_INVALID_ARGUMENT);
  CHECK(pool.allocated == 1 && pool.released == 1);
  pool.is_spoiled = false;
  own wasm_memory_t* memory = wasm_memory_new(store, type);
  CHECK(memory && wasm_memory_data(memory) == pool.room.bytes && pool.room.bytes[65535] == 0);
  CHECK(pool.room.bytes[65536] == 1);
  CHECK(wasm_memory_grow(memory, 2) && pool.room.bytes[3 * 65536 - 1] == 0);
  CHECK(!wasm_memory_grow(memory, 1) && !wasm_memory_grow(memory, 3));
  wasm_memory_delete(memory);
  wasm_memorytype_delete(type);
  CHECK(pool.released == 1);
  wasm_store_delete(store);
  CHECK(pool.released == 2);
  wasm_engine_delete(engine);
  CHECK(pool.finalized == 1);
}

/* What a listener has heard: a letter for each call of its functions. */
typedef struct heard_t {
  char text[64];
  size_t depth;
  int32_t last;
} heard_t;

static void hear(heard_t* heard, char letter, const waxwing_listened_call_t* call) {
  size_t size = 0;
  const char* name = waxwing_listened_call_name(call, &size);
  const size_t length = strlen(heard->text);
  CHECK(length + 3 < sizeof heard->text && size > 0);
  heard->text[length] = letter;
  heard->text[length + 1] = name[0];
  heard->text[length + 2] = 0;
  wasm_val_vec_t values;
  waxwing_listened_call_values(call, &values);
  if (values.size == 1) heard->last = values.data[0].of.i32;
  if (name[0] == 'r') { /* Nulls are of the kind that is declared. */
    CHECK(values.size > 0 && values.data[0].kind == WASM_FUNCREF && !values.data[0].of.ref);
    CHECK(values.size == 1 || (values.data[1].kind == WASM_EXTERNREF && !values.data[1].of.ref));
  }
  wasm_val_vec_delete(&values);
  if (waxwing_listened_call_depth(call) > heard->depth)
    heard->depth = waxwing_listened_call_depth(call);
}

static bool hear_before(void* env, const waxwing_listened_call_t* call) {
  hear(env, '(', call);
  CHECK(!waxwing_listened_call_is_host(call) && !waxwing_listened_call_is_tail_call(call));
  return true;
}

static void hear_after(void* env, const waxwing_listened_call_t* call) {
  hear(env, waxwing_listened_call_is_tail_call(call) ? '>' : ')', call);
}

static void hear_abort(void* env, const waxwing_listened_call_t* call, waxwing_trap_code_t code) {
  hear(env, '!', call);
  CHECK(code == WAXWING_TRAP_UNREACHABLE);
}

static void check_listener(char** argv) {
  own wasm_config_t* config = new_config(argv);
  waxwing_config_set_listeners(config, true);
  own wasm_engine_t* engine = wasm_engine_new_with_config(config);
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = assemble(
      store,
      "(module (func $add (export \"add\") (param i32) (result i32)"
      "    (i32.add (call $one) (local.get 0)))"
      "  (func $one (result i32) (i32.const 1))"
      "  (func $tail (export \"tail\") (result i32) (return_call $one))"
      "  (func $stop (export \"stop\") unreachable)"
      "  (func $refs (param funcref externref) (result funcref) (local.get 0))"
      "  (func $give (export \"give\") (drop (call $refs (ref.null func) (ref.null extern)))))");
  own wasm_instance_t* instance = new_instance(store, module, NULL);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  heard_t heard = {"", 0, 0};
  const int before = finalized;
  const waxwing_listener_t listener = {hear_before, hear_after, hear_abort, &heard, finalize};
  CHECK(!waxwing_store_set_listener(store, &listener));
  wasm_val_t args[1] = {WASM_I32_VAL(6)};
  wasm_val_t results[1] = {WASM_INIT_VAL};
  wasm_val_vec_t args_vec = WASM_ARRAY_VEC(args);
  wasm_val_vec_t results_vec = WASM_ARRAY_VEC(results);
  CHECK(!wasm_func_call(func_at(&exports, 0), &args_vec, &results_vec));
  CHECK(results[0].of.i32 == 7 && heard.last == 7 && heard.depth == 2);
  CHECK(strcmp(heard.text, "(a(o)o)a") == 0);
  CHECK(!wasm_func_call(func_at(&exports, 1), NULL, &results_vec));
  own wasm_trap_t* trap = wasm_func_call(func_at(&exports, 2), NULL, NULL);
  CHECK(trap);
  wasm_trap_delete(trap);
  CHECK(strcmp(heard.text, "(a(o)o)a(t>t(o)o(s!s") == 0);
  CHECK(!wasm_func_call(func_at(&exports, 3), NULL, NULL));
  CHECK(strcmp(heard.text, "(a(o)o)a(t>t(o)o(s!s(g(r)r)g") == 0);
  CHECK(finalized == before);
  CHECK(!waxwing_store_set_listener(store, NULL));
  CHECK(finalized == before + 1);
  CHECK(!wasm_func_call(func_at(&exports, 0), &args_vec, &results_vec));
  CHECK(strcmp(heard.text, "(a(o)o)a(t>t(o)o(s!s(g(r)r)g") == 0);
  expect(waxwing_store_set_listener(NULL, NULL), WAXWING_ERROR_INVALID_ARGUMENT);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  CHECK(strlen(waxwing_version()) >= 5);
  check_config();
  check_cache(argv);
  check_allocator(argv);
  own wasm_engine_t* engine = new_engine(argv);
  check_limits(engine);
  check_limiter(engine);
  check_fuel(argv);
  check_listener(argv);
  check_linker(engine);
  check_funcrefs(engine);
  check_wasi(engine);
  check_slots(engine);
  wasm_engine_delete(engine);
  return 0;
}
