// Functions of Wasm as C++ functions: every kind of value, every way of failing.
#include "waxwing/typed_func.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "api_case.h"

namespace waxwing {
namespace {

class TypedFuncs : public Tiers {};
INSTANTIATE_TEST_SUITE_P(in, TypedFuncs, all_tiers, tier_name);

TEST_P(TypedFuncs, numbers_go_in_and_come_back_as_they_are) {
  const Instance instance = instantiate(R"((module
    (func (export "i32") (param i32) (result i32) (local.get 0))
    (func (export "i64") (param i64) (result i64) (local.get 0))
    (func (export "f32") (param f32) (result f32) (local.get 0))
    (func (export "f64") (param f64) (result f64) (local.get 0))
    (func (export "sum") (param i32 i64 f32 f64) (result f64)
      (f64.add (f64.add (f64.convert_i32_s (local.get 0)) (f64.convert_i64_s (local.get 1)))
               (f64.add (f64.promote_f32 (local.get 2)) (local.get 3))))
    (func (export "nothing"))))");
  const auto i32 = require(instance.func<int32_t(int32_t)>("i32"));
  const auto u32 = require(instance.func<uint32_t(uint32_t)>("i32"));
  const auto i64 = require(instance.func<int64_t(int64_t)>("i64"));
  const auto f32 = require(instance.func<float(float)>("f32"));
  const auto f64 = require(instance.func<double(double)>("f64"));
  const auto truth = require(instance.func<bool(bool)>("i32"));
  for (const int32_t value : {0, 1, -1, INT32_MIN, INT32_MAX})
    EXPECT_EQ(require(i32(value)), value);
  EXPECT_EQ(require(u32(UINT32_MAX)), UINT32_MAX);
  EXPECT_EQ(require(i64(INT64_MIN)), INT64_MIN);
  EXPECT_EQ(require(f32(-0.5f)), -0.5f);
  EXPECT_EQ(require(f64(1e300)), 1e300);
  EXPECT_TRUE(std::isnan(require(f64(std::numeric_limits<double>::quiet_NaN()))));
  EXPECT_TRUE(require(truth(true)));
  EXPECT_FALSE(require(truth(false)));
  const auto sum = require(instance.func<double(int32_t, int64_t, float, double)>("sum"));
  EXPECT_EQ(require(sum(-1, 2, 0.5f, 0.25)), 1.75);
  EXPECT_TRUE(require(instance.func<void()>("nothing"))().has_value());
}

enum class Colour : uint32_t { red = 1, blue = 7 };

TEST_P(TypedFuncs, enumerations_vectors_and_tuples_are_values_too) {
  const Instance instance = instantiate(R"((module
    (func (export "i32") (param i32) (result i32) (local.get 0))
    (func (export "add") (param v128 v128) (result v128) (i32x4.add (local.get 0) (local.get 1)))
    (func (export "swap") (param i32 v128 f64) (result f64 v128 i32)
      (local.get 2) (local.get 1) (local.get 0))))");
  const auto colour = require(instance.func<Colour(Colour)>("i32"));
  EXPECT_EQ(require(colour(Colour::blue)), Colour::blue);
  const auto add = require(instance.func<V128(V128, V128)>("add"));
  const auto one = V128::from_lanes(std::array<int32_t, 4>{1, 2, 3, 4});
  EXPECT_EQ(require(add(one, one)).lanes<int32_t>(), (std::array<int32_t, 4>{2, 4, 6, 8}));
  const auto swap =
      require(instance.func<std::tuple<double, V128, int32_t>(int32_t, V128, double)>("swap"));
  EXPECT_EQ(require(swap(7, one, 0.5)), (std::tuple(0.5, one, 7)));
}

TEST_P(TypedFuncs, many_arguments_go_by_slots) {
  const Instance instance = instantiate(R"((module
    (func (export "six") (param i64 i64 i64 i64 i64 i64) (result i64)
      (i64.sub (i64.add (local.get 0) (local.get 5)) (local.get 3)))))");
  const auto six =
      require(instance.func<int64_t(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t)>("six"));
  EXPECT_EQ(require(six(1, 2, 3, 40, 5, 600)), 561);
}

TEST_P(TypedFuncs, another_type_is_an_error_that_names_both) {
  const Instance instance =
      instantiate(R"((module (func (export "f") (param i32) (result f64) f64.const 1)))");
  for (const Error& error :
       {instance.func<double(int64_t)>("f").error(), instance.func<float(int32_t)>("f").error(),
        instance.func<double()>("f").error(), instance.func<double(ExternRef)>("f").error()}) {
    EXPECT_EQ(error.code(), ErrorCode::wrong_type);
    EXPECT_NE(error.message().find("(param i32) (result f64)"), std::string::npos)
        << error.message();
  }
  EXPECT_EQ(instance.func<void()>("g").error().code(), ErrorCode::not_found);
}

TEST_P(TypedFuncs, a_trap_says_what_and_where) {
  const Instance instance = instantiate(R"((module $calc
    (func $inner (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
    (func $outer (export "div") (param i32) (result i32) (call $inner (local.get 0)))))");
  const auto div = require(instance.func<int32_t(int32_t)>("div"));
  const Error error = div(0).error();
  EXPECT_EQ(error.code(), ErrorCode::trapped);
  ASSERT_NE(error.trap(), nullptr);
  EXPECT_EQ(error.trap()->code, TrapCode::integer_divide_by_zero);
  ASSERT_EQ(error.trap()->frames.size(), 2u);
  EXPECT_EQ(error.trap()->frames[0].func_name, "inner");
  EXPECT_EQ(error.trap()->frames[1].func_name, "outer");
  EXPECT_NE(error.message().find("integer divide by zero"), std::string::npos);
  EXPECT_EQ(require(div(1)), 1);  // and the next call is well
}

TEST_P(TypedFuncs, references_go_in_and_come_back) {
  const Instance instance = instantiate(R"((module
    (table 3 externref)
    (global $kept (mut funcref) (ref.null func))
    (func (export "put") (param i32 externref) (table.set (local.get 0) (local.get 1)))
    (func (export "get") (param i32) (result externref) (table.get (local.get 0)))
    (func (export "keep") (param funcref) (result funcref)
      (global.set $kept (local.get 0)) (global.get $kept))
    (func (export "any") (param anyref) (result anyref) (local.get 0))
    (func (export "one") (result i32) (i32.const 1))))");
  const auto put = require(instance.func<void(int32_t, ExternRef)>("put"));
  const auto get = require(instance.func<ExternRef(int32_t)>("get"));
  const ExternRef word = require(Ref::host(store, std::string("hello")));
  require(put(1, word));
  const ExternRef back = require(get(1));
  ASSERT_NE(back.host<std::string>(), nullptr);
  EXPECT_EQ(*back.host<std::string>(), "hello");
  EXPECT_EQ(back, word);
  EXPECT_EQ(back.host<int>(), nullptr);
  EXPECT_EQ(back.kind(), RefKind::host);
  EXPECT_TRUE(require(get(0)).is_null());

  const Func one = require(instance.func("one"));
  const auto keep = require(instance.func<FuncRef(FuncRef)>("keep"));
  const FuncRef kept = require(keep(one));
  ASSERT_TRUE(kept.func().has_value());
  EXPECT_EQ(require(require(kept.func()->typed<int32_t()>())()), 1);
  EXPECT_EQ(*kept.func(), one);

  const auto any = require(instance.func<AnyRef(AnyRef)>("any"));
  EXPECT_EQ(require(any(AnyRef(Ref::i31(-5)))).i31(), -5);
  EXPECT_TRUE(require(any(AnyRef())).is_null());
}

TEST_P(TypedFuncs, a_reference_of_the_wrong_kind_or_store_is_an_error) {
  const Instance instance = instantiate(R"((module
    (func (export "extern") (param externref))
    (func (export "func") (param funcref))))");
  const auto take_extern = require(instance.func<void(ExternRef)>("extern"));
  const auto take_func = require(instance.func<void(FuncRef)>("func"));
  const ExternRef host = require(Ref::host(store, 5));
  const Func func = require(instance.func("func"));
  EXPECT_EQ(take_extern(ExternRef(Ref(func))).error().code(), ErrorCode::wrong_type);
  EXPECT_EQ(take_func(FuncRef(Ref(host))).error().code(), ErrorCode::wrong_type);
  Store other = require(Store::create(engine));
  const ExternRef foreign = require(Ref::host(other, 5));
  EXPECT_EQ(take_extern(foreign).error().code(), ErrorCode::wrong_store);
  EXPECT_TRUE(take_extern(host).has_value());
}

TEST_P(TypedFuncs, values_are_checked_when_they_come_in_a_list) {
  const Instance instance = instantiate(R"((module
    (func (export "f") (param i32 f64 externref) (result externref f64 i32)
      (local.get 2) (local.get 1) (local.get 0))))");
  const Func func = require(instance.func("f"));
  const Ref host = require(Ref::host(store, 1.5));
  const std::vector<Value> args = {7, 2.5, host};
  const std::vector<Value> results = require(func.call(args));
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(*results[0].ref()->host<double>(), 1.5);
  EXPECT_EQ(results[1].f64(), 2.5);
  EXPECT_EQ(results[2].i32(), 7);
  EXPECT_EQ(results[2].f64(), std::nullopt);
  EXPECT_EQ(results[1].to_string(), "2.5");
  EXPECT_TRUE(require(func.call(std::vector<Value>{7, 2.5, Ref()}))[0].ref()->is_null());
  EXPECT_EQ(func.call(std::vector<Value>{7, 2.5}).error().code(), ErrorCode::wrong_type);
  const Error error = func.call(std::vector<Value>{7, 2, Ref()}).error();
  EXPECT_EQ(error.code(), ErrorCode::wrong_type);
  EXPECT_NE(error.message().find("argument 2"), std::string::npos) << error.message();
}

TEST_P(TypedFuncs, slots_are_taken_as_they_are) {
  const Instance instance = instantiate(R"((module
    (func (export "f") (param i32 i64) (result i64)
      (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1)))))");
  const Func func = require(instance.func("f"));
  uint64_t slots[2] = {uint32_t(-3), 10};
  ASSERT_TRUE(func.call_unchecked(slots).has_value());
  EXPECT_EQ(slots[0], 7u);
}

}  // namespace
}  // namespace waxwing
