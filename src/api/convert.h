// The words of the public API for those of the layers below, and back.
#pragma once

#include "base/result.h"
#include "runtime/trap.h"
#include "runtime/type_registry.h"
#include "syntax/module.h"
#include "waxwing/config.h"
#include "waxwing/error.h"
#include "waxwing/types.h"

namespace waxwing::api {

Error to_public(const base::Error& error);
TrapCode to_public(syntax::TrapCode code);
syntax::TrapCode to_internal(TrapCode code);
Trap to_public(runtime::Trap trap);

/// What a function returns that fails with an error of the layers below.
inline std::unexpected<Error> fail(const base::Error& error) {
  return std::unexpected(to_public(error));
}
inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(Error(code, std::move(message)));
}

ValType to_public(syntax::ValType type);
syntax::ValType to_internal(ValType type);
FuncType to_public(const syntax::FuncType& type);
syntax::FuncType to_internal(const FuncType& type);
MemoryType to_public(const syntax::MemoryType& type);
syntax::MemoryType to_internal(const MemoryType& type);
TableType to_public(const syntax::TableType& type);
syntax::TableType to_internal(const TableType& type);
GlobalType to_public(const syntax::GlobalType& type);
syntax::GlobalType to_internal(const GlobalType& type);

/// The type with engine-wide ids for a module's concrete types.
ExternType engine_wide(ExternType type,
                       const base::IndexVector<syntax::TypeIdx, runtime::TypeId>& ids);

/// Of an import and an export of a validated module; concrete types have the module's indices.
ExternType type_of(const syntax::Module& module, const syntax::Import& import);
ExternType type_of(const syntax::Module& module, const syntax::Export& entry);

syntax::FeatureSet to_internal(Features features);
Features to_public(syntax::FeatureSet features);

}  // namespace waxwing::api
