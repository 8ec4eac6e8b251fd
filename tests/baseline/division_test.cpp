// Divisions by constants, which are multiplications and shifts, against divisions by the same
// numbers that the compiler does not know.
#include <cstdint>
#include <set>

#include "world.h"

namespace waxwing::baseline {
namespace {

class Divisions : public WorldTest {};

INSTANTIATE_TEST_SUITE_P(ways, Divisions, testing::ValuesIn(all_ways()),
                         [](const auto& way) { return way.param.name; });

std::string replaced(std::string text, std::string_view from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

/// "check D" compares all four instructions for a dividend, "T" is the type.
constexpr std::string_view check = R"(
  (func $check_T_N (param $x T) (param $d T) (result i32) (local $kept T)
    (local.set $kept (local.get $x))
    (T.ne (T.div_s (local.get $x) (T.const D)) (T.div_s (local.get $x) (local.get $d)))
    (T.ne (T.div_u (local.get $x) (T.const D)) (T.div_u (local.get $x) (local.get $d)))
    (T.ne (T.rem_s (local.get $x) (T.const D)) (T.rem_s (local.get $x) (local.get $d)))
    (T.ne (T.rem_u (local.get $x) (T.const D)) (T.rem_u (local.get $x) (local.get $d)))
    (i32.or) (i32.or) (i32.or)
    (T.ne (T.rem_u (T.add (local.get $x) (T.const 0)) (T.const D))
          (T.rem_u (local.get $x) (local.get $d)))
    (i32.or)
    (local.set $x (T.rem_s (local.get $x) (T.const D)))
    (T.ne (T.sub (local.get $kept) (T.mul (T.div_s (local.get $kept) (T.const D)) (local.get $d)))
          (local.get $x))
    (i32.or))
  (func (export "T N") (result i32) (local $i i32) (local $x i64) (local $y T) (local $wrong i32)
    (local.set $x (i64.const 0x9e3779b97f4a7c15))
    (loop $next
      (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 13))))
      (local.set $x (i64.xor (local.get $x) (i64.shr_u (local.get $x) (i64.const 7))))
      (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 17))))
      (local.set $y (CAST (i64.shr_s (local.get $x) (i64.extend_i32_u (local.get $i)))))
      (local.set $wrong (i32.add (local.get $wrong) (call $check_T_N (local.get $y) (T.const D))))
      (local.set $y (T.mul (T.div_u (local.get $y) (T.const D)) (T.const D)))
      (local.set $wrong (i32.add (local.get $wrong) (call $check_T_N (local.get $y) (T.const D))))
      (local.set $y (T.sub (local.get $y) (T.const 1)))
      (local.set $wrong (i32.add (local.get $wrong) (call $check_T_N (local.get $y) (T.const D))))
      (local.set $y (T.sub (T.const 0) (local.get $y)))
      (local.set $wrong (i32.add (local.get $wrong) (call $check_T_N (local.get $y) (T.const D))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                             (i32.const 200))))
    EDGES
    (local.get $wrong))
)";

/// Dividends at the ends of the range; -1 has no quotient at the lowest.
std::string edges(bool is_wide, bool divides_lowest) {
  std::string text;
  for (const char* x : {"0", "1", "-1", is_wide ? "0x7fffffffffffffff" : "0x7fffffff",
                        is_wide ? "0x8000000000000001" : "0x80000001",
                        is_wide ? "0x8000000000000000" : "0x80000000"}) {
    if (std::string_view(x).ends_with("8000000000000000") && !divides_lowest) continue;
    if (std::string_view(x) == "0x80000000" && !divides_lowest) continue;
    text += "(local.set $wrong (i32.add (local.get $wrong) (call $check_T_N (T.const " +
            std::string(x) + ") (T.const D))))\n";
  }
  return text;
}

std::set<uint64_t> divisors(unsigned bits) {
  const uint64_t mask = bits == 64 ? UINT64_MAX : (uint64_t{1} << bits) - 1;
  std::set<uint64_t> all;
  const auto add = [&](uint64_t divisor) {
    for (const uint64_t one : {divisor & mask, (0 - divisor) & mask})
      if (one != 0) all.insert(one);
  };
  for (uint64_t small = 1; small <= 50; ++small) add(small);
  for (const uint64_t usual :
       {60u, 100u, 365u, 641u, 1000u, 3600u, 10000u, 86400u, 1000000u, 1000000007u})
    add(usual);
  for (unsigned shift = 1; shift < bits; ++shift) {
    for (const int near : {-1, 0, 1}) add((uint64_t{1} << shift) + static_cast<uint64_t>(near));
  }
  uint64_t random = 0x2545f4914f6cdd1d;
  for (unsigned i = 0; i < bits; ++i) {
    random = random * 6364136223846793005 + 1442695040888963407;
    add(random >> (64 - bits + i % bits));
  }
  return all;
}

TEST_P(Divisions, by_constants_are_those_by_variables) {
  for (const unsigned bits : {32u, 64u}) {
    const std::string type = bits == 64 ? "i64" : "i32";
    const uint64_t minus_1 = bits == 64 ? UINT64_MAX : UINT32_MAX;
    std::string module = "(module";
    for (const uint64_t divisor : divisors(bits)) {
      const std::string number = std::to_string(divisor);
      std::string text =
          replaced(std::string(check), "EDGES", edges(bits == 64, divisor != minus_1));
      text =
          replaced(std::move(text), "CAST", bits == 64 ? "i64.or (i64.const 0)" : "i32.wrap_i64");

      text = replaced(std::move(text), "T.", type + ".");
      text = replaced(std::move(text), "(local $kept T)", "(local $kept " + type + ")");
      text = replaced(std::move(text), "(param $x T) (param $d T)",
                      "(param $x " + type + ") (param $d " + type + ")");
      text = replaced(std::move(text), "(local $y T)", "(local $y " + type + ")");
      text = replaced(std::move(text), "\"T N\"", "\"" + number + "\"");
      text = replaced(std::move(text), "$check_T_N", "$check_" + number);
      module += replaced(std::move(text), ".const D)", ".const " + number + ")");
    }
    add(type, module + ")");
    for (const uint64_t divisor : divisors(bits))
      EXPECT_EQ(run(std::to_string(divisor)), "0") << type << " by " << divisor;
  }
}

}  // namespace
}  // namespace waxwing::baseline
