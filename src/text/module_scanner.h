// The first pass over a module: which fields there are, and what their ids mean. [spec 6.6]
#pragma once

#include <optional>
#include <vector>

#include "text/sections.h"

namespace waxwing::text {

enum class FieldKind : uint8_t {
  type,
  rec,
  import,
  func,
  table,
  memory,
  global,
  tag,
  export_,
  start,
  elem,
  data,
};

/// `offset` is that of the field's `(` in the text.
struct Field {
  FieldKind kind;
  size_t offset;
};

/// Bodies are skipped, not read: whatever is wrong in them is for the second pass.
class ModuleScanner {
 public:
  explicit ModuleScanner(Scope& scope) : scope_(scope), cursor_(scope.cursor()) {}

  /// Reads fields until something comes that is none, binds their ids, and remembers @custom
  /// annotations between them. `name` is the module's, which an @name annotation replaces.
  void scan(Symbol name);

  const std::vector<Field>& fields() const { return fields_; }
  std::vector<CustomText>& customs() { return customs_; }
  Symbol module_name() const { return module_name_; }

 private:
  void take_customs();
  void scan_field();
  void scan_definition(Space space);
  void scan_import();
  void scan_type();
  void scan_rec();
  void skip_strings_clause();
  void bind_inline_segment(Space space);
  void check_import(const Token& where);

  Scope& scope_;
  Cursor& cursor_;
  std::vector<Field> fields_;
  std::vector<CustomText> customs_;
  Symbol module_name_ = no_symbol;
  std::optional<Space> definition_;  // the kind of the first one that is no import
  bool has_start_ = false;
};

}  // namespace waxwing::text
