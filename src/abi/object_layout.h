// How structures and arrays lie in the heap, as far as generated code knows it. [spec 4.2.12]
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "syntax/types.h"

namespace waxwing::abi {

/// The first word of an object of a defined type is its engine-wide id plus this.
inline constexpr uint32_t first_type_header = 16;
inline constexpr uint32_t object_length = 4;       // where an array has its length, 32 bits
inline constexpr uint32_t object_payload = 8;      // where fields and elements begin
inline constexpr uint32_t exception_payload = 16;  // where an exception's values begin, as slots
/// References to objects are multiples of this; i31s and hosts' values are not.
inline constexpr uint32_t object_alignment = 16;

/// The bytes that a value of a storage type takes in an object, as a power of two.
constexpr uint32_t storage_size_log2(syntax::ValKind kind) {
  using syntax::ValKind;
  switch (kind) {
    case ValKind::i8: return 0;
    case ValKind::i16: return 1;
    case ValKind::i32:
    case ValKind::f32: return 2;
    case ValKind::i64:
    case ValKind::f64:
    case ValKind::ref:
    case ValKind::bottom: return 3;
    case ValKind::v128: return 4;
  }
  return 3;
}

struct StructLayout {
  std::vector<uint32_t> offsets;  // of the fields, from the start of the object
  uint32_t end = object_payload;  // of the last field
};

/// Fields lie in the order of their declaration, each aligned to its size (8 bytes at most), so
/// that a subtype's object begins like its supertype's.
inline StructLayout lay_out(const syntax::StructType& type) {
  StructLayout layout;
  layout.offsets.reserve(type.fields.size());
  for (const syntax::FieldType& field : type.fields) {
    const uint32_t size = 1u << storage_size_log2(field.storage.kind());
    const uint32_t alignment = std::min(size, 8u);
    const uint32_t offset = (layout.end + alignment - 1) & ~(alignment - 1);
    layout.offsets.push_back(offset);
    layout.end = offset + size;
  }
  return layout;
}

}  // namespace waxwing::abi
