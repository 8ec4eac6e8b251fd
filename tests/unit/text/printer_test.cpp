#include "text/printer.h"

#include <gtest/gtest.h>

#include "binary/module_decoder.h"
#include "text/assembler.h"
#include "text/source_location.h"

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

/// The text of what `wat` assembles to; assembling that gives the same bytes.
std::string reprint(std::string_view wat, const PrintOptions& options = {}) {
  const auto assemble_and_print = [&](std::string_view text) -> std::string {
    const auto bytes = assemble(text);
    if (!bytes) return render_error("wat", text, bytes.error());
    const auto module = binary::decode(std::make_shared<const std::vector<uint8_t>>(*bytes),
                                       syntax::FeatureSet::all(), binary::TypeIndices::as_written);
    if (!module) return module.error().message();
    const auto printed = print(*module, options);
    return printed ? *printed : printed.error().message();
  };
  const std::string once = assemble_and_print(wat);
  EXPECT_EQ(assemble_and_print(once), once);
  return once;
}

/// The lines of `text` that contain `part`, without their indentation.
std::string lines_with(std::string_view text, std::string_view part) {
  std::string found;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.find(part) == line.npos) continue;
    line.remove_prefix(line.find_first_not_of(' '));
    found.append(line).append("\n");
  }
  return found;
}

TEST(printer_names, those_that_are_no_ids_are_quoted) {
  EXPECT_EQ(lines_with(reprint(R"((func $"a b" (call $"a b")))"), "a b"),
            "(func $\"a b\" (;0;) (type 0)\ncall $\"a b\")\n");
}

TEST(printer_names, ones_that_are_shared_or_empty_are_annotated) {
  const std::string text = reprint(R"((module (@name "")
    (func $f (@name "f")) (func $x (@name "f")) (func $f.1) (func $y (@name "f"))
    (func (@name "") (call $x) (call $y) (call 4))))");
  EXPECT_EQ(lines_with(text, "(module"), "(module (@name \"\")\n");
  EXPECT_EQ(lines_with(text, "(func "), R"((func $f (;0;) (type 0))
(func $f.2 (@name "f") (;1;) (type 0))
(func $f.1 (;2;) (type 0))
(func $f.3 (@name "f") (;3;) (type 0))
(func $.1 (@name "") (;4;) (type 0)
)");
  EXPECT_EQ(lines_with(text, "call"), "call $f.2\ncall $f.3\ncall $.1)\n");
}

TEST(printer_names, locals_and_fields_too) {
  const std::string text = reprint(R"((module (type $t (struct (field $a (@name "") i32)))
    (func (param $a (@name "x") i32) (param $b (@name "x") i32) (local $c (@name "") i64)
      (drop (struct.get $t $a (ref.null none))) (local.set $c (i64.const 0)))))");
  EXPECT_NE(text.find("(field $.1 (@name \"\") i32)"), text.npos) << text;
  EXPECT_NE(text.find("(param $x i32) (param $x.1 (@name \"x\") i32)"), text.npos) << text;
  EXPECT_NE(text.find("(local $.1 (@name \"\") i64)"), text.npos) << text;
  EXPECT_NE(text.find("struct.get $t $.1"), text.npos) << text;
}

TEST(printer_names, long_ones_are_cut_in_ids) {
  const std::string name(5000, 'n');
  const std::string text = reprint("(func $" + name + " call 0)");
  EXPECT_NE(text.find("(func $" + name.substr(0, 1024) + ".1 (@name \"" + name + "\")"), text.npos);
  EXPECT_NE(text.find("call $" + name.substr(0, 1024) + ".1)"), text.npos);
}

TEST(printer_names, everything_that_may_have_one) {
  const std::string text = reprint(R"((module $m
    (type $t (struct (field $a i32) (field i64) (field $b (ref null $t))))
    (import "a" "b" (global $g i32))
    (table $tab 1 funcref) (memory $mem 1) (tag $tag) (elem $e func $f) (data $d "x")
    (func $f (param $p (ref $t)) (local $l i32)
      (drop (struct.get $t $b (local.get $p))) (local.set $l (global.get $g))
      (elem.drop $e) (data.drop $d) (throw $tag))))");
  for (std::string_view name :
       {"$m", "(type $t", "(field $a i32) (field i64) (field $b (ref null $t))", "(global $g",
        "(table $tab", "(memory $mem", "(tag $tag", "(elem $e", "(data $d", "(func $f",
        "(param $p (ref $t))", "(local $l i32)", "struct.get $t $b", "elem.drop $e",
        "throw $tag"}) {
    EXPECT_NE(text.find(name), text.npos) << name << "\n" << text;
  }
}

TEST(printer_labels, hidden_ones_are_told_by_depth) {
  const std::string text = reprint(R"((func
    (block $a (block $b (block $a (br $a) (br 1) (br 2) (br 3) (br 4))))))");
  EXPECT_EQ(lines_with(text, "br "), "br $a\nbr $b\nbr 2 (;@1;)\nbr 3 (;@0;)\nbr 4\n");
}

TEST(printer_exports, stand_in_their_definitions_where_that_keeps_their_order) {
  const std::string fits = reprint(R"((module
    (memory (export "m") 1) (global (export "g") i32 (i32.const 0))
    (func (export "f")) (func (export "h") (export "i"))))");
  EXPECT_EQ(lines_with(fits, "(export"), R"((memory (;0;) (export "m") 1)
(global (;0;) (export "g") i32 (i32.const 0))
(func (;0;) (export "f") (type 0))
(func (;1;) (export "h") (export "i") (type 0))
)");
  const std::string crossed = reprint(R"((module
    (import "a" "b" (func)) (memory 1) (func) (func)
    (export "h" (func 2)) (export "m" (memory 0)) (export "i" (func 0)) (export "f" (func 1))))");
  EXPECT_EQ(lines_with(crossed, "(export"), R"((export "h" (func 2))
(export "m" (memory 0))
(export "i" (func 0))
(func (;1;) (export "f") (type 0))
)");
}

TEST(printer_types, groups_and_subtypes) {
  EXPECT_EQ(reprint(R"((module (rec (type $a (sub (struct))) (type (sub final $a (struct
      (field (mut i8)) (field (ref null $a))))))
    (rec (type (array (mut anyref))))))"),
            R"((module
  (rec
    (type $a (;0;) (sub (struct)))
    (type (;1;) (sub final $a (struct (field (mut i8) (ref null $a)))))
  )
  (type (;2;) (array (mut anyref)))
)
)");
}

TEST(printer_types, equal_types_keep_their_indices) {
  const std::string text =
      reprint("(module (type (func)) (type (func)) (func (type 1) (block (type 1))))");
  EXPECT_EQ(lines_with(text, "(type 1)"), "(func (;0;) (type 1)\nblock (type 1) ;; label = @1\n");
}

TEST(printer_immediates, all_kinds) {
  const std::string text = reprint(R"((module (memory 1) (memory 1) (table 1 funcref)
    (table 1 funcref) (type $s (array i8)) (data "") (elem func) (func (param v128 anyref)
    i32.const -1 i64.const -9223372036854775808 f32.const nan:0x1 f64.const -0.1
    v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
    i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31
    i8x16.extract_lane_s 3 v128.load8_lane 1 offset=2 7 i32.load16_u align=1
    memory.size memory.grow 1 memory.copy memory.copy 0 1 memory.init 0 memory.init 1 0
    table.get 0 table.copy 1 0 table.init 1 0 call_indirect 1 (type 1) array.new_fixed $s 3
    array.new_data $s 0 array.copy $s $s ref.null none ref.test (ref i31) ref.cast (ref null $s)
    select (result i32) select br_table 0 0 br_on_cast 0 anyref (ref i31) atomic.fence)))");
  for (std::string_view line : {"i64.const -9223372036854775808",
                                "f32.const nan:0x1",
                                "f64.const -0.1",
                                "v128.const i32x4 0x03020100 0x07060504 0x0b0a0908 0x0f0e0d0c",
                                "i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31",
                                "v128.load8_lane 1 offset=2 7",
                                "i32.load16_u align=1",
                                "memory.size\n",
                                "memory.grow 1",
                                "memory.copy\n",
                                "memory.copy 0 1",
                                "memory.init 0",
                                "memory.init 1 0",
                                "table.copy 1 0",
                                "table.init 1 0",
                                "call_indirect 1 (type 1)",
                                "array.new_fixed $s 3",
                                "array.copy $s $s",
                                "ref.null none",
                                "ref.test (ref i31)",
                                "ref.cast (ref null $s)",
                                "select (result i32)",
                                "select\n",
                                "br_table 0 (;@0;) 0 (;@0;)",
                                "br_on_cast 0 (;@0;) (ref null any) (ref i31)",
                                "atomic.fence"}) {
    EXPECT_NE(text.find(line), text.npos) << line << "\n" << text;
  }
}

TEST(printer_blocks, of_all_kinds_in_both_styles) {
  constexpr std::string_view wat = R"((module (tag $e) (func (param i32)
    (block $out
      (try_table (catch $e $out) (catch_all 0) (throw $e)))
    (try (do (throw $e)) (catch $e (rethrow 0)) (catch_all))
    (try $t (do (try (do (nop)) (delegate $t))) (catch_all))
    (if (local.get 0) (then (nop)) (else (loop (br 0))))
    (local.get 0) if else end)))";
  EXPECT_EQ(lines_with(reprint(wat, {.style = CodeStyle::folded, .names = false}), " "),
            R"((type (;0;) (func))
(type (;1;) (func (param i32)))
(tag (;0;) (type 0))
(func (;0;) (type 1) (param i32)
(block ;; label = @1
(try_table (catch 0 0 (;@1;)) (catch_all 0 (;@1;)) ;; label = @2
(throw 0)))
(try ;; label = @1
(do
(throw 0))
(catch 0
(rethrow 0 (;@1;)))
(catch_all))
(try ;; label = @1
(do
(try ;; label = @2
(do
(nop))
(delegate 0 (;@1;))))
(catch_all))
(if ;; label = @1
(local.get 0)
(then
(nop))
(else
(loop ;; label = @2
(br 0 (;@2;)))))
(if ;; label = @1
(local.get 0)
(then)
(else)))
)");
  EXPECT_NE(reprint(wat).find("delegate $t"), std::string::npos);
}

TEST(printer_folding, what_does_not_fit_stays_flat) {
  const std::string text = reprint(R"((module (func $two (result i32 i32) (unreachable))
    (func (param i32) (drop (i32.add (call $two)))
      local.get 0 nop i32.eqz drop
      local.get 0 block (param i32) (result i32) end drop)))",
                                   {.style = CodeStyle::folded});
  EXPECT_NE(text.find("(drop (i32.add (call $two)))\n    (local.get 0)\n    (nop)\n    i32.eqz\n"
                      "    drop\n"),
            text.npos)
      << text;
}

TEST(printer_folding, depth_is_bounded) {
  std::string deep = "(func (param i32) (result i32) local.get 0";
  for (int i = 0; i < 100'000; ++i) deep += " i32.eqz";
  std::string blocks = ") (func";
  for (int i = 0; i < 50'000; ++i) blocks += " block";
  for (int i = 0; i < 50'000; ++i) blocks += " end";
  const std::string text = reprint(deep + blocks + ")", {.style = CodeStyle::folded});
  EXPECT_LT(text.size(), 20'000'000u);
}

TEST(printer_segments, of_all_kinds) {
  const std::string text = reprint(R"((module (import "a" "g" (global $g i32)) (memory 1) (memory 1)
    (table 1 funcref) (table 1 externref) (func)
    (elem (i32.const 0) func 0) (elem (i32.const 0) funcref (ref.func 0) (ref.null func))
    (elem (table 1) (global.get $g) externref (ref.null extern)) (elem declare func 0)
    (elem func 0) (elem anyref (item (ref.i31 (i32.const 1))))
    (data (i32.const 1) "a\00\ff") (data (memory 1) (i32.add (i32.const 1) (i32.const 2)) "")
    (data "passive")))");
  EXPECT_EQ(lines_with(text, "(elem"), R"((elem (;0;) (i32.const 0) func 0)
(elem (;1;) (i32.const 0) funcref (ref.func 0) (ref.null func))
(elem (;2;) (table 1) (global.get $g) externref (ref.null extern))
(elem (;3;) declare func 0)
(elem (;4;) func 0)
(elem (;5;) anyref (ref.i31 (i32.const 1)))
)");
  EXPECT_EQ(lines_with(text, "(data"), R"((data (;0;) (i32.const 1) "a\00\ff")
(data (;1;) (memory 1) (i32.add (i32.const 1) (i32.const 2)))
(data (;2;) "passive")
)");
}

TEST(printer_annotations, custom_sections_and_branch_hints) {
  const std::string text = reprint(R"((module (@custom "first" (before first) "1")
    (@custom "b" (after func) "\00") (@custom "c" (before code) "2") (func (param i32)
      (@metadata.code.branch_hint "\01") (if (local.get 0) (then))
      (block (local.get 0) (@metadata.code.branch_hint "\00") br_if 0)) (@custom "last" "3")))");
  EXPECT_EQ(lines_with(text, "(@"), R"((@metadata.code.branch_hint "\01") if ;; label = @1
(@metadata.code.branch_hint "\00") br_if 0 (;@1;)
(@custom "first" (before first) "1")
(@custom "b" (after func) "\00")
(@custom "c" (after func) "2")
(@custom "last" (after code) "3")
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
