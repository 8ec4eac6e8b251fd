#include "text/script.h"

#include <gtest/gtest.h>

namespace waxwing::text {
namespace {

template <typename T>
const T& only(const std::vector<Command>& commands) {
  EXPECT_EQ(commands.size(), 1u);
  return std::get<T>(commands.at(0).what);
}

std::vector<Command> parse(std::string_view script) {
  auto commands = parse_script(script);
  EXPECT_TRUE(commands) << (commands ? "" : commands.error().message());
  return commands ? *std::move(commands) : std::vector<Command>();
}

base::Error refused(std::string_view script) {
  auto commands = parse_script(script);
  EXPECT_FALSE(commands) << script;
  return commands ? base::Error{} : commands.error();
}

uint64_t low_bits(const ValuePattern& pattern) {
  return std::get<NumPattern>(pattern).bits.lanes<uint64_t>()[0];
}

TEST(script, nothing_is_no_command) { EXPECT_TRUE(parse(" ;; nothing\n").empty()); }

TEST(script, bare_fields_are_a_module) {
  const std::string_view script = "(func) (memory 0) (func (export \"f\"))";
  const auto commands = parse(script);
  const auto& module = only<ScriptModule>(commands);
  EXPECT_EQ(module.form, ModuleForm::fields);
  EXPECT_EQ(module.body, script);
  EXPECT_EQ(commands[0].keyword, "module");
}

TEST(script, modules_are_skipped_over) {
  const auto commands = parse(
      "(module $m (func (nonsense \")\" (; ) ;)) ;; )\n )) (module definition $d)\n"
      "(module binary \"\\00asm\") (module quote \"(\" ) (module $\"m\" )");
  ASSERT_EQ(commands.size(), 5u);
  const auto& first = std::get<ScriptModule>(commands[0].what);
  EXPECT_EQ(first.form, ModuleForm::text);
  EXPECT_EQ(first.id, "m");
  EXPECT_TRUE(first.body.ends_with("))"));
  EXPECT_FALSE(first.is_definition);
  const auto& second = std::get<ScriptModule>(commands[1].what);
  EXPECT_TRUE(second.is_definition);
  EXPECT_EQ(second.id, "d");
  EXPECT_EQ(std::get<ScriptModule>(commands[2].what).form, ModuleForm::binary);
  EXPECT_EQ(std::get<ScriptModule>(commands[3].what).form, ModuleForm::quote);
  EXPECT_EQ(std::get<ScriptModule>(commands[4].what).id, "m");
}

TEST(script, binary_strings_are_joined) {
  const std::string_view script = "(module binary \"\\00as\" ;; header\n \"m\\01\")";
  const auto commands = parse(script);
  const auto bytes = module_bytes(script, only<ScriptModule>(commands));
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, (std::vector<uint8_t>{0, 'a', 's', 'm', 1}));
}

TEST(script, quoted_text_is_looked_at_late) {
  const std::string_view script =
      "(assert_malformed (module quote \"(func\\n (nope))\") \"unknown\")";
  const auto commands = parse(script);
  const auto& assertion = only<AssertModuleFails>(commands);
  EXPECT_EQ(assertion.how, Failing::malformed);
  EXPECT_EQ(assertion.text, "unknown");
  const auto bytes = module_bytes(script, assertion.module);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(base::error_class(bytes.error().code), base::ErrorClass::malformed);
  EXPECT_EQ(bytes.error().offset, base::Error::no_offset);
  EXPECT_NE(bytes.error().detail.find("line 2"), std::string::npos) << bytes.error().detail;
}

TEST(script, errors_of_inline_modules_lie_in_the_script) {
  const std::string_view script = "\n(module (func (nope)))";
  const auto commands = parse(script);
  const auto bytes = module_bytes(script, only<ScriptModule>(commands));
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().offset, script.find("nope"));
}

TEST(script, instances_and_registration) {
  const auto commands =
      parse("(module instance $i $d) (module instance) (register \"a\\nb\" $i) (register \"c\")");
  ASSERT_EQ(commands.size(), 4u);
  EXPECT_EQ(std::get<InstanceCommand>(commands[0].what).id, "i");
  EXPECT_EQ(std::get<InstanceCommand>(commands[0].what).definition_id, "d");
  EXPECT_EQ(std::get<InstanceCommand>(commands[1].what).definition_id, "");
  EXPECT_EQ(std::get<RegisterCommand>(commands[2].what).name, "a\nb");
  EXPECT_EQ(std::get<RegisterCommand>(commands[2].what).module_id, "i");
  EXPECT_EQ(std::get<RegisterCommand>(commands[3].what).module_id, "");
}

TEST(script, actions) {
  const auto commands = parse("(invoke $m \"f\" (i32.const -1) (ref.extern 7)) (get \"g\")");
  ASSERT_EQ(commands.size(), 2u);
  const auto& invoke = std::get<Action>(commands[0].what);
  EXPECT_FALSE(invoke.is_get);
  EXPECT_EQ(invoke.module_id, "m");
  EXPECT_EQ(invoke.name, "f");
  ASSERT_EQ(invoke.args.size(), 2u);
  EXPECT_EQ(low_bits(invoke.args[0]), 0xffff'ffffu);
  EXPECT_EQ(std::get<RefPattern>(invoke.args[1]).payload, 7u);
  EXPECT_TRUE(std::get<Action>(commands[1].what).is_get);
}

TEST(script, numbers_of_results) {
  const auto commands = parse(
      "(assert_return (invoke \"f\") (i64.const 0x1_0) (f32.const -nan:0x1) (f64.const "
      "nan:canonical) (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 -1)\n"
      "(v128.const f32x4 0 nan:arithmetic 1 nan:canonical))");
  const auto& results = only<AssertReturn>(commands).results;
  ASSERT_EQ(results.size(), 5u);
  EXPECT_EQ(low_bits(results[0].alternatives[0]), 16u);
  EXPECT_EQ(low_bits(results[1].alternatives[0]), 0xff80'0001u);
  EXPECT_EQ(std::get<NumPattern>(results[2].alternatives[0]).nans[0], NanPattern::canonical);
  EXPECT_EQ(low_bits(results[3].alternatives[0]), 0x0706'0504'0302'0100u);
  const auto& floats = std::get<NumPattern>(results[4].alternatives[0]);
  EXPECT_EQ(floats.nans, (std::array{NanPattern::none, NanPattern::arithmetic, NanPattern::none,
                                     NanPattern::canonical}));
  EXPECT_EQ(floats.bits.lanes<float>()[2], 1.0f);
}

TEST(script, references_of_results) {
  const auto commands = parse(
      "(assert_return (invoke \"f\") (ref.null) (ref.null none) (ref.func) (ref) (ref.host 3)\n"
      "(either (i32.const 0) (ref.null func)))");
  const auto& results = only<AssertReturn>(commands).results;
  ASSERT_EQ(results.size(), 6u);
  EXPECT_EQ(std::get<RefPattern>(results[0].alternatives[0]).heap, std::nullopt);
  EXPECT_EQ(std::get<RefPattern>(results[1].alternatives[0]).heap,
            syntax::HeapType(syntax::AbstractHeap::none));
  EXPECT_EQ(std::get<RefPattern>(results[2].alternatives[0]).kind, RefKind::func);
  EXPECT_EQ(std::get<RefPattern>(results[3].alternatives[0]).kind, RefKind::any);
  EXPECT_EQ(std::get<RefPattern>(results[4].alternatives[0]).payload, 3u);
  EXPECT_EQ(results[5].alternatives.size(), 2u);
}

TEST(script, failing_actions) {
  const auto commands = parse(
      "(assert_trap (invoke \"f\") \"unreachable\") (assert_exhaustion (invoke \"f\") \"call\")\n"
      "(assert_exception (invoke \"f\")) (assert_suspension (invoke \"f\") \"unhandled\")");
  ASSERT_EQ(commands.size(), 4u);
  const Failing expected[] = {Failing::trap, Failing::exhaustion, Failing::exception,
                              Failing::suspension};
  for (size_t i = 0; i < commands.size(); ++i) {
    EXPECT_EQ(std::get<AssertActionFails>(commands[i].what).how, expected[i]);
  }
  EXPECT_EQ(std::get<AssertActionFails>(commands[0].what).text, "unreachable");
}

TEST(script, failing_modules) {
  const auto commands = parse(
      "(assert_trap (module) \"t\") (assert_malformed (module) \"m\") (assert_invalid (module) "
      "\"i\") (assert_unlinkable (module) \"u\") (assert_malformed_custom (module) \"a\") "
      "(assert_invalid_custom (module) \"b\")");
  const Failing expected[] = {
      Failing::trap,       Failing::malformed,        Failing::invalid,
      Failing::unlinkable, Failing::malformed_custom, Failing::invalid_custom};
  ASSERT_EQ(commands.size(), std::size(expected));
  for (size_t i = 0; i < commands.size(); ++i) {
    EXPECT_EQ(std::get<AssertModuleFails>(commands[i].what).how, expected[i]);
  }
}

TEST(script, threads_hold_commands) {
  const auto commands = parse(
      "(thread $t (shared (module $m)) (register \"x\" $m) (thread $u (invoke \"f\")) (wait $u))\n"
      "(wait $t)");
  ASSERT_EQ(commands.size(), 2u);
  const auto& thread = std::get<ThreadCommand>(commands[0].what);
  EXPECT_EQ(thread.id, "t");
  EXPECT_EQ(thread.shared_module_id, "m");
  ASSERT_EQ(thread.commands.size(), 3u);
  EXPECT_EQ(std::get<ThreadCommand>(thread.commands[1].what).commands.size(), 1u);
  EXPECT_EQ(std::get<WaitCommand>(commands[1].what).thread_id, "t");
}

TEST(script, commands_know_their_place) {
  const std::string_view script = "(module)\n  (assert_return (invoke \"f\"))";
  const auto commands = parse(script);
  ASSERT_EQ(commands.size(), 2u);
  EXPECT_EQ(commands[1].offset, script.find("(assert"));
  EXPECT_EQ(commands[1].keyword, "assert_return");
}

TEST(script, what_is_no_script_is_refused) {
  for (std::string_view script : {"module",
                                  "(modul)",
                                  "(module",
                                  "(module))",
                                  "(invoke f)",
                                  "(invoke \"f\" 1)",
                                  "(invoke \"f\" (i32.const))",
                                  "(invoke \"f\" (i32.const 0x1_0000_0000))",
                                  "(invoke \"f\" (f32.const nan:canonical))",
                                  "(invoke \"f\" (ref.func))",
                                  "(invoke \"\\ff\")",
                                  "(assert_return (module))",
                                  "(assert_trap (invoke \"f\"))",
                                  "(assert_return (invoke \"f\") (v128.const i64x2 1))",
                                  "(assert_invalid (func) \"\")",
                                  "(assert_return (invoke \"f\") (either))",
                                  "(wait)",
                                  "(thread (invoke \"f\"))",
                                  "(assert_return (invoke \"f\") (v128.const i64x2 1 2 3))",
                                  "(register $m)"}) {
    EXPECT_EQ(base::error_class(refused(script).code), base::ErrorClass::malformed) << script;
  }
}

TEST(script, errors_know_their_place) { EXPECT_EQ(refused("(module)\n(assert_what)").offset, 10u); }

TEST(script, threads_nest_to_a_limit) {
  std::string script;
  for (int i = 0; i < 100'000; ++i) script += "(thread $t ";
  EXPECT_EQ(refused(script).code, base::ErrorCode::implementation_limit);
}

}  // namespace
}  // namespace waxwing::text
