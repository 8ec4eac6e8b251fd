// Types and type uses: text -> the bytes of the type section. [spec 6.4, 6.6.4]
#pragma once

#include <optional>
#include <vector>

#include "text/byte_writer.h"
#include "text/scope.h"

namespace waxwing::text {

/// A reference type; `heap` is the number that the binary format has for it: a type index, or below
/// zero an abstract type.
struct RefType {
  bool is_nullable = true;
  int64_t heap = 0;
};

inline constexpr RefType funcref_type{.is_nullable = true, .heap = 0x70 - 0x80};

void write_ref_type(RefType type, ByteWriter& out);

/// Parameters and results as bytes.
struct Signature {
  ByteWriter params;
  ByteWriter results;
  uint32_t param_count = 0;
  uint32_t result_count = 0;

  bool empty() const { return param_count == 0 && result_count == 0; }
  void clear();
};

/// The name of a struct's field.
struct FieldName {
  uint32_t type;
  uint32_t field;
  Symbol symbol;
  Symbol name;  // for the name section
};

/// Reads types from the scope's cursor, and collects those of the module.
class TypeAssembler {
 public:
  explicit TypeAssembler(Scope& scope) : scope_(scope), cursor_(scope.cursor()) {}

  /// Reads `(type ...)` or `(rec ...)` behind its keyword, without its `)`. All of them come before
  /// the first type use, in order, and their ids are bound.
  void read_type();
  void read_rec();
  /// No more types: prepares look-ups.
  void finish_types();

  void val_type(ByteWriter& out);
  /// Whether a reference type comes next: `funcref`, `(ref ...)`.
  bool at_ref_type();
  RefType ref_type();
  /// As a number, like RefType::heap.
  int64_t heap_type();

  /// Reads `(type x)? (param ...)* (result ...)*`, and gives the type's index; what is not defined
  /// is added behind all types. Parameters get indices, and their ids, in `locals`; without it they
  /// must have none.
  uint32_t type_use(IndexSpace* locals);
  /// The same for a block: none or one result needs no type.
  void block_type(ByteWriter& out);
  /// Reads the index or id of a field of the type `type`.
  uint32_t field(uint32_t type);

  /// The contents of the type section; empty where there are no types.
  ByteWriter section() const;
  /// Sorted by type and field.
  const std::vector<FieldName>& field_names() const { return field_names_; }

 private:
  struct TypeInfo {
    size_t signature_begin = 0;  // in signatures_
    size_t signature_size = 0;   // 0: no function type
    uint32_t param_count = 0;
  };

  bool sub_type();
  void keep_final_signature(uint32_t index);
  void composite_type(uint32_t index);
  void struct_type(uint32_t index);
  void field_type(ByteWriter& out);
  void storage_type(ByteWriter& out);
  void read_signature(Signature& signature, IndexSpace* locals);
  void read_params(Signature& signature, IndexSpace* locals);
  std::optional<uint32_t> take_type_index(IndexSpace* locals);
  uint32_t find_or_add();
  void encode_signature(const Signature& signature, ByteWriter& out) const;

  Scope& scope_;
  Cursor& cursor_;
  ByteWriter types_;
  uint32_t group_count_ = 0;
  std::vector<TypeInfo> infos_;
  ByteWriter signatures_;              // encoded function types, one behind the other
  SymbolTable final_signatures_;       // those that type uses without an index find
  std::vector<uint32_t> final_types_;  // by symbol of final_signatures_: the first such type
  std::vector<FieldName> field_names_;
  std::vector<Token> field_tokens_;          // the ids of field_names_
  std::vector<FieldName> fields_by_symbol_;  // sorted by type and symbol
  Signature signature_;                      // of the type use being read
  IndexSpace params_;  // ids of parameters in type definitions: allowed, and mean nothing
  ByteWriter scratch_;
};

}  // namespace waxwing::text
