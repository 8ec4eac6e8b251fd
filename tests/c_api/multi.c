/* Functions with several results, in both directions, and more of them than registers. */
#include "check.h"

static own wasm_trap_t* swap(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  CHECK(args->size == 4 && results->size == 4);
  wasm_val_copy(&results->data[0], &args->data[3]);
  wasm_val_copy(&results->data[1], &args->data[1]);
  wasm_val_copy(&results->data[2], &args->data[2]);
  wasm_val_copy(&results->data[3], &args->data[0]);
  return NULL;
}

static own wasm_functype_t* new_type(void) {
  wasm_valtype_t* types[] = {wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_i64(),
                             wasm_valtype_new_i32()};
  wasm_valtype_vec_t params, results;
  wasm_valtype_vec_new(&params, 4, types);
  wasm_valtype_vec_copy(&results, &params);
  return wasm_functype_new(&params, &results);
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  own wasm_engine_t* engine = new_engine(argv);
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = new_module(store, argv);
  own wasm_functype_t* type = new_type();
  own wasm_func_t* host = wasm_func_new(store, type, swap);
  wasm_functype_delete(type);
  wasm_extern_t* externs[] = {wasm_func_as_extern(host)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  own wasm_instance_t* instance = new_instance(store, module, &imports);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);

  wasm_val_t args[4] = {WASM_I32_VAL(1), WASM_I64_VAL(2), WASM_I64_VAL(3), WASM_I32_VAL(4)};
  wasm_val_t results[4] = {WASM_INIT_VAL, WASM_INIT_VAL, WASM_INIT_VAL, WASM_INIT_VAL};
  wasm_val_vec_t args_vec = WASM_ARRAY_VEC(args);
  wasm_val_vec_t results_vec = WASM_ARRAY_VEC(results);
  CHECK(!wasm_func_call(func_at(&exports, 0), &args_vec, &results_vec));
  CHECK(results[0].of.i32 == 4 && results[1].of.i64 == 2);
  CHECK(results[2].of.i64 == 3 && results[3].of.i32 == 1);

  /* 20 arguments and 20 results. */
  wasm_val_t many[20], back[20];
  for (int i = 0; i < 20; ++i) {
    many[i].kind = WASM_I64;
    many[i].of.i64 = i;
  }
  wasm_val_vec_t many_vec = WASM_ARRAY_VEC(many);
  wasm_val_vec_t back_vec = WASM_ARRAY_VEC(back);
  CHECK(wasm_func_result_arity(func_at(&exports, 1)) == 20);
  CHECK(!wasm_func_call(func_at(&exports, 1), &many_vec, &back_vec));
  for (int i = 0; i < 20; ++i) CHECK(back[i].kind == WASM_I64 && back[i].of.i64 == 19 - i);

  wasm_func_delete(host);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
