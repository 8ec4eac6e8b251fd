// Subtyping between the types of one module, over canonical indices. [spec 3.3]
#pragma once

#include "syntax/module.h"

namespace waxwing::syntax {

/// Whether `sub` matches `super`: both are heap types of `module`, made canonical as its decoder
/// does. Linear in the depth of `sub`'s chain of supertypes, which is followed for at most
/// `max_subtyping_depth` steps, so that it ends on a module that is not validated yet.
/// `AbstractHeap::bottom` matches every heap type. [spec 3.3.3]
bool is_subtype(const Module& module, HeapType sub, HeapType super);

/// Whether the type at `sub` is the type at `super` or declares it, directly or not, as its
/// supertype. The indices need not be canonical. REQUIRES: both are in range. [spec 3.3.11]
bool is_subtype(const Module& module, TypeIdx sub, TypeIdx super);

/// Out of line: `is_subtype` for reference types whose bits differ.
bool is_ref_subtype(const Module& module, ValType sub, ValType super);

/// Whether a value of type `sub` may stand where `super` is expected. `ValKind::bottom` matches
/// every type. Constant time where the types are equal or not references. [spec 3.3.4]
inline bool is_subtype(const Module& module, ValType sub, ValType super) {
  if (sub == super || sub.kind() == ValKind::bottom) return true;
  return sub.is_ref() && super.is_ref() && is_ref_subtype(module, sub, super);
}

/// The abstract type above `heap` in its hierarchy that is not any other's subtype: any, func,
/// extern or exn; `bottom` for itself. [spec 3.3.3]
AbstractHeap top_of(const Module& module, HeapType heap);

/// The fixed lattice of the abstract heap types, without a module. [spec 3.3.3]
AbstractHeap top_of_abstract(AbstractHeap heap);
bool is_abstract_subtype(AbstractHeap sub, AbstractHeap super);
/// Whether the abstract `sub` is below all concrete types of the hierarchy whose top is
/// `super_top`.
bool is_below_concrete(AbstractHeap sub, AbstractHeap super_top);

}  // namespace waxwing::syntax
