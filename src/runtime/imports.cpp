// Matching of external types.
#include "runtime/imports.h"

#include "runtime/text.h"

namespace waxwing::runtime {
namespace {

bool limits_fit(const syntax::Limits& found, const syntax::Limits& expected) {
  if (found.min < expected.min) return false;
  return !expected.max || (found.max && *found.max <= *expected.max);
}

/// Compares one import with what is given for it.
class ImportMatcher {
 public:
  explicit ImportMatcher(const CompiledModule& compiled) : compiled_(compiled) {}

  bool fits(const syntax::Import& import, const Extern& found) const {
    if (size_t(import.kind()) != found.index()) return false;
    switch (import.kind()) {
      case syntax::ExternKind::func:
        return func_fits(std::get<syntax::TypeIdx>(import.type), *std::get<Func*>(found));
      case syntax::ExternKind::table:
        return table_fits(std::get<syntax::TableType>(import.type),
                          std::get<Table*>(found)->current_type());
      case syntax::ExternKind::memory:
        return memory_fits(std::get<syntax::MemoryType>(import.type),
                           std::get<Memory*>(found)->current_type());
      case syntax::ExternKind::global:
        return global_fits(std::get<syntax::GlobalType>(import.type),
                           std::get<Global*>(found)->type);
      case syntax::ExternKind::tag:
        return compiled_.type_ids[std::get<syntax::TagType>(import.type).type] ==
               std::get<Tag*>(found)->type;
    }
    return false;
  }

 private:
  bool func_fits(syntax::TypeIdx expected, const Func& found) const {
    return compiled_.types->is_subtype(found.type_id(), compiled_.type_ids[expected]);
  }

  bool table_fits(const syntax::TableType& expected, const syntax::TableType& found) const {
    return found.address == expected.address &&
           found.element == engine_wide(expected.element, compiled_.type_ids) &&
           limits_fit(found.limits, expected.limits);
  }

  static bool memory_fits(const syntax::MemoryType& expected, const syntax::MemoryType& found) {
    return found.address == expected.address && found.is_shared == expected.is_shared &&
           found.page_size_log2 == expected.page_size_log2 &&
           limits_fit(found.limits_pages, expected.limits_pages);
  }

  bool global_fits(const syntax::GlobalType& expected, const syntax::GlobalType& found) const {
    const syntax::ValType value = engine_wide(expected.value, compiled_.type_ids);
    if (found.is_mutable != expected.is_mutable) return false;
    return expected.is_mutable ? found.value == value
                               : compiled_.types->is_subtype(found.value, value);
  }

  const CompiledModule& compiled_;
};

}  // namespace

base::Result<> check_imports(const CompiledModule& compiled, std::span<const Extern> imports) {
  const std::vector<syntax::Import>& expected = compiled.module.imports;
  if (imports.size() != expected.size()) {
    return base::fail(base::ErrorCode::invalid_argument,
                      "the module has " + std::to_string(expected.size()) + " imports, and " +
                          std::to_string(imports.size()) + " are given");
  }
  const ImportMatcher matcher(compiled);
  for (size_t i = 0; i < imports.size(); ++i) {
    const syntax::Import& import = expected[i];
    if (matcher.fits(import, imports[i])) continue;
    const std::string expected_text = to_string(import, compiled);
    const std::string found_text = to_string(imports[i], *compiled.types);
    std::string detail = "import " + quoted(import.module) + " " + quoted(import.name) +
                         ": expected " + expected_text + ", found " + found_text;
    if (expected_text == found_text) detail += " of another recursive group, supertype or finality";
    return base::fail(base::ErrorCode::incompatible_import, std::move(detail), import.offset);
  }
  return {};
}

}  // namespace waxwing::runtime
