// The types of WebAssembly. [spec 2.3]
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "waxwing/export.h"

namespace waxwing {

enum class ValKind : uint8_t { i32, i64, f32, f64, v128, ref };

/// The heap types; `concrete` ones have an index.
enum class HeapKind : uint8_t {
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
  concrete,
};

/// The type of a value. A small value itself.
class ValType {
 public:
  constexpr ValType() = default;
  /// REQUIRES: not `ref`.
  constexpr ValType(ValKind kind) : kind_(kind) {}
  static constexpr ValType ref(HeapKind heap, bool nullable = true) {
    ValType type(ValKind::ref);
    type.heap_ = heap;
    type.nullable_ = nullable;
    return type;
  }
  /// A reference to the type with that index: of the module that the type is told of, or of the
  /// engine where it is told of an object.
  static constexpr ValType concrete(uint32_t type_index, bool nullable = true) {
    ValType type = ref(HeapKind::concrete, nullable);
    type.type_index_ = type_index;
    return type;
  }

  constexpr ValKind kind() const { return kind_; }
  constexpr bool is_ref() const { return kind_ == ValKind::ref; }
  /// These three mean something for references only.
  constexpr HeapKind heap() const { return heap_; }
  constexpr bool is_nullable() const { return nullable_; }
  constexpr uint32_t type_index() const { return type_index_; }

  constexpr bool operator==(const ValType&) const = default;

 private:
  ValKind kind_ = ValKind::i32;
  HeapKind heap_ = HeapKind::func;
  bool nullable_ = false;
  uint32_t type_index_ = 0;
};

inline constexpr ValType funcref = ValType::ref(HeapKind::func);
inline constexpr ValType externref = ValType::ref(HeapKind::extern_);
inline constexpr ValType anyref = ValType::ref(HeapKind::any);
inline constexpr ValType exnref = ValType::ref(HeapKind::exn);

struct FuncType {
  std::vector<ValType> params;
  std::vector<ValType> results;
  bool operator==(const FuncType&) const = default;
};

struct MemoryType {
  uint64_t min_pages = 0;
  std::optional<uint64_t> max_pages = {};
  bool is_64 = false;
  bool is_shared = false;
  uint8_t page_size_log2 = 16;  // in bytes: 64 KiB; the other valid one is 0
  bool operator==(const MemoryType&) const = default;
};

struct TableType {
  ValType element = funcref;
  uint64_t min = 0;  // elements
  std::optional<uint64_t> max = {};
  bool is_64 = false;
  bool operator==(const TableType&) const = default;
};

struct GlobalType {
  ValType value;
  bool is_mutable = false;
  bool operator==(const GlobalType&) const = default;
};

struct TagType {
  std::vector<ValType> params;
  bool operator==(const TagType&) const = default;
};

/// Of what is imported or exported, in the order of ExternKind.
using ExternType = std::variant<FuncType, TableType, MemoryType, GlobalType, TagType>;

enum class ExternKind : uint8_t { func, table, memory, global, tag };

constexpr ExternKind kind_of(const ExternType& type) { return ExternKind(type.index()); }

struct ImportType {
  std::string module;
  std::string name;
  ExternType type;
};

struct ExportType {
  std::string name;
  ExternType type;
};

/// In the words of the text format: "i32", "(ref null func)" as "funcref", "func (param i32)".
WAXWING_API std::string to_string(ValType type);
WAXWING_API std::string to_string(const FuncType& type);
WAXWING_API std::string to_string(const ExternType& type);

}  // namespace waxwing
