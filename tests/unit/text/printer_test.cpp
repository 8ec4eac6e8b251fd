#include "text/printer.h"

#include <gtest/gtest.h>

#include "binary/module_decoder.h"

namespace waxwing::text {
namespace {

/// The bytes of pairs of hexadecimal digits between spaces, behind a module's first eight.
std::vector<uint8_t> module_bytes(std::string_view hex) {
  std::vector<uint8_t> bytes = {0, 'a', 's', 'm', 1, 0, 0, 0};
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (size_t i = 0; i + 1 < hex.size(); i += 3) {
    bytes.push_back(uint8_t(digit(hex[i]) * 16 + digit(hex[i + 1])));
  }
  return bytes;
}

base::Result<std::string> print_bytes(std::string_view hex, const PrintOptions& options = {}) {
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(module_bytes(hex));
  const auto module =
      binary::decode(bytes, syntax::FeatureSet::all(), binary::TypeIndices::as_written);
  EXPECT_TRUE(module) << module.error().message();
  return print(*module, options);
}

// A memory; a function with names, an `if` and a load; one that is not well-typed.
constexpr std::string_view two_funcs =
    "01 0a 02 60 02 7f 7f 01 7f 60 00 00 03 03 02 00 01 05 03 01 00 01 07 16 03 06 6d 65 6d 6f 72 "
    "79 02 00 03 61 64 64 00 00 03 78 20 79 00 01 0a 23 02 1b 02 02 7e 01 7d 20 00 41 7f 48 04 7f "
    "41 07 0c 00 05 20 00 20 01 6a 28 00 04 0b 0b 05 00 1a 00 6a 0b 00 1e 04 6e 61 6d 65 00 02 01 "
    "6d 01 06 01 00 03 61 64 64 02 0b 02 00 02 00 01 61 04 01 7a 01 00";

TEST(printer, flat_code_has_an_instruction_a_line) {
  EXPECT_EQ(print_bytes(two_funcs).value(), R"((module $m
  (type (;0;) (func (param i32 i32) (result i32)))
  (type (;1;) (func))
  (memory (;0;) (export "memory") 1)
  (func $add (;0;) (export "add") (type 0) (param $a i32) (param i32) (result i32)
    (local i64 i64)
    (local $z f32)
    local.get $a
    i32.const -1
    i32.lt_s
    if (result i32) ;; label = @1
      i32.const 7
      br 0 (;@1;)
    else
      local.get $a
      local.get 1
      i32.add
      i32.load offset=4 align=1
    end)
  (func (;1;) (export "x y") (type 1)
    drop
    unreachable
    i32.add)
)
)");
}

TEST(printer, folded_code_nests_operands_that_are_sure) {
  EXPECT_EQ(print_bytes(two_funcs, {.style = CodeStyle::folded, .names = false}).value(),
            R"((module
  (type (;0;) (func (param i32 i32) (result i32)))
  (type (;1;) (func))
  (memory (;0;) (export "memory") 1)
  (func (;0;) (export "add") (type 0) (param i32 i32) (result i32)
    (local i64 i64 f32)
    (if (result i32) ;; label = @1
      (i32.lt_s (local.get 0) (i32.const -1))
      (then
        (br 0 (;@1;) (i32.const 7)))
      (else
        (i32.load offset=4 align=1 (i32.add (local.get 0) (local.get 1))))))
  (func (;1;) (export "x y") (type 1)
    drop
    (unreachable)
    i32.add)
)
)");
}

TEST(printer, an_empty_module) { EXPECT_EQ(print_bytes("").value(), "(module)\n"); }

TEST(printer, code_that_is_not_well_nested_is_an_error) {
  const auto body = [](std::string_view code) {
    return print_bytes("01 04 01 60 00 00 03 02 01 00 0a " + std::string(code)).error().message();
  };
  EXPECT_EQ(body("05 01 03 00 05 0b"),
            "malformed module: END opcode expected: an `else` without an `if` (at offset 0x17)");
  EXPECT_EQ(body("05 01 03 00 0b 0b"),
            "malformed module: END opcode expected: instructions behind the function's `end` (at "
            "offset 0x17)");
  EXPECT_EQ(body("06 01 04 00 02 40 0b"),
            "malformed module: unexpected end of section or function: no `end` (at offset 0x1a)");
}

}  // namespace
}  // namespace waxwing::text
