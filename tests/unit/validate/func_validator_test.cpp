// Every instruction, valid and invalid: rows with signatures by the table, those typed by hand from
// the rows below.
#include "validate/func_validator.h"

#include <gtest/gtest.h>
#include <set>

#include "module_builder.h"
#include "syntax/access.h"
#include "syntax/opcode_table.h"

namespace waxwing::validate {
namespace {

using base::ErrorCode;
using syntax::ImmediateKind;
using syntax::Op;
using syntax::OperandType;
using syntax::OpInfo;

constexpr std::string_view no_locals = "00";
constexpr std::string_view i32_local = "01 01 7f";
constexpr std::string_view ref_local = "01 01 64 00";  // (ref 0): no default

struct ValidRow {
  std::string_view what;
  std::string_view body;  // without the final `end`
  std::string_view type = "00";
  std::string_view locals = no_locals;
};

constexpr ValidRow valid_rows[] = {
    {"unreachable gives anything", "00", "08"},
    {"operands of unreachable code", "00 6a 1a"},
    {"nop", "01"},
    {"block with a result", "02 7f 41 00 0b", "08"},
    {"block with parameters", "41 01 02 01 0b", "08"},
    {"loop with parameters", "41 01 03 01 0b", "08"},
    {"branch to a loop takes its parameters", "41 01 03 01 0c 00 0b", "08"},
    {"if and else", "41 00 04 7f 41 01 05 41 02 0b", "08"},
    {"if without else returns its parameters", "41 05 41 00 04 01 0b", "08"},
    {"br", "02 40 0c 00 0b"},
    {"br_if keeps what the label takes", "02 7f 41 01 41 00 0d 00 0b", "08"},
    {"br_table", "02 7f 41 01 41 00 0e 01 00 01 0b", "08"},
    {"return", "41 00 0f", "08"},
    {"call", "41 00 10 01", "08"},
    {"call_indirect", "41 00 11 00 00"},
    {"call_indirect in a 64-bit table", "42 00 11 00 02"},
    {"return_call", "12 02", "08"},
    {"return_call_indirect", "41 00 13 08 00", "08"},
    {"call_ref", "d2 00 14 00"},
    {"return_call_ref", "d2 00 15 00"},
    {"throw", "41 00 08 00"},
    {"throw_ref", "d0 69 0a"},
    {"catch", "02 7f 1f 40 01 00 00 00 0b 00 0b 1a"},
    {"catch_ref", "02 0c 1f 40 01 01 00 00 0b 00 0b 1a 1a"},
    {"catch_all", "02 40 1f 40 01 02 00 0b 0b"},
    {"catch_all_ref", "02 64 69 1f 40 01 03 00 0b 00 0b 1a"},
    {"try without catches", "06 7f 41 00 0b", "08"},
    {"try with catches", "06 7f 41 00 07 00 19 41 02 0b", "08"},
    {"delegate to the function", "06 7f 41 00 18 00", "08"},
    {"delegate past a catch", "06 40 19 06 40 18 00 0b"},
    {"rethrow out of a block", "06 40 19 02 40 09 01 0b 0b"},
    {"drop", "41 00 1a"},
    {"select", "41 00 41 00 41 00 1b 1a"},
    {"select of unknown operands", "00 1b 1a"},
    {"select with a type", "d0 70 d0 70 41 00 1c 01 70 1a"},
    {"locals", "20 00 21 00 41 00 22 00 1a", "00", i32_local},
    {"local without default, set first", "d2 00 21 00 02 40 20 00 1a 0b", "00", ref_local},
    {"local without default, tee", "d2 00 22 00 1a 20 00 1a", "00", ref_local},
    {"globals", "23 01 24 00"},
    {"memory.copy", "41 00 41 00 41 00 fc 0a 00 00"},
    {"memory.copy to a 64-bit memory", "42 00 41 00 41 00 fc 0a 01 00"},
    {"table.copy", "41 00 41 00 41 00 fc 0e 00 00"},
    {"table.copy to a 64-bit table", "42 00 41 00 41 00 fc 0e 02 00"},
    {"offset 2^32 in a 64-bit memory", "42 00 28 42 01 80 80 80 80 10 1a"},
    {"ref.null", "d0 70 1a"},
    {"ref.is_null", "d0 70 d1 1a"},
    {"ref.func", "d2 00 1a"},
    {"ref.eq", "d0 6d d0 6d d3 1a"},
    {"ref.as_non_null", "d0 70 d4 1a"},
    {"ref.as_non_null of an unknown operand", "00 d4 1a"},
    {"br_on_null", "02 40 d0 70 d5 00 1a 0b"},
    {"br_on_non_null", "02 64 70 d0 70 d6 00 00 0b 1a"},
    {"struct.new", "41 00 41 00 42 00 fb 00 02 1a"},
    {"struct.new_default, struct.get", "fb 01 02 fb 02 02 00 1a"},
    {"struct.get_s", "fb 01 02 fb 03 02 01 1a"},
    {"struct.get_u", "fb 01 02 fb 04 02 01 1a"},
    {"struct.set", "fb 01 02 41 00 fb 05 02 00"},
    {"array.new", "41 00 41 00 fb 06 03 1a"},
    {"array.new_default", "41 00 fb 07 03 1a"},
    {"array.new_fixed", "41 00 41 00 fb 08 03 02 1a"},
    {"array.new_fixed of 2^32-1 unknown operands", "00 fb 08 03 ff ff ff ff 0f 1a"},
    {"array.new_data", "41 00 41 00 fb 09 03 00 1a"},
    {"array.new_elem", "41 00 41 00 fb 0a 05 00 1a"},
    {"array.get", "d0 03 41 00 fb 0b 03 1a"},
    {"array.get_s", "d0 04 41 00 fb 0c 04 1a"},
    {"array.get_u", "d0 04 41 00 fb 0d 04 1a"},
    {"array.set", "d0 03 41 00 41 00 fb 0e 03"},
    {"array.len", "d0 03 fb 0f 1a"},
    {"array.fill", "d0 03 41 00 41 00 41 00 fb 10 03"},
    {"array.copy", "d0 03 41 00 d0 03 41 00 41 00 fb 11 03 03"},
    {"array.init_data", "d0 03 41 00 41 00 41 00 fb 12 03 00"},
    {"array.init_elem", "d0 05 41 00 41 00 41 00 fb 13 05 00"},
    {"ref.test", "d0 6e fb 14 02 1a"},
    {"ref.test null", "d0 6e fb 15 02 1a"},
    {"ref.cast", "d0 6e fb 16 02 1a"},
    {"ref.cast null", "d0 6e fb 17 02 1a"},
    {"br_on_cast", "02 63 02 d0 6e fb 18 03 00 6e 02 1a d0 02 0b 1a"},
    {"br_on_cast_fail", "02 6e d0 6e fb 19 03 00 6e 02 1a d0 6e 0b 1a"},
    {"any.convert_extern", "d0 6f fb 1a 1a"},
    {"extern.convert_any", "d0 6e fb 1b 1a"},
    {"ref.i31, i31.get_s", "41 00 fb 1c fb 1d 1a"},
    {"i31.get_u", "41 00 fb 1c fb 1e 1a"},
};

struct InvalidRow {
  std::string_view what;
  std::string_view body;  // without the final `end`
  ErrorCode code;
  uint32_t offset;               // within the body
  std::string_view detail = "";  // that the error's detail begins with
  std::string_view type = "00";
  std::string_view locals = no_locals;
};

constexpr InvalidRow invalid_rows[] = {
    {"operand types", "41 00 42 00 6a 1a", ErrorCode::type_mismatch, 4,
     "i32.add requires [i32 i32] but the stack has [i32 i64]; in function 3"},
    {"too few operands", "41 00 6a 1a", ErrorCode::type_mismatch, 2,
     "i32.add requires [i32 i32] but the stack has [i32]"},
    {"operands of an outer block", "41 00 02 40 1a 0b", ErrorCode::type_mismatch, 4,
     "drop requires an operand but the stack has []"},
    {"known operands of unreachable code", "00 42 00 6a 1a", ErrorCode::type_mismatch, 3},
    {"block of unknown type", "02 e3 00 0b", ErrorCode::unknown_type, 0, "99 (the module has 13)"},
    {"block of a structure type", "02 02 0b", ErrorCode::non_function_type, 0, "2"},
    {"block without its parameters", "02 01 1a 0b", ErrorCode::type_mismatch, 0},
    {"loop without its parameters", "03 01 1a 0b", ErrorCode::type_mismatch, 0},
    {"if without condition", "04 40 0b", ErrorCode::type_mismatch, 0},
    {"results at else", "41 00 04 7f 42 00 05 41 00 0b 1a", ErrorCode::type_mismatch, 6,
     "else requires [i32] but the stack has [i64]"},
    {"else without if", "02 40 05 0b", ErrorCode::end_opcode_expected, 2},
    {"two elses", "41 00 04 40 05 05 0b", ErrorCode::end_opcode_expected, 5},
    {"results at end", "42 00", ErrorCode::type_mismatch, 2,
     "end requires [i32] but the stack has [i64]", "08"},
    {"too many results", "41 00 41 00", ErrorCode::type_mismatch, 4,
     "end requires [i32] but the stack has [i32 i32]", "08"},
    {"if without else, with a result", "41 00 04 7f 41 00 0b 1a", ErrorCode::type_mismatch, 6},
    {"body without its own end", "02 40", ErrorCode::end_opcode_expected, 3, "1 blocks are open"},
    {"body that ends in a block", "02 40 02 40", ErrorCode::unexpected_end_of_section, 5},
    {"bytes behind the end", "0b 01", ErrorCode::section_size_mismatch, 1},
    {"br to nowhere", "0c 63", ErrorCode::unknown_label, 0, "99 (1 are open)"},
    {"br without operands", "02 7f 0c 00 0b 1a", ErrorCode::type_mismatch, 2},
    {"br_if without condition", "0d 00", ErrorCode::type_mismatch, 0},
    {"br_if without operands", "02 7f 41 00 0d 00 0b 1a", ErrorCode::type_mismatch, 4},
    {"br_table to nowhere", "41 00 0e 01 63 00", ErrorCode::unknown_label, 2},
    {"br_table of two arities", "02 7f 41 00 41 00 0e 01 00 01 0b 1a", ErrorCode::type_mismatch, 6,
     "br_table has labels with 0 and with 1 operands"},
    {"br_table without index", "0e 00 00", ErrorCode::type_mismatch, 0},
    {"return of another type", "42 00 0f", ErrorCode::type_mismatch, 2, "", "08"},
    {"call of nothing", "10 63", ErrorCode::unknown_function, 0, "99 (the module has 4)"},
    {"call without arguments", "10 01 1a", ErrorCode::type_mismatch, 0},
    {"call_indirect in no table", "41 00 11 00 63", ErrorCode::unknown_table, 2},
    {"call_indirect in a table of externref", "41 00 11 00 01", ErrorCode::type_mismatch, 2},
    {"call_indirect of unknown type", "41 00 11 63 00", ErrorCode::unknown_type, 2},
    {"call_indirect of a structure type", "41 00 11 02 00", ErrorCode::non_function_type, 2},
    {"call_indirect in a 64-bit table", "41 00 11 00 02", ErrorCode::type_mismatch, 2},
    {"return_call of another type", "12 00", ErrorCode::type_mismatch, 0,
     "return_call calls a function that returns [] in one that returns [i32]", "08"},
    {"return_call_indirect of another type", "41 00 13 00 00", ErrorCode::type_mismatch, 2, "",
     "08"},
    {"call_ref of another type", "d2 00 14 08 1a", ErrorCode::type_mismatch, 2},
    {"return_call_ref of another type", "d2 00 15 00", ErrorCode::type_mismatch, 2, "", "08"},
    {"throw of nothing", "08 63", ErrorCode::unknown_tag, 0, "99 (the module has 1)"},
    {"throw without values", "08 00", ErrorCode::type_mismatch, 0},
    {"throw_ref without exception", "d0 70 0a", ErrorCode::type_mismatch, 2},
    {"catch to a label of other types", "1f 40 01 00 00 00 0b", ErrorCode::type_mismatch, 0,
     "try_table catches [i32] but label 0 takes []"},
    {"catch_all_ref to a label without operands", "1f 40 01 03 00 0b", ErrorCode::type_mismatch, 0},
    {"catch of no tag", "1f 40 01 00 63 00 0b", ErrorCode::unknown_tag, 0},
    {"catch to nowhere", "1f 40 01 02 63 0b", ErrorCode::unknown_label, 0},
    {"try without its parameters", "06 01 1a 0b", ErrorCode::type_mismatch, 0},
    {"results at catch", "06 7f 42 00 07 00 0b 1a", ErrorCode::type_mismatch, 4,
     "catch requires [i32] but the stack has [i64]"},
    {"operands left at catch", "06 40 41 00 07 00 1a 0b", ErrorCode::type_mismatch, 4,
     "catch requires [] but the stack has [i32]"},
    {"payload left at end", "06 40 07 00 0b", ErrorCode::type_mismatch, 4},
    {"catch without a try", "02 40 07 00 0b", ErrorCode::end_opcode_expected, 2,
     "catch without a try"},
    {"catch of no tag by a try", "06 40 07 63 0b", ErrorCode::unknown_tag, 2},
    {"catch behind catch_all", "06 40 19 07 00 1a 0b", ErrorCode::end_opcode_expected, 3,
     "catch behind a catch_all"},
    {"two of catch_all", "06 40 19 19 0b", ErrorCode::end_opcode_expected, 3},
    {"results at catch_all", "06 40 41 00 19 0b", ErrorCode::type_mismatch, 4},
    {"delegate without a try", "02 40 18 00", ErrorCode::end_opcode_expected, 2},
    {"delegate behind a catch", "06 40 19 18 00", ErrorCode::end_opcode_expected, 3},
    {"delegate to nowhere", "06 40 18 01", ErrorCode::unknown_label, 2,
     "1 (1 are open around the try)"},
    {"delegate to the last label of all", "06 40 18 ff ff ff ff 0f", ErrorCode::unknown_label, 2},
    {"results at delegate", "06 7f 42 00 18 00 1a", ErrorCode::type_mismatch, 4,
     "delegate requires [i32] but the stack has [i64]"},
    {"rethrow to nowhere", "09 63", ErrorCode::unknown_label, 0},
    {"rethrow in the body of a try", "06 40 09 00 19 0b", ErrorCode::invalid_rethrow_label, 2},
    {"rethrow out of a function", "06 40 19 09 01 0b", ErrorCode::invalid_rethrow_label, 3, "1 is"},
    {"drop of nothing", "1a", ErrorCode::type_mismatch, 0},
    {"select of two types", "41 00 42 00 41 00 1b 1a", ErrorCode::type_mismatch, 6},
    {"select of references", "d0 70 d0 70 41 00 1b 1a", ErrorCode::type_mismatch, 6,
     "select without a type requires numbers or vectors"},
    {"select with no type", "41 00 41 00 41 00 1c 00 1a", ErrorCode::invalid_result_arity, 6},
    {"select with another type", "41 00 41 00 41 00 1c 01 7e 1a", ErrorCode::type_mismatch, 6},
    {"local.get of nothing", "20 63 1a", ErrorCode::unknown_local, 0, "99 (the function has 0)"},
    {"local.set of another type", "42 00 21 00", ErrorCode::type_mismatch, 2, "", "00", i32_local},
    {"local.tee of another type", "42 00 22 00 1a", ErrorCode::type_mismatch, 2, "", "00",
     i32_local},
    {"local that is not set", "20 00 1a", ErrorCode::uninitialized_local, 0, "0", "00", ref_local},
    {"local that was set in a block", "02 40 d2 00 21 00 0b 20 00 1a",
     ErrorCode::uninitialized_local, 7, "0", "00", ref_local},
    {"local that was set before else", "41 00 04 40 d2 00 21 00 05 20 00 1a 0b",
     ErrorCode::uninitialized_local, 9, "0", "00", ref_local},
    {"global.get of nothing", "23 63 1a", ErrorCode::unknown_global, 0},
    {"global.set of nothing", "41 00 24 63", ErrorCode::unknown_global, 2},
    {"global.set of an immutable one", "41 00 24 01", ErrorCode::immutable_global, 2, "1"},
    {"global.set of another type", "42 00 24 00", ErrorCode::type_mismatch, 2},
    {"table.get in nothing", "41 00 25 63 1a", ErrorCode::unknown_table, 2},
    {"memory.size of nothing", "3f 63 1a", ErrorCode::unknown_memory, 0},
    {"load from nothing", "41 00 28 42 63 00 1a", ErrorCode::unknown_memory, 2},
    {"alignment", "41 00 28 03 00 1a", ErrorCode::alignment_too_large, 2},
    {"atomic alignment", "41 00 fe 10 01 00 1a", ErrorCode::atomic_alignment, 2},
    {"offset 2^32 in a 32-bit memory", "41 00 28 02 80 80 80 80 10 1a",
     ErrorCode::offset_out_of_range, 2, "4294967296 in a 32-bit memory"},
    {"lane", "fd 0c 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 fd 15 10 1a",
     ErrorCode::invalid_lane_index, 18, "16 of 16"},
    {"lane of a load",
     "41 00 fd 0c 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 fd 57 03 00 02 1a",
     ErrorCode::invalid_lane_index, 20, "2 of 2"},
    {"lane of a shuffle", "00 fd 0d 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 20 1a",
     ErrorCode::invalid_lane_index, 1, "32 of 32"},
    {"memory.copy between 64 and 32 bits", "42 00 41 00 42 00 fc 0a 01 00",
     ErrorCode::type_mismatch, 6},
    {"memory.copy from nothing", "41 00 41 00 41 00 fc 0a 00 63", ErrorCode::unknown_memory, 6},
    {"table.copy of other elements", "41 00 41 00 41 00 fc 0e 00 01", ErrorCode::type_mismatch, 6,
     "table.copy copies externref into a table of funcref"},
    {"table.init of other elements", "41 00 41 00 41 00 fc 0c 00 01", ErrorCode::type_mismatch, 6},
    {"elem.drop of nothing", "fc 0d 63", ErrorCode::unknown_elem_segment, 0},
    {"data.drop of nothing", "fc 09 63", ErrorCode::unknown_data_segment, 0},
    {"ref.null of unknown type", "d0 e3 00 1a", ErrorCode::unknown_type, 1},
    {"ref.is_null of a number", "41 00 d1 1a", ErrorCode::type_mismatch, 2},
    {"ref.func of nothing", "d2 63 1a", ErrorCode::unknown_function, 0},
    {"ref.func of an undeclared function", "d2 01 1a", ErrorCode::undeclared_function, 0, "1 "},
    {"ref.eq of functions", "d0 70 d0 70 d3 1a", ErrorCode::type_mismatch, 4},
    {"ref.as_non_null of a number", "41 00 d4 1a", ErrorCode::type_mismatch, 2},
    {"br_on_null of a number", "41 00 d5 00 1a", ErrorCode::type_mismatch, 2},
    {"br_on_non_null to a label without operands", "d0 70 d6 00", ErrorCode::type_mismatch, 2},
    {"struct.new of an array type", "fb 00 03 1a", ErrorCode::type_mismatch, 0},
    {"struct.new of unknown type", "fb 00 63 1a", ErrorCode::unknown_type, 0},
    {"struct.new without fields", "41 00 fb 00 02 1a", ErrorCode::type_mismatch, 2},
    {"struct.new_default without defaults", "fb 01 06 1a", ErrorCode::type_mismatch, 0},
    {"field that is not there", "d0 02 fb 02 02 63 1a", ErrorCode::unknown_field, 2,
     "99 (the structure has 3)"},
    {"struct.get of a packed field", "d0 02 fb 02 02 01 1a", ErrorCode::type_mismatch, 2},
    {"struct.get_s of a plain field", "d0 02 fb 03 02 00 1a", ErrorCode::type_mismatch, 2},
    {"struct.get_u of another structure", "d0 06 fb 04 02 01 1a", ErrorCode::type_mismatch, 2},
    {"struct.set of an immutable field", "d0 02 42 00 fb 05 02 02", ErrorCode::immutable_field, 4},
    {"array.new of a structure type", "fb 06 02 1a", ErrorCode::type_mismatch, 0},
    {"array.new_default without default", "41 00 fb 07 07 1a", ErrorCode::type_mismatch, 2},
    {"array.new_fixed with too few operands", "41 00 fb 08 03 02 1a", ErrorCode::type_mismatch, 2},
    {"array.new_fixed of other elements", "42 00 fb 08 03 01 1a", ErrorCode::type_mismatch, 2},
    {"array.new_data of references", "41 00 41 00 fb 09 05 00 1a", ErrorCode::array_not_numeric, 4},
    {"array.new_data of no segment", "41 00 41 00 fb 09 03 63 1a", ErrorCode::unknown_data_segment,
     4},
    {"array.new_elem of other elements", "41 00 41 00 fb 0a 03 00 1a", ErrorCode::type_mismatch, 4},
    {"array.new_elem of no segment", "41 00 41 00 fb 0a 05 63 1a", ErrorCode::unknown_elem_segment,
     4},
    {"array.get of packed elements", "d0 04 41 00 fb 0b 04 1a", ErrorCode::type_mismatch, 4},
    {"array.get_s of plain elements", "d0 03 41 00 fb 0c 03 1a", ErrorCode::type_mismatch, 4},
    {"array.get_u without index", "d0 04 fb 0d 04 1a", ErrorCode::type_mismatch, 2},
    {"array.set of an immutable array", "d0 04 41 00 41 00 fb 0e 04", ErrorCode::immutable_array,
     6},
    {"array.len of a structure", "d0 02 fb 0f 1a", ErrorCode::type_mismatch, 2},
    {"array.fill of an immutable array", "d0 04 41 00 41 00 41 00 fb 10 04",
     ErrorCode::immutable_array, 8},
    {"array.copy between types", "d0 03 41 00 d0 04 41 00 41 00 fb 11 03 04",
     ErrorCode::array_types_mismatch, 10, "from i8 to i32"},
    {"array.init_data of references", "d0 05 41 00 41 00 41 00 fb 12 05 00",
     ErrorCode::array_not_numeric, 8},
    {"array.init_elem of numbers", "d0 03 41 00 41 00 41 00 fb 13 03 00", ErrorCode::type_mismatch,
     8},
    {"ref.test in another hierarchy", "d0 70 fb 14 02 1a", ErrorCode::type_mismatch, 2},
    {"ref.test null in another hierarchy", "d0 70 fb 15 02 1a", ErrorCode::type_mismatch, 2},
    {"ref.cast in another hierarchy", "d0 70 fb 16 02 1a", ErrorCode::type_mismatch, 2},
    {"ref.cast null in another hierarchy", "d0 70 fb 17 02 1a", ErrorCode::type_mismatch, 2},
    {"br_on_cast to no subtype", "02 63 02 d0 02 fb 18 03 00 02 6e 0b 1a", ErrorCode::type_mismatch,
     5},
    {"br_on_cast to another label", "02 63 03 d0 6e fb 18 03 00 6e 02 1a d0 03 0b 1a",
     ErrorCode::type_mismatch, 5},
    {"br_on_cast_fail to another label", "02 63 02 d0 6e fb 19 03 00 6e 02 0b 1a",
     ErrorCode::type_mismatch, 5},
    {"any.convert_extern of a function", "d0 70 fb 1a 1a", ErrorCode::type_mismatch, 2,
     "any.convert_extern requires [externref] but the stack has [funcref]"},
    {"extern.convert_any of a function", "d0 70 fb 1b 1a", ErrorCode::type_mismatch, 2},
    {"ref.i31 of i64", "42 00 fb 1c 1a", ErrorCode::type_mismatch, 2},
    {"i31.get_s of a structure", "d0 02 fb 1d 1a", ErrorCode::type_mismatch, 2},
    {"i31.get_u of a structure", "d0 02 fb 1e 1a", ErrorCode::type_mismatch, 2},
};

/// The module with one body under test, and the verdict on it.
struct Trial {
  Trial(std::string_view type, const Bytes& locals, const Bytes& body)
      : module(house(type, locals, body).decode()) {
    if (module) verdict = validate(*module, syntax::FeatureSet::all());
  }

  const syntax::FuncBody& body() const { return module->bodies[tested_func]; }

  base::Result<syntax::Module> module;
  base::Result<> verdict;
};

/// The instructions of a body, up to what cannot be read.
std::vector<binary::Instr> instrs_of(const Trial& trial) {
  std::vector<binary::Instr> instrs;
  binary::InstrReader reader(*trial.module, syntax::FeatureSet::all(),
                             trial.module->code(trial.body()), trial.body().offset);
  for (binary::Instr instr; reader.next(instr);) instrs.push_back(instr);
  return instrs;
}

/// Checks a row and returns the instruction that is wrong.
std::optional<Op> check_invalid(const InvalidRow& row) {
  const Trial trial(row.type, hex(row.locals), hex(row.body));
  EXPECT_TRUE(trial.module) << row.what << ": " << trial.module.error().message();
  EXPECT_FALSE(trial.verdict) << row.what;
  if (!trial.module || trial.verdict) return std::nullopt;
  const base::Error& error = trial.verdict.error();
  EXPECT_EQ(error.code, row.code) << row.what << ": " << error.message();
  EXPECT_EQ(error.offset, trial.body().offset + row.offset) << row.what << ": " << error.message();
  EXPECT_TRUE(error.detail.starts_with(row.detail)) << row.what << ": " << error.detail;
  EXPECT_TRUE(error.detail.ends_with("in function 3")) << row.what << ": " << error.detail;
  for (const binary::Instr& instr : instrs_of(trial)) {
    if (instr.code_offset == row.offset) return instr.op;
  }
  return std::nullopt;
}

TEST(func_validator, rows_typed_by_hand_accept_what_is_valid) {
  std::set<Op> seen;
  for (const ValidRow& row : valid_rows) {
    const Trial trial(row.type, hex(row.locals), hex(row.body));
    ASSERT_TRUE(trial.module) << row.what << ": " << trial.module.error().message();
    EXPECT_TRUE(trial.verdict) << row.what << ": " << trial.verdict.error().message();
    for (const binary::Instr& instr : instrs_of(trial)) seen.insert(instr.op);
  }
  for (const OpInfo& info : syntax::op_table) {
    EXPECT_TRUE(!info.signature.by_hand || seen.contains(info.id)) << info.text;
  }
}

TEST(func_validator, rows_typed_by_hand_refuse_what_is_invalid) {
  std::set<Op> seen{Op::unreachable, Op::nop};  // which fit everywhere
  for (const InvalidRow& row : invalid_rows) {
    if (const std::optional<Op> op = check_invalid(row)) seen.insert(*op);
  }
  seen.insert(Op::ref_null);  // whose only error is the reader's
  for (const OpInfo& info : syntax::op_table) {
    EXPECT_TRUE(!info.signature.by_hand || seen.contains(info.id)) << info.text;
  }
}

/// An instruction that gives a value of `type`; `addr` is that of 32-bit memories, `elem` funcref.
Bytes value_of(OperandType type) {
  switch (type) {
    case OperandType::i32:
    case OperandType::addr: return hex("41 00");
    case OperandType::i64: return hex("42 00");
    case OperandType::f32: return hex("43 00 00 00 00");
    case OperandType::f64: return hex("44 00 00 00 00 00 00 00 00");
    case OperandType::v128: return hex("fd 0c 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00");
    case OperandType::elem: return hex("d0 70");
  }
  return {};
}

/// Bytes of a valid immediate in the module under test.
Bytes immediate_of(const OpInfo& info) {
  const uint8_t align = syntax::access_table[size_t(info.id)].align_log2;
  switch (info.immediate) {
    case ImmediateKind::mem_arg: return {align, 0};
    case ImmediateKind::mem_arg_lane: return {align, 0, 0};
    case ImmediateKind::f32: return Bytes(4);
    case ImmediateKind::f64: return Bytes(8);
    case ImmediateKind::v128:
    case ImmediateKind::shuffle: return Bytes(16);
    case ImmediateKind::data_memory:
    case ImmediateKind::elem_table: return Bytes(2);
    case ImmediateKind::none: return {};
    case ImmediateKind::i32:
    case ImmediateKind::i64:
    case ImmediateKind::lane:
    case ImmediateKind::memory:
    case ImmediateKind::table:
    case ImmediateKind::data:
    case ImmediateKind::elem:
    case ImmediateKind::fence: return Bytes(1);
    case ImmediateKind::block:
    case ImmediateKind::label:
    case ImmediateKind::br_table:
    case ImmediateKind::func:
    case ImmediateKind::type:
    case ImmediateKind::call_indirect:
    case ImmediateKind::local:
    case ImmediateKind::global:
    case ImmediateKind::tag:
    case ImmediateKind::heap_type:
    case ImmediateKind::select_types:
    case ImmediateKind::try_table:
    case ImmediateKind::field:
    case ImmediateKind::type_count:
    case ImmediateKind::type_data:
    case ImmediateKind::type_elem:
    case ImmediateKind::type_type:
    case ImmediateKind::cast:
    case ImmediateKind::memory_memory:
    case ImmediateKind::table_table: break;
  }
  ADD_FAILURE() << info.text << " has a signature and an immediate that this test does not know";
  return {};
}

Bytes instr_of(const OpInfo& info) {
  Bytes bytes;
  if (info.prefix != 0) {
    bytes.push_back(info.prefix);
    append_number(bytes, info.code);
  } else {
    bytes.push_back(uint8_t(info.code));
  }
  append(bytes, immediate_of(info));
  return bytes;
}

/// Operands for `info`, with the last one of a wrong type if `wrong`; the instruction; drops.
Bytes body_around(const OpInfo& info, bool wrong) {
  Bytes body;
  const syntax::Signature& signature = info.signature;
  for (size_t i = 0; i < signature.param_count; ++i) {
    const bool is_last = i + 1u == signature.param_count;
    const OperandType type = signature.params[i];
    const OperandType other = type == OperandType::f32 ? OperandType::i32 : OperandType::f32;
    append(body, value_of(wrong && is_last ? other : type));
  }
  append(body, instr_of(info));
  for (size_t i = 0; i < signature.result_count; ++i) body.push_back(0x1a);
  append(body, Bytes(16, 0x01));  // nops, so that the fast path sees it too
  return body;
}

TEST(func_validator, rows_with_signatures_take_their_operands) {
  for (const OpInfo& info : syntax::op_table) {
    if (info.signature.by_hand) continue;
    const Trial trial("00", hex(no_locals), body_around(info, false));
    ASSERT_TRUE(trial.module) << info.text << ": " << trial.module.error().message();
    EXPECT_TRUE(trial.verdict) << info.text << ": " << trial.verdict.error().message();
  }
}

TEST(func_validator, rows_with_signatures_refuse_other_operands) {
  for (const OpInfo& info : syntax::op_table) {
    if (info.signature.by_hand || info.signature.param_count == 0) continue;
    const Trial trial("00", hex(no_locals), body_around(info, true));
    ASSERT_TRUE(trial.module) << info.text << ": " << trial.module.error().message();
    ASSERT_FALSE(trial.verdict) << info.text;
    EXPECT_EQ(trial.verdict.error().code, ErrorCode::type_mismatch) << info.text;
    EXPECT_NE(trial.verdict.error().detail.find(info.text), std::string::npos) << info.text;
  }
}

// The fast path looks ahead; near the end of a body the slow path does all. Both must agree.
TEST(func_validator, fast_and_slow_path_agree) {
  for (const InvalidRow& row : invalid_rows) {
    if (row.offset >= hex(row.body).size()) continue;  // wrong at the end: padding would move it
    InvalidRow padded = row;
    const std::string body =
        std::string(row.body) + " 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01";
    padded.body = body;
    if (row.code == ErrorCode::section_size_mismatch) continue;
    check_invalid(padded);
  }
}

TEST(func_validator, fast_path_accepts_what_is_valid_and_numbers_of_any_length) {
  const Bytes nops(16, 0x01);
  for (const ValidRow& row : valid_rows) {
    Bytes body = nops;
    append(body, hex(row.body));
    const Trial trial(row.type, hex(row.locals), body);
    EXPECT_TRUE(trial.verdict) << row.what << ": " << trial.verdict.error().message();
  }
  // Loads and stores of memory 0 last, so that a wrong length is seen as another instruction.
  const std::string_view bodies[] = {
      "41 7f 1a",
      "41 ff 00 1a",
      "41 80 80 80 80 78 1a",
      "42 ff ff ff ff ff ff ff ff ff 00 1a",
      "43 80 80 80 80 1a",
      "20 80 00 1a 20 80 80 80 80 00 1a",
      "41 80 01 22 80 00 21 00",
      "41 00 28 02 80 01 1a",
      "41 00 28 82 00 81 80 00 1a",
      "41 00 41 00 36 02 ff ff ff ff 0f",
      "02 40 41 00 0d 80 00 0b",
      "23 81 00 1a",
      "10 80 80 80 80 00",
  };
  for (std::string_view text : bodies) {
    Bytes body = nops;
    append(body, hex(text));
    append(body, nops);
    const Trial trial("00", hex(i32_local), body);
    ASSERT_TRUE(trial.module) << text;
    EXPECT_TRUE(trial.verdict) << text << ": " << trial.verdict.error().message();
  }
}

TEST(func_validator, fast_path_knows_locals_up_to_its_limit) {
  const std::string_view locals = "03 7f 7f 01 7e 01 7d";  // 127 i32, i64, f32
  const Bytes nops(16, 0x01);
  const auto verdict_on = [&](std::string_view text) {
    Bytes body = hex(text);
    append(body, nops);
    return Trial("00", hex(locals), body).verdict;
  };
  EXPECT_TRUE(verdict_on("20 7e 45 1a 20 7f 50 1a 20 80 01 8b 1a"));
  EXPECT_TRUE(verdict_on("41 00 21 7e 42 00 22 7f 1a 43 00 00 00 00 21 80 01"));
  for (std::string_view wrong : {"20 7e 50 1a", "20 7f 45 1a", "20 80 01 50 1a", "42 00 21 7e",
                                 "41 00 22 7f 1a", "42 00 21 80 01"}) {
    const base::Result<> verdict = verdict_on(wrong);
    ASSERT_FALSE(verdict) << wrong;
    EXPECT_EQ(verdict.error().code, ErrorCode::type_mismatch) << wrong;
  }
  const base::Result<> beyond = verdict_on("20 81 01 1a");
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, ErrorCode::unknown_local);
}

TEST(func_validator, data_segments_need_a_data_count) {
  ModuleBuilder builder;
  builder.section(1, {"60 00 00"}).section(3, {"00"}).code({{hex("00"), hex("fc 09 00")}});
  builder.section(11, {"01 00"});
  base::Result<syntax::Module> module = builder.decode();
  ASSERT_TRUE(module);
  const base::Result<> verdict = validate(*module, syntax::FeatureSet::all());
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().code, ErrorCode::data_count_required);
}

TEST(func_validator, errors_name_the_function) {
  ModuleBuilder builder;
  builder.section(1, {"60 00 00"}).section(3, {"00"}).code({{hex("00"), hex("6a 1a")}});
  builder.raw_section(0, hex("04 6e 61 6d 65 01 07 01 00 04 6d 61 69 6e"));  // function 0: main
  base::Result<syntax::Module> module = builder.decode();
  ASSERT_TRUE(module);
  const base::Result<> verdict = validate(*module, syntax::FeatureSet::all());
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().message(),
            "invalid module: type mismatch: i32.add requires [i32 i32] but the stack has []; in "
            "function 0 \"main\" (at offset 0x17)");
}

TEST(func_validator, nesting_has_a_limit) {
  Bytes body;
  for (uint32_t i = 0; i < 100'000; ++i) append(body, hex("02 40"));
  append(body, Bytes(100'000, 0x0b));
  const Trial trial("00", hex(no_locals), body);
  ASSERT_TRUE(trial.module);
  ASSERT_FALSE(trial.verdict);
  EXPECT_EQ(trial.verdict.error().code, ErrorCode::implementation_limit);
}

TEST(func_validator, operands_have_a_limit) {
  // Blocks that take nothing and leave an i32 and an exnref each: type 12.
  Bytes body;
  for (uint32_t i = 0; i < 500'000; ++i) append(body, hex("02 0c 00 0b"));
  Bytes most = body;
  append(most, hex("00"));
  EXPECT_TRUE(Trial("00", hex(no_locals), most).verdict);
  for (std::string_view more : {"41 00 00", "02 0c 00 0b 00"}) {
    Bytes beyond = body;
    append(beyond, hex(more));
    const Trial trial("00", hex(no_locals), beyond);
    ASSERT_TRUE(trial.module);
    ASSERT_FALSE(trial.verdict) << more;
    EXPECT_EQ(trial.verdict.error().code, ErrorCode::implementation_limit);
  }
}

TEST(func_validator, locals_that_the_body_is_too_small_for_have_types_too) {
  // 1 i32, 30000 i64, 10000 (ref 0), 1 f32
  const std::string_view locals = "04 01 7f b0 ea 01 7e 90 4e 64 00 01 7d";
  const Trial good("00", hex(locals),
                   hex("20 b0 ea 01 1a d2 00 21 b1 ea 01 20 b1 ea 01 1a 20 c1 b8 02 91 1a"));
  ASSERT_TRUE(good.module) << good.module.error().message();
  EXPECT_TRUE(good.verdict) << good.verdict.error().message();
  const Trial unset("00", hex(locals), hex("20 b1 ea 01 1a"));
  ASSERT_FALSE(unset.verdict);
  EXPECT_EQ(unset.verdict.error().code, ErrorCode::uninitialized_local);
  const Trial beyond("00", hex(locals), hex("20 c2 b8 02 1a"));
  ASSERT_FALSE(beyond.verdict);
  EXPECT_EQ(beyond.verdict.error().code, ErrorCode::unknown_local);
}

}  // namespace
}  // namespace waxwing::validate
