/* Globals that the host makes, a module imports and exports, and both change. */
#include "check.h"

static own wasm_global_t* new_global(wasm_store_t* store, wasm_valkind_t kind,
                                     wasm_mutability_t mutability, wasm_val_t value) {
  own wasm_globaltype_t* type = wasm_globaltype_new(wasm_valtype_new(kind), mutability);
  own wasm_global_t* global = wasm_global_new(store, type, &value);
  wasm_globaltype_delete(type);
  CHECK(global);
  return global;
}

static float f32_of(const wasm_global_t* global) {
  wasm_val_t value;
  wasm_global_get(global, &value);
  CHECK(value.kind == WASM_F32);
  return value.of.f32;
}

static int64_t i64_of(const wasm_global_t* global) {
  wasm_val_t value;
  wasm_global_get(global, &value);
  CHECK(value.kind == WASM_I64);
  return value.of.i64;
}

static int64_t call_i64(const wasm_func_t* func) {
  wasm_val_t results[1] = {WASM_INIT_VAL};
  wasm_val_vec_t results_vec = WASM_ARRAY_VEC(results);
  CHECK(!wasm_func_call(func, NULL, &results_vec));
  CHECK(results[0].kind == WASM_I64);
  return results[0].of.i64;
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  own wasm_engine_t* engine = new_engine(argv);
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = new_module(store, argv);

  const wasm_val_t one = WASM_F32_VAL(1);
  const wasm_val_t two = WASM_I64_VAL(2);
  own wasm_global_t* const_f32 = new_global(store, WASM_F32, WASM_CONST, one);
  own wasm_global_t* var_i64 = new_global(store, WASM_I64, WASM_VAR, two);
  wasm_extern_t* externs[] = {wasm_global_as_extern(const_f32), wasm_global_as_extern(var_i64)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  own wasm_instance_t* instance = new_instance(store, module, &imports);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  CHECK(exports.size == 5);
  wasm_global_t* const_export = wasm_extern_as_global(exports.data[0]);
  wasm_global_t* var_export = wasm_extern_as_global(exports.data[1]);
  wasm_global_t* var_own = wasm_extern_as_global(exports.data[2]);
  CHECK(const_export && var_export && var_own);
  CHECK(!wasm_extern_as_func(exports.data[0]));

  /* The same object comes out that went in. */
  CHECK(wasm_global_same(const_f32, const_export));
  CHECK(wasm_global_same(var_i64, var_export));
  CHECK(!wasm_global_same(var_i64, var_own));
  own wasm_global_t* copy = wasm_global_copy(var_i64);
  CHECK(wasm_global_same(copy, var_export));
  int info = 0;
  wasm_global_set_host_info(copy, &info);
  CHECK(wasm_global_get_host_info(var_export) == &info);
  CHECK(wasm_extern_get_host_info(exports.data[1]) == &info);
  CHECK(!wasm_global_get_host_info(var_own));
  wasm_global_delete(copy);

  own wasm_globaltype_t* type = wasm_global_type(var_own);
  CHECK(wasm_globaltype_mutability(type) == WASM_VAR);
  CHECK(wasm_valtype_kind(wasm_globaltype_content(type)) == WASM_I64);
  wasm_globaltype_delete(type);

  CHECK(f32_of(const_export) == 1);
  CHECK(i64_of(var_export) == 2 && i64_of(var_own) == 6);
  const wasm_val_t new_value = WASM_I64_VAL(-37);
  wasm_global_set(var_export, &new_value);
  CHECK(i64_of(var_i64) == -37);
  CHECK(call_i64(func_at(&exports, 3)) == -37);
  wasm_val_t args[1] = {WASM_I64_VAL(73)};
  wasm_val_vec_t args_vec = WASM_ARRAY_VEC(args);
  CHECK(!wasm_func_call(func_at(&exports, 4), &args_vec, NULL));
  CHECK(i64_of(var_i64) == 73 && i64_of(var_export) == 73);

  /* What must not be: nothing changes, and it is told. */
  wasm_global_set(var_export, &one);
  CHECK(i64_of(var_export) == 73);
  own waxwing_error_t* error = waxwing_store_last_error(store);
  CHECK(error && waxwing_error_code(error) == WAXWING_ERROR_WRONG_TYPE);
  waxwing_error_delete(error);
  const wasm_val_t other = WASM_F32_VAL(9);
  wasm_global_set(const_export, &other);
  CHECK(f32_of(const_export) == 1);

  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_global_delete(const_f32);
  wasm_global_delete(var_i64);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
