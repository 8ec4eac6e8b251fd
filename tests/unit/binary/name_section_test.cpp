#include "binary/name_section.h"

#include <gtest/gtest.h>

#include "hex.h"

namespace waxwing::binary {
namespace {

using syntax::FuncIdx;

/// The names of a module of three functions whose "name" section contains `text`.
syntax::Names names_of(std::string_view text) {
  static std::vector<uint8_t> contents;  // outlives the names, which point into it
  contents = hex(text);
  syntax::Module module;
  module.funcs.resize(3);
  decode_name_section(contents, module);
  return module.names;
}

TEST(name_section, names_module_and_functions) {
  const syntax::Names names = names_of("00 02 01 6d  01 07 02 00 01 61 02 01 62  02 01 00");
  EXPECT_EQ(names.module, "m");
  ASSERT_EQ(names.funcs.size(), 2u);
  EXPECT_EQ(names.funcs[1].func, FuncIdx(2u));
  EXPECT_EQ(names.of(names.funcs[1]), "b");
}

TEST(name_section, leaves_out_what_is_wrong) {
  EXPECT_TRUE(names_of("01 04 01 03 01 61").funcs.empty());            // no such function
  EXPECT_EQ(names_of("01 07 02 01 01 61 00 01 62").funcs.size(), 1u);  // not rising
  EXPECT_EQ(names_of("01 07 02 01 01 61 01 01 62").funcs.size(), 1u);  // repeated
  const syntax::Names names = names_of("01 07 02 00 01 ff 01 01 62");  // not UTF-8
  EXPECT_EQ(names.of(names.funcs[0]), "b");
  EXPECT_EQ(names_of("01 07 02 00 01 61 01 05 62").funcs.size(), 1u);  // cut
  EXPECT_TRUE(names_of("01 05 ff ff ff ff 0f").funcs.empty());         // a huge count
  EXPECT_TRUE(names_of("01 7f 01 00 01 61").funcs.empty());            // subsection too long
  EXPECT_EQ(names_of("00 01 05 01 04 01 00 01 61").funcs.size(), 1u);  // one subsection of two
}

TEST(name_section, is_found_in_a_module) {
  const auto module = decode_sections(
      "01 04 01 60 00 00 03 02 01 00 0a 04 01 02 00 0b 00 0b 04 6e 61 6d 65 01 04 01 00 01 66");
  ASSERT_TRUE(module) << module.error().message();
  EXPECT_EQ(module->func_name(FuncIdx(0u)), "f");
}

syntax::Module module_of_ten() {
  syntax::Module module;
  module.funcs.resize(10);
  module.types.resize(10);
  module.tags.resize(10);
  return module;
}

TEST(name_section_whole, has_indirect_names_and_all_kinds) {
  const auto contents = hex(
      "00 02 01 6d  02 0b 02 00 01 01 01 61 03 01 00 01 62  04 04 01 05 01 74  0b 04 01 07 01 78  "
      "0c 01 00");
  const NameSection section = read_name_section(contents, module_of_ten());
  EXPECT_EQ(section.module, "m");
  const auto& locals = section.of(NameKind::local);
  ASSERT_EQ(locals.size(), 2u);
  EXPECT_EQ(locals[0].outer, 0u);
  EXPECT_EQ(locals[0].index, 1u);
  EXPECT_EQ(locals[1].outer, 3u);
  EXPECT_EQ(locals[1].name, "b");
  ASSERT_EQ(section.of(NameKind::type).size(), 1u);
  EXPECT_EQ(section.of(NameKind::type)[0].index, 5u);
  EXPECT_EQ(section.of(NameKind::tag)[0].name, "x");
}

TEST(name_section_whole, leaves_out_what_does_not_rise_or_is_cut) {
  const auto locals = [](std::string_view text) {
    static std::vector<uint8_t> contents;
    contents = hex(text);
    return read_name_section(contents, module_of_ten()).of(NameKind::local).size();
  };
  EXPECT_EQ(locals("02 0b 02 03 01 01 01 61 03 01 01 01 62"), 1u);  // (3, 1) twice
  EXPECT_EQ(locals("02 0b 02 03 01 01 01 61 02 01 01 01 62"), 1u);  // a function before
  EXPECT_EQ(locals("02 0b 02 03 01 01 01 61 04 01 01 05 62"), 1u);  // cut
  EXPECT_EQ(locals("02 06 01 00 01 00 01 ff"), 0u);                 // not UTF-8
  EXPECT_EQ(locals("02 06 01 0a 01 00 01 61"), 0u);                 // no such function
}

}  // namespace
}  // namespace waxwing::binary
