/* The guide's first program in C: the standard interface, and waxwing/c.h for what that lacks. */
#include <stdio.h>
#include <string.h>
#include <waxwing/c.h>

static const char text[] =
    "(module (func (export \"add\") (param i32 i32) (result i32)"
    "  (i32.add (local.get 0) (local.get 1))))";

int main(void) {
  wasm_byte_vec_t wasm;
  waxwing_error_t* error = waxwing_wat_to_wasm(text, strlen(text), &wasm);
  if (error) {
    fprintf(stderr, "%s\n", waxwing_error_message(error));
    return 1;
  }

  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = wasm_module_new(store, &wasm);
  wasm_extern_vec_t imports = WASM_EMPTY_VEC;
  wasm_instance_t* instance = wasm_instance_new(store, module, &imports, NULL);
  wasm_extern_t* add = waxwing_instance_export(instance, "add");

  wasm_val_t args[] = {WASM_I32_VAL(40), WASM_I32_VAL(2)};
  wasm_val_t results[] = {WASM_INIT_VAL};
  wasm_val_vec_t args_vec = WASM_ARRAY_VEC(args), results_vec = WASM_ARRAY_VEC(results);
  wasm_trap_t* trap = wasm_func_call(wasm_extern_as_func(add), &args_vec, &results_vec);
  if (!trap) printf("40 + 2 = %d\n", results[0].of.i32);

  wasm_extern_delete(add);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_byte_vec_delete(&wasm);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return trap != NULL;
}
