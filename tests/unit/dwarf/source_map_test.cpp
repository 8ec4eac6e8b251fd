#include "dwarf/source_map.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <thread>

#include "section_builder.h"

namespace waxwing::dwarf {
namespace {

using line::end_sequence;
using line::old_program;
using line::set_address;
using line::special;

std::string to_text(const std::vector<Location>& locations) {
  std::string text;
  for (const Location& location : locations) {
    if (!text.empty()) text += " < ";
    if (!location.function.empty()) text += location.function + " ";
    text += location.file + ":" + std::to_string(location.line);
    if (location.column != 0) text += ":" + std::to_string(location.column);
  }
  return text;
}

std::string find(const ModuleBuilder& builder, uint64_t address) {
  const SourceMap map;
  return to_text(map.find(builder.module(), ModuleBuilder::code_offset + address));
}

/// From address 16: a.c line 2 (2 bytes), line 5 column 7 (4), b.c line 5 (4), end at 26.
SectionBuilder some_instrs() {
  SectionBuilder instrs;
  instrs.append(set_address(16)).bytes({special(0, 1), 5, 7, special(2, 3)});
  instrs.bytes({4, 2, special(4, 0), 2, 4}).bytes(end_sequence);
  return instrs;
}

TEST(source_map, finds_rows_of_line_programs_of_each_old_version) {
  for (const int version : {2, 3, 4}) {
    ModuleBuilder builder;
    builder.section(".debug_line", old_program(version, some_instrs()));
    EXPECT_EQ(find(builder, 15), "");
    EXPECT_EQ(find(builder, 16), "a.c:2");
    EXPECT_EQ(find(builder, 17), "a.c:2");
    EXPECT_EQ(find(builder, 18), "a.c:5:7");
    EXPECT_EQ(find(builder, 21), "a.c:5:7");
    EXPECT_EQ(find(builder, 22), "lib/b.c:5:7");
    EXPECT_EQ(find(builder, 25), "lib/b.c:5:7");
    EXPECT_EQ(find(builder, 26), "");
  }
}

TEST(source_map, is_empty_without_dwarf_and_outside_of_the_code) {
  EXPECT_EQ(find(ModuleBuilder(), 16), "");
  ModuleBuilder builder;
  builder.section(".debug_line", old_program(4, some_instrs()));
  const SourceMap map;
  const syntax::Module module = builder.module();
  EXPECT_TRUE(map.find(module, 0).empty());
  EXPECT_TRUE(map.find(module, 99).empty());
  EXPECT_TRUE(map.find(module, UINT64_MAX).empty());
  EXPECT_TRUE(map.find(module, (uint64_t{1} << 32) + 116).empty());
}

TEST(source_map, code_that_the_linker_left_out_has_no_lines) {
  for (const uint32_t tombstone : {0u, 0xffffffffu, 0xfffffffeu}) {
    SectionBuilder instrs;
    instrs.append(set_address(tombstone)).bytes({special(0, 1), 2, 100}).bytes(end_sequence);
    instrs.append(some_instrs().done());
    ModuleBuilder builder;
    builder.section(".debug_line", old_program(4, instrs));
    EXPECT_EQ(find(builder, 1), "");
    EXPECT_EQ(find(builder, 16), "a.c:2");
    EXPECT_EQ(find(builder, 30), "");
  }
}

TEST(source_map, long_programs_are_looked_up_in_pieces) {
  constexpr int rows = 20'000;
  SectionBuilder instrs;
  instrs.append(set_address(16));
  for (int i = 0; i < rows; ++i) instrs.bytes({special(1, 1)});
  instrs.bytes({2, 1}).bytes(end_sequence);
  ModuleBuilder builder;
  builder.section(".debug_line", old_program(4, instrs));
  const SourceMap map;
  const syntax::Module module = builder.module();
  for (int i = 0; i < rows; i += 13)
    ASSERT_EQ(to_text(map.find(module, 100 + 17 + uint64_t(i))), "a.c:" + std::to_string(i + 2));
}

TEST(source_map, programs_of_unknown_versions_are_passed) {
  ModuleBuilder builder;
  SectionBuilder both;
  both.append(SectionBuilder::unit(SectionBuilder().number(9, 2).number(0, 8)));
  both.append(old_program(4, some_instrs()));
  builder.section(".debug_line", both.done());
  EXPECT_EQ(find(builder, 16), "a.c:2");
}

TEST(source_map, threads_may_ask_at_once) {
  ModuleBuilder builder;
  builder.section(".debug_line", old_program(4, some_instrs()));
  const SourceMap map;
  const syntax::Module module = builder.module();
  std::vector<std::thread> threads;
  std::vector<std::string> texts(4);
  for (std::string& text : texts)
    threads.emplace_back([&] { text = to_text(map.find(module, 100 + 22)); });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& text : texts) EXPECT_EQ(text, "lib/b.c:5:7");
}

/// Version 5: directories "/src" and "inc", files by .debug_line_str.
std::vector<uint8_t> new_program(const SectionBuilder& instrs) {
  SectionBuilder rest;
  rest.bytes({1, 1, 1, 0, 5, 10}).bytes({0, 1, 1, 1, 1, 0, 0, 0, 1});
  rest.bytes({1, 1, 0x08}).bytes({2}).text("/src").text("inc");
  rest.bytes({3, 1, 0x1f, 2, 0x0b, 5, 0x1e}).bytes({2});
  rest.number(0, 4).bytes({0}).number(0, 8).number(0, 8);
  rest.number(4, 4).bytes({1}).number(0, 8).number(0, 8);
  SectionBuilder contents;
  contents.number(5, 2).bytes({4, 0}).number(rest.size(), 4);
  return SectionBuilder::unit(contents.append(rest.done()).append(instrs.done()));
}

/// A unit of version 5 whose strings, addresses and ranges are indexed: outer() [16, 26) has
/// inner() inlined at [18, 20) and [22, 24), called from file 1 line 9 column 3.
ModuleBuilder indexed_module() {
  ModuleBuilder builder;
  SectionBuilder instrs;
  instrs.append(set_address(16)).bytes({4, 0, special(0, 1), 2, 10}).bytes(end_sequence);
  builder.section(".debug_line", new_program(instrs));
  builder.section(".debug_line_str", SectionBuilder().text("a.c").text("b.h").done());
  builder.section(".debug_str", SectionBuilder().text("outer").text("inner").text("/dir").done());
  builder.section(
      ".debug_str_offsets",
      SectionBuilder().number(16, 4).number(5, 4).number(0, 4).number(6, 4).number(12, 4).done());
  builder.section(".debug_addr",
                  SectionBuilder().number(12, 4).number(0x00040005, 4).number(16, 4).done());
  SectionBuilder ranges;
  ranges.number(20, 4).number(0x00040005, 4).number(1, 4);
  ranges.number(4, 4).bytes({1, 0, 4, 2, 4, 4, 6, 8, 0});
  builder.section(".debug_rnglists", ranges.done());
  SectionBuilder abbrev;
  abbrev.bytes({1, 0x11, 1, 0x10, 0x17, 0x1b, 0x25, 0x72, 0x17, 0x73, 0x17}).bytes({0x74, 0x17});
  abbrev.bytes({0, 0});
  abbrev.bytes({2, 0x2e, 0, 0x03, 0x25, 0, 0});                          // an abstract function
  abbrev.bytes({3, 0x2e, 1, 0x03, 0x25, 0x11, 0x1b, 0x12, 0x0b, 0, 0});  // a function
  abbrev.bytes({4, 0x1d, 0, 0x31, 0x11, 0x55, 0x23, 0x58, 0x0b, 0x59, 0x21, 9, 0x57, 0x0b, 0, 0});
  abbrev.bytes({0});
  builder.section(".debug_abbrev", abbrev.done());
  SectionBuilder info;
  info.number(5, 2).bytes({1, 4}).number(0, 4);
  info.bytes({1}).number(0, 4).bytes({2}).number(8, 4).number(8, 4).number(12, 4);
  const int inner = int(info.size()) + 4;  // the length stands in front
  info.bytes({2, 1}).bytes({3, 0, 0, 10}).bytes({4, inner, 0, 1, 3}).bytes({0, 0});
  builder.section(".debug_info", SectionBuilder::unit(info));
  return builder;
}

TEST(source_map, inlined_functions_come_first) {
  const ModuleBuilder builder = indexed_module();
  EXPECT_EQ(find(builder, 16), "outer /src/a.c:2");
  EXPECT_EQ(find(builder, 18), "inner /src/a.c:2 < outer /dir/inc/b.h:9:3");
  EXPECT_EQ(find(builder, 20), "outer /src/a.c:2");
  EXPECT_EQ(find(builder, 23), "inner /src/a.c:2 < outer /dir/inc/b.h:9:3");
  EXPECT_EQ(find(builder, 24), "outer /src/a.c:2");
}

TEST(source_map, a_section_that_is_missing_costs_what_it_would_say) {
  const syntax::Module whole = indexed_module().module();
  const ModuleBuilder builder = indexed_module();
  for (size_t i = 0; i < whole.customs.size(); ++i) {
    syntax::Module module = builder.module();
    const std::string_view name = module.customs[i].name;
    module.customs.erase(module.customs.begin() + ptrdiff_t(i));
    const SourceMap map;
    const auto locations = map.find(module, 100 + 18);
    EXPECT_EQ(locations.empty(), name == ".debug_line") << name;
  }
}

}  // namespace
}  // namespace waxwing::dwarf
