// How objects of the heap lie in memory: structures, arrays, exceptions, and hosts' objects.
// Compilers know these offsets. [spec 4.2.12]
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "runtime/slot.h"
#include "runtime/type_info.h"

namespace waxwing::runtime {

/// The first word of an object: which type it has, or what else it is. 0 is no object.
inline constexpr uint32_t host_header = 1;
using abi::first_type_header;
constexpr uint32_t header_of(TypeId type) { return type.value + first_type_header; }

using abi::exception_payload;  // where an exception's slots begin
using abi::object_alignment;   // of objects and their sizes
using abi::object_payload;     // where fields and elements begin

/// The bytes that an object takes whose last field ends at `end`.
constexpr uint64_t object_size(uint64_t end) {
  return (end + object_alignment - 1) & ~uint64_t{object_alignment - 1};
}

/// An object of the heap; what follows the header depends on it.
struct Object {
  uint32_t header;
  uint32_t length;  // of an array, in elements; else 0

  bool has_type() const { return header >= first_type_header; }
  /// REQUIRES: has_type()
  TypeId type() const { return TypeId(header - first_type_header); }
  uint8_t* at(size_t offset) { return reinterpret_cast<uint8_t*>(this) + offset; }
  const uint8_t* at(size_t offset) const { return reinterpret_cast<const uint8_t*>(this) + offset; }
  uint8_t* payload() { return at(object_payload); }
  const uint8_t* payload() const { return at(object_payload); }
};

/// A host's object behind an externref.
struct HostObject : Object {
  void* data;
  void (*finalize)(void* data);  // null once it has run, or where there is none
  HostObject* next;              // the heap's list of those with a finalizer
};

template <typename T>
[[gnu::always_inline]] inline T load_field(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename T>
[[gnu::always_inline]] inline void store_field(uint8_t* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

/// Writes the value in `slots` to storage of that kind. No barrier.
inline void store_value(uint8_t* to, syntax::ValKind kind, const Slot* slots) {
  // Little-endian: the low bytes are the value. Sizes that the compiler knows are no calls.
  switch (storage_size_log2(kind)) {
    case 0: std::memcpy(to, slots, 1); return;
    case 1: std::memcpy(to, slots, 2); return;
    case 2: std::memcpy(to, slots, 4); return;
    case 3: std::memcpy(to, slots, 8); return;
    default: std::memcpy(to, slots, 16); return;
  }
}

}  // namespace waxwing::runtime
