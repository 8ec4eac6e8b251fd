/* Objects of the host go through Wasm: arguments, results, globals, tables, host functions. */
#include "check.h"

static own wasm_trap_t* identity(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  CHECK(args->data[0].kind == WASM_EXTERNREF);
  wasm_val_copy(&results->data[0], &args->data[0]);
  return NULL;
}

/* What the function returns, given the reference and, where `index` is not negative, that before
 * it. */
static own wasm_ref_t* call(const wasm_func_t* func, int32_t index, wasm_ref_t* ref, bool has_arg) {
  wasm_val_t args[2] = {WASM_I32_VAL(index), WASM_REF_VAL(ref)};
  wasm_val_vec_t args_vec = {0, NULL};
  args_vec.data = index < 0 ? args + 1 : args;
  args_vec.size = (size_t)(index < 0 ? 0 : 1) + (has_arg ? 1 : 0);
  wasm_val_t results[1] = {WASM_INIT_VAL};
  wasm_val_vec_t results_vec = WASM_ARRAY_VEC(results);
  own wasm_trap_t* trap = wasm_func_call(func, &args_vec, &results_vec);
  CHECK(!trap);
  CHECK(results[0].kind == WASM_EXTERNREF);
  return results[0].of.ref;
}

/* Whether what came out is what went in. Deletes it. */
static bool is_back(own wasm_ref_t* actual, const wasm_ref_t* expected) {
  const bool is_same = wasm_ref_same(actual, expected) &&
                       wasm_ref_get_host_info(actual) == wasm_ref_get_host_info(expected);
  wasm_ref_delete(actual);
  return is_same;
}

static void check_global(const wasm_extern_vec_t* exports, wasm_ref_t* ref) {
  wasm_global_t* global = wasm_extern_as_global(exports->data[0]);
  const wasm_func_t* set = func_at(exports, 2);
  const wasm_func_t* get = func_at(exports, 3);
  is_back(call(set, -1, ref, true), NULL);
  CHECK(is_back(call(get, -1, NULL, false), ref));
  wasm_val_t value;
  wasm_global_get(global, &value);
  CHECK(value.kind == WASM_EXTERNREF && wasm_ref_same(value.of.ref, ref));
  wasm_val_delete(&value);
  value.of.ref = NULL;
  wasm_global_set(global, &value);
  CHECK(is_back(call(get, -1, NULL, false), NULL));
  value.of.ref = ref;
  wasm_global_set(global, &value);
  CHECK(is_back(call(get, -1, NULL, false), ref));
}

static void check_table(const wasm_extern_vec_t* exports, wasm_ref_t* ref) {
  wasm_table_t* table = wasm_extern_as_table(exports->data[1]);
  const wasm_func_t* set = func_at(exports, 4);
  const wasm_func_t* get = func_at(exports, 5);
  is_back(call(set, 3, ref, true), NULL);
  CHECK(is_back(call(get, 3, NULL, false), ref));
  CHECK(is_back(wasm_table_get(table, 3), ref));
  CHECK(wasm_table_set(table, 4, ref));
  CHECK(is_back(call(get, 4, NULL, false), ref));
  CHECK(wasm_table_set(table, 4, NULL));
  CHECK(is_back(call(get, 4, NULL, false), NULL));
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  own wasm_engine_t* engine = new_engine(argv);
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = new_module(store, argv);
  own wasm_functype_t* type =
      wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref());
  own wasm_func_t* host = wasm_func_new(store, type, identity);
  wasm_functype_delete(type);
  wasm_extern_t* externs[] = {wasm_func_as_extern(host)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  own wasm_instance_t* instance = new_instance(store, module, &imports);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);

  int one = 1, two = 2;
  own wasm_foreign_t* foreign1 = wasm_foreign_new(store);
  own wasm_foreign_t* foreign2 = wasm_foreign_new(store);
  wasm_foreign_set_host_info(foreign1, &one);
  wasm_foreign_set_host_info(foreign2, &two);
  CHECK(!wasm_foreign_same(foreign1, foreign2));
  wasm_ref_t* refs[] = {NULL,
                        wasm_foreign_as_ref(foreign1),
                        wasm_foreign_as_ref(foreign2),
                        wasm_func_as_ref(host),
                        wasm_instance_as_ref(instance),
                        wasm_module_as_ref(module),
                        wasm_extern_as_ref(exports.data[1])};
  for (size_t i = 0; i < sizeof refs / sizeof refs[0]; ++i) {
    CHECK(is_back(call(func_at(&exports, 6), -1, refs[i], true), refs[i]));
    CHECK(is_back(call(host, -1, refs[i], true), refs[i]));
    check_global(&exports, refs[i]);
    check_table(&exports, refs[i]);
  }
  own wasm_ref_t* back = call(func_at(&exports, 6), -1, refs[1], true);
  CHECK(wasm_ref_as_foreign(back) && !wasm_ref_as_func(back));
  CHECK(wasm_foreign_same(wasm_ref_as_foreign(back), foreign1));
  wasm_foreign_delete(foreign1);
  CHECK(wasm_ref_get_host_info(back) == &one);
  wasm_ref_delete(back);

  wasm_foreign_delete(foreign2);
  wasm_func_delete(host);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
