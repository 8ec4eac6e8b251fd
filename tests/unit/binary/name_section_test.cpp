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
  EXPECT_EQ(names.funcs[1].name, "b");
}

TEST(name_section, leaves_out_what_is_wrong) {
  EXPECT_TRUE(names_of("01 04 01 03 01 61").funcs.empty());              // no such function
  EXPECT_EQ(names_of("01 07 02 01 01 61 00 01 62").funcs.size(), 1u);    // not rising
  EXPECT_EQ(names_of("01 07 02 01 01 61 01 01 62").funcs.size(), 1u);    // repeated
  EXPECT_EQ(names_of("01 07 02 00 01 ff 01 01 62").funcs[0].name, "b");  // not UTF-8
  EXPECT_EQ(names_of("01 07 02 00 01 61 01 05 62").funcs.size(), 1u);    // cut
  EXPECT_TRUE(names_of("01 05 ff ff ff ff 0f").funcs.empty());           // a huge count
  EXPECT_TRUE(names_of("01 7f 01 00 01 61").funcs.empty());              // subsection too long
  EXPECT_EQ(names_of("00 01 05 01 04 01 00 01 61").funcs.size(), 1u);    // one subsection of two
}

TEST(name_section, is_found_in_a_module) {
  const auto module = decode_sections(
      "01 04 01 60 00 00 03 02 01 00 0a 04 01 02 00 0b 00 0b 04 6e 61 6d 65 01 04 01 00 01 66");
  ASSERT_TRUE(module) << module.error().message();
  EXPECT_EQ(module->func_name(FuncIdx(0u)), "f");
}

}  // namespace
}  // namespace waxwing::binary
