// The second pass over a module: fields become items of sections. [spec 6.6]
#pragma once

#include <array>

#include "text/module_scanner.h"
#include "text/sections.h"

namespace waxwing::text {

/// Limits of a table or memory, and what stands around them.
struct LimitsText {
  uint64_t min = 0;
  std::optional<uint64_t> max = std::nullopt;
  bool is_64 = false;
  bool is_shared = false;
  std::optional<uint8_t> page_size_log2 = std::nullopt;
};

void write_limits(const LimitsText& limits, ByteWriter& out);

/// Assembles one module. Errors go to the scope's cursor.
class ModuleAssembler {
 public:
  explicit ModuleAssembler(Scope& scope)
      : scope_(scope), cursor_(scope.cursor()), types_(scope), exprs_(scope, types_) {}

  /// Notes in `map` where the instructions of functions come from; it may be null.
  void keep_sources(SourceMap* map) { exprs_.keep_sources(map); }
  /// Assembles what `scanner` found; afterwards the cursor stands behind the last field.
  std::vector<uint8_t> assemble(ModuleScanner& scanner, bool with_names);

 private:
  void read_types(const std::vector<Field>& fields);
  void field(FieldKind kind);
  void import();
  void func();
  void table();
  void memory();
  void global();
  void tag();
  void export_();
  void start();
  void elem();
  void data();

  Section& section(SectionId id) { return sections_[id]; }
  ByteWriter& item(SectionId id);
  uint32_t define(Space space);
  bool inline_import(Space space);
  void inline_exports(Space space, uint32_t index);
  void import_names(ByteWriter& out);

  void func_body(uint32_t func);
  void locals();
  void keep_local_names(uint32_t func);
  void table_type(ByteWriter& out);
  void table_elements(RefType type, LimitsText limits, uint32_t table);
  void memory_type(ByteWriter& out);
  void memory_data(LimitsText limits, uint32_t memory);
  void global_type(ByteWriter& out);
  void tag_type(ByteWriter& out);
  bool take_address_type();
  void read_limits(LimitsText& limits);
  void page_size(LimitsText& limits);

  struct ElemList {
    bool is_funcs = true;  // else expressions of `type`
    RefType type = funcref_type;
    uint32_t count = 0;
    ByteWriter items;
  };
  void elem_funcs(ElemList& list);
  void elem_exprs(ElemList& list);
  void elem_list(ElemList& list, bool may_be_bare);
  void offset_expr(ByteWriter& out);
  void write_address_zero(bool is_64, ByteWriter& out);
  std::string data_strings();

  Scope& scope_;
  Cursor& cursor_;
  TypeAssembler types_;
  ExprAssembler exprs_;
  SectionWriter sections_;
  NameSources names_;
  std::array<uint32_t, size_t(Space::field)> next_{};  // index of the next definition
  ByteWriter body_;                                    // of the function being assembled
};

}  // namespace waxwing::text
