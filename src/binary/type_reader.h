// Reads types other than definitions: value, reference and heap types, limits, and the types of
// externs. [spec 5.3]
#pragma once

#include "binary/reader.h"
#include "syntax/module.h"

namespace waxwing::binary {

/// "WHAT needs the feature FEATURE": the detail of an error.
std::string needs_feature(std::string_view what, syntax::Feature feature);

/// The codes of types are signed numbers of 7 bits: where `code`, just read, goes on, that is an
/// error.
bool is_too_long_code(Reader& reader, uint8_t code);

/// Reads from a `Reader`, which keeps the errors: after one, the results mean nothing. Type indices
/// become canonical; one that is out of range is "unknown type". Features that types need are
/// checked, and noted in `used`.
class TypeReader {
 public:
  /// All of them must outlive the reader of types.
  TypeReader(Reader& reader, const syntax::Module& module, syntax::FeatureSet features,
             syntax::FeatureSet& used)
      : reader_(reader), module_(module), features_(features), used_(used) {}

  /// While a recursive group is read: indices from those that are canonical already up to `end` are
  /// its members, and stay as they are.
  void open_group(syntax::TypeIdx end) { group_end_ = end.value; }
  void close_group() { group_end_ = 0; }

  syntax::ValType val_type();
  syntax::ValType ref_type();
  syntax::ValType storage_type();
  syntax::HeapType heap_type();
  /// An index of any defined type, made canonical.
  syntax::TypeIdx type_index();
  /// An index of a function type, made canonical.
  syntax::TypeIdx func_type_index();
  bool is_mutable();

  syntax::TableType table_type();
  syntax::MemoryType memory_type();
  syntax::GlobalType global_type();
  syntax::TagType tag_type();

  /// Notes that `feature` is used; where it is switched off, an error at `offset`.
  void need(syntax::Feature feature, std::string_view what, uint64_t offset);

 private:
  enum class LimitsOf : uint8_t { table, memory };
  struct LimitsForm {
    syntax::Limits limits;
    syntax::AddressType address = syntax::AddressType::i32;
    bool is_shared = false;
    uint8_t page_size_log2 = syntax::MemoryType::usual_page_size_log2;
  };

  LimitsForm limits(LimitsOf owner);
  uint64_t limit();
  uint8_t page_size_log2();
  syntax::TypeIdx resolve(uint64_t index, uint64_t offset);
  /// The reference type that starts with `code`, which has been read; `otherwise` is the error if
  /// none does.
  syntax::ValType ref_type_from(uint8_t code, base::ErrorCode otherwise);
  void need_for_heap(syntax::AbstractHeap heap, uint64_t offset);

  Reader& reader_;
  const syntax::Module& module_;
  syntax::FeatureSet features_;
  syntax::FeatureSet& used_;
  uint32_t group_end_ = 0;
};

}  // namespace waxwing::binary
