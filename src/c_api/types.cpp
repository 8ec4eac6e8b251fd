#include "c_api/types.h"

#include <algorithm>
#include <new>
#include <utility>

#include "c_api/vec.h"
#include "waxwing/c.h"

namespace waxwing::c_api {
namespace {

uint32_t cut(uint64_t count) {
  return static_cast<uint32_t>(std::min<uint64_t>(count, wasm_limits_max_default));
}

wasm_limits_t limits_of(uint64_t min, std::optional<uint64_t> max) {
  return {.min = cut(min), .max = max ? cut(*max) : wasm_limits_max_default};
}

std::optional<uint64_t> max_of(const wasm_limits_t& limits) {
  if (limits.max == wasm_limits_max_default) return std::nullopt;
  return limits.max;
}

wasm_valtype_vec_t new_valtypes(const std::vector<ValType>& types) {
  wasm_valtype_vec_t vec;
  vec_allocate(&vec, types.size());
  for (size_t i = 0; i < vec.size; ++i) vec.data[i] = new (std::nothrow) wasm_valtype_t{types[i]};
  return vec;
}

std::vector<ValType> to_cpp(const wasm_valtype_vec_t& vec) {
  std::vector<ValType> types;
  types.reserve(vec.size);
  for (const wasm_valtype_t* type : elements(&vec)) types.push_back(type->type);
  return types;
}

/// Whether all elements are there: C may leave some out.
bool is_full(const wasm_valtype_vec_t* vec) {
  return std::ranges::all_of(elements(vec), [](const wasm_valtype_t* type) { return type; });
}

wasm_valtype_vec_t take(wasm_valtype_vec_t* vec) {
  return vec ? std::exchange(*vec, {}) : wasm_valtype_vec_t{};
}

wasm_externtype_t* new_type(const FuncType& type) { return new_functype(type); }

wasm_externtype_t* new_type(const TableType& type) {
  return new (std::nothrow) wasm_tabletype_t(type);
}

wasm_externtype_t* new_type(const MemoryType& type) {
  return new (std::nothrow) wasm_memorytype_t(type);
}

wasm_externtype_t* new_type(const GlobalType& type) {
  return new (std::nothrow) wasm_globaltype_t(type.value, type.is_mutable ? WASM_VAR : WASM_CONST);
}

wasm_externtype_t* new_type(const TagType& type) {
  return wasm_tagtype_new(new_functype({.params = type.params, .results = {}}));
}

template <typename Type>
auto* cast_externtype(wasm_externtype_t* type) {
  return type && type->kind == Type::its_kind ? static_cast<Type*>(type) : nullptr;
}

template <typename Type>
const auto* cast_externtype(const wasm_externtype_t* type) {
  return type && type->kind == Type::its_kind ? static_cast<const Type*>(type) : nullptr;
}

}  // namespace

wasm_valkind_t kind_of(ValType type) {
  switch (type.kind()) {
    case ValKind::i32: return WASM_I32;
    case ValKind::i64: return WASM_I64;
    case ValKind::f32: return WASM_F32;
    case ValKind::f64: return WASM_F64;
    case ValKind::v128: return WAXWING_V128;
    case ValKind::ref: break;
  }
  return type.heap() == HeapKind::func || type.heap() == HeapKind::nofunc ? WASM_FUNCREF
                                                                          : WASM_EXTERNREF;
}

std::optional<ValType> type_of(wasm_valkind_t kind) {
  switch (kind) {
    case WASM_I32: return ValKind::i32;
    case WASM_I64: return ValKind::i64;
    case WASM_F32: return ValKind::f32;
    case WASM_F64: return ValKind::f64;
    case WAXWING_V128: return ValKind::v128;
    case WASM_EXTERNREF: return externref;
    case WASM_FUNCREF: return funcref;
    default: return std::nullopt;  // a byte of C, not an enum
  }
}

FuncType to_cpp(const wasm_functype_t& type) {
  return {.params = to_cpp(type.params), .results = to_cpp(type.results)};
}

wasm_functype_t* new_functype(const FuncType& type) {
  wasm_valtype_vec_t params = new_valtypes(type.params);
  wasm_valtype_vec_t results = new_valtypes(type.results);
  const bool is_complete = params.size == type.params.size() && results.size == type.results.size();
  if (is_complete) return wasm_functype_new(&params, &results);
  wasm_valtype_vec_delete(&params);
  wasm_valtype_vec_delete(&results);
  return nullptr;
}

wasm_externtype_t* new_externtype(const ExternType& type) {
  return std::visit([](const auto& alternative) { return new_type(alternative); }, type);
}

wasm_importtype_t* new_importtype(const ImportType& type) {
  wasm_name_t module, name;
  bytes_from(&module, type.module);
  bytes_from(&name, type.name);
  return wasm_importtype_new(&module, &name, new_externtype(type.type));
}

wasm_exporttype_t* new_exporttype(const ExportType& type) {
  wasm_name_t name;
  bytes_from(&name, type.name);
  return wasm_exporttype_new(&name, new_externtype(type.type));
}

bool is_concrete(ValType type) { return type.is_ref() && type.heap() == HeapKind::concrete; }

}  // namespace waxwing::c_api

using namespace waxwing::c_api;

wasm_functype_t::~wasm_functype_t() {
  wasm_valtype_vec_delete(&params);
  wasm_valtype_vec_delete(&results);
}

wasm_tabletype_t::wasm_tabletype_t(const waxwing::TableType& its_type)
    : wasm_externtype_t(its_kind),
      type(its_type),
      element{its_type.element},
      limits(limits_of(its_type.min, its_type.max)) {}

wasm_memorytype_t::wasm_memorytype_t(const waxwing::MemoryType& its_type)
    : wasm_externtype_t(its_kind),
      type(its_type),
      limits(limits_of(its_type.min_pages, its_type.max_pages)) {}

wasm_importtype_t::~wasm_importtype_t() {
  wasm_name_delete(&module);
  wasm_name_delete(&name);
  wasm_externtype_delete(type);
}

wasm_exporttype_t::~wasm_exporttype_t() {
  wasm_name_delete(&name);
  wasm_externtype_delete(type);
}

// -- Value types

wasm_valtype_t* wasm_valtype_new(wasm_valkind_t kind) {
  const auto type = type_of(kind);
  return type ? new (std::nothrow) wasm_valtype_t{*type} : nullptr;
}

void wasm_valtype_delete(wasm_valtype_t* type) { delete type; }

wasm_valtype_t* wasm_valtype_copy(const wasm_valtype_t* type) {
  return type ? new (std::nothrow) wasm_valtype_t(*type) : nullptr;
}

wasm_valkind_t wasm_valtype_kind(const wasm_valtype_t* type) {
  return type ? kind_of(type->type) : wasm_valkind_t(WASM_I32);
}

// -- Function types

wasm_functype_t* wasm_functype_new(wasm_valtype_vec_t* params, wasm_valtype_vec_t* results) {
  wasm_valtype_vec_t own_params = take(params);
  wasm_valtype_vec_t own_results = take(results);
  wasm_functype_t* type = nullptr;
  if (is_full(&own_params) && is_full(&own_results))
    type = new (std::nothrow) wasm_functype_t(own_params, own_results);
  if (!type) {
    wasm_valtype_vec_delete(&own_params);
    wasm_valtype_vec_delete(&own_results);
  }
  return type;
}

void wasm_functype_delete(wasm_functype_t* type) { delete type; }

wasm_functype_t* wasm_functype_copy(const wasm_functype_t* type) {
  return type ? new_functype(to_cpp(*type)) : nullptr;
}

const wasm_valtype_vec_t* wasm_functype_params(const wasm_functype_t* type) {
  return type ? &type->params : nullptr;
}

const wasm_valtype_vec_t* wasm_functype_results(const wasm_functype_t* type) {
  return type ? &type->results : nullptr;
}

// -- Global types

wasm_globaltype_t* wasm_globaltype_new(wasm_valtype_t* content, wasm_mutability_t mutability) {
  const std::unique_ptr<wasm_valtype_t> owned(content);
  if (!owned || mutability > WASM_VAR) return nullptr;
  return new (std::nothrow) wasm_globaltype_t(owned->type, mutability);
}

void wasm_globaltype_delete(wasm_globaltype_t* type) { delete type; }

wasm_globaltype_t* wasm_globaltype_copy(const wasm_globaltype_t* type) {
  if (!type) return nullptr;
  return new (std::nothrow) wasm_globaltype_t(type->content.type, type->mutability);
}

const wasm_valtype_t* wasm_globaltype_content(const wasm_globaltype_t* type) {
  return type ? &type->content : nullptr;
}

wasm_mutability_t wasm_globaltype_mutability(const wasm_globaltype_t* type) {
  return type ? type->mutability : wasm_mutability_t(WASM_CONST);
}

// -- Table types

wasm_tabletype_t* wasm_tabletype_new(wasm_valtype_t* element, const wasm_limits_t* limits) {
  const std::unique_ptr<wasm_valtype_t> owned(element);
  if (!owned || !limits || !owned->type.is_ref()) return nullptr;
  return new (std::nothrow)
      wasm_tabletype_t({.element = owned->type, .min = limits->min, .max = max_of(*limits)});
}

void wasm_tabletype_delete(wasm_tabletype_t* type) { delete type; }

wasm_tabletype_t* wasm_tabletype_copy(const wasm_tabletype_t* type) {
  return type ? new (std::nothrow) wasm_tabletype_t(type->type) : nullptr;
}

const wasm_valtype_t* wasm_tabletype_element(const wasm_tabletype_t* type) {
  return type ? &type->element : nullptr;
}

const wasm_limits_t* wasm_tabletype_limits(const wasm_tabletype_t* type) {
  return type ? &type->limits : nullptr;
}

// -- Memory types

wasm_memorytype_t* wasm_memorytype_new(const wasm_limits_t* limits) {
  if (!limits) return nullptr;
  return new (std::nothrow)
      wasm_memorytype_t({.min_pages = limits->min, .max_pages = max_of(*limits)});
}

void wasm_memorytype_delete(wasm_memorytype_t* type) { delete type; }

wasm_memorytype_t* wasm_memorytype_copy(const wasm_memorytype_t* type) {
  return type ? new (std::nothrow) wasm_memorytype_t(type->type) : nullptr;
}

const wasm_limits_t* wasm_memorytype_limits(const wasm_memorytype_t* type) {
  return type ? &type->limits : nullptr;
}

// -- Tag types

wasm_tagtype_t* wasm_tagtype_new(wasm_functype_t* functype) {
  std::unique_ptr<wasm_functype_t> owned(functype);
  if (!owned) return nullptr;
  return new (std::nothrow) wasm_tagtype_t(std::move(owned));
}

void wasm_tagtype_delete(wasm_tagtype_t* type) { delete type; }

wasm_tagtype_t* wasm_tagtype_copy(const wasm_tagtype_t* type) {
  return type ? wasm_tagtype_new(wasm_functype_copy(type->functype.get())) : nullptr;
}

const wasm_functype_t* wasm_tagtype_functype(const wasm_tagtype_t* type) {
  return type ? type->functype.get() : nullptr;
}

// -- Extern types

wasm_externkind_t wasm_externtype_kind(const wasm_externtype_t* type) {
  return type ? type->kind : wasm_externkind_t(WASM_EXTERN_FUNC);
}

void wasm_externtype_delete(wasm_externtype_t* type) { delete type; }

#define EXTERNTYPE(name)                                                                    \
  wasm_externtype_t* wasm_##name##_as_externtype(wasm_##name##_t* type) { return type; }    \
  const wasm_externtype_t* wasm_##name##_as_externtype_const(const wasm_##name##_t* type) { \
    return type;                                                                            \
  }                                                                                         \
  wasm_##name##_t* wasm_externtype_as_##name(wasm_externtype_t* type) {                     \
    return cast_externtype<wasm_##name##_t>(type);                                          \
  }                                                                                         \
  const wasm_##name##_t* wasm_externtype_as_##name##_const(const wasm_externtype_t* type) { \
    return cast_externtype<wasm_##name##_t>(type);                                          \
  }
#include "c_api/names.def"

wasm_externtype_t* wasm_externtype_copy(const wasm_externtype_t* type) {
  if (!type) return nullptr;
#define EXTERNTYPE(name)                                         \
  if (const auto* it = cast_externtype<wasm_##name##_t>(type)) { \
    return wasm_##name##_copy(it);                               \
  }
#include "c_api/names.def"
  return nullptr;
}

// -- Import and export types

wasm_importtype_t* wasm_importtype_new(wasm_name_t* module, wasm_name_t* name,
                                       wasm_externtype_t* type) {
  wasm_name_t own_module = module ? std::exchange(*module, {}) : wasm_name_t{};
  wasm_name_t own_name = name ? std::exchange(*name, {}) : wasm_name_t{};
  wasm_importtype_t* made =
      type ? new (std::nothrow) wasm_importtype_t{own_module, own_name, type} : nullptr;
  if (!made) {
    wasm_name_delete(&own_module);
    wasm_name_delete(&own_name);
    wasm_externtype_delete(type);
  }
  return made;
}

void wasm_importtype_delete(wasm_importtype_t* type) { delete type; }

wasm_importtype_t* wasm_importtype_copy(const wasm_importtype_t* type) {
  if (!type) return nullptr;
  wasm_name_t module, name;
  wasm_name_copy(&module, &type->module);
  wasm_name_copy(&name, &type->name);
  return wasm_importtype_new(&module, &name, wasm_externtype_copy(type->type));
}

const wasm_name_t* wasm_importtype_module(const wasm_importtype_t* type) {
  return type ? &type->module : nullptr;
}

const wasm_name_t* wasm_importtype_name(const wasm_importtype_t* type) {
  return type ? &type->name : nullptr;
}

const wasm_externtype_t* wasm_importtype_type(const wasm_importtype_t* type) {
  return type ? type->type : nullptr;
}

wasm_exporttype_t* wasm_exporttype_new(wasm_name_t* name, wasm_externtype_t* type) {
  wasm_name_t own_name = name ? std::exchange(*name, {}) : wasm_name_t{};
  wasm_exporttype_t* made = type ? new (std::nothrow) wasm_exporttype_t{own_name, type} : nullptr;
  if (!made) {
    wasm_name_delete(&own_name);
    wasm_externtype_delete(type);
  }
  return made;
}

void wasm_exporttype_delete(wasm_exporttype_t* type) { delete type; }

wasm_exporttype_t* wasm_exporttype_copy(const wasm_exporttype_t* type) {
  if (!type) return nullptr;
  wasm_name_t name;
  wasm_name_copy(&name, &type->name);
  return wasm_exporttype_new(&name, wasm_externtype_copy(type->type));
}

const wasm_name_t* wasm_exporttype_name(const wasm_exporttype_t* type) {
  return type ? &type->name : nullptr;
}

const wasm_externtype_t* wasm_exporttype_type(const wasm_exporttype_t* type) {
  return type ? type->type : nullptr;
}
