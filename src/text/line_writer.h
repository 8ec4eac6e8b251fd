// Lines of printed text, indented by two spaces a level.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace waxwing::text {

/// Appends to a string that outlives it.
class LineWriter {
 public:
  static constexpr size_t max_line_size = 100;
  static constexpr uint32_t max_indent = 40;  // deeper lines are not indented further

  explicit LineWriter(std::string& out) : out_(out) {}

  /// Ends the current line, and begins one at `indent`.
  void line(uint32_t indent) {
    out_ += '\n';
    out_.append(columns(indent), ' ');
    ends_with_comment_ = false;
    line_begin_ = out_.size();
  }
  /// A space, or a new line where this one is long.
  void space_or_line(uint32_t indent) {
    if (out_.size() - line_begin_ < max_line_size - 20) {
      out_ += ' ';
    } else {
      line(indent);
    }
  }
  /// The comment takes the rest of the line.
  void line_comment(std::string_view text) {
    out_.append(" ;; ").append(text);
    ends_with_comment_ = true;
  }
  /// ")", in a line of its own where a comment would hide it.
  void close(uint32_t indent) {
    if (ends_with_comment_) line(indent);
    out_ += ')';
  }
  /// Whether `size` more bytes fit into a line that begins at `indent`.
  static bool fits(uint32_t indent, size_t size) { return columns(indent) + size <= max_line_size; }
  std::string& out() { return out_; }

 private:
  static size_t columns(uint32_t indent) { return 2 * size_t(std::min(indent, max_indent)); }

  std::string& out_;
  bool ends_with_comment_ = false;
  size_t line_begin_ = 0;
};

/// "label = @3": the comment behind the beginning of a block at `depth`.
inline std::string label_comment(uint32_t depth) { return "label = @" + std::to_string(depth); }

}  // namespace waxwing::text
