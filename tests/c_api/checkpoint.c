/* setjmp and longjmp of a guest, by host functions of C. */
#include "check.h"

static own waxwing_checkpoint_t* checkpoint;
static int refused;

static own wasm_trap_t* set(void* env, waxwing_caller_t* caller, const wasm_val_vec_t* args,
                            wasm_val_vec_t* results) {
  (void)env, (void)args;
  waxwing_checkpoint_delete(checkpoint);
  own waxwing_error_t* error = waxwing_caller_checkpoint(caller, &checkpoint);
  CHECK(!error && checkpoint);
  results->data[0].kind = WASM_I32;
  results->data[0].of.i32 = 0;
  return NULL;
}

static own wasm_trap_t* jump(void* env, waxwing_caller_t* caller, const wasm_val_vec_t* args,
                             wasm_val_vec_t* results) {
  (void)env, (void)results;
  own wasm_trap_t* trap = NULL;
  own waxwing_error_t* error = waxwing_caller_restore(NULL, checkpoint, args, &trap);
  CHECK(waxwing_error_code(error) == WAXWING_ERROR_INVALID_ARGUMENT);
  waxwing_error_delete(error);
  error = waxwing_caller_restore(caller, checkpoint, args, &trap);
  if (!error) {
    CHECK(trap);
    return trap;
  }
  CHECK(!trap && waxwing_error_code(error) == WAXWING_ERROR_INVALID_ARGUMENT);
  waxwing_error_delete(error);
  ++refused;
  return NULL;
}

static own wasm_func_t* make_func(wasm_store_t* store, waxwing_callback_t callback, bool is_param) {
  own wasm_valtype_t* i32 = wasm_valtype_new(WASM_I32);
  wasm_valtype_vec_t one;
  wasm_valtype_vec_t none;
  wasm_valtype_vec_new(&one, 1, &i32);
  wasm_valtype_vec_new_empty(&none);
  own wasm_functype_t* type =
      is_param ? wasm_functype_new(&one, &none) : wasm_functype_new(&none, &one);
  own wasm_func_t* func = waxwing_func_new(store, type, callback, NULL, NULL);
  wasm_functype_delete(type);
  CHECK(func);
  return func;
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  own wasm_config_t* config = new_config(argv);
  waxwing_config_set_checkpoints(config, true);
  own wasm_engine_t* engine = wasm_engine_new_with_config(config);
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = new_module(store, argv);
  own wasm_func_t* set_func = make_func(store, set, false);
  own wasm_func_t* jump_func = make_func(store, jump, true);
  wasm_extern_t* externs[2] = {wasm_func_as_extern(set_func), wasm_func_as_extern(jump_func)};
  const wasm_extern_vec_t imports = {2, externs};
  own wasm_instance_t* instance = new_instance(store, module, &imports);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);

  wasm_val_t result;
  const wasm_val_vec_t args = {0, NULL};
  wasm_val_vec_t results = {1, &result};
  for (int i = 0; i < 3; ++i) {
    CHECK(!wasm_func_call(func_at(&exports, 0), &args, &results));
    CHECK(result.of.i32 == 105 && refused == 0);
  }
  /* What was called then has returned. */
  CHECK(!wasm_func_call(func_at(&exports, 1), &args, &results) && refused == 1);

  waxwing_checkpoint_delete(checkpoint);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_func_delete(set_func);
  wasm_func_delete(jump_func);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
