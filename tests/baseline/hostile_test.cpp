// Modules made to keep the compiler busy: what it does for each instruction may not depend on how
// deep the stack is or how much was declared, and its code may not be long. Each took over 20 s of
// processor time once, or a GiB.
#include <ctime>
#include <string>

#include "../unit/validate/module_builder.h"
#include "runtime/native_code.h"
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
    if (const runtime::NativeCode* code = (*compiled)->code->native_entries().code) {
      EXPECT_LT(code->text().size(), size_t{64} << 20);
    }
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

// Types: 0 [] -> [i32], 1 [] -> [1000 values], 2 [1000 values] -> [1000 values], 3 [1000 values] ->
// [i32]. Every tenth value is a vector, the ones behind them floats.
class ManyValues : public Hostile {
 protected:
  static constexpr int count = 1000;

  ManyValues() {
    std::string values = "e8 07";
    for (int i = 0; i < count; ++i) values += i % 10 == 0 ? " 7b" : i % 10 == 1 ? " 7d" : " 7f";
    types_ = {"60 00 01 7f", "60 00 " + values, "60 " + values + " " + values,
              "60 " + values + " 01 7f"};
  }

  /// Pushes one of each; local 0 is an i32.
  static void push_values(Bytes& code) {
    for (int i = 0; i < count; ++i) {
      append(code, hex("20 00 41"));  // the local plus i
      append_number(code, static_cast<uint32_t>(i % 50));
      code.push_back(0x6a);
      if (i % 10 == 0) append(code, hex("fd 11"));  // i32x4.splat
      if (i % 10 == 1) code.push_back(0xbe);        // f32.reinterpret_i32
    }
  }
  /// Leaves an i32 that all of them have changed.
  static void mix_values(Bytes& code) {
    append(code, hex("41 00 21 00"));
    for (int i = count - 1; i >= 0; --i) {
      if (i % 10 == 0) append(code, hex("fd 1b 03"));  // i32x4.extract_lane 3
      if (i % 10 == 1) code.push_back(0xbc);           // i32.reinterpret_f32
      append(code, hex("20 00 41 05 77 6a 21 00"));    // + rotl(local, 5)
    }
    append(code, hex("20 00"));
  }

  /// The first function is exported as `f`, and each has an i32 as its local 0.
  std::string run_quickly(const std::vector<std::string_view>& funcs,
                          const std::vector<Bytes>& code) {
    std::vector<std::pair<Bytes, Bytes>> bodies;
    for (const Bytes& one : code) bodies.emplace_back(hex("01 01 7f"), one);
    ModuleBuilder builder;
    builder.section(1, {types_.begin(), types_.end()}).section(3, funcs);
    builder.section(7, {"01 66 00 00"}).code(bodies);
    return Hostile::run_quickly(builder);
  }

 private:
  std::vector<std::string> types_;
};

INSTANTIATE_TEST_SUITE_P(ways, ManyValues, testing::ValuesIn(all_ways()),
                         [](const auto& way) { return way.param.name; });

// x := rotl(x, 5) + (7 + i % 50) from 0, for i from 999 down to 0.
const char* const mixed_values = "-526167681";

TEST_P(ManyValues, go_with_branches) {
  Bytes code = hex("41 07 21 00 02 01 41 01");  // a block of type 1, a value below its results
  push_values(code);
  repeat(code, 8'000, "41 00 0d 00");            // i32.const 0; br_if 0: folded
  repeat(code, 8'000, "20 00 41 08 4a 0d 00");   // local.get 0; i32.const 8; i32.gt_s; br_if 0
  append(code, hex("20 00 0e 02 00 00 00 0b"));  // br_table
  mix_values(code);
  EXPECT_EQ(run_quickly({"00"}, {code}), mixed_values);
}

TEST_P(ManyValues, go_through_calls) {
  Bytes code = hex("41 07 21 00");
  push_values(code);
  repeat(code, 8'000, "20 00 45 04 02 10 01 05 10 02 0b");  // if: function 1, else function 2
  mix_values(code);
  // Function 1 would trap; 2 ends in a tail call of 3, which returns what it was given.
  Bytes parameters;
  for (uint32_t i = 0; i < count; ++i) {
    parameters.push_back(0x20);
    append_number(parameters, i);
  }
  Bytes tail_call = parameters;
  append(tail_call, hex("12 03"));
  EXPECT_EQ(run_quickly({"00", "02", "02", "02"}, {code, hex("00"), tail_call, parameters}),
            mixed_values);
}

// 140 MiB of code, if each took 18 KiB.
TEST_P(ManyValues, are_parameters_of_short_functions) {
  std::vector<Bytes> bodies(8'000, hex("41 01"));
  std::vector<std::string_view> types(bodies.size(), "03");
  bodies[0] = hex("41 03");
  types[0] = "00";
  EXPECT_EQ(run_quickly(types, bodies), "3");
}

// 400 MiB of code, if each call took 24 KiB.
TEST_P(ManyValues, make_no_machine_code_that_fills_the_memory) {
  Bytes code;
  push_values(code);
  repeat(code, 8'000, "10 01");
  mix_values(code);
  std::vector<Bytes> bodies(3, code);
  bodies[0] = hex("41 03");
  std::vector<std::string_view> types(3, "00");
  bodies.insert(bodies.begin() + 1, hex("00"));
  types.insert(types.begin() + 1, "02");
  EXPECT_EQ(run_quickly(types, bodies), "3");
}

}  // namespace
}  // namespace waxwing::baseline
