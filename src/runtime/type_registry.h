// One identity for equal types of all modules of an engine. [spec 3.1.5, 4.7]
#pragma once

#include <memory>
#include <mutex>

#include "base/index.h"
#include "runtime/type_info.h"
#include "syntax/module.h"
#include "syntax/types.h"

namespace waxwing::runtime {

/// Maps the types of modules to engine-wide ids. Thread-safe. Grows with the number of distinct
/// types that were ever seen. In the types that it keeps and returns, a heap type's index is the
/// TypeId's number ("engine-wide types").
class TypeRegistry {
 public:
  TypeRegistry();
  ~TypeRegistry();

  /// The ids of all types of a validated module, keyed by its type indices.
  base::IndexVector<syntax::TypeIdx, TypeId> add_module(const syntax::Module& module);
  /// The id of a final function type without a supertype, alone in its group. Heap types in `type`
  /// are engine-wide.
  TypeId add_func_type(const syntax::FuncType& type);

  /// Whether there is a type of that id.
  bool has(TypeId id) const;
  /// REQUIRES: `id` is a function type's. The reference stays valid as long as the registry.
  const syntax::FuncType& func_type(TypeId id) const;
  /// How objects of the type lie in memory, and its supertypes. The reference stays valid as long
  /// as the registry. Constant time, takes no lock.
  const TypeInfo& info(TypeId id) const;
  /// Constant time.
  bool is_subtype(TypeId sub, TypeId super) const;
  /// Over engine-wide types.
  bool is_subtype(syntax::ValType sub, syntax::ValType super) const;
  bool is_subtype(syntax::HeapType sub, syntax::HeapType super) const;
  /// The infos of `ids`, in their order.
  base::IndexVector<syntax::TypeIdx, const TypeInfo*> infos(
      const base::IndexVector<syntax::TypeIdx, TypeId>& ids) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// `type` of a module with its index replaced by the engine-wide id.
syntax::ValType engine_wide(syntax::ValType type,
                            const base::IndexVector<syntax::TypeIdx, TypeId>& ids);

}  // namespace waxwing::runtime
