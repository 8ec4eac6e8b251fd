// What the PURE rows on integers do, read from their names. [spec 4.3.2]
#pragma once

#include <array>
#include <string_view>

#include "assembler/x64/assembler.h"
#include "syntax/opcode_table.h"

namespace waxwing::baseline {

using assembler::x64::Condition;
using assembler::x64::Width;

enum class IntKind : uint8_t { none, alu, multiply, shift, divide, compare, eqz, unary, wide };

// What they do, by kind.
using assembler::x64::Alu;
enum class Shift : uint8_t { left, arithmetic, logical, rotate_left, rotate_right };
enum class Divide : uint8_t { div_s, div_u, rem_s, rem_u };
enum class Unary : uint8_t {
  clz,
  ctz,
  popcnt,
  wrap,
  extend_i32_s,
  extend_i32_u,
  extend8_s,
  extend16_s,
  extend32_s,
};
enum class Wide : uint8_t { add, sub, mul_s, mul_u };

struct IntFacts {
  IntKind kind = IntKind::none;
  Width width = Width::w32;  // of operands; of a Unary, of its result
  uint8_t which = 0;         // Alu, Shift, Divide, Unary, Wide, or a comparison's Condition

  constexpr Alu alu() const { return static_cast<Alu>(which); }
  constexpr Shift shift() const { return static_cast<Shift>(which); }
  constexpr Divide divide() const { return static_cast<Divide>(which); }
  constexpr Unary unary() const { return static_cast<Unary>(which); }
  constexpr Wide wide() const { return static_cast<Wide>(which); }
  constexpr Condition condition() const { return static_cast<Condition>(which); }
};

consteval IntFacts read_int_facts(const syntax::OpInfo& info) {
  struct Word {
    std::string_view text;
    IntKind kind;
    uint8_t which;
  };
  const auto word = [](std::string_view text, IntKind kind, auto which) {
    return Word{text, kind, static_cast<uint8_t>(which)};
  };
  const Word words[] = {
      word("add", IntKind::alu, Alu::add),
      word("sub", IntKind::alu, Alu::sub),
      word("and", IntKind::alu, Alu::and_),
      word("or", IntKind::alu, Alu::or_),
      word("xor", IntKind::alu, Alu::xor_),
      word("mul", IntKind::multiply, 0),
      word("shl", IntKind::shift, Shift::left),
      word("shr_s", IntKind::shift, Shift::arithmetic),
      word("shr_u", IntKind::shift, Shift::logical),
      word("rotl", IntKind::shift, Shift::rotate_left),
      word("rotr", IntKind::shift, Shift::rotate_right),
      word("div_s", IntKind::divide, Divide::div_s),
      word("div_u", IntKind::divide, Divide::div_u),
      word("rem_s", IntKind::divide, Divide::rem_s),
      word("rem_u", IntKind::divide, Divide::rem_u),
      word("eqz", IntKind::eqz, 0),
      word("eq", IntKind::compare, Condition::equal),
      word("ne", IntKind::compare, Condition::not_equal),
      word("lt_s", IntKind::compare, Condition::less),
      word("lt_u", IntKind::compare, Condition::below),
      word("gt_s", IntKind::compare, Condition::greater),
      word("gt_u", IntKind::compare, Condition::above),
      word("le_s", IntKind::compare, Condition::less_equal),
      word("le_u", IntKind::compare, Condition::below_equal),
      word("ge_s", IntKind::compare, Condition::greater_equal),
      word("ge_u", IntKind::compare, Condition::above_equal),
      word("clz", IntKind::unary, Unary::clz),
      word("ctz", IntKind::unary, Unary::ctz),
      word("popcnt", IntKind::unary, Unary::popcnt),
      word("wrap_i64", IntKind::unary, Unary::wrap),
      word("extend_i32_s", IntKind::unary, Unary::extend_i32_s),
      word("extend_i32_u", IntKind::unary, Unary::extend_i32_u),
      word("extend8_s", IntKind::unary, Unary::extend8_s),
      word("extend16_s", IntKind::unary, Unary::extend16_s),
      word("extend32_s", IntKind::unary, Unary::extend32_s),
      word("add128", IntKind::wide, Wide::add),
      word("sub128", IntKind::wide, Wide::sub),
      word("mul_wide_s", IntKind::wide, Wide::mul_s),
      word("mul_wide_u", IntKind::wide, Wide::mul_u),
  };
  IntFacts facts;
  if (info.kind != syntax::OpKind::pure) return facts;
  const auto is_int = [](syntax::OperandType type) {
    return type == syntax::OperandType::i32 || type == syntax::OperandType::i64;
  };
  for (size_t i = 0; i < info.signature.param_count; ++i) {
    if (!is_int(info.signature.params[i])) return facts;
  }
  if (!is_int(info.signature.results[0])) return facts;
  const std::string_view name = info.text.substr(4);  // behind "i32."
  for (const Word& candidate : words) {
    if (name != candidate.text) continue;
    facts.kind = candidate.kind;
    facts.which = candidate.which;
    const bool of_result = candidate.kind == IntKind::unary;
    const syntax::OperandType type =
        of_result ? info.signature.results[0] : info.signature.params[0];
    facts.width = type == syntax::OperandType::i64 ? Width::w64 : Width::w32;
    return facts;
  }
  syntax::table_is_wrong("a PURE row on integers that the baseline compiler does not know");
  return facts;
}

inline constexpr std::array<IntFacts, syntax::op_count> int_table = []() consteval {
  std::array<IntFacts, syntax::op_count> table{};
  for (const syntax::OpInfo& info : syntax::op_table) table[size_t(info.id)] = read_int_facts(info);
  return table;
}();

}  // namespace waxwing::baseline
