// Ids may be used before they are bound, so all are bound first. [spec 6.6]
#include "text/module_scanner.h"

#include "text/source_location.h"

namespace waxwing::text {

using base::ErrorCode;

namespace {

struct FieldWord {
  std::string_view text;
  FieldKind kind;
};

constexpr FieldWord field_words[] = {
    {"type", FieldKind::type},     {"rec", FieldKind::rec},     {"import", FieldKind::import},
    {"func", FieldKind::func},     {"table", FieldKind::table}, {"memory", FieldKind::memory},
    {"global", FieldKind::global}, {"tag", FieldKind::tag},     {"export", FieldKind::export_},
    {"start", FieldKind::start},   {"elem", FieldKind::elem},   {"data", FieldKind::data}};

std::optional<FieldKind> field_kind(const Token& token) {
  if (token.kind != TokenKind::keyword) return std::nullopt;
  for (const FieldWord& word : field_words) {
    if (word.text == token.text) return word.kind;
  }
  return std::nullopt;
}

/// What `(import "m" "n" (func ...))` and `(func ...)` define.
std::optional<Space> space_of(FieldKind kind) {
  switch (kind) {
    case FieldKind::func: return Space::func;
    case FieldKind::table: return Space::table;
    case FieldKind::memory: return Space::memory;
    case FieldKind::global: return Space::global;
    case FieldKind::tag: return Space::tag;
    case FieldKind::type:
    case FieldKind::rec:
    case FieldKind::import:
    case FieldKind::export_:
    case FieldKind::start:
    case FieldKind::elem:
    case FieldKind::data: return std::nullopt;
  }
  return std::nullopt;
}

ErrorCode import_after(Space space) {
  return ErrorCode(size_t(ErrorCode::import_after_function) + size_t(space) - size_t(Space::func));
}
static_assert(size_t(ErrorCode::import_after_tag) - size_t(ErrorCode::import_after_function) ==
              size_t(Space::tag) - size_t(Space::func));

}  // namespace

void ModuleScanner::scan(Symbol name) {
  module_name_ = scope_.take_name(name, "module");
  for (take_customs(); cursor_.at(TokenKind::open); take_customs()) scan_field();
}

void ModuleScanner::take_customs() {
  for (const Annotation& annotation : cursor_.take_annotations(AnnotationKind::custom)) {
    customs_.push_back(read_custom(cursor_, annotation));
  }
  cursor_.refuse_annotations();
}

void ModuleScanner::scan_field() {
  const size_t offset = cursor_.offset();
  cursor_.next();
  const Token word = cursor_.peek();
  const std::optional<FieldKind> kind = field_kind(word);
  if (!kind) {
    return cursor_.unexpected(
        "a module field (type, rec, import, func, table, memory, global, tag, export, start, elem "
        "or data)");
  }
  fields_.push_back({*kind, offset});
  cursor_.next();
  switch (*kind) {
    case FieldKind::type: scan_type(); break;
    case FieldKind::rec: scan_rec(); break;
    case FieldKind::import: scan_import(); break;
    case FieldKind::func:
    case FieldKind::table:
    case FieldKind::memory:
    case FieldKind::global:
    case FieldKind::tag: scan_definition(*space_of(*kind)); break;
    case FieldKind::start:
      if (has_start_) {
        cursor_.fail(ErrorCode::multiple_start_sections, word, "a module starts with one function");
      }
      has_start_ = true;
      break;
    case FieldKind::elem: scope_.bind(Space::elem); break;
    case FieldKind::data: scope_.bind(Space::data); break;
    case FieldKind::export_: break;
  }
  cursor_.skip_group();
  if (cursor_.at(TokenKind::end)) {
    const SourceLocation place = locate(cursor_.source(), offset);
    cursor_.unexpected("the ) of what begins in line " + std::to_string(place.line));
  }
  cursor_.expect_close();
}

void ModuleScanner::scan_type() { scope_.bind(Space::type); }

void ModuleScanner::scan_rec() {
  while (cursor_.take_open("type")) {
    scan_type();
    cursor_.skip_group();
    cursor_.expect_close();
  }
}

void ModuleScanner::check_import(const Token& where) {
  if (definition_) {
    cursor_.fail(import_after(*definition_), where,
                 "move imports before everything that the module defines");
  }
}

void ModuleScanner::scan_import() {
  check_import(cursor_.peek());
  cursor_.take(TokenKind::string);
  cursor_.take(TokenKind::string);
  if (!cursor_.take(TokenKind::open)) return;
  const std::optional<FieldKind> kind = field_kind(cursor_.peek());
  const std::optional<Space> space = kind ? space_of(*kind) : std::nullopt;
  if (!space) return;
  cursor_.next();
  scope_.bind(*space);
  cursor_.skip_group();
  cursor_.expect_close();
}

void ModuleScanner::scan_definition(Space space) {
  scope_.bind(space);
  while (cursor_.at_open("export")) skip_strings_clause();
  if (cursor_.at_open("import")) return check_import(cursor_.peek());
  if (!definition_) definition_ = space;
  if (space == Space::table) bind_inline_segment(Space::elem);
  if (space == Space::memory) bind_inline_segment(Space::data);
}

// (export "name") or the like: what is wrong in it is found later.
void ModuleScanner::skip_strings_clause() {
  cursor_.next();
  cursor_.next();
  cursor_.skip_group();
  cursor_.expect_close();
}

// A table or memory may hold its contents, which are a segment of their own:
// `i64? reftype (elem ...)`, `i64? (pagesize n)? (data ...)`.
void ModuleScanner::bind_inline_segment(Space space) {
  if (cursor_.at_keyword("i32") || cursor_.at_keyword("i64")) cursor_.next();
  if (space == Space::data) {
    if (cursor_.at_open("pagesize")) skip_strings_clause();
    if (cursor_.at_open("data")) scope_.space(space).skip(1);
    return;
  }
  if (cursor_.at_open("ref")) {
    skip_strings_clause();
  } else if (!cursor_.take(TokenKind::keyword)) {
    return;
  }
  if (cursor_.at_open("elem")) scope_.space(space).skip(1);
}

}  // namespace waxwing::text
