// wasm.h as C++ sees it.
#include "wasm.h"

wasm_functype_t* header_functions_of_cpp();
void* header_pointer_of_cpp(void* pointer);

wasm_functype_t* header_functions_of_cpp() {
  return wasm_functype_new_3_2(wasm_valtype_new_i32(), wasm_valtype_new_i64(),
                               wasm_valtype_new_f32(), wasm_valtype_new_f64(),
                               wasm_valtype_new_externref());
}

void* header_pointer_of_cpp(void* pointer) {
  wasm_val_t value;
  wasm_val_init_ptr(&value, pointer);
  return wasm_val_ptr(&value);
}
