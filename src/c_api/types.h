// The types of wasm.h: values that own their parts.
#pragma once

#include <memory>
#include <string_view>

#include "wasm.h"
#include "waxwing/error.h"
#include "waxwing/types.h"

struct wasm_valtype_t {
  waxwing::ValType type;
};

struct wasm_externtype_t {
  explicit wasm_externtype_t(wasm_externkind_t its_kind) : kind(its_kind) {}
  wasm_externtype_t(const wasm_externtype_t&) = delete;
  wasm_externtype_t& operator=(const wasm_externtype_t&) = delete;
  virtual ~wasm_externtype_t() = default;

  const wasm_externkind_t kind;
};

struct wasm_functype_t final : wasm_externtype_t {
  static constexpr wasm_externkind_t its_kind = WASM_EXTERN_FUNC;
  /// Takes the vectors over.
  wasm_functype_t(wasm_valtype_vec_t its_params, wasm_valtype_vec_t its_results)
      : wasm_externtype_t(its_kind), params(its_params), results(its_results) {}
  ~wasm_functype_t() override;

  wasm_valtype_vec_t params;
  wasm_valtype_vec_t results;
};

struct wasm_globaltype_t final : wasm_externtype_t {
  static constexpr wasm_externkind_t its_kind = WASM_EXTERN_GLOBAL;
  wasm_globaltype_t(waxwing::ValType its_content, wasm_mutability_t its_mutability)
      : wasm_externtype_t(its_kind), content{its_content}, mutability(its_mutability) {}

  wasm_valtype_t content;
  wasm_mutability_t mutability;
};

struct wasm_tabletype_t final : wasm_externtype_t {
  static constexpr wasm_externkind_t its_kind = WASM_EXTERN_TABLE;
  explicit wasm_tabletype_t(const waxwing::TableType& its_type);

  waxwing::TableType type;
  wasm_valtype_t element;
  wasm_limits_t limits;
};

struct wasm_memorytype_t final : wasm_externtype_t {
  static constexpr wasm_externkind_t its_kind = WASM_EXTERN_MEMORY;
  explicit wasm_memorytype_t(const waxwing::MemoryType& its_type);

  waxwing::MemoryType type;
  wasm_limits_t limits;
};

struct wasm_tagtype_t final : wasm_externtype_t {
  static constexpr wasm_externkind_t its_kind = WASM_EXTERN_TAG;
  explicit wasm_tagtype_t(std::unique_ptr<wasm_functype_t> its_functype)
      : wasm_externtype_t(its_kind), functype(std::move(its_functype)) {}

  std::unique_ptr<wasm_functype_t> functype;
};

struct wasm_importtype_t {
  ~wasm_importtype_t();

  wasm_name_t module;
  wasm_name_t name;
  wasm_externtype_t* type;
};

struct wasm_exporttype_t {
  ~wasm_exporttype_t();

  wasm_name_t name;
  wasm_externtype_t* type;
};

namespace waxwing::c_api {

/// The kind that says most about `type`.
wasm_valkind_t kind_of(ValType type);
/// Of no kind: nothing.
std::optional<ValType> type_of(wasm_valkind_t kind);

FuncType to_cpp(const wasm_functype_t& type);

/// What the caller owns; null where there is no memory.
wasm_functype_t* new_functype(const FuncType& type);
wasm_externtype_t* new_externtype(const ExternType& type);
wasm_importtype_t* new_importtype(const ImportType& type);
wasm_exporttype_t* new_exporttype(const ExportType& type);

/// Whether the type says the same in every module and store: an index means something in one only.
bool is_concrete(ValType type);

}  // namespace waxwing::c_api
