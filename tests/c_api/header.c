/* Uses what wasm.h defines and not only declares, so that warnings in it show in C99. */
#include "wasm.h"

wasm_functype_t* header_functions(void);
wasm_val_t header_values(int which);
void* header_pointer(void* pointer);

wasm_functype_t* header_functions(void) {
  return wasm_functype_new_3_2(wasm_valtype_new_i32(), wasm_valtype_new_i64(),
                               wasm_valtype_new_f32(), wasm_valtype_new_f64(),
                               wasm_valtype_new_externref());
}

wasm_val_t header_values(int which) {
  wasm_val_t values[6] = {WASM_I32_VAL(1), WASM_I64_VAL(2),    WASM_F32_VAL(3),
                          WASM_F64_VAL(4), WASM_REF_VAL(NULL), WASM_INIT_VAL};
  wasm_val_vec_t all = WASM_ARRAY_VEC(values);
  wasm_val_vec_t none = WASM_EMPTY_VEC;
  return all.size > none.size ? all.data[which % 6] : all.data[0];
}

void* header_pointer(void* pointer) {
  wasm_val_t value;
  wasm_val_init_ptr(&value, pointer);
  return wasm_val_ptr(&value);
}
