// Values as text, and checked calls.
#include "runtime/value.h"

#include "fixtures.h"
#include "runtime/text.h"

namespace waxwing::runtime {
namespace {

using syntax::f32_type;
using syntax::f64_type;
using syntax::i32_type;
using syntax::i64_type;
using syntax::v128_type;
using syntax::ValType;

/// What `text` reads as and prints again, or "" where it is refused.
std::string echo(ValType type, std::string_view text) {
  const auto value = parse_value(type, text);
  return value ? to_string(*value) : "";
}

uint64_t bits(ValType type, std::string_view text) {
  return parse_value(type, text).value().slots[0];
}

TEST(value_parse, integers_of_both_signs) {
  EXPECT_EQ(echo(i32_type, "42"), "42");
  EXPECT_EQ(echo(i32_type, "-2147483648"), "-2147483648");
  EXPECT_EQ(echo(i32_type, "4294967295"), "-1");
  EXPECT_EQ(echo(i32_type, "+0xFFFF_fffe"), "-2");
  EXPECT_EQ(echo(i64_type, "18446744073709551615"), "-1");
  EXPECT_EQ(echo(i64_type, "-0x8000000000000000"), "-9223372036854775808");
  EXPECT_EQ(bits(i32_type, "-1"), 0xffffffffu) << "zero-extended";
  EXPECT_EQ(echo(i32_type, "1_000"), "1000");
}

TEST(value_parse, refuses_what_is_no_integer_or_too_large) {
  for (const char* text :
       {"",     "-",    "+",   "0x",         "1.5",         "abc",
        "1 ",   " 1",   "--1", "+-1",        "_1",          "1_",
        "1__0", "0x_1", "0xg", "4294967296", "-2147483649", "99999999999999999999999",
        "0x-1", "1e3"}) {
    EXPECT_EQ(echo(i32_type, text), "") << text;
  }
  EXPECT_EQ(echo(i64_type, "18446744073709551616"), "");
  EXPECT_EQ(echo(i64_type, "-9223372036854775809"), "");
  EXPECT_EQ(parse_value(i32_type, "abc\x1b").error().message(),
            "invalid argument: \"abc\\1b\" is not a value of type i32: not an integer");
}

TEST(value_parse, floats_decimal_and_hexadecimal) {
  EXPECT_EQ(echo(f64_type, "-1.5"), "-1.5");
  EXPECT_EQ(echo(f64_type, "0.1"), "0.1");
  EXPECT_EQ(echo(f32_type, "0.1"), "0.1");
  EXPECT_EQ(echo(f64_type, "1e3"), "1000");
  EXPECT_EQ(echo(f64_type, "1_000.5"), "1000.5");
  EXPECT_EQ(echo(f64_type, "-0"), "-0");
  EXPECT_EQ(echo(f64_type, "0x1.8p1"), "3");
  EXPECT_EQ(echo(f64_type, "0x10"), "16");
  EXPECT_EQ(echo(f64_type, "-0x0.8p1"), "-1");
  EXPECT_EQ(echo(f64_type, "9007199254740993"), "9007199254740992");
  EXPECT_EQ(bits(f32_type, "1"), 0x3f800000u);
  EXPECT_EQ(bits(f32_type, "0x1.fffffep127"), 0x7f7fffffu);
}

TEST(value_parse, floats_out_of_range) {
  EXPECT_EQ(echo(f64_type, "1e400"), "");
  EXPECT_EQ(echo(f64_type, "0x1p1024"), "");
  EXPECT_EQ(echo(f32_type, "3.5e38"), "");
  EXPECT_EQ(echo(f64_type, "1" + std::string(400, '0')), "");
  EXPECT_EQ(echo(f64_type, "1e99999999999999999999"), "");
  EXPECT_EQ(echo(f64_type, "1e-400"), "0") << "too small is not an error";
  EXPECT_EQ(echo(f64_type, "-1e-400"), "-0");
  EXPECT_EQ(echo(f64_type, "1e-99999999999999999999"), "0");
  EXPECT_EQ(echo(f64_type, "0." + std::string(400, '0') + "1"), "0");
  EXPECT_EQ(echo(f32_type, "0x1p-160"), "0");
  EXPECT_EQ(echo(f64_type, "0x1.8p-1100"), "0");
}

TEST(value_parse, floats_that_are_none) {
  EXPECT_EQ(echo(f64_type, "inf"), "inf");
  EXPECT_EQ(echo(f32_type, "-inf"), "-inf");
  EXPECT_EQ(echo(f64_type, "nan"), "nan");
  EXPECT_EQ(echo(f64_type, "-nan"), "-nan");
  EXPECT_EQ(bits(f32_type, "nan"), 0x7fc00000u);
  EXPECT_EQ(echo(f32_type, "nan:0x200000"), "nan:0x200000");
  EXPECT_EQ(bits(f32_type, "-nan:0x1"), 0xff800001u);
  EXPECT_EQ(echo(f32_type, "nan:0x400000"), "nan");
  for (const char* text : {"nan:0x0", "nan:0x800000", "nan:1", "nan()", "infinity", "NaN", "0xinf",
                           "", ".", ".5", "e5", "0x.8p1", "1e", "0x", "0x1p", "1.5f", "--1"}) {
    EXPECT_EQ(echo(f32_type, text), "") << text;
  }
}

TEST(value_parse, vectors_and_references) {
  EXPECT_EQ(echo(v128_type, "1,-1,0x10,4"), "0x00000001 0xffffffff 0x00000010 0x00000004");
  EXPECT_EQ(echo(v128_type, "1,2,3"), "");
  EXPECT_EQ(echo(v128_type, "1,2,3,4,5"), "");
  EXPECT_EQ(echo(syntax::funcref, "null"), "null");
  EXPECT_EQ(echo(syntax::funcref, "1"), "");
  EXPECT_EQ(echo(syntax::externref, "7"), "ref.extern 7");
}

TEST(text_printable, leaves_nothing_that_a_terminal_acts_on) {
  EXPECT_EQ(quoted("a\"b\\c\n\x7f"), "\"a\\22b\\5cc\\0a\\7f\"");
  EXPECT_EQ(printable("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(printable("\xc2\x9b[31m"), "\\c2\\9b[31m");
  std::string long_name;
  for (int i = 0; i < 200; ++i) long_name += "\xc3\xbc";
  const std::string cut = printable("x" + long_name);
  EXPECT_LT(cut.size(), 210u);
  EXPECT_TRUE(cut.ends_with("\xc3\xbc...")) << "no half of a character";
}

Outcome swap(void*, Caller&, Slot* slots) {
  std::swap(slots[0], slots[1]);
  return Outcome::returned;
}

TEST_F(StoreTest, typed_calls_check_their_arguments) {
  Func& func = host_func(swap, nullptr, {{i32_type, f64_type}, {f64_type, i32_type}});
  const std::vector<Value> args = {parse_value(i32_type, "-1").value(),
                                   parse_value(f64_type, "2.5").value()};
  const auto results = call(*store, func, args);
  ASSERT_TRUE(results);
  EXPECT_EQ(to_string((*results)[0]), "2.5");
  EXPECT_EQ(to_string((*results)[1]), "-1");

  const auto too_few = call(*store, func, std::span(args).first(1));
  EXPECT_EQ(std::get<base::Error>(too_few.error()).message(),
            "wrong type: the function takes 2 arguments, 1 are given: [i32 f64]");
  const auto wrong = call(*store, func, std::vector<Value>{args[1], args[1]});
  EXPECT_EQ(std::get<base::Error>(wrong.error()).message(),
            "wrong type: argument 1: expected i32, found f64");
}

TEST_F(StoreTest, typed_calls_judge_references_by_what_they_are) {
  const TypeId type = types->add_func_type({});
  const ValType exact = ValType::ref(false, syntax::HeapType(syntax::TypeIdx(type.value)));
  Func& func =
      host_func([](void*, Caller&, Slot*) { return Outcome::returned; }, nullptr, {{exact}, {}});
  Func& fitting = host_func(swap);
  const auto given = [&](ValType claimed, Ref ref) {
    return call(*store, func, std::vector<Value>{{.type = claimed, .slots = {ref.bits(), 0}}})
        .has_value();
  };
  EXPECT_TRUE(given(syntax::funcref, Ref(&fitting)));
  EXPECT_FALSE(given(syntax::funcref, Ref(&func))) << "a function of another type";
  EXPECT_FALSE(given(syntax::funcref, Ref())) << "null";
  EXPECT_FALSE(given(syntax::externref, Ref::from_host(1)));
}

TEST_F(StoreTest, typed_calls_move_vectors_and_report_traps) {
  Func& echo_vector = host_func([](void*, Caller&, Slot*) { return Outcome::returned; }, nullptr,
                                {{v128_type}, {v128_type}});
  const auto results =
      call(*store, echo_vector, std::vector<Value>{parse_value(v128_type, "1,2,3,4").value()});
  EXPECT_EQ(to_string(results.value()[0]), "0x00000001 0x00000002 0x00000003 0x00000004");
  Func& failing = host_func([](void*, Caller& caller, Slot*) {
    return caller.store.set_trap(syntax::TrapCode::unreachable);
  });
  const auto failed = call(*store, failing, {});
  EXPECT_EQ(std::get<Trap>(failed.error()).code, syntax::TrapCode::unreachable);
}

}  // namespace
}  // namespace waxwing::runtime
