// Walks declared supertypes, and the fixed lattice of abstract heap types.
#include "syntax/subtyping.h"

#include "syntax/limits.h"

namespace waxwing::syntax {
namespace {

/// The abstract type just above the type at `index`.
AbstractHeap kind_of(const Module& module, TypeIdx index) {
  const SubType& type = module.types[index];
  if (type.func()) return AbstractHeap::func;
  return type.structure() ? AbstractHeap::struct_ : AbstractHeap::array;
}

}  // namespace

AbstractHeap top_of_abstract(AbstractHeap heap) {
  switch (heap) {
    case AbstractHeap::func:
    case AbstractHeap::nofunc: return AbstractHeap::func;
    case AbstractHeap::extern_:
    case AbstractHeap::noextern: return AbstractHeap::extern_;
    case AbstractHeap::exn:
    case AbstractHeap::noexn: return AbstractHeap::exn;
    case AbstractHeap::any:
    case AbstractHeap::eq:
    case AbstractHeap::i31:
    case AbstractHeap::struct_:
    case AbstractHeap::array:
    case AbstractHeap::none: return AbstractHeap::any;
    case AbstractHeap::bottom: return AbstractHeap::bottom;
  }
  return AbstractHeap::bottom;
}

bool is_abstract_subtype(AbstractHeap sub, AbstractHeap super) {
  if (sub == super) return true;
  switch (sub) {
    case AbstractHeap::bottom: return true;
    case AbstractHeap::none:
    case AbstractHeap::nofunc:
    case AbstractHeap::noextern:
    case AbstractHeap::noexn: return top_of_abstract(super) == top_of_abstract(sub);
    case AbstractHeap::i31:
    case AbstractHeap::struct_:
    case AbstractHeap::array: return super == AbstractHeap::eq || super == AbstractHeap::any;
    case AbstractHeap::eq: return super == AbstractHeap::any;
    case AbstractHeap::func:
    case AbstractHeap::extern_:
    case AbstractHeap::any:
    case AbstractHeap::exn: return false;
  }
  return false;
}

bool is_below_concrete(AbstractHeap sub, AbstractHeap super_top) {
  if (sub == AbstractHeap::bottom) return true;
  return sub == (super_top == AbstractHeap::func ? AbstractHeap::nofunc : AbstractHeap::none);
}

bool is_subtype(const Module& module, TypeIdx sub, TypeIdx super) {
  const TypeIdx target = module.canonical_types[super];
  TypeIdx current = module.canonical_types[sub];
  for (uint32_t step = 0; step <= max_subtyping_depth; ++step) {
    if (current == target) return true;
    const std::optional<TypeIdx> next = module.types[current].super;
    if (!next) return false;
    current = module.canonical_types[*next];
  }
  return false;
}

bool is_subtype(const Module& module, HeapType sub, HeapType super) {
  if (sub == super) return true;
  if (sub.is_index() && super.is_index()) return is_subtype(module, sub.index(), super.index());
  if (sub.is_index()) return is_abstract_subtype(kind_of(module, sub.index()), super.abstract());
  if (super.is_index()) return is_below_concrete(sub.abstract(), top_of(module, super));
  return is_abstract_subtype(sub.abstract(), super.abstract());
}

bool is_ref_subtype(const Module& module, ValType sub, ValType super) {
  if (sub.is_nullable() && !super.is_nullable()) return false;
  return is_subtype(module, sub.heap(), super.heap());
}

AbstractHeap top_of(const Module& module, HeapType heap) {
  return top_of_abstract(heap.is_index() ? kind_of(module, heap.index()) : heap.abstract());
}

}  // namespace waxwing::syntax
