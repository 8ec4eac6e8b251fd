// The doors of the assembler: a whole text, or a module within a script. [spec 6.6]
#include "text/assembler.h"

#include "syntax/limits.h"
#include "text/module_assembler.h"

namespace waxwing::text {

using base::ErrorCode;

namespace {

/// Scans and assembles the fields from here on. The cursor stops where no field begins.
std::vector<uint8_t> assemble_here(Cursor& cursor, std::string_view id,
                                   const AssembleOptions& options) {
  Scope scope(cursor);
  Symbol name = no_symbol;
  if (!id.empty()) {
    name = scope.symbols().intern_id(id).value_or(no_symbol);
    if (name == no_symbol) {
      cursor.fail_at(ErrorCode::malformed_utf8, size_t(id.data() - cursor.source().data()),
                     "ids are UTF-8, their escapes included");
    }
  }
  ModuleScanner scanner(scope);
  scanner.scan(name);
  if (!cursor.ok()) return {};
  ModuleAssembler assembler(scope);
  assembler.keep_sources(options.source_map);
  return assembler.assemble(scanner, options.name_section);
}

base::Result<std::vector<uint8_t>> result_of(const Cursor& cursor, std::vector<uint8_t> bytes) {
  if (!cursor.ok()) return std::unexpected(*cursor.error());
  return bytes;
}

/// `(module binary "..." ...)`: the bytes as they are.
std::vector<uint8_t> binary_module(Cursor& cursor) {
  std::string bytes;
  while (cursor.at(TokenKind::string)) append_string(cursor.next().text, bytes);
  cursor.expect_close();
  return {bytes.begin(), bytes.end()};
}

}  // namespace

base::Result<std::vector<uint8_t>> assemble(std::string_view wat, const AssembleOptions& options) {
  if (wat.size() > syntax::max_module_size) {
    return base::fail(ErrorCode::implementation_limit, std::to_string(wat.size()) +
                                                           " bytes of text, at most " +
                                                           std::to_string(syntax::max_module_size));
  }
  Cursor cursor(wat);
  if (!cursor.take_open("module")) return assemble_fields(cursor, options);
  const std::string_view id = cursor.take_id();
  std::vector<uint8_t> bytes;
  if (cursor.take_keyword("binary")) {
    bytes = binary_module(cursor);
  } else {
    base::Result<std::vector<uint8_t>> module = assemble_module(cursor, id, options);
    if (!module) return module;
    bytes = std::move(*module);
  }
  if (!cursor.at(TokenKind::end))
    cursor.unexpected("the end of the text (a file holds one module)");
  return result_of(cursor, std::move(bytes));
}

base::Result<std::vector<uint8_t>> assemble_module(Cursor& cursor, std::string_view id,
                                                   const AssembleOptions& options) {
  std::vector<uint8_t> bytes = assemble_here(cursor, id, options);
  cursor.expect_close();
  return result_of(cursor, std::move(bytes));
}

base::Result<std::vector<uint8_t>> assemble_fields(Cursor& cursor, const AssembleOptions& options) {
  std::vector<uint8_t> bytes = assemble_here(cursor, {}, options);
  if (!cursor.at(TokenKind::end))
    cursor.unexpected("(module ...) or a module field in parentheses");
  return result_of(cursor, std::move(bytes));
}

}  // namespace waxwing::text
