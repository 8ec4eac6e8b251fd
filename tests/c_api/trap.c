/* Traps of Wasm and of the host: what they say, and where they were. */
#include "check.h"

static wasm_trap_t* last_of_host = NULL;
static bool returns_it_again = false;

static own wasm_trap_t* fail(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args;
  (void)results;
  if (returns_it_again) return wasm_trap_copy(last_of_host);
  own wasm_name_t message;
  wasm_name_new_from_string_nt(&message, "callback abort");
  own wasm_trap_t* trap = wasm_trap_new((wasm_store_t*)env, &message);
  wasm_name_delete(&message);
  CHECK(trap && has_message(trap, "callback abort"));
  CHECK(!wasm_trap_origin(trap));
  last_of_host = wasm_trap_copy(trap);
  CHECK(wasm_trap_same(last_of_host, trap));
  return trap;
}

static void check_frames(const wasm_trap_t* trap, size_t count, uint32_t func_index,
                         size_t func_offset) {
  own wasm_frame_t* origin = wasm_trap_origin(trap);
  CHECK(origin);
  CHECK(wasm_frame_func_index(origin) == func_index);
  CHECK(wasm_frame_module_offset(origin) > 8 + func_offset);
  wasm_frame_delete(origin);

  wasm_frame_vec_t trace;
  wasm_trap_trace(trap, &trace);
  CHECK(trace.size == count);
  CHECK(wasm_frame_func_index(trace.data[0]) == func_index);
  wasm_frame_vec_t copy;
  wasm_frame_vec_copy(&copy, &trace);
  wasm_frame_vec_delete(&trace);
  CHECK(copy.size == count && wasm_frame_func_index(copy.data[0]) == func_index);
  wasm_frame_vec_delete(&copy);
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  own wasm_engine_t* engine = new_engine(argv);
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = new_module(store, argv);
  own wasm_functype_t* type = wasm_functype_new_0_1(wasm_valtype_new_i32());
  own wasm_func_t* fail_func = wasm_func_new_with_env(store, type, fail, store, NULL);
  wasm_functype_delete(type);
  wasm_extern_t* externs[] = {wasm_func_as_extern(fail_func)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  own wasm_instance_t* instance = new_instance(store, module, &imports);
  wasm_func_delete(fail_func);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);

  wasm_val_t results[1] = {WASM_INIT_VAL};
  wasm_val_vec_t results_vec = WASM_ARRAY_VEC(results);
  own wasm_trap_t* trap = wasm_func_call(func_at(&exports, 0), NULL, &results_vec);
  CHECK(trap);
  CHECK(has_message(trap, "callback abort"));
  CHECK(waxwing_trap_code(trap) == WAXWING_TRAP_HOST_ERROR);
  CHECK(wasm_trap_same(trap, last_of_host));
  check_frames(trap, 1, 1, 0);
  wasm_trap_delete(trap);
  returns_it_again = true;
  trap = wasm_func_call(func_at(&exports, 2), NULL, &results_vec);
  CHECK(trap && has_message(trap, "callback abort"));
  CHECK(wasm_trap_same(trap, last_of_host));
  check_frames(trap, 2, 4, 1); /* where it was this time */
  wasm_trap_delete(last_of_host);
  wasm_trap_delete(trap);

  trap = wasm_func_call(func_at(&exports, 1), NULL, &results_vec);
  CHECK(trap);
  CHECK(has_message(trap, "unreachable"));
  CHECK(waxwing_trap_code(trap) == WAXWING_TRAP_UNREACHABLE);
  CHECK(!waxwing_trap_exit_status(trap, NULL));
  check_frames(trap, 2, 3, 1);
  own waxwing_error_t* error = waxwing_trap_error(trap);
  CHECK(error && waxwing_error_code(error) == WAXWING_ERROR_TRAPPED);
  CHECK(strstr(waxwing_error_message(error), "unreachable"));
  waxwing_error_delete(error);
  /* It outlives what it tells of. */
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  CHECK(has_message(trap, "unreachable"));
  check_frames(trap, 2, 3, 1);
  wasm_trap_delete(trap);
  return 0;
}
