// Tokens with one of lookahead, and the literals. [spec 6.3]
#include "text/cursor.h"

#include <cstring>

#include "base/utf8.h"
#include "text/keywords.h"
#include "text/literals.h"

namespace waxwing::text {

using base::ErrorCode;

namespace {

ErrorCode range_error(unsigned bits) {
  switch (bits) {
    case 8: return ErrorCode::i8_out_of_range;
    case 16: return ErrorCode::i16_out_of_range;
    case 32: return ErrorCode::i32_out_of_range;
    default: return ErrorCode::i64_out_of_range;
  }
}

std::string_view integer_text(unsigned bits) {
  switch (bits) {
    case 8: return "an integer of 8 bits";
    case 16: return "an integer of 16 bits";
    case 32: return "an integer of 32 bits";
    default: return "an integer of 64 bits";
  }
}

/// `text` in backquotes, shortened where it is long.
std::string shown(std::string_view text) {
  constexpr size_t longest = 40;
  std::string copy = "`";
  size_t size = text.size();
  if (size > longest) {
    size = longest;
    while (size > 0 && (uint8_t(text[size]) & 0xc0) == 0x80) --size;
  }
  copy.append(text.substr(0, size));
  return copy.append(size < text.size() ? "...`" : "`");
}

}  // namespace

Cursor::Cursor(std::string_view source) : Cursor(source, source) {}

Cursor::Cursor(std::string_view source, std::string_view part) : lexer_(source, part) {
  current_ = fetch();
}

Token Cursor::fetch() {
  Token token = lexer_.next();
  if (token.kind == TokenKind::end) [[unlikely]] {
    if (lexer_.error() && !error_) error_ = lexer_.error();
  }
  if (error_) [[unlikely]]
    token.kind = TokenKind::end;
  return token;
}

const Token& Cursor::peek_second() {
  if (!has_ahead_) {
    ahead_ = fetch();
    has_ahead_ = true;
    if (error_) current_.kind = TokenKind::end;
  }
  return ahead_;
}

Token Cursor::next() {
  if (has_annotations()) [[unlikely]]
    refuse_annotations();
  const Token token = current_;
  if (token.kind == TokenKind::end) [[unlikely]]
    return token;
  current_ = has_ahead_ ? ahead_ : fetch();
  has_ahead_ = false;
  return token;
}

void Cursor::seek(size_t offset) {
  lexer_.seek(offset);
  lexer_.annotations().clear();
  has_ahead_ = false;
  current_ = fetch();
}

bool Cursor::take(TokenKind kind) {
  if (!at(kind)) return false;
  next();
  return true;
}

bool Cursor::take_keyword(std::string_view keyword) {
  if (!at_keyword(keyword)) return false;
  next();
  return true;
}

bool Cursor::take_open(std::string_view keyword) {
  if (!at_open(keyword)) return false;
  next();
  next();
  return true;
}

std::string_view Cursor::take_id() { return at(TokenKind::id) ? next().text : std::string_view(); }

bool Cursor::expect_open(std::string_view keyword) {
  if (take_open(keyword)) return true;
  unexpected(std::string("(").append(keyword).append(" ...)"));
  return false;
}

bool Cursor::expect_close() {
  if (take(TokenKind::close)) return true;
  unexpected(")");
  return false;
}

void Cursor::skip_group() {
  if (!ok()) return;
  lexer_.seek(offset());
  lexer_.annotations().clear();
  has_ahead_ = false;
  lexer_.skip_group();
  current_ = fetch();
}

void Cursor::finish_number(NumberStatus status, ErrorCode range, std::string_view wanted) {
  switch (status) {
    case NumberStatus::ok: next(); return;
    case NumberStatus::malformed: unexpected(wanted); return;
    case NumberStatus::out_of_range:
      fail(range, current_, shown(current_.text).append(" is not ").append(wanted));
      return;
  }
}

uint32_t Cursor::u32() {
  uint64_t value = 0;
  NumberStatus status = parse_unsigned(current_.text, value);
  if (status == NumberStatus::ok && value > UINT32_MAX) status = NumberStatus::out_of_range;
  finish_number(status, ErrorCode::i32_out_of_range, "a number below 2^32");
  return ok() ? uint32_t(value) : 0;
}

uint64_t Cursor::u64() {
  uint64_t value = 0;
  finish_number(parse_unsigned(current_.text, value), ErrorCode::i64_out_of_range,
                "a number below 2^64");
  return ok() ? value : 0;
}

uint64_t Cursor::integer(unsigned bits) {
  uint64_t value = 0;
  finish_number(parse_integer(current_.text, bits, value), range_error(bits), integer_text(bits));
  return ok() ? value : 0;
}

uint32_t Cursor::f32_bits() {
  uint32_t bits = 0;
  finish_number(parse_f32(current_.text, bits), ErrorCode::constant_out_of_range,
                "a number that f32 can hold");
  return ok() ? bits : 0;
}

uint64_t Cursor::f64_bits() {
  uint64_t bits = 0;
  finish_number(parse_f64(current_.text, bits), ErrorCode::constant_out_of_range,
                "a number that f64 can hold");
  return ok() ? bits : 0;
}

base::V128 Cursor::v128() {
  struct Shape {
    std::string_view text;
    unsigned lane_bits;
    bool is_float;
  };
  static constexpr Shape shapes[] = {{"i8x16", 8, false},  {"i16x8", 16, false},
                                     {"i32x4", 32, false}, {"i64x2", 64, false},
                                     {"f32x4", 32, true},  {"f64x2", 64, true}};
  base::V128 value{};
  for (const Shape& shape : shapes) {
    if (!take_keyword(shape.text)) continue;
    const unsigned lanes = 128 / shape.lane_bits;
    for (unsigned lane = 0; lane < lanes && ok(); ++lane) {
      if (at(TokenKind::close) || at(TokenKind::open)) break;
      uint64_t bits = 0;
      if (!shape.is_float) {
        bits = integer(shape.lane_bits);
      } else {
        bits = shape.lane_bits == 32 ? f32_bits() : f64_bits();
      }
      std::memcpy(&value.bytes[lane * shape.lane_bits / 8], &bits, shape.lane_bits / 8);
      if (lane + 1 == lanes && !at(TokenKind::number)) return value;
    }
    fail(ErrorCode::wrong_lane_count, current_,
         std::string(shape.text).append(" has ").append(std::to_string(lanes)).append(" lanes"));
    return {};
  }
  unexpected("a shape (i8x16, i16x8, i32x4, i64x2, f32x4 or f64x2)");
  return {};
}

std::string Cursor::string() {
  if (at(TokenKind::string)) return decode_string(next().text);
  unexpected("a string");
  return {};
}

std::string Cursor::name() {
  const Token token = current_;
  std::string bytes = string();
  if (ok() && !base::is_utf8(base::as_bytes(bytes))) {
    fail(ErrorCode::malformed_utf8, token, "names are UTF-8, their escapes included");
    return {};
  }
  return bytes;
}

void Cursor::unexpected(std::string_view wanted) {
  if (!ok()) return;
  std::string detail;
  const std::string_view text = current_.text;
  switch (current_.kind) {
    case TokenKind::end: detail = "the text ends"; break;
    case TokenKind::open:
    case TokenKind::close:
    case TokenKind::id:
    case TokenKind::string:
    case TokenKind::keyword:
    case TokenKind::number:
    case TokenKind::reserved: detail = "found " + shown(text); break;
  }
  detail.append(", but ").append(wanted).append(" goes here");
  ErrorCode code = ErrorCode::unexpected_token;
  if (current_.kind == TokenKind::keyword && !is_keyword(text)) {
    code = ErrorCode::unknown_operator;
    const std::string suggestion = suggest_keyword(text);
    if (!suggestion.empty()) detail = shown(text) + "; " + suggestion;
  } else if (current_.kind == TokenKind::reserved) {
    code = ErrorCode::unknown_operator;
  } else if (current_.kind == TokenKind::number) {
    uint32_t bits = 0;  // floats include integers
    if (parse_f32(text, bits) == NumberStatus::malformed) code = ErrorCode::unknown_operator;
  }
  fail(code, current_, std::move(detail));
}

void Cursor::fail(ErrorCode code, const Token& where, std::string detail) {
  fail_at(code, offset_of(where), std::move(detail));
}

void Cursor::fail_at(ErrorCode code, size_t offset, std::string detail) {
  if (error_) return;
  error_ = base::Error{code, offset, std::move(detail)};
  current_.kind = TokenKind::end;
  ahead_.kind = TokenKind::end;
}

bool Cursor::has_annotations() const {
  const std::vector<Annotation>& kept = lexer_.annotations();
  return !kept.empty() && is_before_current(kept.front());
}

std::vector<Annotation> Cursor::take_annotations(AnnotationKind kind) {
  std::vector<Annotation> taken;
  if (!has_annotations()) return taken;
  std::erase_if(lexer_.annotations(), [&](const Annotation& annotation) {
    if (annotation.kind != kind || !is_before_current(annotation)) return false;
    taken.push_back(annotation);
    return true;
  });
  return taken;
}

void Cursor::refuse_annotations() {
  if (!has_annotations()) return;
  const Annotation& annotation = lexer_.annotations().front();
  ErrorCode code = ErrorCode::misplaced_name;
  std::string detail;
  switch (annotation.kind) {
    case AnnotationKind::custom:
      code = ErrorCode::misplaced_custom;
      detail = "it goes between the fields of a module";
      break;
    case AnnotationKind::name:
      code = ErrorCode::misplaced_name;
      detail = "it goes directly behind the keyword or id of what it names";
      break;
    case AnnotationKind::branch_hint:
      code = ErrorCode::malformed_branch_hint;
      detail = "not in a function: it goes before if or br_if";
      break;
  }
  fail_at(code, size_t(annotation.text.data() - source().data()), std::move(detail));
}

std::string decode_id(std::string_view id) {
  id.remove_prefix(1);
  if (!id.starts_with('"')) return std::string(id);
  std::string bytes = decode_string(id);
  return base::is_utf8(base::as_bytes(bytes)) ? bytes : std::string();
}

}  // namespace waxwing::text
