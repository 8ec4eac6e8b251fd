// Modules made to keep the compiler busy: what it does for each instruction may not depend on how
// deep the stack is or how much was declared. Each took over 20 s of processor time once.
#include <ctime>
#include <string>

#include "../unit/validate/module_builder.h"
#include "world.h"

namespace waxwing::baseline {
namespace {

using validate::append;
using validate::append_number;
using validate::Bytes;
using validate::hex;
using validate::ModuleBuilder;

class Hostile : public WorldTest {
 protected:
  /// Compiles the module, in little time, instantiates it, and runs its export `f`.
  std::string run_quickly(ModuleBuilder& builder) {
    const std::clock_t start = std::clock();
    auto compiled = engine_.compile(builder.bytes());
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    if (!compiled) return compiled.error().message();
    EXPECT_LT(seconds, 8);
    auto instance = linker_.instantiate(*store_, *compiled, "m");
    if (!instance) return "the module cannot be instantiated";
    last_ = *instance;
    return run("f");
  }

  /// One function [] -> [i32], exported as `f`, with so many locals of type i32.
  std::string run_quickly(uint32_t locals, const Bytes& code) {
    Bytes declaration = {1};
    append_number(declaration, locals);
    declaration.push_back(0x7f);
    ModuleBuilder builder;
    builder.section(1, {"60 00 01 7f"}).section(3, {"00"});
    builder.section(5, {"00 01"}).section(7, {"01 66 00 00"}).code({{declaration, code}});
    return run_quickly(builder);
  }
};

INSTANTIATE_TEST_SUITE_P(ways, Hostile, testing::ValuesIn(all_ways()),
                         [](const auto& way) { return way.param.name; });

void repeat(Bytes& code, size_t count, std::string_view instrs) {
  const Bytes bytes = hex(instrs);
  for (size_t i = 0; i < count; ++i) append(code, bytes);
}

TEST_P(Hostile, registers_run_out_above_a_deep_stack) {
  Bytes code;
  repeat(code, 400'000, "41 01");           // i32.const 1
  repeat(code, 100'000, "20 00 2d 00 00");  // local.get 0; i32.load8_u
  repeat(code, 499'999, "6a");              // i32.add
  EXPECT_EQ(run_quickly(1, code), "400000");
}

TEST_P(Hostile, locals_are_set_whose_values_lie_deep) {
  constexpr uint32_t locals = 40'000;
  Bytes code;
  const auto each_local = [&](std::string_view before, uint8_t opcode) {
    for (uint32_t i = 0; i < locals; ++i) {
      append(code, hex(before));
      code.push_back(opcode);
      append_number(code, i);
    }
  };
  each_local("41 01", 0x21);       // i32.const 1; local.set
  each_local("", 0x20);            // local.get: 1
  repeat(code, 300'000, "41 01");  // i32.const 1
  each_local("41 07", 0x21);       // i32.const 7; local.set
  repeat(code, 339'999, "6a");     // i32.add
  EXPECT_EQ(run_quickly(locals, code), "340000");
}

TEST_P(Hostile, short_functions_declare_many_locals) {
  constexpr size_t count = 60'000;
  // One f32, 24,998 vectors, 25,000 times i64, one i32, which is the last one.
  const Bytes declaration = hex("04 01 7d a6 c3 01 7b a8 c3 01 7e 01 7f");
  // The last local becomes 5 and is read, with another one's 0.
  const Bytes used = hex("41 05 21 cf 86 03 20 cf 86 03 20 a7 c3 01 a7 6a");
  std::vector<std::pair<Bytes, Bytes>> bodies(count, {declaration, hex("41 01")});
  bodies[0].second = used;
  Bytes types;
  append_number(types, count);
  types.resize(types.size() + count, 0);
  ModuleBuilder builder;
  builder.section(1, {"60 00 01 7f"}).raw_section(3, types);
  builder.section(7, {"01 66 00 00"}).code(bodies);
  EXPECT_EQ(run_quickly(builder), "5");
}

// Far from the top are entries of locals, of registers and constants; nearby are others.
TEST_P(Hostile, values_of_locals_stay_when_the_stack_is_deep) {
  Bytes code;
  repeat(code, 1, "41 03 21 00 41 04 21 01");            // local 0 = 3, local 1 = 4
  repeat(code, 50, "20 00 20 01 41 05 20 00 20 01 6a");  // 3, 4, 5, 7: 950 in all
  repeat(code, 1, "41 e4 00 21 00");                     // local 0 = 100
  repeat(code, 50, "20 00 20 01");                       // 100, 4: 5200 in all
  repeat(code, 1, "41 e4 00 21 01");
  repeat(code, 1, "20 01");  // 100
  repeat(code, 300, "6a");
  EXPECT_EQ(run_quickly(2, code), "6250");
}

}  // namespace
}  // namespace waxwing::baseline
