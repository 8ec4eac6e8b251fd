// Decodes the type section: recursive groups, made canonical one by one. [spec 5.3.11-5.5.4]
#pragma once

#include <vector>

#include "binary/module_decoder.h"
#include "binary/type_reader.h"
#include "syntax/type_canonicalizer.h"

namespace waxwing::binary {

/// Fills `types`, `rec_groups` and `canonical_types` of a module. Errors are kept by the reader.
class TypeDecoder {
 public:
  TypeDecoder(Reader& reader, TypeReader& type_reader, syntax::Module& module,
              const DecodeOptions& options)
      : reader_(reader), type_reader_(type_reader), module_(module), options_(options) {}

  /// Decodes one recursive group, or a type that is a group of its own. Linear in its size; stops
  /// within it.
  void decode_group();

 private:
  /// Whether `module_` has room for `count` more types; if not, an error at `offset`.
  bool has_room(uint64_t count, uint64_t offset);
  syntax::SubType sub_type();
  void super_type(syntax::SubType& type);
  void composite_type(syntax::SubType& type);
  syntax::FuncType func_type();
  syntax::StructType struct_type();
  std::vector<syntax::ValType> val_types(uint32_t limit, std::string_view what);
  syntax::FieldType field_type();
  /// Makes the group of all types from `first` on canonical.
  void finish_group(syntax::TypeIdx first);

  Reader& reader_;
  TypeReader& type_reader_;
  syntax::Module& module_;
  const DecodeOptions& options_;
  syntax::TypeCanonicalizer canonicalizer_;
  std::vector<uint8_t> depths_;  // of each type in its chain of supertypes
};

}  // namespace waxwing::binary
