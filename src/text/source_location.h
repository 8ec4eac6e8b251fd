// Where in a text an error is, for people: computed only when there is one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace waxwing::text {

/// Lines and columns count from 1; columns are characters, not bytes.
struct SourceLocation {
  size_t line = 1;
  size_t column = 1;
  std::string_view line_text;  // without its end
};

/// The place of the byte `offset` in `source`; the end where it is beyond. Linear time.
SourceLocation locate(std::string_view source, uint64_t offset);

/// "FILE:LINE:COLUMN: MESSAGE", and below it the line and a caret under the column; without a
/// place, "FILE: MESSAGE". Lines end with \n, the last one too. `error.offset` counts from the
/// start of `source`. Long lines are cut, and control characters do not reach the terminal.
std::string render_error(std::string_view file, std::string_view source, const base::Error& error);

}  // namespace waxwing::text
