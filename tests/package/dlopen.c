/* Loads the library that it is given, runs a module in it and lets it go, several times. */
#include <dlfcn.h>
#include <stdio.h>
#include <wasm.h>

/* (module (func (export "main") (result i32) (i32.load (i32.const 65536))) (memory 1)) */
static const unsigned char bytes[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7f, 0x03,
    0x02, 0x01, 0x00, 0x05, 0x03, 0x01, 0x00, 0x01, 0x07, 0x08, 0x01, 0x04, 0x6d, 0x61, 0x69, 0x6e,
    0x00, 0x00, 0x0a, 0x0b, 0x01, 0x09, 0x00, 0x41, 0x80, 0x80, 0x04, 0x28, 0x02, 0x00, 0x0b};

static void* library;

static void* find(const char* name) {
  void* const symbol = dlsym(library, name);
  if (symbol == NULL) printf("dlsym: %s\n", dlerror());
  return symbol;
}

/* A pointer to the library's function of this name. */
#define FUNCTION(result, name, parameters) \
  result(*name) parameters;                \
  *(void**)&name = find("wasm_" #name);    \
  if (name == NULL) return 1

/* Runs the module, which traps: by way of the handler of faults, where the code relies on it. */
static int run(void) {
  wasm_byte_vec_t binary = {sizeof bytes, (wasm_byte_t*)bytes};
  wasm_extern_vec_t imports = WASM_EMPTY_VEC;
  wasm_extern_vec_t exports;
  wasm_val_t results[1] = {WASM_INIT_VAL};
  wasm_val_vec_t arguments = WASM_EMPTY_VEC;
  wasm_val_vec_t result_vec = WASM_ARRAY_VEC(results);
  wasm_engine_t* engine;
  wasm_store_t* store;
  wasm_module_t* module;
  wasm_instance_t* instance;
  wasm_trap_t* trap;
  FUNCTION(wasm_engine_t*, engine_new, (void));
  FUNCTION(wasm_store_t*, store_new, (wasm_engine_t*));
  FUNCTION(wasm_module_t*, module_new, (wasm_store_t*, const wasm_byte_vec_t*));
  FUNCTION(wasm_instance_t*, instance_new,
           (wasm_store_t*, const wasm_module_t*, const wasm_extern_vec_t*, wasm_trap_t**));
  FUNCTION(void, instance_exports, (const wasm_instance_t*, wasm_extern_vec_t*));
  FUNCTION(wasm_func_t*, extern_as_func, (wasm_extern_t*));
  FUNCTION(wasm_trap_t*, func_call, (const wasm_func_t*, const wasm_val_vec_t*, wasm_val_vec_t*));
  FUNCTION(void, trap_delete, (wasm_trap_t*));
  FUNCTION(void, extern_vec_delete, (wasm_extern_vec_t*));
  FUNCTION(void, instance_delete, (wasm_instance_t*));
  FUNCTION(void, module_delete, (wasm_module_t*));
  FUNCTION(void, store_delete, (wasm_store_t*));
  FUNCTION(void, engine_delete, (wasm_engine_t*));

  engine = engine_new();
  store = store_new(engine);
  module = module_new(store, &binary);
  if (module == NULL) return 1;
  instance = instance_new(store, module, &imports, NULL);
  if (instance == NULL) return 1;
  instance_exports(instance, &exports);
  trap = func_call(extern_as_func(exports.data[0]), &arguments, &result_vec);
  if (trap == NULL) return 1;
  trap_delete(trap);
  extern_vec_delete(&exports);
  instance_delete(instance);
  module_delete(module);
  store_delete(store);
  engine_delete(engine);
  return 0;
}

int main(int argc, char** argv) {
  int round;
  if (argc != 2) return 2;
  for (round = 0; round < 3; ++round) {
    library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
      printf("dlopen: %s\n", dlerror());
      return 1;
    }
    if (run() != 0) return 1;
    if (dlclose(library) != 0) {
      printf("dlclose: %s\n", dlerror());
      return 1;
    }
  }
  puts("fine");
  return 0;
}
