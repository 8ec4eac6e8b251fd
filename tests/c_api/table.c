/* Tables of functions: read, written, grown and called through. */
#include "check.h"

static own wasm_trap_t* negate(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  results->data[0].kind = WASM_I32;
  results->data[0].of.i32 = -args->data[0].of.i32;
  return NULL;
}

/* What calling element `index` with `arg` returns; `expected` traps, where it is not null. */
static int32_t call_element(const wasm_func_t* call, int32_t arg, int32_t index,
                            const char* expected) {
  wasm_val_t args[2] = {WASM_I32_VAL(arg), WASM_I32_VAL(index)};
  wasm_val_t results[1] = {WASM_INIT_VAL};
  wasm_val_vec_t args_vec = WASM_ARRAY_VEC(args);
  wasm_val_vec_t results_vec = WASM_ARRAY_VEC(results);
  own wasm_trap_t* trap = wasm_func_call(call, &args_vec, &results_vec);
  CHECK((trap != NULL) == (expected != NULL));
  if (!trap) return results[0].of.i32;
  CHECK(has_message(trap, expected));
  wasm_trap_delete(trap);
  return 0;
}

static bool is_null(const wasm_table_t* table, wasm_table_size_t index) {
  own wasm_ref_t* ref = wasm_table_get(table, index);
  wasm_ref_delete(ref);
  return !ref;
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  own wasm_engine_t* engine = new_engine(argv);
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = new_module(store, argv);
  own wasm_instance_t* instance = new_instance(store, module, NULL);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_table_t* table = wasm_extern_as_table(exports.data[0]);
  const wasm_func_t* call = func_at(&exports, 1);
  wasm_func_t* f = func_at(&exports, 2);
  wasm_func_t* g = func_at(&exports, 3);
  CHECK(table);

  own wasm_functype_t* type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  own wasm_func_t* h = wasm_func_new(store, type, negate);
  wasm_functype_delete(type);

  CHECK(wasm_table_size(table) == 2);
  CHECK(is_null(table, 0) && !is_null(table, 1));
  CHECK(call_element(call, 7, 1, NULL) == 666);
  call_element(call, 0, 0, "uninitialized element");
  call_element(call, 0, 2, "undefined element");

  CHECK(wasm_table_set(table, 0, wasm_func_as_ref(g)));
  CHECK(wasm_table_set(table, 1, NULL));
  CHECK(!wasm_table_set(table, 2, wasm_func_as_ref(f)));
  CHECK(call_element(call, 7, 0, NULL) == 7);
  call_element(call, 0, 1, "uninitialized element");
  own wasm_ref_t* ref = wasm_table_get(table, 0);
  CHECK(ref && wasm_ref_as_func(ref) && wasm_func_same(wasm_ref_as_func(ref), g));
  CHECK(!wasm_ref_as_table(ref));
  wasm_ref_delete(ref);

  CHECK(wasm_table_grow(table, 3, NULL));
  CHECK(wasm_table_size(table) == 5);
  CHECK(wasm_table_set(table, 2, wasm_func_as_ref(f)));
  CHECK(wasm_table_set(table, 3, wasm_func_as_ref(h)));
  CHECK(is_null(table, 4));
  CHECK(call_element(call, 5, 2, NULL) == 666);
  CHECK(call_element(call, 6, 3, NULL) == -6);
  CHECK(wasm_table_grow(table, 2, wasm_func_as_ref(f)));
  CHECK(wasm_table_size(table) == 7 && !is_null(table, 6));
  CHECK(!wasm_table_grow(table, 5, NULL)); /* beyond the maximum */
  CHECK(wasm_table_grow(table, 3, NULL));
  CHECK(wasm_table_grow(table, 0, NULL));
  CHECK(wasm_table_size(table) == 10);
  /* No function may be where only functions are. */
  own wasm_foreign_t* foreign = wasm_foreign_new(store);
  CHECK(!wasm_table_set(table, 0, wasm_foreign_as_ref(foreign)));
  wasm_foreign_delete(foreign);

  /* A table without an instance. */
  const wasm_limits_t limits = {5, 5};
  own wasm_tabletype_t* table_type = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
  own wasm_table_t* table2 = wasm_table_new(store, table_type, NULL);
  wasm_tabletype_delete(table_type);
  CHECK(wasm_table_size(table2) == 5);
  CHECK(!wasm_table_grow(table2, 1, NULL));
  CHECK(wasm_table_grow(table2, 0, NULL));
  table_type = wasm_table_type(table2);
  CHECK(wasm_tabletype_limits(table_type)->max == 5);
  wasm_tabletype_delete(table_type);

  wasm_table_delete(table2);
  wasm_func_delete(h);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
