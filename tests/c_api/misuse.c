/* What must not be done: it fails, and nothing is undefined. */
#include "check.h"

static own wasm_trap_t* nothing(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args;
  (void)results;
  return NULL;
}

/* Deletes the function that it is, and its store, while it runs. */
typedef struct world_t {
  wasm_store_t* store;
  wasm_func_t* func;
} world_t;

static own wasm_trap_t* delete_all(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args;
  (void)results;
  world_t* world = (world_t*)env;
  wasm_func_delete(world->func);
  wasm_store_delete(world->store);
  return NULL;
}

static void check_null(void) {
  wasm_config_delete(NULL);
  wasm_engine_delete(NULL);
  wasm_store_delete(NULL);
  wasm_ref_delete(NULL);
  wasm_func_delete(NULL);
  wasm_val_delete(NULL);
  wasm_byte_vec_delete(NULL);
  wasm_valtype_delete(NULL);
  wasm_externtype_delete(NULL);
  wasm_shared_module_delete(NULL);
  CHECK(!wasm_store_new(NULL));
  CHECK(!wasm_ref_copy(NULL) && wasm_ref_same(NULL, NULL));
  CHECK(!wasm_ref_as_func(NULL) && !wasm_func_as_ref(NULL) && !wasm_extern_as_func(NULL));
  CHECK(!wasm_func_get_host_info(NULL));
  CHECK(!wasm_valtype_copy(NULL) && !wasm_functype_copy(NULL) && !wasm_externtype_copy(NULL));
  CHECK(!wasm_functype_params(NULL) && !wasm_tabletype_limits(NULL));
  CHECK(!wasm_globaltype_new(NULL, WASM_VAR));
  CHECK(!wasm_globaltype_new(wasm_valtype_new_i32(), 9));
  CHECK(!wasm_tabletype_new(NULL, NULL) && !wasm_tabletype_new(wasm_valtype_new_funcref(), NULL));
  CHECK(!wasm_memorytype_new(NULL) && !wasm_tagtype_new(NULL));
  CHECK(!wasm_exporttype_new(NULL, NULL) && !wasm_importtype_new(NULL, NULL, NULL));
  CHECK(!wasm_module_new(NULL, NULL) && !wasm_module_validate(NULL, NULL));
  CHECK(!wasm_module_share(NULL) && !wasm_module_obtain(NULL, NULL));
  CHECK(!wasm_module_deserialize(NULL, NULL));
  CHECK(!wasm_func_new(NULL, NULL, nothing) && !wasm_foreign_new(NULL));
  CHECK(!wasm_global_new(NULL, NULL, NULL) && !wasm_table_new(NULL, NULL, NULL));
  CHECK(!wasm_memory_new(NULL, NULL) && !wasm_memory_data(NULL) && wasm_memory_size(NULL) == 0);
  CHECK(!wasm_memory_grow(NULL, 1) && !wasm_table_grow(NULL, 1, NULL));
  CHECK(!wasm_table_get(NULL, 0) && !wasm_table_set(NULL, 0, NULL) && wasm_table_size(NULL) == 0);
  wasm_val_t value;
  wasm_global_get(NULL, &value);
  wasm_global_set(NULL, NULL);
  CHECK(wasm_func_param_arity(NULL) == 0 && !wasm_func_type(NULL));
  own wasm_trap_t* trap = NULL;
  CHECK(!wasm_instance_new(NULL, NULL, NULL, &trap) && trap);
  wasm_trap_delete(trap);
  trap = wasm_func_call(NULL, NULL, NULL);
  CHECK(trap && has_message(trap, "there is no function to call"));
  wasm_trap_delete(trap);
  wasm_extern_vec_t exports;
  wasm_instance_exports(NULL, &exports);
  CHECK(exports.size == 0);
  CHECK(!wasm_trap_origin(NULL) && !wasm_frame_copy(NULL));
  /* Vectors without memory are empty. */
  wasm_val_vec_t values;
  wasm_val_vec_new_uninitialized(&values, SIZE_MAX / 2);
  CHECK(values.size == 0 && !values.data);
  wasm_val_vec_copy(&values, NULL);
  CHECK(values.size == 0);
}

static void check_stores(wasm_engine_t* engine, char** argv) {
  own wasm_store_t* store1 = wasm_store_new(engine);
  own wasm_store_t* store2 = wasm_store_new(engine);
  own wasm_module_t* module = new_module(store1, argv);
  own wasm_functype_t* type = wasm_functype_new_0_0();
  own wasm_func_t* func1 = wasm_func_new(store1, type, nothing);
  own wasm_func_t* func2 = wasm_func_new(store2, type, nothing);
  wasm_functype_delete(type);

  wasm_extern_t* externs[] = {wasm_func_as_extern(func2)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  own wasm_trap_t* trap = NULL;
  CHECK(!wasm_instance_new(store1, module, &imports, &trap) && trap);
  wasm_trap_delete(trap);
  externs[0] = NULL;
  CHECK(!wasm_instance_new(store1, module, &imports, &trap) && trap);
  wasm_trap_delete(trap);
  externs[0] = wasm_func_as_extern(func1);
  own wasm_instance_t* instance = new_instance(store1, module, &imports);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);

  wasm_val_t args[1] = {WASM_REF_VAL(wasm_func_as_ref(func2))};
  wasm_val_t results[1] = {WASM_INIT_VAL};
  wasm_val_vec_t args_vec = WASM_ARRAY_VEC(args);
  wasm_val_vec_t results_vec = WASM_ARRAY_VEC(results);
  trap = wasm_func_call(func_at(&exports, 1), &args_vec, &results_vec);
  CHECK(trap);
  own waxwing_error_t* error = waxwing_trap_error(trap);
  CHECK(waxwing_error_code(error) == WAXWING_ERROR_WRONG_STORE);
  waxwing_error_delete(error);
  wasm_trap_delete(trap);
  wasm_table_t* table = wasm_extern_as_table(exports.data[2]);
  CHECK(!wasm_table_set(table, 0, wasm_func_as_ref(func2)));
  CHECK(wasm_table_set(table, 0, wasm_func_as_ref(func1)));
  /* Types of modules mean nothing elsewhere. */
  own wasm_functype_t* concrete = wasm_func_type(func_at(&exports, 3));
  CHECK(concrete && !wasm_func_new(store1, concrete, nothing));
  wasm_functype_delete(concrete);

  /* Handles of a store that is gone fail. */
  wasm_store_delete(store1);
  wasm_val_t value = WASM_INIT_VAL;
  trap = wasm_func_call(func_at(&exports, 0), NULL, NULL);
  CHECK(trap);
  wasm_trap_delete(trap);
  CHECK(wasm_table_size(table) == 0 && !wasm_table_get(table, 0) &&
        !wasm_table_set(table, 0, NULL) && !wasm_table_grow(table, 1, NULL));
  wasm_memory_t* memory = wasm_extern_as_memory(exports.data[4]);
  CHECK(memory && wasm_memory_size(memory) == 0 && !wasm_memory_grow(memory, 1));
  wasm_global_get(wasm_extern_as_global(exports.data[5]), &value);
  wasm_global_set(wasm_extern_as_global(exports.data[5]), &value);
  CHECK(!wasm_global_type(wasm_extern_as_global(exports.data[5])));
  CHECK(!wasm_extern_type(exports.data[0]));
  own wasm_func_t* copy = wasm_func_copy(func1);
  CHECK(copy && wasm_func_same(copy, func1));
  wasm_func_delete(copy);
  wasm_extern_vec_t gone;
  wasm_instance_exports(instance, &gone);
  CHECK(gone.size == 0);

  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_func_delete(func1);
  wasm_func_delete(func2);
  wasm_module_delete(module);
  wasm_store_delete(store2);
}

static void check_deletion(wasm_engine_t* engine, char** argv) {
  world_t world = {wasm_store_new(engine), NULL};
  own wasm_module_t* module = new_module(world.store, argv);
  own wasm_functype_t* type = wasm_functype_new_0_0();
  world.func = wasm_func_new_with_env(world.store, type, delete_all, &world, NULL);
  wasm_functype_delete(type);
  wasm_extern_t* externs[] = {wasm_func_as_extern(world.func)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  own wasm_instance_t* instance = new_instance(world.store, module, &imports);
  wasm_module_delete(module);
  own wasm_extern_t* call = waxwing_instance_export(instance, "call");
  wasm_instance_delete(instance);
  CHECK(!wasm_func_call(wasm_extern_as_func(call), NULL, NULL));
  own wasm_trap_t* trap = wasm_func_call(wasm_extern_as_func(call), NULL, NULL);
  CHECK(trap);
  wasm_trap_delete(trap);
  wasm_extern_delete(call);

  /* The function is called by the handle that it deletes. */
  world.store = wasm_store_new(engine);
  type = wasm_functype_new_0_0();
  world.func = wasm_func_new_with_env(world.store, type, delete_all, &world, NULL);
  wasm_functype_delete(type);
  CHECK(!wasm_func_call(world.func, NULL, NULL));
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  check_null();
  own wasm_engine_t* engine = new_engine(argv);
  check_stores(engine, argv);
  check_deletion(engine, argv);

  own wasm_store_t* store = wasm_store_new(engine);
  wasm_byte_vec_t wrong;
  wasm_byte_vec_new(&wrong, 12, "\0asm\1\0\0\0\1\2\3\4");
  CHECK(!wasm_module_validate(store, &wrong));
  CHECK(!wasm_module_new(store, &wrong));
  own waxwing_error_t* error = waxwing_store_last_error(store);
  uint64_t offset = 0;
  CHECK(error && waxwing_error_code(error) == WAXWING_ERROR_MALFORMED);
  CHECK(waxwing_error_offset(error, &offset) && offset >= 8 && offset <= 12);
  waxwing_error_delete(error);
  wasm_byte_vec_delete(&wrong);
  wasm_engine_delete(engine); /* before its store */
  wasm_store_delete(store);
  return 0;
}
