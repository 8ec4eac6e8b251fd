// What the heap and the tiers know about a type: how its objects lie in memory, and whose subtype
// it is. [spec 3.3, 4.2.12]
#pragma once

#include <cstdint>
#include <vector>

#include "abi/object_layout.h"
#include "base/index.h"
#include "syntax/types.h"

namespace waxwing::runtime {

/// The engine-wide identity of a type: equal ids, equal types.
using TypeId = base::Index<struct TypeIdTag>;

/// A field of a structure. Its offset counts from the start of the object.
struct FieldInfo {
  uint32_t offset = 0;
  syntax::ValKind kind = syntax::ValKind::i32;
};

using abi::storage_size_log2;

/// Immutable once the registry has it.
struct TypeInfo {
  enum class Kind : uint8_t { func, structure, array };

  uint32_t header = 0;  // the first word of its objects (see heap_object.h)
  Kind kind = Kind::func;
  bool has_refs = false;   // in its objects; of a function type: in exceptions of its tags
  bool all_words = false;  // a structure whose fields take 8 bytes each, in order
  syntax::ValKind element = syntax::ValKind::i32;  // of an array
  uint32_t element_size_log2 = 0;
  uint32_t size_bytes =
      0;  // of a structure's object or an exception's, header and padding included
  std::vector<FieldInfo> fields;      // of a structure
  std::vector<uint32_t> ref_offsets;  // of a structure's or exception's references, rising
  std::vector<TypeId> supertypes;     // from the root of its tree to the type itself

  /// Whether this is the type `id`, which has `depth` supertypes, or a subtype of it. Constant
  /// time.
  bool is_below(TypeId id, size_t depth) const {
    return depth < supertypes.size() && supertypes[depth] == id;
  }
};

/// The info of type `id`. `super` is its supertype's, or null.
TypeInfo make_type_info(TypeId id, const syntax::SubType& type, const TypeInfo* super);

}  // namespace waxwing::runtime
