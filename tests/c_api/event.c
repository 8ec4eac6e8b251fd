/* What an engine, a store and a cache tell on the way. */
#include "check.h"

/* How often each kind was told of, and the last one of it. */
typedef struct told_t {
  int count[WAXWING_EVENT_CACHE_WAITED + 1];
  waxwing_event_t last[WAXWING_EVENT_CACHE_WAITED + 1];
  bool has_detail[WAXWING_EVENT_CACHE_WAITED + 1];
  int finalized;
} told_t;

static void note(void* env, const waxwing_event_t* event) {
  told_t* told = env;
  CHECK(event->kind <= WAXWING_EVENT_CACHE_WAITED && event->detail);
  ++told->count[event->kind];
  told->last[event->kind] = *event;
  told->has_detail[event->kind] = event->detail_size > 0;
}

static void finalize(void* env) { ++((told_t*)env)->finalized; }

static own waxwing_cache_t* new_cache(told_t* told) {
  own waxwing_cache_options_t* options = waxwing_cache_options_new();
  waxwing_cache_options_set_event_hook(options, note, told, finalize);
  own waxwing_cache_t* cache = waxwing_cache_new_in_memory(options);
  waxwing_cache_options_delete(options);
  CHECK(cache);
  return cache;
}

static void check_compilations(const told_t* told, const told_t* of_cache, uint64_t size) {
  CHECK(told->count[WAXWING_EVENT_COMPILE_BEGUN] == 2);
  CHECK(told->last[WAXWING_EVENT_COMPILE_BEGUN].size == size);
  CHECK(told->count[WAXWING_EVENT_COMPILE_ENDED] == 2);
  CHECK(!told->has_detail[WAXWING_EVENT_COMPILE_ENDED]);
  CHECK(told->count[WAXWING_EVENT_CACHE_MISS] == 0);
  CHECK(of_cache->count[WAXWING_EVENT_CACHE_MISS] == 1);
  CHECK(of_cache->has_detail[WAXWING_EVENT_CACHE_MISS]);
  CHECK(of_cache->count[WAXWING_EVENT_CACHE_COMPILED] == 1);
  CHECK(of_cache->last[WAXWING_EVENT_CACHE_COMPILED].size > 0);
  CHECK(of_cache->count[WAXWING_EVENT_CACHE_MEMORY_HIT] == 1);
  CHECK(of_cache->count[WAXWING_EVENT_COMPILE_BEGUN] == 0);
}

static void grow(wasm_func_t* func, int32_t pages, int32_t expected) {
  wasm_val_t arg = WASM_I32_VAL(pages);
  wasm_val_t result = WASM_INIT_VAL;
  const wasm_val_vec_t args = {1, &arg};
  wasm_val_vec_t results = {1, &result};
  CHECK(!wasm_func_call(func, &args, &results) && result.of.i32 == expected);
}

static void check_store(wasm_store_t* store, const wasm_module_t* module, const told_t* told) {
  own wasm_instance_t* instance = new_instance(store, module, NULL);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  grow(func_at(&exports, 1), 2, 1);
  CHECK(told->count[WAXWING_EVENT_MEMORY_GROWN] == 1);
  const waxwing_event_t* grown = &told->last[WAXWING_EVENT_MEMORY_GROWN];
  CHECK(grown->granted && grown->size == 2 << 16 && grown->done == 1 << 16);
  CHECK(grown->trap == WAXWING_TRAP_NONE);
  grow(func_at(&exports, 1), 1, -1);
  CHECK(told->count[WAXWING_EVENT_MEMORY_GROWN] == 2 && !grown->granted);
  own wasm_trap_t* trap = wasm_func_call(func_at(&exports, 2), NULL, NULL);
  CHECK(trap && told->count[WAXWING_EVENT_TRAP] == 1);
  CHECK(told->last[WAXWING_EVENT_TRAP].trap == WAXWING_TRAP_UNREACHABLE);
  CHECK(told->has_detail[WAXWING_EVENT_TRAP]);
  wasm_trap_delete(trap);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  static told_t told;
  static told_t of_cache;
  own waxwing_cache_t* cache = new_cache(&of_cache);
  own wasm_config_t* config = new_config(argv);
  waxwing_config_set_cache(config, cache);
  waxwing_config_set_event_hook(config, note, &told, finalize);
  own wasm_engine_t* engine = wasm_engine_new_with_config(config);
  own wasm_store_t* store = wasm_store_new(engine);
  wasm_byte_vec_t binary;
  read_file(argv[2], &binary);
  own wasm_module_t* module = wasm_module_new(store, &binary);
  CHECK(module);
  wasm_module_delete(module);
  module = wasm_module_new(store, &binary);
  check_compilations(&told, &of_cache, binary.size);
  binary.data[0] = 1;
  CHECK(!wasm_module_new(store, &binary));
  CHECK(told.count[WAXWING_EVENT_COMPILE_ENDED] == 3);
  CHECK(told.has_detail[WAXWING_EVENT_COMPILE_ENDED]);
  wasm_byte_vec_delete(&binary);
  check_store(store, module, &told);

  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  CHECK(told.finalized == 1 && of_cache.finalized == 0);
  waxwing_cache_delete(cache);
  CHECK(of_cache.finalized == 1);
  /* Who is not taken is let go of. */
  waxwing_config_set_event_hook(NULL, note, &told, finalize);
  waxwing_cache_options_set_event_hook(NULL, NULL, &told, finalize);
  CHECK(told.finalized == 3);
  return 0;
}
