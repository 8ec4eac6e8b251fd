#include "binary/module_decoder.h"

#include <gtest/gtest.h>
#include <string>

#include "hex.h"

namespace waxwing::binary {
namespace {

using base::ErrorCode;
using syntax::Feature;
using syntax::FeatureSet;
using syntax::Module;
using syntax::SegmentMode;

struct BadModule {
  std::string_view what;
  std::string_view bytes;  // all of them
  ErrorCode code;
  uint64_t offset;
};

void expect_error(const BadModule& bad, const base::Result<Module>& result) {
  ASSERT_FALSE(result) << bad.what;
  EXPECT_EQ(result.error().code, bad.code) << bad.what << ": " << result.error().message();
  EXPECT_EQ(result.error().offset, bad.offset) << bad.what << ": " << result.error().message();
}

TEST(module_decoder_preamble, names_what_is_wrong) {
  constexpr BadModule rows[] = {
      {"empty", "", ErrorCode::unexpected_end, 0},
      {"cut in the magic", "00 61 73", ErrorCode::unexpected_end, 3},
      {"wrong magic", "7f 45 4c 46 01 00 00 00", ErrorCode::malformed_magic, 0},
      {"cut in the version", "00 61 73 6d 01 00", ErrorCode::unexpected_end, 6},
      {"version 13", "00 61 73 6d 0d 00 00 00", ErrorCode::malformed_version, 4},
      {"version 2", "00 61 73 6d 02 00 00 00", ErrorCode::malformed_version, 4},
      {"component", "00 61 73 6d 0d 00 01 00", ErrorCode::component_not_module, 4},
  };
  for (const BadModule& row : rows) expect_error(row, decode_bytes(hex(row.bytes)));
}

TEST(module_decoder_preamble, component_error_says_how_to_mend_it) {
  const auto result = decode_bytes(hex("00 61 73 6d 0d 00 01 00"));
  EXPECT_NE(result.error().message().find("wasip1"), std::string::npos);
}

// Sections that a row begins with: one function of the type [] -> [].
constexpr std::string_view one_func = "01 04 01 60 00 00 03 02 01 00 ";

/// In `sections`, an '@' at the start stands for `one_func`.
base::Result<Module> decode_row(std::string_view sections) {
  if (!sections.starts_with('@')) return decode_sections(sections);
  return decode_sections(std::string(one_func) + std::string(sections.substr(1)));
}

constexpr BadModule malformed[] = {
    {"page of 2^64 bytes", "05 04 01 08 00 40", ErrorCode::malformed_page_size, 13},
    {"page size of a table", "04 05 01 70 08 00 00", ErrorCode::malformed_limits, 12},
    {"section id 14", "0e 01 00", ErrorCode::malformed_section_id, 8},
    {"section id without size", "01", ErrorCode::unexpected_end_of_section, 9},
    {"section beyond the module", "01 07 01", ErrorCode::length_out_of_bounds, 9},
    {"section smaller than its size", "01 05 01 60 00 00 00", ErrorCode::section_size_mismatch, 10},
    {"section larger than its size", "01 03 01 60 00 00", ErrorCode::section_size_mismatch, 10},
    {"repeated section", "01 01 00 01 01 00", ErrorCode::unexpected_content, 11},
    {"section out of order", "02 01 00 01 01 00", ErrorCode::unexpected_content, 11},
    {"tag after global", "06 01 00 0d 01 00", ErrorCode::unexpected_content, 11},
    {"data count after code", "0a 01 00 0c 01 00", ErrorCode::unexpected_content, 11},
    {"custom section without name", "00 00", ErrorCode::unexpected_end_of_section, 10},
    {"custom name beyond its section", "00 02 05 61 62 63 64 65",
     ErrorCode::unexpected_end_of_section, 12},
    {"custom name not UTF-8", "00 02 01 ff", ErrorCode::malformed_utf8, 11},
    {"type form", "01 02 01 42", ErrorCode::malformed_type_form, 11},
    {"type form of two bytes", "01 05 01 e0 7f 00 00", ErrorCode::integer_too_long, 12},
    {"value type", "01 05 01 60 01 42 00", ErrorCode::malformed_value_type, 13},
    {"heap type", "01 06 01 60 01 63 40 00", ErrorCode::malformed_heap_type, 14},
    {"mutability of a field", "01 04 01 5e 78 02", ErrorCode::malformed_mutability, 13},
    {"mutability of a global", "06 06 01 7f 02 41 00 0b", ErrorCode::malformed_mutability, 12},
    {"import kind", "02 05 01 00 00 05 00", ErrorCode::malformed_import_kind, 13},
    {"limits of a memory", "05 03 01 10 00", ErrorCode::malformed_limits, 11},
    {"limits of a shared table", "04 05 01 70 03 00 00", ErrorCode::malformed_limits, 12},
    {"reference type of a table", "04 04 01 7f 00 00", ErrorCode::malformed_reference_type, 11},
    {"table with an initial value", "04 09 01 40 01 70 00 00 d0 70 0b",
     ErrorCode::zero_byte_expected, 12},
    {"tag attribute", "@0d 03 01 01 00", ErrorCode::malformed_tag_attribute, 21},
    {"export kind", "07 04 01 00 05 00", ErrorCode::malformed_export_kind, 12},
    {"element segment flags", "09 02 01 08", ErrorCode::malformed_segment_flags, 11},
    {"element kind", "09 04 01 01 01 00", ErrorCode::malformed_elem_kind, 12},
    {"data segment flags", "0b 02 01 03", ErrorCode::malformed_segment_flags, 11},
    {"vector beyond the module", "05 01 01", ErrorCode::unexpected_end_of_section, 10},
    {"data beyond the module", "0b 04 01 01 05 61", ErrorCode::unexpected_end_of_section, 14},
    {"number too long", "05 08 01 00 80 80 80 80 80 80 80 80 80 80 00", ErrorCode::integer_too_long,
     22},
    {"number too large", "05 08 01 00 80 80 80 80 80 80 80 80 80 70", ErrorCode::integer_too_large,
     21},
    {"functions without code", "@", ErrorCode::function_code_mismatch, 18},
    {"code without functions", "0a 04 01 02 00 0b", ErrorCode::function_code_mismatch, 14},
    {"data count of no section", "0c 01 01", ErrorCode::data_count_mismatch, 11},
    {"data count too small", "0c 01 01 0b 05 02 01 00 01 00", ErrorCode::data_count_mismatch, 18},
    {"too many locals", "@0a 0c 01 0a 02 ff ff ff ff 0f 7f 02 7e 0b", ErrorCode::too_many_locals,
     22},
    {"locals beyond the body", "@0a 05 01 01 01 02 7f", ErrorCode::unexpected_end_of_section, 23},
    {"no end before the next function",
     "01 04 01 60 00 00 03 03 02 00 00 0a 0c 02 04 00 41 01 1a 05 00 41 01 1a 0b",
     ErrorCode::end_opcode_expected, 27},
    {"no end in the module", "@0a 06 01 04 00 41 01 1a", ErrorCode::unexpected_end_of_section, 26},
    {"no end in the section", "@0a 06 01 04 00 41 01 1a 0b 03 01 01 00",
     ErrorCode::section_size_mismatch, 26},
    {"expression without end", "06 05 01 7f 00 41 00", ErrorCode::unexpected_end_of_section, 15},
    {"expression that ends with else", "06 06 01 7f 00 41 00 05", ErrorCode::end_opcode_expected,
     15},
    {"illegal opcode", "06 05 01 7f 00 ff 0b", ErrorCode::illegal_opcode, 13},
    {"malformed behind what is not constant", "06 06 01 7f 00 01 ff 0b", ErrorCode::illegal_opcode,
     14},
};

constexpr BadModule invalid[] = {
    {"type of a function", "03 02 01 00", ErrorCode::unknown_type, 11},
    {"type of an import", "02 05 01 00 00 00 07", ErrorCode::unknown_type, 14},
    {"function of a structure type", "01 03 01 5f 00 03 02 01 00", ErrorCode::non_function_type,
     16},
    {"reference beyond the group", "01 06 01 60 01 63 01 00", ErrorCode::unknown_type, 14},
    {"reference to the next group", "01 09 02 60 01 63 01 00 60 00 00", ErrorCode::unknown_type,
     14},
    {"supertype that is the type itself", "01 06 01 50 01 00 60 00 00", ErrorCode::unknown_type,
     13},
    {"two supertypes", "01 0d 03 50 00 5f 00 50 00 5f 00 50 02 00 01 5f 00", ErrorCode::sub_type,
     20},
    {"nop in an expression", "06 05 01 7f 00 01 0b", ErrorCode::constant_expression_required, 13},
};

constexpr BadModule limits[] = {
    {"locals", "@0a 08 01 06 01 d1 86 03 7f 0b", ErrorCode::implementation_limit, 22},
};

TEST(module_decoder_error, malformed) {
  for (const BadModule& row : malformed) expect_error(row, decode_row(row.bytes));
}

TEST(module_decoder_error, invalid) {
  for (const BadModule& row : invalid) expect_error(row, decode_row(row.bytes));
}

TEST(module_decoder_error, limits) {
  for (const BadModule& row : limits) expect_error(row, decode_row(row.bytes));
}

TEST(module_decoder_error, code_names_tables_and_memories_with_16_bits) {
  for (const auto& [section, item] : {std::pair("04 86 80 0c 81 80 04", "70 00 00"),
                                      std::pair("05 85 80 08 81 80 04", "00 00")}) {
    std::string text = section;
    for (int i = 0; i < 65'537; ++i) text.append(" ").append(item);
    const auto result = decode_row(text);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::implementation_limit);
  }
}

TEST(module_decoder_error, says_what_and_how_many) {
  const auto result = decode_row(limits[0].bytes);
  EXPECT_EQ(result.error().detail, "50001 locals in a function, at most 50000");
}

TEST(module_decoder_error, chain_of_supertypes_has_a_limit) {
  // Type 0 has no supertype; type i has type i - 1.
  for (const uint32_t depth : {63u, 64u}) {
    std::vector<uint8_t> types = {uint8_t(depth + 1), 0x50, 0x00, 0x5f, 0x00};
    for (uint32_t i = 0; i < depth; ++i) {
      for (uint32_t byte : {0x50u, 1u, i, 0x5fu, 0u}) types.push_back(uint8_t(byte));
    }
    std::vector<uint8_t> bytes = hex(preamble);
    bytes.push_back(1);
    bytes.push_back(uint8_t((types.size() & 0x7f) | 0x80));
    bytes.push_back(uint8_t(types.size() >> 7));
    bytes.insert(bytes.end(), types.begin(), types.end());
    const auto result = decode_bytes(bytes);
    EXPECT_EQ(result.has_value(), depth == 63);
    if (!result) {
      EXPECT_EQ(result.error().code, ErrorCode::implementation_limit);
    }
  }
}

struct Switched {
  std::string_view what;
  std::string_view bytes;
  Feature feature;
  ErrorCode code = ErrorCode::feature_disabled;
};

TEST(module_decoder_features, what_is_off_is_refused_and_what_is_used_is_noted) {
  constexpr Switched rows[] = {
      {"v128", "01 05 01 60 01 7b 00", Feature::simd},
      {"several results", "01 06 01 60 00 02 7f 7f", Feature::multi_value},
      {"externref", "01 05 01 60 01 6f 00", Feature::reference_types},
      {"typed reference", "01 06 01 60 01 64 70 00", Feature::function_references},
      {"anyref", "01 05 01 60 01 6e 00", Feature::gc},
      {"structure", "01 03 01 5f 00", Feature::gc},
      {"group", "01 03 01 4e 00", Feature::gc},
      {"exnref", "01 05 01 60 01 69 00", Feature::exceptions},
      {"tag section", "0d 01 00", Feature::exceptions},
      {"64-bit memory", "05 03 01 04 00", Feature::memory64},
      {"64-bit table", "04 04 01 70 04 00", Feature::memory64},
      {"page size", "05 04 01 08 00 00", Feature::custom_page_sizes, ErrorCode::malformed_limits},
      {"shared memory", "05 04 01 03 00 01", Feature::threads},
      {"second memory", "05 05 02 00 00 00 00", Feature::multi_memory},
      {"second table", "04 07 02 70 00 00 70 00 00", Feature::reference_types},
      {"passive data", "0b 03 01 01 00", Feature::bulk_memory},
      {"addition", "06 09 01 7f 00 41 00 41 00 6a 0b", Feature::extended_const,
       ErrorCode::constant_expression_required},
  };
  for (const Switched& row : rows) {
    FeatureSet features = FeatureSet::all();
    features.set(row.feature, false);
    const auto refused = decode_sections(row.bytes, features);
    ASSERT_FALSE(refused) << row.what;
    EXPECT_EQ(refused.error().code, row.code) << row.what;
    EXPECT_NE(refused.error().detail.find(syntax::feature_info(row.feature).text),
              std::string::npos)
        << refused.error().message();
    const auto accepted = decode_row(row.bytes);
    ASSERT_TRUE(accepted) << row.what << accepted.error().message();
    EXPECT_TRUE(accepted->features_used.has(row.feature)) << row.what;
  }
}

TEST(module_decoder_sections, index_spaces_start_with_imports) {
  const auto module = decode_sections(
      "01 08 02 60 00 00 60 01 7f 00 "                      // two types
      "02 1d 05 01 61 01 62 00 01  00 00 01 70 00 01  "     // a function, a table
      "00 00 02 01 01 02  00 00 03 7e 01  00 00 04 00 00 "  // a memory, a global, a tag
      "03 02 01 00 04 04 01 6f 00 05 05 03 01 00 01 "       // a function, a table, a memory
      "07 05 01 01 78 02 01 08 01 01 0a 04 01 02 00 0b");   // an export, the start, the code
  ASSERT_TRUE(module) << module.error().message();
  EXPECT_EQ(module->imports.size(), 5u);
  EXPECT_EQ(module->imports[0].module, "a");
  EXPECT_EQ(module->imports[0].name, "b");
  EXPECT_EQ(module->imports[3].kind(), syntax::ExternKind::global);
  EXPECT_EQ(module->funcs.size(), 2u);
  EXPECT_EQ(module->imported_funcs, 1u);
  EXPECT_EQ(module->funcs[syntax::FuncIdx(0u)], syntax::TypeIdx(1u));
  EXPECT_EQ(module->tables.size(), 2u);
  EXPECT_EQ(module->tables[syntax::TableIdx(1u)].type.limits.min, 5u);
  EXPECT_EQ(module->memories[syntax::MemIdx(0u)].limits_pages, (syntax::Limits{1, 2}));
  EXPECT_TRUE(module->globals[syntax::GlobalIdx(0u)].type.is_mutable);
  EXPECT_EQ(module->imported_tags, 1u);
  EXPECT_EQ(module->exports[0].name, "x");
  EXPECT_EQ(module->exports[0].index, 1u);
  EXPECT_EQ(module->start, syntax::FuncIdx(1u));
  EXPECT_EQ(module->bodies[0].code_size, 1u);
  EXPECT_EQ(module->bodies[0].offset, module->bytes.size() - 1);
}

TEST(module_decoder_sections, all_forms_of_element_segments) {
  const auto module = decode_row(
      "@04 04 01 70 00 05 "
      "09 32 08 "
      "00 41 01 0b 01 00 "
      "01 00 01 00 "
      "02 00 41 02 0b 00 01 00 "
      "03 00 01 00 "
      "04 41 03 0b 01 d2 00 0b "
      "05 6f 01 d0 6f 0b "
      "06 00 41 04 0b 70 01 d0 70 0b "
      "07 70 00 "
      "0a 04 01 02 00 0b");
  ASSERT_TRUE(module) << module.error().message();
  ASSERT_EQ(module->elems.size(), 8u);
  constexpr SegmentMode modes[] = {
      SegmentMode::active, SegmentMode::passive, SegmentMode::active, SegmentMode::declarative,
      SegmentMode::active, SegmentMode::passive, SegmentMode::active, SegmentMode::declarative};
  for (uint32_t i = 0; i < 8; ++i) {
    const syntax::ElemSegment& segment = module->elems[syntax::ElemIdx(i)];
    EXPECT_EQ(segment.mode, modes[i]) << i;
    EXPECT_EQ(segment.funcs.size(), i < 4 ? 1u : 0u) << i;
    EXPECT_EQ(segment.exprs.size(), i >= 4 && i < 7 ? 1u : 0u) << i;
    EXPECT_EQ(segment.type.is_nullable(), i >= 4) << i;
    if (segment.mode == SegmentMode::active) {
      EXPECT_EQ(syntax::Op::i32_const, module->instrs(segment.offset)[0].op);
      EXPECT_EQ(base::load_le<uint32_t>(&module->instrs(segment.offset)[0].value), i / 2 + 1);
    }
  }
  EXPECT_EQ(module->elems[syntax::ElemIdx(5u)].type, syntax::externref);
  const auto item = module->instrs(module->elems[syntax::ElemIdx(4u)].exprs[0]);
  ASSERT_EQ(item.size(), 1u);
  EXPECT_EQ(item[0].op, syntax::Op::ref_func);
}

TEST(module_decoder_sections, data_segments_keep_spans_of_the_module) {
  const auto good = decode_sections(
      "05 03 01 00 01 0c 01 03 0b 12 03 00 41 7f 0b 02 61 62 01 01 63 02 00 41 00 0b 01 64");
  ASSERT_TRUE(good) << good.error().message();
  EXPECT_EQ(good->data_count, 3u);
  EXPECT_EQ(base::as_text(good->datas[syntax::DataIdx(0u)].bytes), "ab");
  EXPECT_EQ(good->datas[syntax::DataIdx(1u)].mode, SegmentMode::passive);
  EXPECT_EQ(base::as_text(good->datas[syntax::DataIdx(2u)].bytes), "d");
  const auto& value = good->instrs(good->datas[syntax::DataIdx(0u)].offset)[0].value;
  EXPECT_EQ(base::load_le<uint64_t>(&value), 0xffffffffu);
}

TEST(module_decoder_sections, constant_expressions_keep_their_immediates) {
  const auto globals = decode_sections(
      "01 04 01 5e 7f 00 "
      "06 2a 03 "
      "7b 00 fd 0c 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 0b "
      "64 00 00 41 05 41 06 fb 08 00 02 0b "
      "63 00 00 d0 00 23 00 0b");
  ASSERT_TRUE(globals) << globals.error().message();
  const auto expr = [&](uint32_t i) {
    return globals->instrs(globals->globals[syntax::GlobalIdx(i)].init);
  };
  EXPECT_EQ(expr(0)[0].value.bytes[15], 15);
  ASSERT_EQ(expr(1).size(), 3u);
  EXPECT_EQ(expr(1)[2].op, syntax::Op::array_new_fixed);
  EXPECT_EQ(expr(1)[2].index, 0u);
  EXPECT_EQ(expr(1)[2].count, 2u);
  EXPECT_EQ(expr(1)[2].offset, 45u);
  EXPECT_EQ(expr(2)[0].heap, syntax::HeapType(syntax::TypeIdx(0u)));
}

TEST(module_decoder_sections, locals_are_runs) {
  const auto module = decode_row("@0a 0a 01 08 03 00 7f 00 7e 02 7d 0b");
  ASSERT_TRUE(module) << module.error().message();
  const auto locals = module->locals(module->bodies[0]);
  ASSERT_EQ(locals.size(), 1u);
  EXPECT_EQ(locals[0].count, 2u);
  EXPECT_EQ(locals[0].type, syntax::f32_type);
}

TEST(module_decoder_sections, custom_sections_are_kept_wherever_they_are) {
  const auto module = decode_sections("00 04 01 61 62 63 01 01 00 00 01 00 0b 01 00 00 02 01 7a");
  ASSERT_TRUE(module) << module.error().message();
  ASSERT_EQ(module->customs.size(), 3u);
  EXPECT_EQ(module->customs[0].name, "a");
  EXPECT_EQ(base::as_text(module->customs[0].bytes), "bc");
  EXPECT_EQ(module->customs[0].offset, 12u);
  EXPECT_EQ(module->customs[2].name, "z");
}

// A module with a bit of everything, for the tests below.
constexpr std::string_view sample =
    "01 14 02 4e 02 50 00 5f 01 63 01 00 50 01 00 5f 02 63 01 00 7f 01  60 00 01 7f "
    "02 06 01 00 01 61 00 02  03 02 01 02  04 04 01 70 00 01  05 03 01 00 01 "
    "0d 01 00  06 06 01 7f 00 41 2a 0b  07 05 01 01 66 00 01  09 07 01 00 41 00 0b 01 01 "
    "0c 01 01  0a 0b 01 09 01 01 7e 41 80 08 0f 0b  0b 04 01 01 01 78 "
    "00 0c 04 6e 61 6d 65 01 05 01 01 02 66 6f";

TEST(module_decoder_robustness, every_prefix_is_refused_or_decoded) {
  const std::vector<uint8_t> bytes = hex(std::string(preamble) + std::string(sample));
  (void)decode_bytes(bytes);
  for (size_t size = 0; size < bytes.size(); ++size) {
    (void)decode_bytes(std::vector<uint8_t>(bytes.begin(), bytes.begin() + ptrdiff_t(size)));
  }
}

TEST(module_decoder_robustness, every_changed_byte_is_refused_or_decoded) {
  const std::vector<uint8_t> bytes = hex(std::string(preamble) + std::string(sample));
  size_t refused = 0;
  for (size_t i = 8; i < bytes.size(); ++i) {
    for (uint32_t value = 0; value < 256; ++value) {
      std::vector<uint8_t> changed = bytes;
      changed[i] = uint8_t(value);
      const auto result = decode_bytes(changed);
      if (result) continue;
      ++refused;
      EXPECT_LE(result.error().offset, changed.size()) << result.error().message();
    }
  }
  EXPECT_GT(refused, bytes.size() * 64);
}

}  // namespace
}  // namespace waxwing::binary
