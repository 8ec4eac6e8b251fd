/* What the host has told of objects is finalized with them, once each, in one store or in many. */
#include "check.h"

enum { iterations = 20000 };

static int live = 0;
static intptr_t sum = 0;

static void finalize(void* data) {
  sum += (intptr_t)data;
  --live;
}

static void run_in_store(wasm_store_t* store, char** argv) {
  own wasm_module_t* module = new_module(store, argv);
  for (intptr_t i = 0; i < iterations; ++i) {
    own wasm_instance_t* instance = wasm_instance_new(store, module, NULL, NULL);
    CHECK(instance);
    wasm_instance_set_host_info_with_finalizer(instance, (void*)i, finalize);
    ++live;
    CHECK(wasm_instance_get_host_info(instance) == (void*)i);
    wasm_instance_delete(instance);
  }
  wasm_module_set_host_info_with_finalizer(module, (void*)0, finalize);
  ++live;
  const int before = live;
  wasm_module_delete(module);
  CHECK(live == before - 1); /* modules are their handles' */
}

static void check_kinds(wasm_store_t* store) {
  /* Other information takes the place of the first, which ends. */
  own wasm_foreign_t* foreign = wasm_foreign_new(store);
  own wasm_foreign_t* copy = wasm_foreign_copy(foreign);
  live += 2;
  wasm_foreign_set_host_info_with_finalizer(foreign, (void*)1, finalize);
  wasm_foreign_set_host_info_with_finalizer(copy, (void*)2, finalize);
  CHECK(live == 1 && wasm_foreign_get_host_info(foreign) == (void*)2);
  wasm_foreign_delete(foreign);
  CHECK(live == 1);
  wasm_foreign_delete(copy);
  CHECK(live == 0);

  wasm_message_t message;
  wasm_name_new_from_string_nt(&message, "trap");
  own wasm_trap_t* trap = wasm_trap_new(store, &message);
  wasm_name_delete(&message);
  ++live;
  wasm_trap_set_host_info_with_finalizer(trap, NULL, finalize);
  wasm_trap_delete(trap);
  CHECK(live == 0);
}

static own wasm_trap_t* delete_store(void* env, const wasm_val_vec_t* args,
                                     wasm_val_vec_t* results) {
  (void)args;
  (void)results;
  wasm_store_delete((wasm_store_t*)env);
  CHECK(live == 1);
  return NULL;
}

/* A store that is deleted while a call runs in it ends with that, whoever has a handle still. */
static void check_late_deletion(wasm_engine_t* engine) {
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_functype_t* type = wasm_functype_new_0_0();
  own wasm_func_t* func = wasm_func_new_with_env(store, type, delete_store, store, NULL);
  wasm_functype_delete(type);
  wasm_func_set_host_info_with_finalizer(func, NULL, finalize);
  ++live;
  CHECK(!wasm_func_call(func, NULL, NULL));
  CHECK(live == 0);
  wasm_func_delete(func);
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  own wasm_engine_t* engine = new_engine(argv);
  own wasm_store_t* store = wasm_store_new(engine);
  check_kinds(store);
  sum = 0;
  run_in_store(store, argv);
  CHECK(live == iterations);
  wasm_store_delete(store);
  CHECK(live == 0);
  CHECK(sum == (intptr_t)iterations * (iterations - 1) / 2);

  own wasm_store_t* store1 = wasm_store_new(engine);
  own wasm_store_t* store2 = wasm_store_new(engine);
  run_in_store(store1, argv);
  run_in_store(store2, argv);
  CHECK(live == 2 * iterations);
  wasm_store_delete(store2);
  CHECK(live == iterations);
  wasm_store_delete(store1);
  CHECK(live == 0);
  check_late_deletion(engine);
  wasm_engine_delete(engine);
  return 0;
}
