// Modules as bytes: each kind of field, each abbreviation, folded and flat instructions.
// [spec 6.4-6.6]
#include "text/assembler.h"

#include <gtest/gtest.h>
#include <string>

#include "base/bytes.h"

namespace waxwing::text {
namespace {

using base::ErrorCode;

std::string hex(base::ByteSpan bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (uint8_t byte : bytes) {
    if (!text.empty()) text += ' ';
    text += digits[byte >> 4];
    text += digits[byte & 0xf];
  }
  return text;
}

/// The module without its header and without names, in hexadecimal; or the error's message.
std::string sections(std::string_view wat) {
  const auto bytes = assemble(wat, {.name_section = false});
  if (!bytes) return bytes.error().message();
  return hex(base::ByteSpan(*bytes).subspan(8));
}

/// The one section numbered `id` of the module, without its size.
std::string section(uint8_t id, std::string_view wat, bool with_names = false) {
  const auto bytes = assemble(wat, {.name_section = with_names});
  if (!bytes) return bytes.error().message();
  for (size_t i = 8; i + 1 < bytes->size();) {
    const size_t size = (*bytes)[i + 1];
    EXPECT_LT(size, 0x80u) << "too large for this test";
    if ((*bytes)[i] == id) return hex(base::ByteSpan(*bytes).subspan(i + 2, size));
    i += 2 + size;
  }
  return "absent";
}

/// The instructions of a function without locals, `end` left out.
std::string code(const std::string& instrs) {
  std::string bytes = section(10, "(func " + instrs + ")");
  if (bytes.size() < 11 || !bytes.starts_with("01 ")) return bytes;
  bytes = bytes.substr(9);
  return bytes == "0b" ? "" : bytes.substr(0, bytes.size() - 3);
}

std::optional<ErrorCode> error(std::string_view wat) {
  const auto bytes = assemble(wat);
  return bytes ? std::nullopt : std::optional(bytes.error().code);
}

TEST(assembler, a_module_is_wrapped_or_bare) {
  EXPECT_EQ(sections("(module)"), "");
  EXPECT_EQ(sections(""), "");
  EXPECT_EQ(sections("(module $m (type (func)))"), "01 04 01 60 00 00");
  EXPECT_EQ(sections("(type (func))"), "01 04 01 60 00 00");
  EXPECT_EQ(sections("(module $m binary \"\\00asm\" \"\\01\\00\\00\\00\" \"x\")"), "78");
}

TEST(assembler, types_of_all_forms) {
  EXPECT_EQ(section(1, "(type (func (param i32 $unnamed)))").substr(0, 9), "malformed");
  EXPECT_EQ(section(1, "(type (func (param $a i32) (param f32 v128) (result i64)))"),
            "01 60 03 7f 7d 7b 01 7e");
  EXPECT_EQ(section(1, "(type (struct (field $a i8) (field (mut i16) externref)))"),
            "01 5f 03 78 00 77 01 6f 00");
  EXPECT_EQ(section(1, "(type (array (mut (ref null any))))"), "01 5e 6e 01");
  EXPECT_EQ(section(1, "(type $a (sub (func))) (type (sub final $a (func)))"),
            "02 50 00 60 00 00 4f 01 00 60 00 00");
  EXPECT_EQ(section(1, "(type (sub final (func)))"), "01 60 00 00");
  EXPECT_EQ(section(1, "(rec (type $a (func (result (ref $b)))) (type $b (array i8))) (rec)"),
            "02 4e 02 60 00 01 64 01 5e 78 00 4e 00");
}

TEST(assembler, references_have_short_and_long_forms) {
  EXPECT_EQ(section(1,
                    "(type (func (param funcref nullref nullexternref nullfuncref nullexnref "
                    "exnref eqref i31ref structref arrayref anyref)))"),
            "01 60 0b 70 71 72 73 74 69 6d 6c 6b 6a 6e 00");
  EXPECT_EQ(section(1, "(type (func (param (ref func) (ref null func) (ref null 0) (ref 64))))"),
            "01 60 04 64 70 70 63 00 64 c0 00 00");
}

TEST(assembler, type_uses_find_types_or_add_them_behind_all) {
  EXPECT_EQ(
      sections("(import \"\" \"\" (func (param i32))) (type (func)) (func) (func (param i32))"),
      "01 08 02 60 00 00 60 01 7f 00 02 05 01 00 00 00 01 03 03 02 00 01 "
      "0a 07 02 02 00 0b 02 00 0b");
  // Neither members of larger groups nor types that are not final are found.
  EXPECT_EQ(section(3, "(type (sub (func))) (rec (type (func)) (type (func))) (func)"), "01 03");
  EXPECT_EQ(section(3, "(type (sub (func))) (rec (type (func))) (func)"), "01 01");
  EXPECT_EQ(section(3, "(type $t (func (param i32))) (func (type $t)) (func (type 0) (param i32))"),
            "02 00 00");
  EXPECT_EQ(error("(type $t (func (param i32))) (func (type $t) (result i32))"),
            ErrorCode::inline_function_type);
  EXPECT_EQ(error("(type $t (struct)) (func (type $t) (param i32))"),
            ErrorCode::inline_function_type);
}

TEST(assembler, imports_and_exports_stand_alone_or_in_line) {
  const std::string alone = sections(
      "(import \"m\" \"f\" (func $f)) (import \"m\" \"t\" (table $t i64 1 2 externref))"
      "(import \"m\" \"m\" (memory $m 1 2 shared)) (import \"m\" \"g\" (global $g (mut i32)))"
      "(import \"m\" \"e\" (tag $e)) (export \"a\" (func $f)) (export \"b\" (table $t))"
      "(export \"c\" (memory $m)) (export \"d\" (global $g)) (export \"e\" (tag $e))");
  const std::string in_line = sections(
      "(func (export \"a\") (import \"m\" \"f\"))"
      "(table (export \"b\") (import \"m\" \"t\") i64 1 2 externref)"
      "(memory (export \"c\") (import \"m\" \"m\") 1 2 shared)"
      "(global (export \"d\") (import \"m\" \"g\") (mut i32)) (tag (export \"e\") (import \"m\" "
      "\"e\"))");
  EXPECT_EQ(alone, in_line);
  EXPECT_EQ(alone,
            "01 04 01 60 00 00 02 26 05 01 6d 01 66 00 00 01 6d 01 74 01 6f 05 01 02 "
            "01 6d 01 6d 02 03 01 02 01 6d 01 67 03 7f 01 01 6d 01 65 04 00 00 "
            "07 15 05 01 61 00 00 01 62 01 00 01 63 02 00 01 64 03 00 01 65 04 00");
}

TEST(assembler, imports_come_first) {
  EXPECT_EQ(error("(func) (import \"\" \"\" (memory 1))"), ErrorCode::import_after_function);
  EXPECT_EQ(error("(table 1 funcref) (func (import \"\" \"\"))"), ErrorCode::import_after_table);
  EXPECT_EQ(error("(memory 1) (func (import \"\" \"\"))"), ErrorCode::import_after_memory);
  EXPECT_EQ(error("(global i32 (i32.const 0)) (func (import \"\" \"\"))"),
            ErrorCode::import_after_global);
  EXPECT_EQ(error("(tag) (func (import \"\" \"\"))"), ErrorCode::import_after_tag);
  EXPECT_EQ(error("(func (import \"\" \"\")) (type (func)) (export \"\" (func 0)) (tag "
                  "(import \"\" \"\"))"),
            std::nullopt);
}

TEST(assembler, locals_of_one_type_are_one_run) {
  EXPECT_EQ(section(10, "(func (local i32 i32) (local $x i32) (local i64) (local $y i32))"),
            "01 08 03 03 7f 01 7e 01 7f 0b");
  EXPECT_EQ(section(10, "(func (param i32 $x) (local))").substr(0, 9), "malformed");
  EXPECT_EQ(
      section(10, "(type (func (param i32 i32))) (func (type 0) (local $x i32) local.get $x)"),
      "01 06 01 01 7f 20 02 0b");
}

TEST(assembler, memories_and_their_data) {
  EXPECT_EQ(section(5, "(memory 1) (memory i64 0 0x1_0000_0000) (memory 1 1 shared)"),
            "03 00 01 05 00 80 80 80 80 10 03 01 01");
  EXPECT_EQ(section(5, "(memory 0 (pagesize 1)) (memory 0 1 (pagesize 65536))"),
            "02 08 00 00 09 00 01 10");
  EXPECT_EQ(sections("(memory (data \"ab\" \"\\63\"))"),
            "05 04 01 01 01 01 0b 09 01 00 41 00 0b 03 61 62 63");
  EXPECT_EQ(sections("(memory i64 (pagesize 1) (data \"abc\"))"),
            "05 05 01 0d 03 03 00 0b 09 01 00 42 00 0b 03 61 62 63");
  EXPECT_EQ(section(11,
                    "(memory 1) (memory $m 1) (data \"p\") (data (i32.const 1) \"a\")"
                    "(data (memory $m) (offset i32.const 2) \"b\" \"c\")"),
            "03 01 01 70 00 41 01 0b 01 61 02 01 41 02 0b 02 62 63");
}

TEST(assembler, tables_and_their_elements) {
  EXPECT_EQ(section(4, "(table 1 2 funcref) (table i64 0 (ref 0) (ref.func 0))"),
            "02 70 01 01 02 40 00 64 00 04 00 d2 00 0b");
  EXPECT_EQ(section(4, "(func $f) (table funcref (elem $f $f))"), "01 70 01 02 02");
  EXPECT_EQ(section(9, "(func $f) (table funcref (elem $f $f))"), "01 00 41 00 0b 02 00 00");
  EXPECT_EQ(section(9, "(func $f) (table (ref null 0) (elem $f))"),
            "01 06 00 41 00 0b 63 00 01 d2 00 0b");
  EXPECT_EQ(section(9, "(table i64 externref (elem (ref.null extern)))"),
            "01 06 00 42 00 0b 6f 01 d0 6f 0b");
}

TEST(assembler, element_segments_of_all_eight_forms) {
  const std::string prefix = "(table 1 funcref) (table $t 1 funcref) (func $f) ";
  EXPECT_EQ(section(9, prefix + "(elem (i32.const 1) $f 0)"), "01 00 41 01 0b 02 00 00");
  EXPECT_EQ(section(9, prefix + "(elem func $f)"), "01 01 00 01 00");
  EXPECT_EQ(section(9, prefix + "(elem (table $t) (offset (i32.const 1)) func $f)"),
            "01 02 01 41 01 0b 00 01 00");
  EXPECT_EQ(section(9, prefix + "(elem declare func $f)"), "01 03 00 01 00");
  EXPECT_EQ(section(9, prefix + "(elem (i32.const 1) funcref (item ref.func $f) (ref.null func))"),
            "01 04 41 01 0b 02 d2 00 0b d0 70 0b");
  EXPECT_EQ(section(9, prefix + "(elem (ref func) (ref.func $f))"), "01 05 64 70 01 d2 00 0b");
  EXPECT_EQ(section(9, prefix + "(elem $e (table $t) (i32.const 1) externref)"),
            "01 06 01 41 01 0b 6f 00");
  EXPECT_EQ(section(9, prefix + "(elem declare externref)"), "01 07 6f 00");
}

TEST(assembler, inline_segments_take_indices_in_order) {
  EXPECT_EQ(code("elem.drop $e) (table funcref (elem)) (elem $e func"), "fc 0d 01");
  EXPECT_EQ(code("data.drop $d) (memory (data)) (data $d"), "fc 09 01");
}

TEST(assembler, the_rest_of_the_fields) {
  EXPECT_EQ(section(6, "(global $g (mut i32) (i32.const 1)) (global i64 i64.const 2)"),
            "02 7f 01 41 01 0b 7e 00 42 02 0b");
  EXPECT_EQ(section(8, "(func) (func $s) (start $s)"), "01");
  EXPECT_EQ(section(13, "(tag $e (param i32))"), "01 00 00");
  EXPECT_EQ(section(12, "(data \"\") (func data.drop 0)"), "01");
  EXPECT_EQ(section(12, "(data \"\")"), "absent");
}

TEST(assembler, ids_are_bound_before_they_are_used_and_once) {
  EXPECT_EQ(section(10, "(func call $\"\\67\") (func $g)"), "02 04 00 10 01 0b 02 00 0b");
  EXPECT_EQ(error("(type $a (func)) (type $a (func))"), ErrorCode::duplicate_type);
  EXPECT_EQ(error("(table $a 1 funcref) (table $a 1 funcref)"), ErrorCode::duplicate_table);
  EXPECT_EQ(error("(memory $a 1) (memory $\"a\" 1)"), ErrorCode::duplicate_memory);
  EXPECT_EQ(error("(global $a (import \"\" \"\") i32) (global $a (import \"\" \"\") i32)"),
            ErrorCode::duplicate_global);
  EXPECT_EQ(error("(tag $a) (tag $a)"), ErrorCode::duplicate_tag);
  EXPECT_EQ(error("(elem $a func) (elem $a func)"), ErrorCode::duplicate_elem);
  EXPECT_EQ(error("(data $a) (data $a)"), ErrorCode::duplicate_data);
  EXPECT_EQ(error("(func (param $a i32) (local $a i32))"), ErrorCode::duplicate_local);
  EXPECT_EQ(error("(type (struct (field $a i32) (field $b i32) (field $a i32)))"),
            ErrorCode::duplicate_field);
  EXPECT_EQ(error("(func $\"\\ff\")"), ErrorCode::malformed_utf8);
  EXPECT_EQ(error("(module $\"\\ff\")"), ErrorCode::malformed_utf8);
  EXPECT_EQ(error("(func (param $a i32)) (func (drop (local.get $a)))"),
            ErrorCode::unknown_identifier);
}

TEST(assembler, folded_operands_come_before_their_instruction) {
  EXPECT_EQ(code("(i32.add (i32.const 1) (i32.mul (i32.const 2) (i32.const 3)))"),
            "41 01 41 02 41 03 6c 6a");
  EXPECT_EQ(code("i32.const 1 (i32.add (i32.const 2)) drop"), "41 01 41 02 6a 1a");
  EXPECT_EQ(code("(if (i32.const 1) (then nop) (else (nop)))"), "41 01 04 40 01 05 01 0b");
  EXPECT_EQ(code("(if (result i32) (i32.const 1) (i32.const 2) (then (i32.const 3)))"),
            "41 01 41 02 04 7f 41 03 0b");
  EXPECT_EQ(code("(block (loop (br 1) unreachable))"), "02 40 03 40 0c 01 00 0b 0b");
  EXPECT_EQ(code("(call_indirect (type 0) (i32.const 1))"), "41 01 11 00 00");
}

TEST(assembler, labels_are_found_from_the_inside_out) {
  EXPECT_EQ(code("block $a block $b br $a br $b end br $a end $a"),
            "02 40 02 40 0c 01 0c 00 0b 0c 00 0b");
  EXPECT_EQ(code("block $a (block $a (br $a)) (br $a) end"), "02 40 02 40 0c 00 0b 0c 00 0b");
  EXPECT_EQ(code("(block $a (if $b (br_if $a (i32.const 0) (i32.const 0)) (then (br $b))))"),
            "02 40 41 00 41 00 0d 00 04 40 0c 00 0b 0b");
  EXPECT_EQ(code("block $a (br_table $a 7 $a (i32.const 0)) end"), "02 40 41 00 0e 02 00 07 00 0b");
  EXPECT_EQ(error("(func block $a end br $a)"), ErrorCode::unknown_identifier);
  EXPECT_EQ(error("(func block $a end $b)"), ErrorCode::mismatching_label);
  EXPECT_EQ(error("(func block end $b)"), ErrorCode::mismatching_label);
  EXPECT_EQ(error("(func if $a else $b end)"), ErrorCode::mismatching_label);
}

TEST(assembler, blocks_have_types_of_three_kinds) {
  EXPECT_EQ(code("block (result i32) end"), "02 7f 0b");
  EXPECT_EQ(code("loop (result (ref null 0)) end"), "03 63 00 0b");
  EXPECT_EQ(code("block (type 0) end"), "02 00 0b");
  EXPECT_EQ(code("block (param i32) (result i32 i32) end"), "02 01 0b");
  EXPECT_EQ(error("(func block (param $x i32) end)"), ErrorCode::unexpected_token);
}

TEST(assembler, exceptions_new_and_legacy) {
  EXPECT_EQ(code("block $h (try_table $t (catch $e $h) (catch_ref 0 0) (catch_all $h) "
                 "(catch_all_ref 1) (br $t)) end) (tag $e"),
            "02 40 1f 40 04 00 00 00 01 00 00 02 00 03 01 0c 00 0b 0b");
  EXPECT_EQ(code("try $t call 0 catch $e rethrow $t catch_all end $t) (tag $e"),
            "06 40 10 00 07 00 09 00 19 0b");
  EXPECT_EQ(code("(try $t (do (call 0)) (catch $e (rethrow $t)) (catch_all))) (tag $e"),
            "06 40 10 00 07 00 09 00 19 0b");
  EXPECT_EQ(code("block $b try $t delegate $b end"), "02 40 06 40 18 00 0b");
  EXPECT_EQ(code("(block $b (try $t (do) (delegate $b)))"), "02 40 06 40 18 00 0b");
  for (std::string_view wat :
       {"(func (catch_all))", "(func catch_all)", "(func (delegate 0))", "(func try delegate)",
        "(func (try (do) (catch_all) (catch_all)))", "(func (try (do) (catch 0) (delegate 0)))",
        "(func try catch_all catch 0 end)", "(func (try nop))", "(func (try))"}) {
    EXPECT_EQ(error(wat), ErrorCode::unexpected_token) << wat;
  }
}

TEST(assembler, memory_arguments_default_to_what_is_natural) {
  EXPECT_EQ(code("i32.load i64.load32_u offset=5 v128.load align=1"),
            "28 02 00 35 02 05 fd 00 00 00");
  EXPECT_EQ(code("i32.load 1 offset=0x1_0 align=4 i32.store $m) (memory 1) (memory $m 1"),
            "28 42 01 10 36 42 01 00");
  EXPECT_EQ(code("i32.load offset=18446744073709551615"), "28 02 ff ff ff ff ff ff ff ff ff 01");
  EXPECT_EQ(code("i64.atomic.rmw16.add_u atomic.fence"), "fe 23 01 00 fe 03 00");
  EXPECT_EQ(code("v128.load8_lane 3 v128.load8_lane 1 3 v128.load16_lane offset=1 3 "
                 "v128.store64_lane 1 align=1 1"),
            "fd 54 00 00 03 fd 54 40 01 00 03 fd 55 01 01 03 fd 5b 40 01 00 01");
  EXPECT_EQ(error("(func i32.load align=0)"), ErrorCode::alignment_not_power_of_two);
  EXPECT_EQ(error("(func i32.load offset=18446744073709551616)"), ErrorCode::i64_out_of_range);
  EXPECT_EQ(error("(func i32.load align=1 offset=1)"), ErrorCode::unexpected_token);
}

TEST(assembler, constants_have_their_shortest_form) {
  EXPECT_EQ(code("i32.const -1 i32.const 0xffffffff i32.const 64 i64.const -65"),
            "41 7f 41 7f 41 c0 00 42 bf 7f");
  EXPECT_EQ(code("f32.const nan:0x1 f64.const -0"), "43 01 00 80 7f 44 00 00 00 00 00 00 00 80");
  EXPECT_EQ(code("v128.const i16x8 0 -1 2 3 4 5 6 7"),
            "fd 0c 00 00 ff ff 02 00 03 00 04 00 05 00 06 00 07 00");
  EXPECT_EQ(code("v128.const f64x2 1 inf"),
            "fd 0c 00 00 00 00 00 00 f0 3f 00 00 00 00 00 00 f0 7f");
  EXPECT_EQ(code("i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 i8x16.extract_lane_s 15"),
            "fd 0d 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 1f fd 15 0f");
  EXPECT_EQ(error("(func (v128.const i8x16 0))"), ErrorCode::wrong_lane_count);
  EXPECT_EQ(error("(func (v128.const i64x2 0 0 0))"), ErrorCode::wrong_lane_count);
  EXPECT_EQ(error("(func (i8x16.extract_lane_s 256))"), ErrorCode::i8_out_of_range);
  EXPECT_EQ(error("(func (i8x16.extract_lane_s -1))"), ErrorCode::unexpected_token);
}

TEST(assembler, indices_may_be_left_out_where_there_is_usually_one) {
  EXPECT_EQ(code("memory.size memory.grow 1 memory.copy memory.copy 1 2 memory.fill"),
            "3f 00 40 01 fc 0a 00 00 fc 0a 01 02 fc 0b 00");
  EXPECT_EQ(code("memory.init 3 memory.init 1 3 table.init 3 table.init 1 3"),
            "fc 08 03 00 fc 08 03 01 fc 0c 03 00 fc 0c 03 01");
  EXPECT_EQ(code("table.get table.set 1 table.copy 1 2 call_indirect 1 (type 0)"),
            "25 00 26 01 fc 0e 01 02 11 00 01");
}

TEST(assembler, selects_and_null_references) {
  EXPECT_EQ(code("select select (result i32) select (result) ref.null func ref.null 0"),
            "1b 1c 01 7f 1c 00 d0 70 d0 00");
}

TEST(assembler, casts_and_aggregates) {
  EXPECT_EQ(code("ref.test (ref i31) ref.test i31ref ref.cast (ref null 0) "
                 "br_on_cast 0 anyref (ref eq)"),
            "fb 14 6c fb 15 6c fb 17 00 fb 18 01 00 6e 6d");
  EXPECT_EQ(section(10,
                    "(type $s (struct (field $a i32) (field $b i32))) (type $a (array i8)) "
                    "(func struct.get $s $b struct.set 0 1 array.new_fixed $a 3 "
                    "array.copy $a $a array.new_data $a 0)"),
            "01 16 00 fb 02 00 01 fb 05 00 01 fb 08 01 03 fb 11 01 01 fb 09 01 00 0b");
}

TEST(assembler, custom_sections_go_where_they_are_told) {
  EXPECT_EQ(sections("(@custom \"z\" \"1\" \"2\") (@custom \"b\" (before func)) (func) "
                     "(@custom \"a\" (after func) \"3\") (@custom \"f\" (before first))"),
            "00 02 01 66 01 04 01 60 00 00 00 02 01 62 03 02 01 00 00 03 01 61 33 "
            "0a 04 01 02 00 0b 00 04 01 7a 31 32");
  for (std::string_view wat :
       {"(@custom)", "(@custom 4)", "(@custom \"\\df\")", "(@custom \"a\" here)",
        "(@custom \"a\" (after))", "(@custom \"a\" (aft type))", "(@custom \"a\" (before types))",
        "(@custom \"a\" (before type) 1)"}) {
    EXPECT_EQ(error(wat), ErrorCode::malformed_custom) << wat;
  }
  EXPECT_EQ(error("(func (@custom \"a\"))"), ErrorCode::misplaced_custom);
  EXPECT_EQ(error("(type (@custom \"a\") (func))"), ErrorCode::misplaced_custom);
}

TEST(assembler, ids_and_annotations_become_names) {
  EXPECT_EQ(
      section(0, "(module $m (func $f (param $x i32) (block $l)) (func (@name \"g h\")))", true),
      "04 6e 61 6d 65 00 02 01 6d 01 09 02 00 01 66 01 03 67 20 68 "
      "02 06 01 00 01 00 01 78 03 06 01 00 01 00 01 6c");
  EXPECT_EQ(section(0, "(module (@name \"n\"))", true), "04 6e 61 6d 65 00 02 01 6e");
  EXPECT_EQ(section(0, "(module $m (@name \"n\") (func $f))"), "absent");
  EXPECT_EQ(section(0, "(type $t (struct (field i32) (field $a i32)))", true),
            "04 6e 61 6d 65 04 04 01 00 01 74 0a 06 01 00 01 01 01 61");
  EXPECT_EQ(error("(module (@name \"a\") (@name \"b\"))"), ErrorCode::malformed_name);
  EXPECT_EQ(error("(module (func $f (@name 1)))"), ErrorCode::malformed_name);
  EXPECT_EQ(error("(module (func) (@name \"a\"))"), ErrorCode::misplaced_name);
  EXPECT_EQ(error("(module (start $f (@name \"a\")) (func $f))"), ErrorCode::misplaced_name);
}

TEST(assembler, branch_hints_tell_where_their_instruction_lies) {
  EXPECT_EQ(section(0,
                    "(func (local i32) i32.const 0 (@metadata.code.branch_hint \"\\01\") if "
                    "(@metadata.code.branch_hint \"\\00\") (br_if 0 (i32.const 1)) end)"),
            "19 6d 65 74 61 64 61 74 61 2e 63 6f 64 65 2e 62 72 61 6e 63 68 5f 68 69 6e 74 "
            "01 00 02 05 01 01 09 01 00");
  EXPECT_EQ(error("(func (@metadata.code.branch_hint \"\\00\") nop)"),
            ErrorCode::branch_hint_target);
  EXPECT_EQ(error("(@metadata.code.branch_hint \"\\00\") (func)"),
            ErrorCode::malformed_branch_hint);
  EXPECT_EQ(
      error("(func (@metadata.code.branch_hint \"\\00\") (@metadata.code.branch_hint \"\\00\") "
            "(if (then)))"),
      ErrorCode::malformed_branch_hint);
}

TEST(assembler, nesting_takes_no_native_stack) {
  constexpr size_t depth = 300'000;
  std::string folded = "(module (func ";
  std::string flat = folded;
  std::string comments;
  for (size_t i = 0; i < depth; ++i) {
    folded += "(i32.eqz ";
    flat += "block ";
    comments += "(;";
  }
  EXPECT_EQ(error(folded), ErrorCode::unexpected_token);
  EXPECT_EQ(error(flat), ErrorCode::unexpected_token);
  EXPECT_EQ(error(comments), ErrorCode::unclosed_comment);
  EXPECT_EQ(error("(@a " + std::string(depth, '(')), ErrorCode::unclosed_annotation);
  folded += std::string(depth, ')') + "))";
  EXPECT_EQ(error(folded), std::nullopt);
}

TEST(assembler, many_annotations_before_one_token_take_linear_time) {
  std::string wat;
  for (int i = 0; i < 200'000; ++i) wat += "(@custom \"\")";
  EXPECT_EQ(error(wat), std::nullopt);
}

TEST(assembler, a_script_reads_a_module_and_goes_on_behind_it) {
  Cursor cursor("(module $m (func $f)) (next)");
  ASSERT_TRUE(cursor.take_open("module"));
  const std::string_view id = cursor.take_id();
  EXPECT_EQ(id, "$m");
  EXPECT_TRUE(assemble_module(cursor, id));
  EXPECT_TRUE(cursor.at_open("next"));
}

}  // namespace
}  // namespace waxwing::text
