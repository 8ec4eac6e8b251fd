/* Threads share a module and each runs it in a store of its own; one is interrupted by another. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <time.h>

#include "check.h"

enum { thread_count = 8, repetitions = 20 };

typedef struct job_t {
  wasm_engine_t* engine;
  const wasm_shared_module_t* module;
  int32_t id;
  int32_t calls;
} job_t;

static own wasm_trap_t* callback(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)results;
  job_t* job = (job_t*)env;
  CHECK(args->data[0].kind == WASM_I32 && args->data[0].of.i32 == job->id);
  ++job->calls;
  return NULL;
}

static own wasm_instance_t* instantiate(wasm_store_t* store, job_t* job) {
  own wasm_module_t* module = wasm_module_obtain(store, job->module);
  CHECK(module);
  own wasm_functype_t* type = wasm_functype_new_1_0(wasm_valtype_new_i32());
  own wasm_func_t* func = wasm_func_new_with_env(store, type, callback, job, NULL);
  wasm_functype_delete(type);
  own wasm_globaltype_t* global_type = wasm_globaltype_new(wasm_valtype_new_i32(), WASM_CONST);
  const wasm_val_t id = WASM_I32_VAL(job->id);
  own wasm_global_t* global = wasm_global_new(store, global_type, &id);
  wasm_globaltype_delete(global_type);
  wasm_extern_t* externs[] = {wasm_func_as_extern(func), wasm_global_as_extern(global)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  own wasm_instance_t* instance = new_instance(store, module, &imports);
  wasm_func_delete(func);
  wasm_global_delete(global);
  wasm_module_delete(module);
  return instance;
}

static void* run(void* arg) {
  job_t* job = (job_t*)arg;
  for (int i = 0; i < repetitions; ++i) {
    own wasm_store_t* store = wasm_store_new(job->engine);
    CHECK(store);
    own wasm_instance_t* instance = instantiate(store, job);
    wasm_extern_vec_t exports;
    wasm_instance_exports(instance, &exports);
    wasm_instance_delete(instance);
    CHECK(!wasm_func_call(func_at(&exports, 0), NULL, NULL));
    wasm_extern_vec_delete(&exports);
    wasm_store_delete(store);
  }
  return NULL;
}

typedef struct stopper_t {
  waxwing_interrupter_t* interrupter;
  volatile int* is_over;
  pthread_mutex_t mutex;
} stopper_t;

static void* stop(void* arg) {
  stopper_t* stopper = (stopper_t*)arg;
  const struct timespec pause = {0, 2000000};
  for (;;) {
    nanosleep(&pause, NULL);
    pthread_mutex_lock(&stopper->mutex);
    const int is_over = *stopper->is_over;
    pthread_mutex_unlock(&stopper->mutex);
    if (is_over) return NULL;
    waxwing_interrupter_interrupt(stopper->interrupter);
  }
}

static void check_interruption(job_t* job) {
  own wasm_store_t* store = wasm_store_new(job->engine);
  own wasm_instance_t* instance = instantiate(store, job);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  volatile int is_over = 0;
  stopper_t stopper = {waxwing_interrupter_new(store), &is_over, PTHREAD_MUTEX_INITIALIZER};
  CHECK(stopper.interrupter);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, stop, &stopper) == 0);
  own wasm_trap_t* trap = wasm_func_call(func_at(&exports, 1), NULL, NULL); /* for ever */
  CHECK(trap && waxwing_trap_code(trap) == WAXWING_TRAP_INTERRUPTED);
  wasm_trap_delete(trap);
  pthread_mutex_lock(&stopper.mutex);
  is_over = 1;
  pthread_mutex_unlock(&stopper.mutex);
  CHECK(pthread_join(thread, NULL) == 0);

  waxwing_store_set_timeout_ns(store, 20000000);
  trap = wasm_func_call(func_at(&exports, 1), NULL, NULL);
  CHECK(trap && waxwing_trap_code(trap) == WAXWING_TRAP_DEADLINE_EXCEEDED);
  wasm_trap_delete(trap);
  waxwing_store_set_timeout_ns(store, 0);
  CHECK(!wasm_func_call(func_at(&exports, 0), NULL, NULL)); /* none of it is left */

  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  waxwing_interrupter_interrupt(stopper.interrupter); /* its store is gone */
  waxwing_interrupter_delete(stopper.interrupter);
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  own wasm_engine_t* engine = new_engine(argv);
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = new_module(store, argv);
  own wasm_shared_module_t* shared = wasm_module_share(module);
  CHECK(shared);
  wasm_module_delete(module);
  wasm_store_delete(store);

  pthread_t threads[thread_count];
  job_t jobs[thread_count];
  for (int i = 0; i < thread_count; ++i) {
    const job_t job = {engine, shared, i, 0};
    jobs[i] = job;
    CHECK(pthread_create(&threads[i], NULL, run, &jobs[i]) == 0);
  }
  for (int i = 0; i < thread_count; ++i) {
    CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(jobs[i].calls == repetitions);
  }
  check_interruption(&jobs[0]);
  wasm_shared_module_delete(shared);
  wasm_engine_delete(engine);
  return 0;
}
