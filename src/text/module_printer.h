// The fields of a module, in the order of its sections. [spec 6.6]
#pragma once

#include <array>

#include "binary/section_list.h"
#include "text/body_printer.h"
#include "text/line_writer.h"
#include "text/print_hints.h"
#include "text/print_names.h"
#include "text/printer.h"
#include "text/type_printer.h"

namespace waxwing::text {

/// Prints one module once.
class ModulePrinter {
 public:
  ModulePrinter(const syntax::Module& module, const PrintOptions& options);
  ModulePrinter(const ModulePrinter&) = delete;
  ModulePrinter& operator=(const ModulePrinter&) = delete;

  base::Result<std::string> print();

 private:
  void type_fields();
  void import_fields();
  void import_type(const syntax::Import& import, uint32_t index);
  void table_fields();
  void memory_fields();
  void tag_fields();
  void global_fields();
  void export_fields();
  void elem_fields();
  void elem_items(const syntax::ElemSegment& segment);
  base::Result<> func_fields();
  base::Result<> func_field(syntax::FuncIdx func);
  void locals(const syntax::FuncBody& body, size_t param_count, const IdSpace& ids);
  void func_signature(syntax::TypeIdx type, const IdSpace& ids);
  void data_fields();
  void data_strings(base::ByteSpan bytes);
  void custom_fields();
  /// Whether a section of this kind comes into being again when the text is assembled.
  bool is_printed(binary::SectionId id) const;

  /// "(KEYWORD $id (;index;)" in a new line, and the exports that stand in it.
  void begin(binary::NameKind kind, std::string_view keyword, uint32_t index);
  void inline_exports(syntax::ExternKind kind, uint32_t index);
  void end() { lines_.close(1); }
  void plan_exports();
  void export_name(const syntax::Export& entry);
  /// " (KEYWORD expression)", or without the keyword where there is none or that reads alike. What
  /// is long is in lines of its own.
  void const_expr(std::string_view keyword, syntax::ConstExpr expr);
  /// Where the text has become too long: nothing more is worth printing.
  bool is_full() const { return out_.size() > max_text_size; }

  const syntax::Module& module_;
  PrintOptions options_;
  std::string out_;
  ModuleNames names_;
  TypePrinter types_;
  LineWriter lines_;
  std::optional<BranchHints> hints_;
  // Exports stand in the definitions that they name as long as that keeps their order: the first
  // ones in tables, memories, tags and globals, the last ones in functions.
  size_t inline_before_ = 0;  // exports [0, inline_before_)
  size_t inline_from_ = 0;    // exports [inline_from_, size)
  size_t next_inline_ = 0;    // the next one to be printed so
};

}  // namespace waxwing::text
