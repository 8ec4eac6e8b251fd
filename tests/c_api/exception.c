/* Exceptions of Wasm that C throws, and those that it gets. */
#include "check.h"

typedef struct host_t {
  wasm_store_t* store;
  wasm_extern_t* tag;
  own wasm_trap_t* other; /* returned once instead */
} host_t;

static own wasm_trap_t* throw_positive(void* env, waxwing_caller_t* caller,
                                       const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  host_t* host = env;
  CHECK(caller);
  if (host->other) {
    own wasm_trap_t* other = host->other;
    host->other = NULL;
    return other;
  }
  const int32_t value = args->data[0].of.i32;
  if (value <= 0) {
    results->data[0].kind = WASM_I32;
    results->data[0].of.i32 = value;
    return NULL;
  }
  own wasm_foreign_t* foreign = wasm_foreign_new(host->store);
  wasm_val_t values[2] = {{.kind = WASM_I32, .of = {.i32 = value}},
                          {.kind = WASM_EXTERNREF, .of = {.ref = wasm_foreign_as_ref(foreign)}}};
  const wasm_val_vec_t payload = {2, values};
  own wasm_ref_t* exception = waxwing_exception_new(host->tag, &payload);
  CHECK(exception);
  own wasm_trap_t* trap = waxwing_exception_trap(exception);
  CHECK(trap && waxwing_trap_code(trap) == WAXWING_TRAP_UNCAUGHT_EXCEPTION);
  wasm_ref_delete(exception);
  wasm_foreign_delete(foreign);
  return trap;
}

static own wasm_trap_t* call(wasm_func_t* func, int32_t argument, wasm_val_t* result) {
  wasm_val_t arg = {.kind = WASM_I32, .of = {.i32 = argument}};
  const wasm_val_vec_t args = {wasm_func_param_arity(func), &arg};
  wasm_val_vec_t results = {wasm_func_result_arity(func), result};
  return wasm_func_call(func, &args, &results);
}

static own wasm_extern_t* make_tag(wasm_store_t* store) {
  own wasm_valtype_t* types[2] = {wasm_valtype_new(WASM_I32), wasm_valtype_new(WASM_EXTERNREF)};
  wasm_valtype_vec_t params;
  wasm_valtype_vec_t none;
  wasm_valtype_vec_new(&params, 2, types);
  wasm_valtype_vec_new_empty(&none);
  own wasm_tagtype_t* type = wasm_tagtype_new(wasm_functype_new(&params, &none));
  own wasm_extern_t* tag = waxwing_tag_new(store, type);
  wasm_tagtype_delete(type);
  CHECK(tag && wasm_extern_kind(tag) == WASM_EXTERN_TAG);
  return tag;
}

static own wasm_func_t* make_func(host_t* host) {
  own wasm_valtype_t* param = wasm_valtype_new(WASM_I32);
  own wasm_valtype_t* result = wasm_valtype_new(WASM_I32);
  wasm_valtype_vec_t params;
  wasm_valtype_vec_t results;
  wasm_valtype_vec_new(&params, 1, &param);
  wasm_valtype_vec_new(&results, 1, &result);
  own wasm_functype_t* type = wasm_functype_new(&params, &results);
  own wasm_func_t* func = waxwing_func_new(host->store, type, throw_positive, host, NULL);
  wasm_functype_delete(type);
  CHECK(func);
  return func;
}

static void check_uncaught(host_t* host, wasm_func_t* func) {
  wasm_val_t result;
  own wasm_trap_t* trap = call(func, 7, &result);
  CHECK(trap && waxwing_trap_code(trap) == WAXWING_TRAP_UNCAUGHT_EXCEPTION);
  own wasm_ref_t* exception = waxwing_trap_exception(trap);
  CHECK(exception);
  own wasm_extern_t* tag = waxwing_exception_tag(exception);
  CHECK(waxwing_tag_same(tag, host->tag));
  wasm_extern_delete(tag);
  wasm_val_vec_t values;
  CHECK(waxwing_exception_values(exception, &values));
  CHECK(values.size == 2 && values.data[0].of.i32 == 7);
  CHECK(wasm_ref_as_foreign(values.data[1].of.ref));
  wasm_val_vec_delete(&values);
  wasm_ref_delete(exception);
  /* Returned as it is, it goes on. */
  host->other = trap;
  own wasm_trap_t* again = call(func, 1, &result);
  exception = waxwing_trap_exception(again);
  CHECK(waxwing_exception_values(exception, &values));
  CHECK(values.data[0].of.i32 == 7);
  wasm_val_vec_delete(&values);
  wasm_ref_delete(exception);
  wasm_trap_delete(again);
}

static void check_own(wasm_func_t* func, const wasm_extern_t* tag) {
  wasm_val_t result;
  own wasm_trap_t* trap = call(func, 0, &result);
  CHECK(trap);
  own wasm_ref_t* exception = waxwing_trap_exception(trap);
  wasm_trap_delete(trap);
  own wasm_extern_t* its_tag = waxwing_exception_tag(exception);
  CHECK(waxwing_tag_same(its_tag, tag));
  wasm_extern_delete(its_tag);
  wasm_val_vec_t values;
  CHECK(waxwing_exception_values(exception, &values));
  CHECK(values.size == 1 && values.data[0].kind == WASM_I64 && values.data[0].of.i64 == -5);
  wasm_val_vec_delete(&values);
  wasm_ref_delete(exception);
}

static void check_misuse(const host_t* host) {
  CHECK(!waxwing_tag_new(NULL, NULL) && !waxwing_tag_new(host->store, NULL));
  CHECK(!waxwing_exception_new(NULL, NULL));
  CHECK(!waxwing_exception_new(host->tag, NULL));
  own waxwing_error_t* error = waxwing_store_last_error(host->store);
  CHECK(waxwing_error_code(error) == WAXWING_ERROR_WRONG_TYPE);
  waxwing_error_delete(error);
  CHECK(!waxwing_exception_tag(NULL) && !waxwing_exception_trap(NULL));
  CHECK(!waxwing_trap_exception(NULL));
  wasm_val_vec_t values;
  CHECK(!waxwing_exception_values(NULL, &values) && values.size == 0);
  CHECK(!waxwing_tag_same(NULL, host->tag) && !waxwing_tag_same(host->tag, NULL));
  own wasm_trap_t* trap = waxwing_caller_trap(NULL, "no exception");
  CHECK(!waxwing_trap_exception(trap));
  wasm_trap_delete(trap);
}

int main(int argc, char** argv) {
  CHECK(argc == 3);
  own wasm_engine_t* engine = new_engine(argv);
  own wasm_store_t* store = wasm_store_new(engine);
  own wasm_module_t* module = new_module(store, argv);
  host_t host = {store, make_tag(store), NULL};
  own wasm_func_t* func = make_func(&host);
  wasm_extern_t* externs[2] = {host.tag, wasm_func_as_extern(func)};
  const wasm_extern_vec_t imports = {2, externs};
  own wasm_instance_t* instance = new_instance(store, module, &imports);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);

  wasm_val_t result;
  CHECK(!call(func_at(&exports, 0), -3, &result) && result.of.i32 == -3);
  CHECK(!call(func_at(&exports, 0), 3, &result) && result.of.i32 == 1003);
  check_uncaught(&host, func_at(&exports, 1));
  CHECK(!call(func_at(&exports, 0), 3, &result));
  check_own(func_at(&exports, 3), exports.data[2]);
  CHECK(!call(func_at(&exports, 4), 3, &result));
  own wasm_extern_t* tag = waxwing_exception_tag(result.of.ref);
  CHECK(waxwing_tag_same(tag, host.tag));
  wasm_extern_delete(tag);
  wasm_val_delete(&result);
  check_misuse(&host);

  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_func_delete(func);
  wasm_extern_delete(host.tag);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
