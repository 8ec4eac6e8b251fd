// What the parsers of modules and of scripts read from: tokens, numbers, strings, and one sticky
// error. [spec 6.1]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/v128.h"
#include "text/lexer.h"
#include "text/literals.h"
#include "text/token.h"

namespace waxwing::text {

/// Errors are sticky: the first one is kept with its byte offset in the source, and after it only
/// `end` tokens come, so that every loop over tokens stops. What reads a value gives 0 or nothing
/// then.
class Cursor {
 public:
  /// `source` outlives the cursor. Checks that it is UTF-8: linear time.
  explicit Cursor(std::string_view source);
  /// Over `part` of `source`; offsets count from the start of `source`.
  Cursor(std::string_view source, std::string_view part);

  bool ok() const { return !error_.has_value(); }
  const std::optional<base::Error>& error() const { return error_; }
  /// Moves the error out. REQUIRES: !ok()
  base::Error take_error() { return std::move(*error_); }

  std::string_view source() const { return lexer_.source(); }
  /// The token to be read next, and the one after it.
  const Token& peek() const { return current_; }
  const Token& peek_second();
  /// The byte offset of peek() in the source.
  size_t offset() const { return offset_of(current_); }
  size_t offset_of(const Token& token) const { return size_t(token.text.data() - source().data()); }
  size_t offset_of(const Annotation& annotation) const {
    return size_t(annotation.text.data() - source().data());
  }
  /// Makes the token at `offset` the next one. REQUIRES: ok(), and a token begins at `offset`.
  void seek(size_t offset);

  Token next();
  bool at(TokenKind kind) const { return current_.kind == kind; }
  bool at_keyword(std::string_view keyword) const {
    return current_.kind == TokenKind::keyword && current_.text == keyword;
  }
  /// Whether `(` and `keyword` come next.
  bool at_open(std::string_view keyword) {
    return current_.kind == TokenKind::open && peek_second().kind == TokenKind::keyword &&
           ahead_.text == keyword;
  }
  /// Reads what is named if it comes next; whether it did.
  bool take(TokenKind kind);
  bool take_keyword(std::string_view keyword);
  bool take_open(std::string_view keyword);
  /// The id that comes next, `$` and quotes included, or "".
  std::string_view take_id();
  /// Reads what is named; where it does not come next, an error.
  bool expect_open(std::string_view keyword);
  bool expect_close();

  /// Goes to the `)` that closes the parenthesis opened last (or to the end), without looking at
  /// what is between more than that takes.
  void skip_group();

  /// Numbers; what is none, or too large, is an error.
  uint32_t u32();
  uint64_t u64();
  /// `bits` is 8, 16, 32 or 64; two's complement, zero above `bits`.
  uint64_t integer(unsigned bits);
  uint32_t f32_bits();
  uint64_t f64_bits();
  /// A shape ("i32x4") and its lanes.
  base::V128 v128();

  /// The bytes of a string; those of a name are UTF-8.
  std::string string();
  std::string name();

  /// "unexpected token: found X, but WANTED goes here", or "unknown operator" where the next token
  /// is no word of the language.
  void unexpected(std::string_view wanted);
  void fail(base::ErrorCode code, const Token& where, std::string detail = {});
  void fail_at(base::ErrorCode code, size_t offset, std::string detail = {});

  /// Takes away the annotations of `kind` just before peek(). Those that nobody takes before the
  /// token is read are misplaced, which is an error.
  std::vector<Annotation> take_annotations(AnnotationKind kind);
  /// Whether one is just before peek(), of any kind.
  bool has_annotations() const;
  /// Refuses them.
  void refuse_annotations();

 private:
  Token fetch();
  bool is_before_current(const Annotation& annotation) const {
    return annotation.text.data() < current_.text.data();
  }
  /// Goes on if `status` is ok; else says that the next token is not `wanted`, or out of range.
  void finish_number(NumberStatus status, base::ErrorCode range, std::string_view wanted);

  Lexer lexer_;
  Token current_;
  Token ahead_;
  bool has_ahead_ = false;
  std::optional<base::Error> error_;
};

/// The bytes that an id means, without `$`; empty where they are not UTF-8.
/// Two ids are the same if these are. REQUIRES: `id` is the text of an id token.
std::string decode_id(std::string_view id);

}  // namespace waxwing::text
