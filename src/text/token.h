// The words of the text format. [spec 6.3]
#pragma once

#include <cstdint>
#include <string_view>

namespace waxwing::text {

enum class TokenKind : uint8_t {
  end,      // of the source, or an error
  open,     // (
  close,    // )
  keyword,  // begins with a to z; `inf` and `nan` too
  id,       // $name or $"name", not empty
  number,   // begins with a digit or a sign; whoever reads it checks the rest
  string,   // "...", escapes known to be right
  reserved  // anything else between spaces and parentheses
};

/// A word of the source. `text` points into it, so that it also tells where.
struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;
};

/// The annotations that mean something to the assembler; all others are skipped. [spec A.6]
enum class AnnotationKind : uint8_t { custom, name, branch_hint };

/// An annotation of the source: `text` is all of it, "(@custom ...)"; `body` what follows the id.
struct Annotation {
  AnnotationKind kind = AnnotationKind::custom;
  std::string_view text;
  std::string_view body;
};

}  // namespace waxwing::text
