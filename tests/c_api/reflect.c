/* The types of what a module imports and exports, of its objects, and of what they are made of. */
#include "check.h"

static void check_valtypes(const wasm_valtype_vec_t* types, size_t size,
                           const wasm_valkind_t* kinds) {
  CHECK(types->size == size);
  for (size_t i = 0; i < size; ++i) CHECK(wasm_valtype_kind(types->data[i]) == kinds[i]);
}

static void check_func(const wasm_functype_t* type) {
  const wasm_valkind_t params[] = {WASM_I32, WASM_EXTERNREF};
  const wasm_valkind_t results[] = {WASM_F64, WASM_FUNCREF, WASM_I64};
  CHECK(type);
  check_valtypes(wasm_functype_params(type), 2, params);
  check_valtypes(wasm_functype_results(type), 3, results);
}

static void check_externtype(const wasm_externtype_t* type, wasm_externkind_t kind) {
  CHECK(wasm_externtype_kind(type) == kind);
  CHECK((wasm_externtype_as_functype_const(type) != NULL) == (kind == WASM_EXTERN_FUNC));
  CHECK((wasm_externtype_as_globaltype_const(type) != NULL) == (kind == WASM_EXTERN_GLOBAL));
  CHECK((wasm_externtype_as_tabletype_const(type) != NULL) == (kind == WASM_EXTERN_TABLE));
  CHECK((wasm_externtype_as_memorytype_const(type) != NULL) == (kind == WASM_EXTERN_MEMORY));
  CHECK((wasm_externtype_as_tagtype_const(type) != NULL) == (kind == WASM_EXTERN_TAG));
  switch (kind) {
    case WASM_EXTERN_FUNC: check_func(wasm_externtype_as_functype_const(type)); break;
    case WASM_EXTERN_GLOBAL: {
      const wasm_globaltype_t* global = wasm_externtype_as_globaltype_const(type);
      CHECK(wasm_globaltype_mutability(global) == WASM_VAR);
      CHECK(wasm_valtype_kind(wasm_globaltype_content(global)) == WASM_F64);
      break;
    }
    case WASM_EXTERN_TABLE: {
      const wasm_tabletype_t* table = wasm_externtype_as_tabletype_const(type);
      CHECK(wasm_valtype_kind(wasm_tabletype_element(table)) == WASM_FUNCREF);
      CHECK(wasm_tabletype_limits(table)->min == 2);
      CHECK(wasm_tabletype_limits(table)->max == wasm_limits_max_default);
      break;
    }
    case WASM_EXTERN_MEMORY: {
      const wasm_memorytype_t* memory = wasm_externtype_as_memorytype_const(type);
      CHECK(wasm_memorytype_limits(memory)->min == 1 && wasm_memorytype_limits(memory)->max == 7);
      break;
    }
    default: {
      const wasm_functype_t* func = wasm_tagtype_functype(wasm_externtype_as_tagtype_const(type));
      CHECK(wasm_functype_params(func)->size == 1 && wasm_functype_results(func)->size == 0);
    }
  }
}

static const char* const names[] = {"func", "global", "table", "memory", "tag"};

/* What is copied says the same when the original is gone. */
static void check_module(wasm_module_t* module) {
  wasm_importtype_vec_t imports, imports_copy;
  wasm_module_imports(module, &imports);
  wasm_importtype_vec_copy(&imports_copy, &imports);
  wasm_importtype_vec_delete(&imports);
  CHECK(imports.size == 0 && imports_copy.size == 1);
  CHECK(is_name(wasm_importtype_module(imports_copy.data[0]), "host"));
  CHECK(is_name(wasm_importtype_name(imports_copy.data[0]), "f"));
  check_externtype(wasm_importtype_type(imports_copy.data[0]), WASM_EXTERN_FUNC);
  wasm_importtype_vec_delete(&imports_copy);

  wasm_exporttype_vec_t exports, exports_copy;
  wasm_module_exports(module, &exports);
  wasm_exporttype_vec_copy(&exports_copy, &exports);
  wasm_exporttype_vec_delete(&exports);
  CHECK(exports_copy.size == 5);
  for (size_t i = 0; i < 5; ++i) {
    CHECK(is_name(wasm_exporttype_name(exports_copy.data[i]), names[i]));
    check_externtype(wasm_exporttype_type(exports_copy.data[i]), (wasm_externkind_t)i);
  }
  wasm_exporttype_vec_delete(&exports_copy);
}

static void check_made_types(void) {
  const wasm_limits_t limits = {3, 4};
  own wasm_tabletype_t* table = wasm_tabletype_new(wasm_valtype_new_externref(), &limits);
  own wasm_externtype_t* copy = wasm_externtype_copy(wasm_tabletype_as_externtype_const(table));
  CHECK(wasm_externtype_as_tabletype(copy) &&
        wasm_tabletype_limits(wasm_externtype_as_tabletype(copy))->max == 4);
  wasm_externtype_delete(copy);
  wasm_tabletype_delete(table);
  CHECK(!wasm_tabletype_new(wasm_valtype_new_i32(), &limits)); /* no reference */
  CHECK(!wasm_valtype_new(77));

  own wasm_tagtype_t* tag = wasm_tagtype_new(wasm_functype_new_1_0(wasm_valtype_new_f32()));
  own wasm_tagtype_t* tag_copy = wasm_tagtype_copy(tag);
  wasm_tagtype_delete(tag);
  CHECK(wasm_functype_params(wasm_tagtype_functype(tag_copy))->size == 1);
  wasm_tagtype_delete(tag_copy);

  wasm_name_t module, name;
  wasm_name_new_from_string(&module, "m");
  wasm_name_new_from_string(&name, "n");
  own wasm_importtype_t* import = wasm_importtype_new(
      &module, &name,
      wasm_functype_as_externtype(wasm_functype_new_3_2(
          wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f32(),
          wasm_valtype_new_f64(), wasm_valtype_new_funcref())));
  CHECK(is_name(wasm_importtype_name(import), "n"));
  wasm_importtype_delete(import);
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  own wasm_engine_t* engine = new_engine(argv);
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = new_module(store, argv);
  check_module(module);
  check_made_types();

  /* The objects tell the types that the module told. */
  wasm_importtype_vec_t import_types;
  wasm_module_imports(module, &import_types);
  own wasm_func_t* func = wasm_func_new(
      store, wasm_externtype_as_functype_const(wasm_importtype_type(import_types.data[0])), NULL);
  CHECK(!func); /* without a callback there is none */
  wasm_importtype_vec_delete(&import_types);
  own waxwing_error_t* error = waxwing_store_last_error(store);
  CHECK(error && waxwing_error_code(error) == WAXWING_ERROR_INVALID_ARGUMENT);
  waxwing_error_delete(error);
  CHECK(!waxwing_store_last_error(store));

  own wasm_trap_t* trap = NULL;
  wasm_extern_vec_t none = WASM_EMPTY_VEC;
  CHECK(!wasm_instance_new(store, module, &none, &trap));
  CHECK(trap);
  wasm_trap_delete(trap);

  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
