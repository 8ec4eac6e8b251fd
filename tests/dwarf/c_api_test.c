/* waxwing_frame_source: what a frame tells C of a program that traps, and that it can be off. */
#include "../c_api/check.h"

static bool ends_with(const char* text, const char* end) {
  const size_t length = strlen(text);
  const size_t size = strlen(end);
  return length >= size && strcmp(text + length - size, end) == 0;
}

static void check_location(const wasm_frame_t* frame, size_t index, const char* function,
                           uint32_t line, uint32_t column) {
  waxwing_source_location_t location = {NULL, NULL, 0, 0};
  CHECK(waxwing_frame_source(frame, index, &location));
  CHECK(strcmp(location.function, function) == 0 && ends_with(location.file, "/divider.c"));
  CHECK(location.line == line && location.column == column);
}

static void check_lines(const wasm_frame_t* frame) {
  check_location(frame, 0, "divide", 6, 19);
  check_location(frame, 1, "share", 10, 21);
  waxwing_source_location_t none = {"as it was", NULL, 7, 7};
  CHECK(!waxwing_frame_source(frame, 2, &none) && !waxwing_frame_source(frame, SIZE_MAX, &none));
  CHECK(!waxwing_frame_source(frame, 0, NULL) && !waxwing_frame_source(NULL, 0, &none));
  CHECK(strcmp(none.function, "as it was") == 0 && none.line == 7);
}

/* The frame where the program traps. All that made it has ended. */
static own wasm_frame_t* run(char** argv, bool has_debug_info) {
  own wasm_config_t* config = new_config(argv);
  waxwing_config_set_debug_info(config, has_debug_info);
  own wasm_engine_t* engine = wasm_engine_new_with_config(config);
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = new_module(store, argv);
  own waxwing_linker_t* linker = waxwing_linker_new();
  own waxwing_wasi_config_t* wasi = waxwing_wasi_config_new();
  const char* const args[] = {"divider"};
  waxwing_wasi_config_set_args(wasi, 1, args);
  CHECK(!waxwing_linker_define_wasi(linker, wasi));
  waxwing_wasi_config_delete(wasi);
  own wasm_instance_t* instance = NULL;
  CHECK(!waxwing_linker_instantiate(linker, store, module, &instance) && instance);
  own wasm_extern_t* start = waxwing_instance_export(instance, "_start");
  CHECK(start);
  own wasm_trap_t* trap = wasm_func_call(wasm_extern_as_func(start), NULL, NULL);
  CHECK(trap && waxwing_trap_code(trap) == WAXWING_TRAP_INTEGER_DIVIDE_BY_ZERO);
  own wasm_frame_t* frame = wasm_trap_origin(trap);
  CHECK(frame);
  wasm_trap_delete(trap);
  wasm_extern_delete(start);
  wasm_instance_delete(instance);
  waxwing_linker_delete(linker);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return frame;
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  own wasm_frame_t* frame = run(argv, true);
  check_lines(frame);
  own wasm_frame_t* copy = wasm_frame_copy(frame);
  wasm_frame_delete(frame);
  check_lines(copy);
  wasm_frame_delete(copy);
  frame = run(argv, false);
  waxwing_source_location_t location;
  CHECK(!waxwing_frame_source(frame, 0, &location));
  wasm_frame_delete(frame);
  return 0;
}
