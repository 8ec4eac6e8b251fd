// One table of character classes drives the lexer. [spec 6.2-6.3]
#include "text/lexer.h"

#include <array>

#include "base/utf8.h"

namespace waxwing::text {
namespace {

using base::ErrorCode;

enum CharClass : uint8_t { illegal, space, paren, quote, semicolon, punctuation, id_char };

consteval std::array<CharClass, 256> make_char_classes() {
  std::array<CharClass, 256> classes{};
  for (char c : std::string_view(" \t\n\r")) classes[uint8_t(c)] = space;
  for (char c : std::string_view("()")) classes[uint8_t(c)] = paren;
  for (char c : std::string_view(",[]{}")) classes[uint8_t(c)] = punctuation;
  for (char c : std::string_view("!#$%&'*+-./:<=>?@\\^_`|~")) classes[uint8_t(c)] = id_char;
  for (char c = '0'; c <= '9'; ++c) classes[uint8_t(c)] = id_char;
  for (char c = 'a'; c <= 'z'; ++c) classes[uint8_t(c)] = id_char;
  for (char c = 'A'; c <= 'Z'; ++c) classes[uint8_t(c)] = id_char;
  classes[uint8_t('"')] = quote;
  classes[uint8_t(';')] = semicolon;
  return classes;
}

constexpr std::array<CharClass, 256> char_classes = make_char_classes();

CharClass class_of(char c) { return char_classes[uint8_t(c)]; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Reads "{1F600}" at `cursor` and goes past it. Nothing where it is not a scalar value.
std::optional<uint32_t> scan_code_point(const char*& cursor, const char* end) {
  const char* at = cursor;
  if (at == end || *at != '{') return std::nullopt;
  uint32_t code_point = 0;
  bool after_digit = false;
  for (++at; at != end && *at != '}'; ++at) {
    const int digit = hex_digit(*at);
    if (digit < 0 && !(*at == '_' && after_digit)) return std::nullopt;
    after_digit = digit >= 0;
    if (!after_digit) continue;
    code_point = code_point * 16 + uint32_t(digit);
    if (code_point > 0x10ffff) return std::nullopt;
  }
  if (at == end || !after_digit || (code_point >= 0xd800 && code_point < 0xe000)) {
    return std::nullopt;
  }
  cursor = at + 1;
  return code_point;
}

void append_utf8(uint32_t code_point, std::string& bytes) {
  const auto byte = [&](uint32_t value) { bytes += char(uint8_t(value)); };
  const auto tail = [&](uint32_t shift) { byte(0x80 | (code_point >> shift & 0x3f)); };
  if (code_point < 0x80) return byte(code_point);
  if (code_point < 0x800) {
    byte(0xc0 | code_point >> 6);
  } else if (code_point < 0x10000) {
    byte(0xe0 | code_point >> 12);
    tail(6);
  } else {
    byte(0xf0 | code_point >> 18);
    tail(12);
    tail(6);
  }
  tail(0);
}

std::optional<AnnotationKind> annotation_kind(std::string_view id) {
  std::string decoded;
  if (id.front() == '"') {
    decoded = decode_string(id);
    id = decoded;
  }
  if (id == "custom") return AnnotationKind::custom;
  if (id == "name") return AnnotationKind::name;
  if (id == "metadata.code.branch_hint") return AnnotationKind::branch_hint;
  return std::nullopt;
}

/// The character at `cursor`, which is UTF-8, as messages show it.
std::string quoted_char(const char* cursor) {
  constexpr char digits[] = "0123456789abcdef";
  const uint8_t lead = uint8_t(*cursor);
  if (lead <= ' ' || lead == 0x7f)
    return std::string("0x") + digits[lead >> 4] + digits[lead & 0xf];
  const size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return std::string("'").append(cursor, size) + "'";
}

}  // namespace

Lexer::Lexer(std::string_view source) : Lexer(source, source) {}

Lexer::Lexer(std::string_view source, std::string_view part)
    : source_(source),
      cursor_(part.data()),
      end_(part.data() + base::utf8_prefix(base::as_bytes(part))),
      ends_early_(end_ != part.data() + part.size()) {}

Token Lexer::fail(ErrorCode code, const char* where, std::string detail) {
  if (!error_) error_ = base::Error{code, uint64_t(where - source_.data()), std::move(detail)};
  cursor_ = end_;
  return end_token();
}

Token Lexer::next() {
  if (!skip_space(false)) return end_token();
  const char* begin = cursor_;
  if (begin == end_) {
    if (ends_early_) return fail(ErrorCode::malformed_utf8, end_, "save the text as UTF-8");
    return end_token();
  }
  if (*begin == '(' || *begin == ')') {
    ++cursor_;
    return {*begin == '(' ? TokenKind::open : TokenKind::close, {begin, 1}};
  }
  const Token token = scan_word();
  if (token.text == "$" || token.text == "$\"\"") {
    return fail(ErrorCode::empty_identifier, begin, "a name follows $ directly");
  }
  return token;
}

bool Lexer::skip_space(bool in_annotation) {
  while (cursor_ != end_) {
    const CharClass kind = class_of(*cursor_);
    if (kind == space) {
      ++cursor_;
      continue;
    }
    const char after = end_ - cursor_ > 1 ? cursor_[1] : '\0';
    if (kind == semicolon && after == ';') {
      while (cursor_ != end_ && *cursor_ != '\n' && *cursor_ != '\r') ++cursor_;
    } else if (*cursor_ == '(' && after == ';') {
      if (!skip_block_comment()) return false;
    } else if (*cursor_ == '(' && after == '@' && !in_annotation) {
      if (!skip_annotation()) return false;
    } else {
      return true;
    }
  }
  return !error_;
}

bool Lexer::skip_block_comment() {
  const char* begin = cursor_;
  size_t depth = 1;
  for (cursor_ += 2; end_ - cursor_ > 1; ++cursor_) {
    if (cursor_[0] == '(' && cursor_[1] == ';') {
      ++depth;
      ++cursor_;
    } else if (cursor_[0] == ';' && cursor_[1] == ')') {
      ++cursor_;
      if (--depth == 0) {
        ++cursor_;
        return true;
      }
    }
  }
  if (ends_early_) {
    fail(ErrorCode::malformed_utf8, end_, "save the text as UTF-8");
  } else {
    fail(ErrorCode::unclosed_comment, begin, "end it with ;)");
  }
  return false;
}

bool Lexer::skip_annotation() {
  const char* begin = cursor_;
  cursor_ += 2;
  const char* id = cursor_;
  if (cursor_ != end_ && *cursor_ == '"') {
    if (!scan_string()) return false;
    if (!base::is_utf8(base::as_bytes(decode_string({id, size_t(cursor_ - id)})))) {
      fail(ErrorCode::malformed_utf8, id);
      return false;
    }
  } else {
    while (cursor_ != end_ && class_of(*cursor_) == id_char) ++cursor_;
  }
  const std::string_view name(id, size_t(cursor_ - id));
  if (name.empty() || name == "\"\"") {
    fail(ErrorCode::empty_annotation_id, begin, "a name follows (@ directly");
    return false;
  }
  const char* body = cursor_;
  if (!skip_annotation_body(begin)) return false;
  keep_annotation(name, begin, body);
  return true;
}

// An annotation within another is a pair of parentheses like any other.
bool Lexer::skip_annotation_body(const char* begin) {
  for (size_t depth = 1; depth != 0;) {
    if (!skip_space(true)) return false;
    if (cursor_ == end_) {
      if (ends_early_) {
        fail(ErrorCode::malformed_utf8, end_, "save the text as UTF-8");
      } else {
        fail(ErrorCode::unclosed_annotation, begin, "end it with )");
      }
      return false;
    }
    if (*cursor_ == '(') {
      ++depth;
      ++cursor_;
    } else if (*cursor_ == ')') {
      --depth;
      ++cursor_;
    } else {
      scan_word();
      if (error_) return false;
    }
  }
  return true;
}

void Lexer::keep_annotation(std::string_view id, const char* begin, const char* body) {
  const std::optional<AnnotationKind> kind = annotation_kind(id);
  if (!kind) return;
  annotations_.push_back({.kind = *kind,
                          .text = {begin, size_t(cursor_ - begin)},
                          .body = {body, size_t(cursor_ - body) - 1}});
}

Token Lexer::scan_word() {
  const char* begin = cursor_;
  while (cursor_ != end_ && class_of(*cursor_) == id_char) ++cursor_;
  const char* plain_end = cursor_;
  bool is_reserved = false;
  const char* first_string_end = nullptr;
  while (cursor_ != end_) {
    const CharClass kind = class_of(*cursor_);
    if (kind == quote) {
      is_reserved |= first_string_end != nullptr;
      if (!scan_string()) return end_token();
      if (first_string_end == nullptr) first_string_end = cursor_;
    } else if (kind == punctuation ||
               (kind == semicolon && !(end_ - cursor_ > 1 && cursor_[1] == ';'))) {
      is_reserved = true;
      ++cursor_;
    } else if (kind == id_char) {
      is_reserved = true;
      ++cursor_;
    } else if (kind == illegal) {
      return fail(ErrorCode::illegal_character, cursor_,
                  quoted_char(cursor_) + " may stand in strings and comments only");
    } else {
      break;
    }
  }
  const std::string_view word(begin, size_t(cursor_ - begin));
  if (is_reserved) return {TokenKind::reserved, word};
  const char first = *begin;
  if (first_string_end != nullptr && plain_end != begin) {
    const bool is_id = plain_end == begin + 1 && first == '$';
    return {is_id ? TokenKind::id : TokenKind::reserved, word};
  }
  if (first == '"') return {TokenKind::string, word};
  if (first >= 'a' && first <= 'z') return {TokenKind::keyword, word};
  if ((first >= '0' && first <= '9') || first == '-' || first == '+') {
    return {TokenKind::number, word};
  }
  return {first == '$' ? TokenKind::id : TokenKind::reserved, word};
}

bool Lexer::scan_string() {
  const char* begin = cursor_++;
  while (cursor_ != end_) {
    const char c = *cursor_;
    if (c == '"') {
      ++cursor_;
      return true;
    }
    if (c == '\\') {
      if (!scan_escape()) return false;
    } else if (c == '\n' || c == '\r') {
      break;
    } else if (uint8_t(c) < 0x20 || c == 0x7f) {
      fail(ErrorCode::illegal_character, cursor_,
           quoted_char(cursor_) + " in a string; write it as an escape, \\hh");
      return false;
    } else {
      ++cursor_;
    }
  }
  if (cursor_ == end_ && ends_early_) {
    fail(ErrorCode::malformed_utf8, end_, "in a string write bytes as escapes, \\hh");
  } else {
    fail(ErrorCode::unclosed_string, begin,
         "a string ends with \" on its own line; write a line break as \\n");
  }
  return false;
}

bool Lexer::scan_escape() {
  const char* begin = cursor_++;
  if (cursor_ != end_) {
    const char c = *cursor_++;
    if (c == 't' || c == 'n' || c == 'r' || c == '"' || c == '\'' || c == '\\') return true;
    if (hex_digit(c) >= 0 && cursor_ != end_ && hex_digit(*cursor_) >= 0) {
      ++cursor_;
      return true;
    }
    if (c == 'u' && scan_code_point(cursor_, end_)) return true;
  }
  fail(ErrorCode::illegal_escape, begin,
       "there are \\t \\n \\r \\\" \\' \\\\, \\hh for a byte and \\u{h...} for a character");
  return false;
}

void Lexer::skip_group() {
  size_t depth = 1;
  while (cursor_ != end_ && !error_) {
    const char c = *cursor_;
    const char after = end_ - cursor_ > 1 ? cursor_[1] : '\0';
    if (c == '"') {
      scan_string();
    } else if (c == ';' && after == ';') {
      while (cursor_ != end_ && *cursor_ != '\n' && *cursor_ != '\r') ++cursor_;
    } else if (c == '(' && after == ';') {
      skip_block_comment();
    } else if (c == ')') {
      if (--depth == 0) return;
      ++cursor_;
    } else {
      depth += c == '(' ? 1 : 0;
      ++cursor_;
    }
  }
}

void append_string(std::string_view quoted, std::string& bytes) {
  const char* cursor = quoted.data() + 1;
  const char* end = quoted.data() + quoted.size() - 1;
  while (cursor != end) {
    const char c = *cursor++;
    if (c != '\\') {
      bytes += c;
      continue;
    }
    const char escape = *cursor++;
    if (escape == 't') {
      bytes += '\t';
    } else if (escape == 'n') {
      bytes += '\n';
    } else if (escape == 'r') {
      bytes += '\r';
    } else if (escape == 'u') {
      append_utf8(scan_code_point(cursor, end).value_or(0), bytes);
    } else if (hex_digit(escape) >= 0) {
      bytes += char(uint8_t(hex_digit(escape) * 16 + hex_digit(*cursor++)));
    } else {
      bytes += escape;
    }
  }
}

std::string decode_string(std::string_view quoted) {
  std::string bytes;
  bytes.reserve(quoted.size());
  append_string(quoted, bytes);
  return bytes;
}

}  // namespace waxwing::text
