// A hash table of all instructions, built while compiling.
#include "text/keywords.h"

#include <array>

#include "base/edit_distance.h"
#include "syntax/opcode_table.h"

namespace waxwing::text {

using syntax::Op;
using syntax::OpInfo;

namespace {

constexpr size_t slot_count = 2048;
static_assert(syntax::op_count * 2 < slot_count);

constexpr uint32_t hash(std::string_view text) {
  uint32_t value = 0x811c9dc5;
  for (char c : text) value = (value ^ uint8_t(c)) * 0x01000193;
  return (value ^ value >> 15) % slot_count;
}

consteval std::array<Op, slot_count> make_slots() {
  std::array<Op, slot_count> slots{};
  slots.fill(syntax::no_op);
  for (const OpInfo& info : syntax::op_table) {
    uint32_t slot = hash(info.text);
    while (slots[slot] != syntax::no_op) slot = (slot + 1) % slot_count;
    slots[slot] = info.id;
  }
  return slots;
}

constexpr std::array<Op, slot_count> slots = make_slots();

// Words that are no instructions, in alphabetical order.
constexpr std::string_view other_keywords[] = {"after",
                                               "any",
                                               "anyref",
                                               "array",
                                               "arrayref",
                                               "before",
                                               "binary",
                                               "catch",
                                               "catch_all",
                                               "catch_all_ref",
                                               "catch_ref",
                                               "data",
                                               "declare",
                                               "definition",
                                               "delegate",
                                               "do",
                                               "elem",
                                               "eq",
                                               "eqref",
                                               "exn",
                                               "exnref",
                                               "export",
                                               "extern",
                                               "externref",
                                               "f32",
                                               "f32x4",
                                               "f64",
                                               "f64x2",
                                               "field",
                                               "final",
                                               "first",
                                               "func",
                                               "funcref",
                                               "global",
                                               "i16",
                                               "i16x8",
                                               "i31",
                                               "i31ref",
                                               "i32",
                                               "i32x4",
                                               "i64",
                                               "i64x2",
                                               "i8",
                                               "i8x16",
                                               "import",
                                               "inf",
                                               "instance",
                                               "item",
                                               "last",
                                               "local",
                                               "memory",
                                               "module",
                                               "mut",
                                               "nan",
                                               "nan:arithmetic",
                                               "nan:canonical",
                                               "noexn",
                                               "noextern",
                                               "nofunc",
                                               "none",
                                               "null",
                                               "nullexnref",
                                               "nullexternref",
                                               "nullfuncref",
                                               "nullref",
                                               "offset",
                                               "pagesize",
                                               "param",
                                               "quote",
                                               "rec",
                                               "ref",
                                               "register",
                                               "result",
                                               "shared",
                                               "start",
                                               "struct",
                                               "structref",
                                               "sub",
                                               "table",
                                               "tag",
                                               "then",
                                               "type",
                                               "v128"};

}  // namespace

std::optional<Op> find_op(std::string_view text) {
  for (uint32_t slot = hash(text); slots[slot] != syntax::no_op; slot = (slot + 1) % slot_count) {
    if (syntax::op_info(slots[slot]).text == text) return slots[slot];
  }
  return std::nullopt;
}

bool is_keyword(std::string_view text) {
  if (find_op(text) || text.starts_with("offset=") || text.starts_with("align=") ||
      text.starts_with("nan:0x")) {
    return true;
  }
  for (std::string_view keyword : other_keywords) {
    if (keyword == text) return true;
  }
  return false;
}

namespace {

/// "get_local" was the name of "local.get".
std::string_view turned_around(std::string_view text) {
  const size_t middle = text.find('_');
  if (middle == text.npos) return {};
  const std::optional<Op> op =
      find_op(std::string(text.substr(middle + 1)).append(".").append(text.substr(0, middle)));
  return op ? syntax::op_info(*op).text : std::string_view();
}

}  // namespace

std::string suggest_keyword(std::string_view text) {
  constexpr size_t longest = 48;
  if (text.size() > longest) return {};
  std::string_view nearest = turned_around(text);
  size_t distance = nearest.empty() ? text.size() / 3 + 1 : 0;
  const auto consider = [&](std::string_view word) {
    const size_t between = base::edit_distance(text, word);
    if (between >= distance) return;
    distance = between;
    nearest = word;
  };
  for (const OpInfo& info : syntax::op_table) consider(info.text);
  for (std::string_view word : other_keywords) consider(word);
  if (nearest.empty()) return {};
  return std::string("did you mean ").append(nearest).append("?");
}

}  // namespace waxwing::text
