// Lines, columns, and the caret below them.
#include "text/source_location.h"

namespace waxwing::text {
namespace {

bool is_continuation(char c) { return (uint8_t(c) & 0xc0) == 0x80; }

size_t count_chars(std::string_view text) {
  size_t count = 0;
  for (char c : text) count += is_continuation(c) ? 0 : 1;
  return count;
}

/// The byte at which the character `column` (from 0) of `line` begins.
size_t byte_of_column(std::string_view line, size_t column) {
  size_t i = 0;
  for (; i < line.size(); ++i) {
    if (is_continuation(line[i])) continue;
    if (column-- == 0) break;
  }
  return i;
}

void append_printable(std::string_view line, std::string& text) {
  for (char c : line) text += uint8_t(c) < 0x20 || c == 0x7f ? ' ' : c;
}

}  // namespace

SourceLocation locate(std::string_view source, uint64_t offset) {
  const size_t at = offset < source.size() ? size_t(offset) : source.size();
  SourceLocation location;
  size_t begin = 0;
  for (size_t i = 0; i < at; ++i) {
    if (source[i] == '\n' || (source[i] == '\r' && !source.substr(i + 1).starts_with('\n'))) {
      ++location.line;
      begin = i + 1;
    }
  }
  const size_t end = source.find_first_of("\r\n", begin);
  location.column = 1 + count_chars(source.substr(begin, at - begin));
  location.line_text = source.substr(begin, end == source.npos ? end : end - begin);
  return location;
}

std::string render_error(std::string_view file, std::string_view source, const base::Error& error) {
  std::string text(file);
  std::string message(base::error_text(error.code));
  if (!error.detail.empty()) message.append(": ").append(error.detail);
  if (error.offset == base::Error::no_offset) return text.append(": ").append(message) + "\n";
  const SourceLocation location = locate(source, error.offset);
  text.append(":").append(std::to_string(location.line)).append(":");
  text.append(std::to_string(location.column)).append(": ").append(message).append("\n");

  constexpr size_t width = 100;  // characters of the line that are shown
  constexpr size_t before = 60;  // and of these, before the caret
  const size_t column = location.column - 1;
  const size_t first = column > before ? column - before : 0;
  const std::string_view rest =
      location.line_text.substr(byte_of_column(location.line_text, first));
  const std::string_view cut = rest.substr(0, byte_of_column(rest, width));
  const std::string_view mark = first > 0 ? "..." : "";
  text.append("  ").append(mark);
  append_printable(cut, text);
  text.append(cut.size() < rest.size() ? "...\n  " : "\n  ");
  text.append(mark.size() + column - first, ' ').append("^\n");
  return text;
}

}  // namespace waxwing::text
