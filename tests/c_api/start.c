/* A start function that traps: there is no instance, and the trap says why. */
#include "check.h"

int main(int argc, char** argv) {
  CHECK(argc == 3);
  own wasm_engine_t* engine = new_engine(argv);
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = new_module(store, argv);
  own wasm_trap_t* trap = NULL;
  own wasm_instance_t* instance = wasm_instance_new(store, module, NULL, &trap);
  CHECK(!instance && trap);
  CHECK(has_message(trap, "unreachable"));
  own wasm_frame_t* origin = wasm_trap_origin(trap);
  CHECK(origin && wasm_frame_func_index(origin) == 1);
  CHECK(strcmp(waxwing_frame_func_name(origin), "inner") == 0);
  wasm_frame_delete(origin);
  wasm_frame_vec_t trace;
  wasm_trap_trace(trap, &trace);
  CHECK(trace.size == 2 && wasm_frame_func_index(trace.data[1]) == 0);
  wasm_frame_vec_delete(&trace);
  wasm_trap_delete(trap);

  /* Whoever does not ask for the trap finds the error. */
  CHECK(!wasm_instance_new(store, module, NULL, NULL));
  own waxwing_error_t* error = waxwing_store_last_error(store);
  CHECK(error && waxwing_error_code(error) == WAXWING_ERROR_TRAPPED);
  waxwing_error_delete(error);

  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
