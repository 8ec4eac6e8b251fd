/* Host functions with arguments, results and an environment that they own. */
#include "check.h"

static int printed = 0;
static int finalized = 0;

static own wasm_trap_t* print(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  CHECK(args->size == 1 && args->data[0].kind == WASM_I32);
  CHECK(results->size == 1);
  printed = args->data[0].of.i32;
  wasm_val_copy(&results->data[0], &args->data[0]);
  return NULL;
}

static own wasm_trap_t* closure(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  CHECK(args->size == 0 && results->size == 1);
  results->data[0].kind = WASM_I32;
  results->data[0].of.i32 = *(int*)env;
  return NULL;
}

static own wasm_trap_t* all_kinds(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  CHECK(args->size == 4 && results->size == 1);
  CHECK(args->data[0].kind == WASM_I32 && args->data[1].kind == WASM_I64);
  CHECK(args->data[2].kind == WASM_F32 && args->data[3].kind == WASM_F64);
  results->data[0].kind = WASM_F64;
  results->data[0].of.f64 = args->data[0].of.i32 + (double)args->data[1].of.i64 +
                            (double)args->data[2].of.f32 + args->data[3].of.f64;
  return NULL;
}

static own wasm_trap_t* wrong_result(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args;
  results->data[0].kind = WASM_F32;
  results->data[0].of.f32 = 1.5f;
  return NULL;
}

static void finalize(void* env) {
  CHECK(*(int*)env == 42);
  ++finalized;
}

static own wasm_functype_t* all_kinds_type(void) {
  wasm_valtype_t* params[4] = {wasm_valtype_new_i32(), wasm_valtype_new_i64(),
                               wasm_valtype_new_f32(), wasm_valtype_new_f64()};
  wasm_valtype_t* result[1] = {wasm_valtype_new_f64()};
  wasm_valtype_vec_t param_vec, result_vec;
  wasm_valtype_vec_new(&param_vec, 4, params);
  wasm_valtype_vec_new(&result_vec, 1, result);
  return wasm_functype_new(&param_vec, &result_vec);
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  own wasm_engine_t* engine = new_engine(argv);
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = new_module(store, argv);

  own wasm_functype_t* print_type =
      wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  own wasm_functype_t* closure_type = wasm_functype_new_0_1(wasm_valtype_new_i32());
  own wasm_functype_t* all_type = all_kinds_type();
  int env = 42;
  own wasm_func_t* print_func = wasm_func_new(store, print_type, print);
  own wasm_func_t* closure_func =
      wasm_func_new_with_env(store, closure_type, closure, &env, finalize);
  own wasm_func_t* all_func = wasm_func_new(store, all_type, all_kinds);
  own wasm_func_t* wrong_func = wasm_func_new(store, closure_type, wrong_result);
  CHECK(print_func && closure_func && all_func && wrong_func);
  CHECK(wasm_func_param_arity(all_func) == 4 && wasm_func_result_arity(all_func) == 1);
  wasm_functype_delete(print_type);
  wasm_functype_delete(closure_type);
  wasm_functype_delete(all_type);

  wasm_extern_t* externs[] = {wasm_func_as_extern(print_func), wasm_func_as_extern(closure_func),
                              wasm_func_as_extern(all_func), wasm_func_as_extern(wrong_func)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  own wasm_instance_t* instance = new_instance(store, module, &imports);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);

  wasm_val_t args[2] = {WASM_I32_VAL(3), WASM_I32_VAL(4)};
  wasm_val_t results[1] = {WASM_INIT_VAL};
  wasm_val_vec_t args_vec = WASM_ARRAY_VEC(args);
  wasm_val_vec_t results_vec = WASM_ARRAY_VEC(results);
  CHECK(!wasm_func_call(func_at(&exports, 0), &args_vec, &results_vec));
  CHECK(printed == 7);
  CHECK(results[0].kind == WASM_I32 && results[0].of.i32 == 49);

  wasm_val_vec_t none = WASM_EMPTY_VEC;
  CHECK(!wasm_func_call(func_at(&exports, 1), &none, &results_vec));
  CHECK(results[0].kind == WASM_F64 && results[0].of.f64 == 1 + 4294967296.0 + 0.5 + 0.25);

  /* A result of a wrong kind is a trap. */
  own wasm_trap_t* trap = wasm_func_call(func_at(&exports, 2), &none, &results_vec);
  CHECK(trap);
  wasm_trap_delete(trap);

  /* The host calls its own function. */
  args_vec.size = 1;
  CHECK(!wasm_func_call(print_func, &args_vec, &results_vec));
  CHECK(printed == 3 && results[0].of.i32 == 3);

  /* A call that does not fit is refused, and leaves what there was. */
  args_vec.size = 2;
  trap = wasm_func_call(print_func, &args_vec, &results_vec);
  CHECK(trap && waxwing_trap_code(trap) == WAXWING_TRAP_NONE);
  wasm_trap_delete(trap);
  trap = wasm_func_call(print_func, &none, &results_vec);
  CHECK(trap);
  wasm_trap_delete(trap);
  args_vec.size = 1;
  trap = wasm_func_call(print_func, &args_vec, NULL);
  CHECK(trap);
  wasm_trap_delete(trap);
  args[0].kind = WASM_I64;
  trap = wasm_func_call(print_func, &args_vec, &results_vec);
  CHECK(trap);
  wasm_trap_delete(trap);
  CHECK(printed == 3 && results[0].of.i32 == 3);

  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_func_delete(print_func);
  wasm_func_delete(closure_func);
  wasm_func_delete(all_func);
  wasm_func_delete(wrong_func);
  wasm_module_delete(module);
  CHECK(finalized == 0);
  wasm_store_delete(store);
  CHECK(finalized == 1);
  wasm_engine_delete(engine);
  return 0;
}
