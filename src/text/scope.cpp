// Ids are looked up; numbers are left to validation. [spec 6.6.1]
#include "text/scope.h"

#include <algorithm>

#include "base/edit_distance.h"

namespace waxwing::text {

using base::ErrorCode;

std::string_view space_text(Space space) {
  switch (space) {
    case Space::type: return "type";
    case Space::func: return "function";
    case Space::table: return "table";
    case Space::memory: return "memory";
    case Space::global: return "global";
    case Space::tag: return "tag";
    case Space::elem: return "elem segment";
    case Space::data: return "data segment";
    case Space::local: return "local";
    case Space::field: return "field";
  }
  return "";
}

Symbol Scope::take_symbol() {
  if (!cursor_.at(TokenKind::id)) return no_symbol;
  const Token token = cursor_.next();
  if (!cursor_.ok()) return no_symbol;
  const std::optional<Symbol> symbol = symbols_.intern_id(token.text);
  if (symbol) return *symbol;
  cursor_.fail(ErrorCode::malformed_utf8, token, "ids are UTF-8, their escapes included");
  return no_symbol;
}

Symbol Scope::take_name(Symbol id, std::string_view what) {
  const std::vector<Annotation> annotations = cursor_.take_annotations(AnnotationKind::name);
  if (annotations.empty()) return id;
  if (annotations.size() > 1) {
    cursor_.fail_at(ErrorCode::malformed_name, cursor_.offset_of(annotations[1]),
                    std::string("multiple ").append(what).append(": there is one name for each"));
    return id;
  }
  Cursor body(cursor_.source(), annotations.front().body);
  const std::string name = body.name();
  if (body.ok() && !body.at(TokenKind::end)) body.unexpected(")");
  if (body.ok()) return symbols_.intern_copy(name);
  const base::Error error = body.take_error();
  std::string detail(base::error_text(error.code));
  if (!error.detail.empty()) detail.append(": ").append(error.detail);
  cursor_.fail_at(ErrorCode::malformed_name, size_t(error.offset), std::move(detail));
  return id;
}

void Scope::bind(Space where, IndexSpace& indices) {
  const Token token = cursor_.peek();
  const Symbol symbol = take_symbol();
  if (!indices.bind(symbol, take_name(symbol, space_text(where)))) fail_duplicate(where, token);
}

uint32_t Scope::index(Space where) {
  if (cursor_.at(TokenKind::number)) return cursor_.u32();
  const Token token = cursor_.peek();
  const Symbol symbol = take_symbol();
  if (!cursor_.ok()) return 0;
  if (symbol == no_symbol) {
    cursor_.unexpected(std::string("a ").append(space_text(where)).append(" (number or $id)"));
    return 0;
  }
  const std::optional<uint32_t> index = space(where).find(symbol);
  if (index) return *index;
  fail_unknown(space_text(where), token, nearest(where, symbols_.name(symbol)));
  return 0;
}

std::string Scope::nearest(Space where, std::string_view name) const {
  constexpr size_t longest = 40;
  constexpr size_t most = 10'000;  // names looked at
  if (name.size() > longest) return {};
  const std::vector<IndexSpace::Name>& names = spaces_[size_t(where)].names();
  size_t distance = name.size() / 3 + 2;
  std::string nearest;
  for (size_t i = 0; i < std::min(names.size(), most); ++i) {
    const std::string_view other = symbols_.name(names[i].name);
    if (other.size() > longest) continue;
    const size_t between = base::edit_distance(name, other);
    if (between >= distance) continue;
    distance = between;
    nearest = other;
  }
  return nearest;
}

void Scope::fail_unknown(std::string_view what, const Token& where, std::string_view hint) {
  constexpr size_t longest = 60;
  std::string detail("there is no ");
  detail.append(what);
  if (where.kind != TokenKind::id || where.text.size() > longest) {
    detail.append(" of this index or name");
  } else {
    detail.append(" ").append(where.text);
  }
  if (!hint.empty()) detail.append("; did you mean $").append(hint).append("?");
  cursor_.fail(ErrorCode::unknown_identifier, where, std::move(detail));
}

void Scope::fail_duplicate(Space where, const Token& token) {
  const ErrorCode code = ErrorCode(size_t(ErrorCode::duplicate_type) + size_t(where));
  cursor_.fail(code, token, "the id is taken; choose another");
}

static_assert(size_t(ErrorCode::duplicate_field) ==
              size_t(ErrorCode::duplicate_type) + size_t(Space::field));

}  // namespace waxwing::text
