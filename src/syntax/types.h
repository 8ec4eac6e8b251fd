// The types of WebAssembly as small values that compare by bits. [spec 2.3]
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/index.h"

namespace waxwing::syntax {

using TypeIdx = base::Index<struct TypeTag>;
using FuncIdx = base::Index<struct FuncTag>;
using TableIdx = base::Index<struct TableTag>;
using MemIdx = base::Index<struct MemTag>;
using GlobalIdx = base::Index<struct GlobalTag>;
using TagIdx = base::Index<struct TagTag>;
using ElemIdx = base::Index<struct ElemTag>;
using DataIdx = base::Index<struct DataTag>;
using LocalIdx = base::Index<struct LocalTag>;
using LabelIdx = base::Index<struct LabelTag>;
using FieldIdx = base::Index<struct FieldTag>;

/// The abstract heap types. `bottom` is below all: the type of what unreachable code leaves.
enum class AbstractHeap : uint8_t {
  func,
  extern_,
  any,
  eq,
  i31,
  struct_,
  array,
  exn,
  none,
  nofunc,
  noextern,
  noexn,
  bottom,
};

/// A heap type: abstract, or the type at an index. Indices are made canonical when a module is
/// decoded, so that equal types within one module have equal bits. [spec 2.3.3]
class HeapType {
 public:
  constexpr HeapType() = default;
  constexpr HeapType(AbstractHeap abstract) : bits_(uint32_t(abstract)) {}
  constexpr explicit HeapType(TypeIdx index) : bits_(index.value + first_index) {}

  constexpr bool is_index() const { return bits_ >= first_index; }
  /// REQUIRES: !is_index()
  constexpr AbstractHeap abstract() const { return AbstractHeap(bits_); }
  /// REQUIRES: is_index()
  constexpr TypeIdx index() const { return TypeIdx(bits_ - first_index); }
  constexpr uint32_t bits() const { return bits_; }
  static constexpr HeapType from_bits(uint32_t bits) {
    HeapType type;
    type.bits_ = bits;
    return type;
  }

  constexpr bool operator==(const HeapType&) const = default;

 private:
  static constexpr uint32_t first_index = 16;
  uint32_t bits_ = 0;
};

enum class ValKind : uint8_t {
  i32,
  i64,
  f32,
  f64,
  v128,
  ref,
  i8,
  i16,     // storage types only
  bottom,  // any type at all: operands of unreachable code
};

/// A value type, or a storage type. [spec 2.3.4-2.3.5, 2.3.8]
class ValType {
 public:
  constexpr ValType() = default;
  constexpr ValType(ValKind kind) : bits_(uint32_t(kind)) {}
  static constexpr ValType ref(bool nullable, HeapType heap) {
    ValType type(ValKind::ref);
    type.bits_ |= (nullable ? nullable_bit : 0) | heap.bits() << heap_shift;
    return type;
  }

  constexpr ValKind kind() const { return ValKind(bits_ & 0xf); }
  constexpr bool is_ref() const { return kind() == ValKind::ref; }
  constexpr bool is_num() const { return kind() <= ValKind::f64; }
  constexpr bool is_vec() const { return kind() == ValKind::v128; }
  constexpr bool is_packed() const { return kind() == ValKind::i8 || kind() == ValKind::i16; }
  /// REQUIRES: is_ref()
  constexpr bool is_nullable() const { return bits_ & nullable_bit; }
  /// REQUIRES: is_ref()
  constexpr HeapType heap() const { return HeapType::from_bits(bits_ >> heap_shift); }
  constexpr bool is_defaultable() const { return !is_ref() || is_nullable(); }
  /// What a packed type becomes on the operand stack; every other type is itself.
  constexpr ValType unpacked() const { return is_packed() ? ValType(ValKind::i32) : *this; }
  /// Slots of 8 bytes that a value takes in a frame: 2 for v128, else 1.
  constexpr uint32_t slot_count() const { return is_vec() ? 2 : 1; }
  constexpr uint32_t bits() const { return bits_; }
  static constexpr ValType from_bits(uint32_t bits) {
    ValType type;
    type.bits_ = bits;
    return type;
  }

  constexpr bool operator==(const ValType&) const = default;

 private:
  static constexpr uint32_t nullable_bit = 0x10;
  static constexpr uint32_t heap_shift = 5;
  uint32_t bits_ = 0;
};

inline constexpr ValType i32_type = ValKind::i32;
inline constexpr ValType i64_type = ValKind::i64;
inline constexpr ValType f32_type = ValKind::f32;
inline constexpr ValType f64_type = ValKind::f64;
inline constexpr ValType v128_type = ValKind::v128;
inline constexpr ValType funcref = ValType::ref(true, AbstractHeap::func);
inline constexpr ValType externref = ValType::ref(true, AbstractHeap::extern_);
inline constexpr ValType exnref = ValType::ref(true, AbstractHeap::exn);

/// Slots that values of these types take in a row.
constexpr uint32_t slot_count(std::span<const ValType> types) {
  uint32_t count = 0;
  for (ValType type : types) count += type.slot_count();
  return count;
}

struct FuncType {
  std::vector<ValType> params;
  std::vector<ValType> results;
  bool operator==(const FuncType&) const = default;
};

struct FieldType {
  ValType storage;
  bool is_mutable = false;
  bool operator==(const FieldType&) const = default;
};

struct StructType {
  std::vector<FieldType> fields;
  bool operator==(const StructType&) const = default;
};

struct ArrayType {
  FieldType element;
  bool operator==(const ArrayType&) const = default;
};

/// One defined type: a member of a recursive group. [spec 2.3.11]
struct SubType {
  bool is_final = true;
  std::optional<TypeIdx> super;  // WebAssembly 3.0 allows at most one
  std::variant<FuncType, StructType, ArrayType> composite;

  const FuncType* func() const { return std::get_if<FuncType>(&composite); }
  const StructType* structure() const { return std::get_if<StructType>(&composite); }
  const ArrayType* array() const { return std::get_if<ArrayType>(&composite); }
};

/// A run of types that may refer to one another: [first, first + count).
struct RecGroup {
  TypeIdx first;
  uint32_t count = 0;
};

enum class AddressType : uint8_t { i32, i64 };

constexpr ValType value_type(AddressType type) {
  return type == AddressType::i32 ? i32_type : i64_type;
}

struct Limits {
  uint64_t min = 0;
  std::optional<uint64_t> max;
  bool operator==(const Limits&) const = default;
};

struct MemoryType {
  static constexpr uint8_t usual_page_size_log2 = 16;

  Limits limits_pages;
  AddressType address = AddressType::i32;
  bool is_shared = false;
  uint8_t page_size_log2 = usual_page_size_log2;  // in bytes; the other valid one is 0
  bool operator==(const MemoryType&) const = default;
};

/// The most pages that the limits of such a memory may say. [spec 3.2.15, custom page sizes]
uint64_t max_pages(const MemoryType& type);

struct TableType {
  ValType element = funcref;
  Limits limits;  // elements
  AddressType address = AddressType::i32;
  bool operator==(const TableType&) const = default;
};

struct GlobalType {
  ValType value;
  bool is_mutable = false;
  bool operator==(const GlobalType&) const = default;
};

struct TagType {
  TypeIdx type;  // a function type without results
};

enum class ExternKind : uint8_t { func, table, memory, global, tag };

/// "func", "table", ...: the words of the text format.
std::string_view extern_kind_text(ExternKind kind);

/// The type in the words of the text format: "i32", "(ref null $3)", "externref".
std::string to_string(ValType type);
std::string to_string(HeapType type);
/// "(param i32 i64) (result f32)"; "" for [] -> [].
std::string to_string(const FuncType& type);
/// "[i32 i64]", as the official suite prints operand stacks.
std::string to_string(const std::vector<ValType>& types);
std::string to_string(const TableType& type);
std::string to_string(const MemoryType& type);
std::string to_string(const GlobalType& type);

}  // namespace waxwing::syntax
