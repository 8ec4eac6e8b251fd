// Sections that were made to cost much: all of them are dealt with in a moment, or the test's time
// is up.
#include <gtest/gtest.h>

#include "dwarf/source_map.h"
#include "section_builder.h"

namespace waxwing::dwarf {
namespace {

using line::end_sequence;
using line::old_program;
using line::set_address;
using line::special;

constexpr uint64_t somewhere = ModuleBuilder::code_offset + 16;

std::vector<uint8_t> one_row(uint32_t program_count = 1) {
  SectionBuilder section;
  SectionBuilder instrs;
  instrs.append(set_address(16)).bytes({special(0, 1), 2, 10}).bytes(end_sequence);
  for (uint32_t i = 0; i < program_count; ++i) section.append(old_program(4, instrs));
  return section.done();
}

std::vector<Location> find(const ModuleBuilder& builder) {
  const SourceMap map;
  return map.find(builder.module(), somewhere);
}

/// A unit of version 4 with these entries.
std::vector<uint8_t> unit(const SectionBuilder& entries) {
  SectionBuilder contents;
  contents.number(4, 2).number(0, 4).bytes({4});
  return SectionBuilder::unit(contents.append(entries.done()));
}

TEST(hostile, lengths_beyond_the_section_end_it) {
  for (const uint64_t length : {uint64_t{0}, uint64_t{0xfffffff0}, uint64_t{0x7fffffff}}) {
    SectionBuilder section;
    section.append(one_row()).number(length, 4).bytes({4, 0, 1, 1, 1, 1});
    EXPECT_EQ(find(ModuleBuilder().section(".debug_line", section.done())).size(), 1u);
  }
  SectionBuilder section;
  section.number(0xffffffff, 4).number(UINT64_MAX, 8).append(one_row());
  EXPECT_TRUE(find(ModuleBuilder().section(".debug_line", section.done())).empty());
}

TEST(hostile, every_prefix_of_a_program_is_borne) {
  const std::vector<uint8_t> whole = one_row();
  for (size_t size = 0; size < whole.size(); ++size) {
    std::vector<uint8_t> prefix(whole.begin(), whole.begin() + ptrdiff_t(size));
    EXPECT_TRUE(find(ModuleBuilder().section(".debug_line", std::move(prefix))).empty());
  }
}

TEST(hostile, a_line_range_of_zero_and_an_opcode_base_of_zero_divide_nothing) {
  std::vector<uint8_t> bytes = one_row();
  constexpr size_t line_range = 14;
  ASSERT_EQ(bytes[line_range], 5);
  bytes[line_range] = 0;
  (void)find(ModuleBuilder().section(".debug_line", bytes));
  bytes = one_row();
  bytes[line_range + 1] = 0;
  (void)find(ModuleBuilder().section(".debug_line", std::move(bytes)));
}

TEST(hostile, numbers_without_an_end_are_none) {
  SectionBuilder instrs;
  instrs.append(set_address(16)).bytes({special(0, 1), 2});
  for (int i = 0; i < 100; ++i) instrs.bytes({0x80});
  EXPECT_TRUE(find(ModuleBuilder().section(".debug_line", old_program(4, instrs))).empty());
}

TEST(hostile, files_of_no_bytes_are_not_counted_to_the_end) {
  for (const bool has_format : {false, true}) {
    SectionBuilder rest;
    rest.bytes({1, 1, 1, 0, 5, 10}).bytes({0, 1, 1, 1, 1, 0, 0, 0, 1});
    // A form of no bytes, and 2^63 directories.
    if (has_format) rest.bytes({1, 1, 0x19});
    if (!has_format) rest.bytes({0});
    rest.bytes({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f});
    SectionBuilder instrs;
    instrs.append(set_address(16)).bytes({special(0, 1), 2, 10}).bytes(end_sequence);
    SectionBuilder contents;
    contents.number(5, 2).bytes({4, 0}).number(rest.size(), 4).append(rest.done());
    contents.append(instrs.done());
    const auto found = find(ModuleBuilder().section(".debug_line", SectionBuilder::unit(contents)));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].file, "");
  }
}

/// Functions that name each other as where their name is.
TEST(hostile, names_that_refer_in_a_circle_are_none) {
  SectionBuilder abbrev;
  abbrev.bytes({1, 0x11, 1, 0x10, 0x17, 0, 0});
  abbrev.bytes({2, 0x2e, 0, 0x31, 0x13, 0x11, 0x01, 0x12, 0x06, 0, 0}).bytes({0});
  SectionBuilder entries;
  entries.bytes({1}).number(0, 4).bytes({2}).number(16, 4).number(16, 4).number(10, 4).bytes({0});
  ModuleBuilder builder;
  builder.section(".debug_line", one_row()).section(".debug_abbrev", abbrev.done());
  builder.section(".debug_info", unit(entries));
  const auto found = find(builder);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].function, "");
  EXPECT_EQ(found[0].line, 2u);
}

TEST(hostile, nesting_without_end_is_cut) {
  SectionBuilder abbrev;
  abbrev.bytes({1, 0x11, 1, 0x10, 0x17, 0, 0});
  abbrev.bytes({2, 0x1d, 1, 0x11, 0x01, 0x12, 0x0b, 0, 0}).bytes({0});
  SectionBuilder entries;
  entries.bytes({1}).number(0, 4);
  for (int i = 0; i < 200'000; ++i) entries.bytes({2}).number(16, 4).bytes({10});
  ModuleBuilder builder;
  builder.section(".debug_line", one_row()).section(".debug_abbrev", abbrev.done());
  builder.section(".debug_info", unit(entries));
  const auto found = find(builder);
  EXPECT_GE(found.size(), 1u);
  EXPECT_LE(found.size(), 64u);
}

/// Each entry is one byte, and has 10,000 attributes of none.
TEST(hostile, attributes_of_no_bytes_are_paid_for) {
  SectionBuilder abbrev;
  abbrev.bytes({1, 0x11, 1, 0x10, 0x17, 0, 0}).bytes({2, 0x34, 0});
  for (int i = 0; i < 10'000; ++i) abbrev.bytes({0x3f, 0x19});
  abbrev.bytes({0, 0, 0});
  SectionBuilder entries;
  entries.bytes({1}).number(0, 4);
  for (int i = 0; i < 3'000'000; ++i) entries.bytes({2});
  ModuleBuilder builder;
  builder.section(".debug_line", one_row()).section(".debug_abbrev", abbrev.done());
  builder.section(".debug_info", unit(entries));
  EXPECT_EQ(find(builder).size(),
            1u);  // without the budget it would be 30 thousand million of them
}

/// Each of many functions has all of many ranges.
TEST(hostile, lists_of_ranges_that_are_read_again_and_again_are_paid_for) {
  SectionBuilder abbrev;
  abbrev.bytes({1, 0x11, 1, 0x10, 0x17, 0, 0}).bytes({2, 0x2e, 0, 0x55, 0x17, 0, 0}).bytes({0});
  SectionBuilder entries;
  entries.bytes({1}).number(0, 4);
  for (int i = 0; i < 200'000; ++i) entries.bytes({2}).number(0, 4);
  SectionBuilder ranges;
  for (uint32_t i = 0; i < 200'000; ++i) ranges.number(20, 4).number(21, 4);
  ModuleBuilder builder;
  builder.section(".debug_line", one_row()).section(".debug_abbrev", abbrev.done());
  builder.section(".debug_info", unit(entries)).section(".debug_ranges", ranges.done());
  EXPECT_EQ(find(builder).size(), 1u);
}

/// Each of many units has one large table of abbreviations, whose last row is what it begins with.
TEST(hostile, tables_of_abbreviations_that_are_read_again_and_again_are_paid_for) {
  SectionBuilder abbrev;
  for (int i = 0; i < 100'000; ++i) abbrev.bytes({0x81, 0x01, 0x34, 0, 0, 0});
  abbrev.bytes({1, 0x11, 0, 0x10, 0x17, 0, 0}).bytes({0});
  SectionBuilder info;
  SectionBuilder entries;
  entries.bytes({1}).number(0, 4);
  const std::vector<uint8_t> one = unit(entries);
  for (int i = 0; i < 100'000; ++i) info.append(one);
  ModuleBuilder builder;
  builder.section(".debug_line", one_row()).section(".debug_abbrev", abbrev.done());
  builder.section(".debug_info", info.done());
  EXPECT_EQ(find(builder).size(), 1u);
}

TEST(hostile, names_are_cut) {
  SectionBuilder abbrev;
  abbrev.bytes({1, 0x11, 1, 0x10, 0x17, 0, 0});
  abbrev.bytes({2, 0x2e, 0, 0x03, 0x0e, 0x11, 0x01, 0x12, 0x06, 0, 0}).bytes({0});
  SectionBuilder entries;
  entries.bytes({1}).number(0, 4);
  entries.bytes({2}).number(0, 4).number(16, 4).number(10, 4).bytes({0});
  ModuleBuilder builder;
  builder.section(".debug_line", one_row()).section(".debug_abbrev", abbrev.done());
  builder.section(".debug_info", unit(entries));
  builder.section(".debug_str", std::vector<uint8_t>(10'000'000, 'x'));
  const auto found = find(builder);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].function, std::string(4096, 'x'));
}

}  // namespace
}  // namespace waxwing::dwarf
