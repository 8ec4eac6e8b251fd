// Declarations: every rule of a module outside of function bodies, broken once.
#include "validate/module_validator.h"

#include <gtest/gtest.h>

#include "module_builder.h"

namespace waxwing::validate {
namespace {

using base::ErrorCode;
using syntax::Feature;
using syntax::FeatureSet;

struct Section {
  uint8_t id;
  std::vector<std::string_view> items;
};

struct Row {
  std::string_view what;
  std::vector<Section> sections;
  ErrorCode code;
  std::string_view detail = "";  // part of the error's detail
};

base::Result<> judge(const std::vector<Section>& sections,
                     FeatureSet features = FeatureSet::all()) {
  ModuleBuilder builder;
  for (const Section& section : sections) builder.section(section.id, section.items);
  base::Result<syntax::Module> module = builder.decode(features);
  if (!module) return std::unexpected(module.error());
  return validate(*module, features);
}

const Section no_func{1, {"60 00 00"}};

const std::vector<Row>& invalid_rows() {
  static const std::vector<Row> rows = {
      {"supertype is final", {{1, {"5f 00", "50 01 00 5f 00"}}}, ErrorCode::sub_type, "final"},
      {"supertype of another kind",
       {{1, {"50 00 5f 00", "50 01 00 60 00 00"}}},
       ErrorCode::sub_type,
       "1 of 0, which it does not match"},
      {"too few fields", {{1, {"50 00 5f 01 7f 00", "50 01 00 5f 00"}}}, ErrorCode::sub_type},
      {"mutable fields differ",
       {{1, {"50 00 5f 01 6d 01", "50 01 00 5f 01 6c 01"}}},
       ErrorCode::sub_type},
      {"parameters are not contravariant",
       {{1, {"50 00 60 01 6e 00", "50 01 00 60 01 6d 00"}}},
       ErrorCode::sub_type},
      {"results are not covariant",
       {{1, {"50 00 60 00 01 6d", "50 01 00 60 00 01 6e"}}},
       ErrorCode::sub_type},
      {"elements differ", {{1, {"50 00 5e 7f 00", "50 01 00 5e 7e 00"}}}, ErrorCode::sub_type},
      {"supertype that comes later",
       {{1, {"50 01 01 5f 00", "50 00 5f 00"}}},
       ErrorCode::unknown_type},
      {"memory of 65537 pages", {{5, {"00 81 80 04"}}}, ErrorCode::memory_size, "memory 0"},
      {"maximum of 65537 pages", {{5, {"01 00 81 80 04"}}}, ErrorCode::memory_size},
      {"64-bit memory of 2^48+1 pages", {{5, {"04 81 80 80 80 80 80 40"}}}, ErrorCode::memory_size},
      {"memory with minimum 2, maximum 1", {{5, {"01 02 01"}}}, ErrorCode::min_greater_than_max},
      {"pages of two bytes", {{5, {"08 00 01"}}}, ErrorCode::page_size, "a page has 1 byte"},
      {"2^32 pages of one byte",
       {{5, {"08 80 80 80 80 10 00"}}},
       ErrorCode::memory_size,
       "must be at most 4294967295 pages of 1 byte"},
      {"shared memory without maximum", {{5, {"02 01"}}}, ErrorCode::shared_memory_needs_max},
      {"imported memory",
       {{2, {"01 61 01 62 02 01 02 01"}}},
       ErrorCode::min_greater_than_max,
       "imported as \"a\" \"b\""},
      {"table of 2^32", {{4, {"70 00 80 80 80 80 10"}}}, ErrorCode::table_size},
      {"table with minimum 2, maximum 1", {{4, {"70 01 02 01"}}}, ErrorCode::min_greater_than_max},
      {"imported table", {{2, {"01 61 01 62 01 70 01 02 01"}}}, ErrorCode::min_greater_than_max},
      {"table of non-null references without value",
       {no_func, {4, {"64 00 00 0a"}}},
       ErrorCode::type_mismatch,
       "needs an initial value"},
      {"table with a value of another type",
       {{4, {"40 00 70 00 0a 41 00 0b"}}},
       ErrorCode::type_mismatch,
       "[funcref], not [i32]; in table 0"},
      {"tag with results", {{1, {"60 00 01 7f"}}, {13, {"00 00"}}}, ErrorCode::tag_result},
      {"imported tag with results",
       {{1, {"60 00 01 7f"}}, {2, {"01 61 01 62 04 00 00"}}},
       ErrorCode::tag_result},
      {"global of another type",
       {{6, {"7f 00 42 00 0b"}}},
       ErrorCode::type_mismatch,
       "the expression must give [i32], not [i64]; in global 0"},
      {"global without value", {{6, {"7f 00 0b"}}}, ErrorCode::type_mismatch},
      {"global with two values", {{6, {"7f 00 41 00 41 00 0b"}}}, ErrorCode::type_mismatch},
      {"global that reads itself", {{6, {"7f 00 23 00 0b"}}}, ErrorCode::unknown_global},
      {"global that reads a mutable one",
       {{6, {"7f 01 41 00 0b", "7f 00 23 00 0b"}}},
       ErrorCode::constant_expression_required,
       "global 0 is mutable"},
      {"constant arithmetic",
       {{6, {"7f 00 41 00 42 00 6a 0b"}}},
       ErrorCode::type_mismatch,
       "i32.add requires [i32] but the stack has [i64]; in global 0"},
      {"no constant", {{6, {"7f 00 41 00 45 0b"}}}, ErrorCode::constant_expression_required},
      {"ref.func of nothing", {{6, {"70 00 d2 00 0b"}}}, ErrorCode::unknown_function},
      {"struct.new of unknown type", {{6, {"6e 00 fb 01 00 0b"}}}, ErrorCode::unknown_type},
      {"struct.new of an array type",
       {{1, {"5e 7f 00"}}, {6, {"6e 00 fb 00 00 0b"}}},
       ErrorCode::type_mismatch},
      {"struct.new_default without defaults",
       {{1, {"60 00 00", "5f 01 64 00 00"}}, {6, {"6e 00 fb 01 01 0b"}}},
       ErrorCode::type_mismatch},
      {"array.new_fixed with too few operands",
       {{1, {"5e 7f 00"}}, {6, {"6e 00 41 00 fb 08 00 02 0b"}}},
       ErrorCode::type_mismatch},
      {"export of no function",
       {{7, {"01 61 00 00"}}},
       ErrorCode::unknown_function,
       "exported as \"a\""},
      {"export of no table", {{7, {"01 61 01 00"}}}, ErrorCode::unknown_table},
      {"export of no memory", {{7, {"01 61 02 00"}}}, ErrorCode::unknown_memory},
      {"export of no global", {{7, {"01 61 03 00"}}}, ErrorCode::unknown_global},
      {"export of no tag", {{7, {"01 61 04 00"}}}, ErrorCode::unknown_tag},
      {"two exports of one name",
       {{5, {"00 01"}}, {7, {"01 61 02 00", "01 62 02 00", "01 61 02 00"}}},
       ErrorCode::duplicate_export,
       "\"a\""},
      {"data in no memory",
       {{11, {"00 41 00 0b 00"}}},
       ErrorCode::unknown_memory,
       "in data segment 0"},
      {"data at an offset of another type",
       {{5, {"00 01"}}, {11, {"00 42 00 0b 00"}}},
       ErrorCode::type_mismatch,
       "the offset of data segment 0"},
      {"data at a 32-bit offset of a 64-bit memory",
       {{5, {"04 01"}}, {11, {"00 41 00 0b 00"}}},
       ErrorCode::type_mismatch},
      {"elements in no table", {{9, {"00 41 00 0b 00"}}}, ErrorCode::unknown_table},
      {"elements of no function",
       {{4, {"70 00 0a"}}, {9, {"00 41 00 0b 01 00"}}},
       ErrorCode::unknown_function,
       "in element segment 0"},
      {"elements of another type than the table's",
       {{4, {"6f 00 0a"}}, {9, {"00 41 00 0b 00"}}},
       ErrorCode::type_mismatch},
      {"element of another type than the segment's",
       {{9, {"05 70 01 41 00 0b"}}},
       ErrorCode::type_mismatch},
  };
  return rows;
}

TEST(module_validator, refuses_each_broken_rule) {
  for (const Row& row : invalid_rows()) {
    const base::Result<> verdict = judge(row.sections);
    ASSERT_FALSE(verdict) << row.what;
    EXPECT_EQ(verdict.error().code, row.code) << row.what << ": " << verdict.error().message();
    EXPECT_NE(verdict.error().detail.find(row.detail), std::string::npos)
        << row.what << ": " << verdict.error().detail;
  }
}

TEST(module_validator, accepts_what_is_just_valid) {
  const std::vector<std::pair<std::string_view, std::vector<Section>>> rows = {
      {"nothing", {}},
      {"subtypes that match", {{1, {"50 00 5f 01 6d 00", "50 01 00 5f 02 6c 00 7f 01"}}}},
      {"function subtypes", {{1, {"50 00 60 01 6d 01 6e", "50 01 00 60 01 6e 01 6d"}}}},
      {"memory of 65536 pages", {{5, {"01 00 80 80 04"}}}},
      {"2^32-1 pages of one byte", {{5, {"08 ff ff ff ff 0f 00"}}}},
      {"64-bit memory of 2^64-1 pages of one byte", {{5, {"0c ff ff ff ff ff ff ff ff ff 01 00"}}}},
      {"64-bit memory of 2^48 pages", {{5, {"04 80 80 80 80 80 80 40"}}}},
      {"table of 2^32-1", {{4, {"70 00 ff ff ff ff 0f"}}}},
      {"64-bit table of 2^64-1", {{4, {"70 04 ff ff ff ff ff ff ff ff ff 01"}}}},
      {"global that reads an earlier one", {{6, {"7f 00 41 00 0b", "7f 00 23 00 0b"}}}},
      {"constant arithmetic", {{6, {"7e 00 42 01 42 02 7e 42 03 7c 0b"}}}},
      {"constant structure", {{1, {"5f 01 7f 00"}}, {6, {"64 00 00 41 00 fb 00 00 0b"}}}},
      {"constant array", {{1, {"5e 78 00"}}, {6, {"64 00 00 41 00 41 00 fb 08 00 02 0b"}}}},
      {"constant i31", {{6, {"64 6c 00 41 00 fb 1c 0b"}}}},
      {"constant conversions", {{6, {"6f 00 d0 6e fb 1b 0b", "6e 00 d0 6f fb 1a 0b"}}}},
      {"v128 and floats",
       {{6,
         {"7b 00 fd 0c 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 0b",
          "7d 00 43 00 00 00 00 0b", "7c 00 44 00 00 00 00 00 00 00 00 0b"}}}},
      {"elements as expressions", {{9, {"05 70 01 d0 70 0b"}}}},
  };
  for (const auto& [what, sections] : rows) {
    const base::Result<> verdict = judge(sections);
    EXPECT_TRUE(verdict) << what << ": " << verdict.error().message();
  }
}

TEST(module_validator, start_takes_and_gives_nothing) {
  const auto judge_start = [](std::string_view type, std::string_view body,
                              std::string_view start) {
    ModuleBuilder builder;
    builder.section(1, {type}).section(3, {"00"}).raw_section(8, hex(start));
    builder.code({{hex("00"), hex(body)}});
    base::Result<syntax::Module> module = builder.decode();
    return module ? validate(*module, FeatureSet::all()) : std::unexpected(module.error());
  };
  EXPECT_TRUE(judge_start("60 00 00", "", "00"));
  const base::Result<> with_result = judge_start("60 00 01 7f", "41 00", "00");
  ASSERT_FALSE(with_result);
  EXPECT_EQ(with_result.error().code, ErrorCode::start_function);
  const base::Result<> missing = judge_start("60 00 00", "", "01");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::unknown_function);
}

TEST(module_validator, only_imported_globals_are_constant_before_gc) {
  const std::vector<Section> sections = {{6, {"7f 00 41 00 0b", "7f 00 23 00 0b"}}};
  EXPECT_TRUE(judge(sections));
  FeatureSet features = FeatureSet::all();
  features.set(Feature::gc, false);
  const base::Result<> verdict = judge(sections, features);
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().code, ErrorCode::unknown_global);
}

TEST(module_validator, notes_the_features_that_bodies_use) {
  base::Result<syntax::Module> module = house("00", hex("00"), hex("41 00 c0 1a")).decode();
  ASSERT_TRUE(module);
  EXPECT_FALSE(module->features_used.has(Feature::sign_extension));
  ASSERT_TRUE(validate(*module, FeatureSet::all()));
  EXPECT_TRUE(module->features_used.has(Feature::sign_extension));
  EXPECT_FALSE(module->features_used.has(Feature::relaxed_simd));
}

}  // namespace
}  // namespace waxwing::validate
