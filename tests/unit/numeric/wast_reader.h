// Reads as much of WebAssembly's script format as assertions about single numeric instructions
// need: S-expressions, constants, and patterns of results. Not the library's text layer, which lies
// above this one.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "numeric/fold.h"

namespace waxwing::numeric::wast {

/// An atom, a string (its raw text), or a list.
struct Node {
  enum class Kind : uint8_t { atom, string, list };

  Kind kind = Kind::list;
  std::string text;
  std::vector<Node> items;

  bool is_list(std::string_view head) const {
    return kind == Kind::list && !items.empty() && items[0].text == head;
  }
};

/// Hands out the top-level forms of a script, one by one. Stops at the first that it cannot read.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<Node> next() {
    skip_space();
    if (at_ == text_.size() || text_[at_] == ')') return std::nullopt;
    if (text_[at_] == '(') return list();
    if (text_[at_] == '"') return string();
    const size_t end = std::min(text_.find_first_of(" \t\r\n()\";", at_ + 1), text_.size());
    Node atom{Node::Kind::atom, std::string(text_.substr(at_, end - at_)), {}};
    at_ = end;
    return atom;
  }

 private:
  Node list() {
    Node node;
    ++at_;
    while (auto item = next()) node.items.push_back(*std::move(item));
    if (at_ < text_.size()) ++at_;
    return node;
  }

  Node string() {
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    Node node{Node::Kind::string, std::string(text_.substr(at_ + 1, end - at_ - 1)), {}};
    at_ = std::min(end + 1, text_.size());
    return node;
  }

  void skip_space() {
    while (at_ < text_.size()) {
      if (text_.substr(at_, 2) == ";;") {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.substr(at_, 2) == "(;") {
        skip_block_comment();
      } else if (std::string_view(" \t\r\n").contains(text_[at_])) {
        ++at_;
      } else {
        return;
      }
    }
  }

  void skip_block_comment() {
    int depth = 0;
    do {
      const std::string_view two = text_.substr(at_, 2);
      depth += two == "(;" ? 1 : two == ";)" ? -1 : 0;
      at_ += two == "(;" || two == ";)" ? 2 : 1;
    } while (depth > 0 && at_ < text_.size());
  }

  std::string_view text_;
  size_t at_ = 0;
};

/// What a lane of a result must be: these bits, or a NaN of a kind.
struct LanePattern {
  enum class Kind : uint8_t { bits, canonical_nan, arithmetic_nan };

  Kind kind = Kind::bits;
  size_t size_bytes = 0;
  uint64_t bits = 0;

  bool matches(uint64_t value) const {
    if (kind == Kind::bits) return value == bits;
    const uint64_t quiet_nan = size_bytes == 4 ? 0x7fc00000 : 0x7ff8000000000000;
    const uint64_t sign = size_bytes == 4 ? 0x80000000 : 0x8000000000000000;
    if (kind == Kind::canonical_nan) return (value & ~sign) == quiet_nan;
    return (value & quiet_nan) == quiet_nan;
  }
};

using Pattern = std::vector<LanePattern>;

inline uint64_t parse_float(std::string text, size_t size_bytes) {
  const uint64_t sign = text[0] == '-' ? uint64_t{1} << (size_bytes * 8 - 1) : 0;
  if (const size_t at = text.find("nan"); at != std::string::npos) {
    const uint64_t infinity = size_bytes == 4 ? 0x7f800000 : 0x7ff0000000000000;
    const uint64_t quiet = size_bytes == 4 ? 0x00400000 : 0x0008000000000000;
    const bool has_payload = text.substr(at).starts_with("nan:0x");
    return sign | infinity | (has_payload ? std::strtoull(&text[at + 4], nullptr, 16) : quiet);
  }
  if (size_bytes == 4) return std::bit_cast<uint32_t>(std::strtof(text.c_str(), nullptr));
  return std::bit_cast<uint64_t>(std::strtod(text.c_str(), nullptr));
}

/// `type` is i8, i16, i32, i64, f32 or f64.
inline LanePattern parse_lane(std::string_view type, std::string text) {
  std::erase(text, '_');
  LanePattern lane;
  lane.size_bytes = std::strtoul(type.substr(1).data(), nullptr, 10) / 8;
  if (type[0] == 'f') {
    if (text == "nan:canonical") lane.kind = LanePattern::Kind::canonical_nan;
    if (text == "nan:arithmetic") lane.kind = LanePattern::Kind::arithmetic_nan;
    if (lane.kind == LanePattern::Kind::bits) lane.bits = parse_float(text, lane.size_bytes);
    return lane;
  }
  const bool negative = text[0] == '-';
  const size_t start = text[0] == '-' || text[0] == '+' ? 1 : 0;
  const bool hex = text.substr(start).starts_with("0x");
  const uint64_t magnitude = std::strtoull(&text[start], nullptr, hex ? 16 : 10);
  lane.bits = (negative ? 0 - magnitude : magnitude) & (UINT64_MAX >> (64 - lane.size_bytes * 8));
  return lane;
}

/// Reads `(i32.const 1)`, `(v128.const i8x16 ...)` and the like; nothing for any other form.
inline std::optional<Pattern> parse_constant(const Node& node) {
  if (node.kind != Node::Kind::list || node.items.size() < 2) return std::nullopt;
  const std::string& head = node.items[0].text;
  Pattern pattern;
  if (head == "v128.const") {
    const std::string type = node.items[1].text.substr(0, node.items[1].text.find('x'));
    for (size_t i = 2; i < node.items.size(); ++i)
      pattern.push_back(parse_lane(type, node.items[i].text));
    return pattern;
  }
  if (head == "i32.const" || head == "i64.const" || head == "f32.const" || head == "f64.const") {
    pattern.push_back(parse_lane(head.substr(0, 3), node.items[1].text));
    return pattern;
  }
  return std::nullopt;
}

inline V128 to_operand(const Pattern& pattern) {
  V128 value{};
  size_t at = 0;
  for (const LanePattern& lane : pattern) {
    for (size_t i = 0; i < lane.size_bytes && at < 16; ++i, ++at)
      value.bytes[at] = static_cast<uint8_t>(lane.bits >> (8 * i));
  }
  return value;
}

inline bool matches(const Pattern& pattern, const V128& value) {
  size_t at = 0;
  for (const LanePattern& lane : pattern) {
    uint64_t bits = 0;
    for (size_t i = 0; i < lane.size_bytes; ++i) bits |= uint64_t{value.bytes[at++]} << (8 * i);
    if (!lane.matches(bits)) return false;
  }
  return true;
}

}  // namespace waxwing::numeric::wast
