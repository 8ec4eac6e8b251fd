/* A host function without arguments is called by a module. */
#include "check.h"

static int calls = 0;

static own wasm_trap_t* hello(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  CHECK(args->size == 0 && results->size == 0);
  ++calls;
  return NULL;
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  own wasm_engine_t* engine = new_engine(argv);
  own wasm_store_t* store = wasm_store_new(engine);
  CHECK(store);
  own wasm_module_t* module = new_module(store, argv);

  own wasm_functype_t* type = wasm_functype_new_0_0();
  own wasm_func_t* hello_func = wasm_func_new(store, type, hello);
  wasm_functype_delete(type);
  CHECK(hello_func);
  wasm_extern_t* externs[] = {wasm_func_as_extern(hello_func)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  own wasm_instance_t* instance = new_instance(store, module, &imports);
  wasm_func_delete(hello_func);

  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  CHECK(exports.size == 1);
  const wasm_func_t* run = func_at(&exports, 0);
  wasm_module_delete(module);
  wasm_instance_delete(instance);

  wasm_val_vec_t empty = WASM_EMPTY_VEC;
  CHECK(!wasm_func_call(run, &empty, &empty));
  CHECK(!wasm_func_call(run, NULL, NULL));
  CHECK(calls == 2);

  wasm_extern_vec_delete(&exports);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
