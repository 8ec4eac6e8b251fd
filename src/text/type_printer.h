// Types and references to definitions, by their names where they have some. [spec 6.4]
#pragma once

#include <string>

#include "syntax/module.h"
#include "text/print_names.h"

namespace waxwing::text {

/// Appends the texts of types and references of one module, which must outlive it.
class TypePrinter {
 public:
  TypePrinter(const syntax::Module& module, const ModuleNames& names, std::string& out)
      : module_(module), names_(names), out_(out) {}

  /// "$name", or the index. REQUIRES: `kind` is not `module`, and not indirect
  void reference(binary::NameKind kind, uint32_t index);
  void field_reference(syntax::TypeIdx type, uint32_t field);
  void heap_type(syntax::HeapType type);
  void val_type(syntax::ValType type);
  /// "(ref null $t)": without the short forms.
  void ref_type(bool is_nullable, syntax::HeapType heap);
  /// " (param i32 i64)", " (result f32)": nothing for no types.
  void clause(std::string_view keyword, const std::vector<syntax::ValType>& types);
  /// " (type $t) (param i32) (result i32)"; without the clauses where the type is not a function's.
  void type_use(syntax::TypeIdx type);
  void table_type(const syntax::TableType& type);
  void global_type(const syntax::GlobalType& type);
  /// "(sub $super (struct (field $f i32)))".
  void sub_type(syntax::TypeIdx type);

  /// The function type at `type`, or nullptr.
  const syntax::FuncType* func_type(syntax::TypeIdx type) const {
    return module_.types.contains(type) ? module_.types[type].func() : nullptr;
  }
  const syntax::Module& module() const { return module_; }
  const ModuleNames& names() const { return names_; }
  std::string& out() { return out_; }

 private:
  void field_type(const syntax::FieldType& type);
  void fields(syntax::TypeIdx type, const syntax::StructType& structure);
  void composite_type(syntax::TypeIdx type);

  const syntax::Module& module_;
  const ModuleNames& names_;
  std::string& out_;
};

/// " $id (@name "name")" of what has an id; nothing else.
void append_id_of(std::string& out, const Id* id);

}  // namespace waxwing::text
