/* A module is made again from what it was serialized to; what is damaged is refused. */
#include "check.h"

static int calls = 0;

static own wasm_trap_t* hello(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args;
  (void)results;
  ++calls;
  return NULL;
}

static void run(wasm_store_t* store, const wasm_module_t* module) {
  own wasm_functype_t* type = wasm_functype_new_0_0();
  own wasm_func_t* func = wasm_func_new(store, type, hello);
  wasm_functype_delete(type);
  wasm_extern_t* externs[] = {wasm_func_as_extern(func)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  own wasm_instance_t* instance = new_instance(store, module, &imports);
  wasm_func_delete(func);
  own wasm_extern_t* found = waxwing_instance_export(instance, "run");
  CHECK(found && wasm_extern_as_func(found));
  CHECK(!wasm_func_call(wasm_extern_as_func(found), NULL, NULL));
  wasm_extern_delete(found);
  CHECK(!waxwing_instance_export(instance, "walk"));
  wasm_instance_delete(instance);
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  own wasm_engine_t* engine = new_engine(argv);
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = new_module(store, argv);
  wasm_byte_vec_t serialized, again;
  wasm_module_serialize(module, &serialized);
  CHECK(serialized.size > 0);
  wasm_module_delete(module);

  own wasm_module_t* deserialized = wasm_module_deserialize(store, &serialized);
  CHECK(deserialized);
  run(store, deserialized);
  CHECK(calls == 1);
  wasm_importtype_vec_t imports;
  wasm_module_imports(deserialized, &imports);
  CHECK(imports.size == 1 && is_name(wasm_importtype_name(imports.data[0]), "hello"));
  wasm_importtype_vec_delete(&imports);
  /* It can be serialized again. */
  wasm_module_serialize(deserialized, &again);
  CHECK(again.size == serialized.size && memcmp(again.data, serialized.data, again.size) == 0);
  wasm_module_delete(deserialized);
  wasm_store_delete(store);
  wasm_engine_delete(engine);

  /* In another engine too. */
  engine = new_engine(argv);
  store = wasm_store_new(engine);
  deserialized = wasm_module_deserialize(store, &again);
  CHECK(deserialized);
  run(store, deserialized);
  CHECK(calls == 2);
  wasm_module_delete(deserialized);

  again.size /= 2;
  CHECK(!wasm_module_deserialize(store, &again));
  own waxwing_error_t* error = waxwing_store_last_error(store);
  CHECK(error && strlen(waxwing_error_message(error)) > 0);
  waxwing_error_delete(error);
  again.size = serialized.size;
  again.data[again.size / 3] = (char)(again.data[again.size / 3] ^ 1);
  CHECK(!wasm_module_deserialize(store, &again));
  again.size = 0;
  CHECK(!wasm_module_deserialize(store, &again));
  again.size = serialized.size;

  wasm_byte_vec_delete(&again);
  wasm_byte_vec_delete(&serialized);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
