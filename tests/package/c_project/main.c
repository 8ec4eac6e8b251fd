/* A host in C: calls a module that doubles a number. */
#include <stdio.h>
#include <wasm.h>
#include <waxwing/c.h>

/* (module (func (export "double") (param i32) (result i32)
     (i32.mul (local.get 0) (i32.const 2)))) */
static const unsigned char bytes[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01,
    0x7f, 0x03, 0x02, 0x01, 0x00, 0x07, 0x0a, 0x01, 0x06, 0x64, 0x6f, 0x75, 0x62, 0x6c, 0x65,
    0x00, 0x00, 0x0a, 0x09, 0x01, 0x07, 0x00, 0x20, 0x00, 0x41, 0x02, 0x6c, 0x0b};

static int call(const wasm_instance_t* instance) {
  wasm_val_t arguments[1] = {WASM_I32_VAL(21)};
  wasm_val_t results[1] = {WASM_INIT_VAL};
  wasm_val_vec_t argument_vec = WASM_ARRAY_VEC(arguments);
  wasm_val_vec_t result_vec = WASM_ARRAY_VEC(results);
  wasm_extern_vec_t exports;
  wasm_trap_t* trap = NULL;
  wasm_instance_exports(instance, &exports);
  if (exports.size != 1) return 1;
  trap = wasm_func_call(wasm_extern_as_func(exports.data[0]), &argument_vec, &result_vec);
  wasm_extern_vec_delete(&exports);
  if (trap != NULL) return 1;
  printf("double(21) = %d\n", (int)results[0].of.i32);
  return 0;
}

int main(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_byte_vec_t binary;
  wasm_module_t* module;
  wasm_instance_t* instance;
  wasm_extern_vec_t imports = WASM_EMPTY_VEC;
  int status;
  printf("Waxwing %s\n", waxwing_version());
  wasm_byte_vec_new(&binary, sizeof bytes, (const wasm_byte_t*)bytes);
  module = wasm_module_new(store, &binary);
  wasm_byte_vec_delete(&binary);
  if (module == NULL) return 1;
  instance = wasm_instance_new(store, module, &imports, NULL);
  if (instance == NULL) return 1;
  status = call(instance);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return status;
}
