// Splits text into tokens, in one pass and without copies. [spec 6.2-6.3]
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/token.h"

namespace waxwing::text {

/// A run over a source that outlives it. Spaces and comments are dropped; annotations too, but for
/// those of AnnotationKind, which are kept aside. After an error only `end` tokens come.
class Lexer {
 public:
  explicit Lexer(std::string_view source);
  /// Only `part` of `source`; offsets in errors count from the start of `source`.
  /// REQUIRES: `part` points into `source`.
  Lexer(std::string_view source, std::string_view part);

  /// The next token. Amortized cost is the token's size; constant for `end`.
  Token next();

  /// Skips to just before the `)` that closes the parenthesis opened last; to the end where there
  /// is none. What is skipped may be malformed: only parentheses, strings and comments are looked
  /// at.
  void skip_group();

  const std::optional<base::Error>& error() const { return error_; }
  std::string_view source() const { return source_; }
  size_t offset() const { return size_t(cursor_ - source_.data()); }
  /// Goes on at `offset`, which some token began at or ended at.
  void seek(size_t offset) { cursor_ = source_.data() + offset; }

  /// Annotations before the tokens handed out and not taken away yet, in order.
  std::vector<Annotation>& annotations() { return annotations_; }
  const std::vector<Annotation>& annotations() const { return annotations_; }

 private:
  bool skip_space(bool in_annotation);
  bool skip_block_comment();
  bool skip_annotation();
  bool skip_annotation_body(const char* begin);
  void keep_annotation(std::string_view id, const char* begin, const char* body);
  Token scan_word();
  bool scan_string();
  bool scan_escape();
  Token end_token() const { return {TokenKind::end, std::string_view(end_, end_)}; }
  Token fail(base::ErrorCode code, const char* where, std::string detail = {});

  std::string_view source_;
  const char* cursor_;
  const char* end_;
  bool ends_early_;  // at end_ a character begins that is not UTF-8
  std::vector<Annotation> annotations_;
  std::optional<base::Error> error_;
};

/// The bytes that a string token (quotes included) or the quoted part of an id means.
/// REQUIRES: the lexer produced it.
std::string decode_string(std::string_view quoted);
/// Appends them instead.
void append_string(std::string_view quoted, std::string& bytes);

}  // namespace waxwing::text
