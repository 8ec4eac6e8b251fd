/* A memory as host and module see it, and what its limits are. */
#include "check.h"

static int32_t call(const wasm_func_t* func, size_t count, int32_t a, int32_t b,
                    wasm_trap_t** trap) {
  wasm_val_t args[2] = {WASM_I32_VAL(a), WASM_I32_VAL(b)};
  wasm_val_t results[1] = {WASM_I32_VAL(0)};
  wasm_val_vec_t args_vec = WASM_ARRAY_VEC(args);
  wasm_val_vec_t results_vec = WASM_ARRAY_VEC(results);
  args_vec.size = count;
  *trap = wasm_func_call(func, &args_vec, &results_vec);
  return results[0].of.i32;
}

static int32_t call_well(const wasm_func_t* func, size_t count, int32_t a, int32_t b) {
  own wasm_trap_t* trap = NULL;
  const int32_t result = call(func, count, a, b, &trap);
  CHECK(!trap);
  return result;
}

static void call_badly(const wasm_func_t* func, size_t count, int32_t a, int32_t b) {
  own wasm_trap_t* trap = NULL;
  call(func, count, a, b, &trap);
  CHECK(trap && has_message(trap, "out of bounds memory access"));
  wasm_trap_delete(trap);
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  own wasm_engine_t* engine = new_engine(argv);
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = new_module(store, argv);
  own wasm_instance_t* instance = new_instance(store, module, NULL);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_memory_t* memory = wasm_extern_as_memory(exports.data[0]);
  const wasm_func_t* size = func_at(&exports, 1);
  const wasm_func_t* load = func_at(&exports, 2);
  const wasm_func_t* store_byte = func_at(&exports, 3);
  CHECK(memory);
  own wasm_memory_t* copy = wasm_memory_copy(memory);
  CHECK(wasm_memory_same(memory, copy));
  wasm_memory_delete(copy);

  CHECK(wasm_memory_size(memory) == 2);
  CHECK(wasm_memory_data_size(memory) == 2 * MEMORY_PAGE_SIZE);
  CHECK(wasm_memory_data(memory)[0] == 0);
  CHECK(wasm_memory_data(memory)[0x1000] == 1);
  CHECK(wasm_memory_data(memory)[0x1003] == 4);
  CHECK(call_well(size, 0, 0, 0) == 2);
  CHECK(call_well(load, 1, 0x1000, 0) == 1);
  CHECK(call_well(load, 1, 0x1ffff, 0) == 0);
  call_badly(load, 1, 0x20000, 0);

  wasm_memory_data(memory)[0x1003] = 5;
  call_well(store_byte, 2, 0x1002, 6);
  call_badly(store_byte, 2, 0x20000, 0);
  CHECK(wasm_memory_data(memory)[0x1002] == 6);
  CHECK(call_well(load, 1, 0x1003, 0) == 5);

  CHECK(wasm_memory_grow(memory, 1));
  CHECK(wasm_memory_size(memory) == 3 && wasm_memory_data_size(memory) == 3 * MEMORY_PAGE_SIZE);
  CHECK(call_well(size, 0, 0, 0) == 3);
  call_well(store_byte, 2, 0x20000, 9);
  CHECK(wasm_memory_data(memory)[0x20000] == 9);
  call_badly(load, 1, 0x30000, 0);
  CHECK(!wasm_memory_grow(memory, 1));
  CHECK(wasm_memory_grow(memory, 0));

  /* Checked copies. */
  uint8_t bytes[4] = {1, 2, 3, 4};
  CHECK(waxwing_memory_write(memory, 0x2fffc, bytes, 4));
  CHECK(!waxwing_memory_write(memory, 0x2fffd, bytes, 4));
  CHECK(!waxwing_memory_read(memory, UINT64_MAX, bytes, 4));
  memset(bytes, 0, 4);
  CHECK(waxwing_memory_read(memory, 0x2fffc, bytes, 4) && bytes[3] == 4);

  /* A memory without an instance. */
  const wasm_limits_t limits = {5, 5};
  own wasm_memorytype_t* type = wasm_memorytype_new(&limits);
  own wasm_memory_t* memory2 = wasm_memory_new(store, type);
  wasm_memorytype_delete(type);
  CHECK(memory2 && wasm_memory_size(memory2) == 5);
  CHECK(!wasm_memory_grow(memory2, 1));
  CHECK(wasm_memory_grow(memory2, 0));
  type = wasm_memory_type(memory2);
  CHECK(wasm_memorytype_limits(type)->min == 5 && wasm_memorytype_limits(type)->max == 5);
  wasm_memorytype_delete(type);
  wasm_memory_delete(memory2);
  const wasm_limits_t wrong = {70000, 70000};
  type = wasm_memorytype_new(&wrong);
  CHECK(!wasm_memory_new(store, type));
  wasm_memorytype_delete(type);

  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
