// Exceptions of Wasm that cross the border: thrown by the host, caught by the host, and both in
// turn.
#include "waxwing/exception.h"

#include "api_case.h"

namespace waxwing {
namespace {

class Exceptions : public Tiers {
 protected:
  Tag make_tag(std::vector<ValType> params) {
    return require(Tag::create(store, {std::move(params)}));
  }
};
INSTANTIATE_TEST_SUITE_P(in, Exceptions, all_tiers, tier_name);

template <typename T>
ErrorCode code_of(const Result<T>& result) {
  EXPECT_FALSE(result.has_value());
  return result ? ErrorCode::malformed : result.error().code();
}

TEST_P(Exceptions, of_the_host_are_caught_by_wasm_code) {
  const Tag tag =
      make_tag({ValKind::i32, ValKind::i64, ValKind::f64, ValKind::v128, externref, funcref});
  require(linker.define("env", "tag", tag));
  const Ref text = require(Ref::host(store, std::string("text")));
  const V128 vector = V128::from_lanes(std::array<int32_t, 4>{1, 2, 3, 4});
  require(linker.func("env", "throw", [&](int32_t value) -> Result<int32_t> {
    if (value == 0) return 1;
    return throw_exception(tag, {value, int64_t{-2}, 0.5, vector, text, Ref()});
  }));
  const Instance instance = instantiate(R"((module
    (import "env" "tag" (tag $tag (param i32 i64 f64 v128 externref funcref)))
    (import "env" "throw" (func $throw (param i32) (result i32)))
    (func (export "try") (param i32) (result i32 i64 f64 v128 externref funcref)
      (block $caught (result i32 i64 f64 v128 externref funcref)
        (try_table (catch $tag $caught)
          (drop (call $throw (local.get 0))))
        (i32.const 0) (i64.const 0) (f64.const 0) (v128.const i64x2 0 0) (ref.null extern)
        (ref.null func)))
    (func (export "any") (param i32) (result i32)
      (block $caught
        (try_table (catch_all $caught) (return (call $throw (local.get 0)))))
      (i32.const 77))
    (func $tail (param i32) (result i32) (return_call $throw (local.get 0)))
    (func (export "tail") (param i32) (result i32)
      (block $caught
        (try_table (catch_all $caught) (return (call $tail (local.get 0)))))
      (i32.const 78))))");
  const auto results = require(require(instance.func("try")).call({5}));
  EXPECT_EQ(results[0].i32(), 5);
  EXPECT_EQ(results[1].i64(), -2);
  EXPECT_EQ(results[2].f64(), 0.5);
  EXPECT_EQ(results[3].v128(), vector);
  EXPECT_EQ(*results[4].ref()->host<std::string>(), "text");
  EXPECT_TRUE(results[5].ref()->is_null());
  EXPECT_EQ(require(require(instance.func("try")).call({0}))[0].i32(), 0);
  const auto any = require(instance.func<int32_t(int32_t)>("any"));
  EXPECT_EQ(require(any(0)), 1);
  EXPECT_EQ(require(any(3)), 77);
  EXPECT_EQ(require(require(instance.func<int32_t(int32_t)>("tail"))(3)), 78);
}

TEST_P(Exceptions, of_the_host_are_caught_by_what_try_was_before) {
  const Tag tag = make_tag({ValKind::i32});
  require(linker.define("env", "tag", tag));
  require(linker.func("env", "throw", [&](int32_t value) -> Result<> {
    return throw_exception(tag, {value * 2});
  }));
  const Instance instance = instantiate(R"((module
    (import "env" "tag" (tag $tag (param i32)))
    (import "env" "throw" (func $throw (param i32)))
    (func (export "try") (param i32) (result i32)
      try (result i32) (call $throw (local.get 0)) (i32.const 0) catch $tag end)
    (func (export "again") (param i32)
      try (call $throw (local.get 0)) catch_all rethrow 0 end)))");
  EXPECT_EQ(require(require(instance.func<int32_t(int32_t)>("try"))(21)), 42);
  const auto again = require(instance.func<void(int32_t)>("again"))(4);
  ASSERT_FALSE(again);
  EXPECT_EQ(require(again.error().wasm_exception()->values())[0].i32(), 8);
}

constexpr const char* throwing = R"((module
  (type $pair (struct (field i32)))
  (tag $empty (export "empty"))
  (tag $tag (export "tag") (param i32 i64))
  (tag $object (export "object") (param anyref))
  (func (export "none") (throw $empty))
  (func (export "throw") (param i32 i64) (result i32)
    (throw $tag (local.get 0) (local.get 1)))
  (func (export "new") (param i32) (throw $object (struct.new $pair (local.get 0))))
  (func (export "look") (param anyref) (result i32)
    (struct.get $pair 0 (ref.cast (ref $pair) (local.get 0))))
  (func (export "litter") (local i32)
    (loop $more
      (drop (struct.new $pair (local.get 0)))
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get 0) (i32.const 1000000)))))))";

TEST_P(Exceptions, that_nobody_catches_are_values_of_the_error) {
  const Instance instance = instantiate(throwing);
  const Tag tag = require(instance.tag("tag"));
  const auto check = [&](const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::trapped);
    EXPECT_EQ(error.trap()->code, TrapCode::uncaught_exception);
    EXPECT_EQ(error.trap()->detail, "(tag (param i32 i64))");
    EXPECT_FALSE(error.exception());
    ASSERT_TRUE(error.wasm_exception());
    EXPECT_EQ(require(error.wasm_exception()->tag()), tag);
    const auto values = require(error.wasm_exception()->values());
    ASSERT_EQ(values.size(), 2u);
    EXPECT_EQ(values[0].i32(), 5);
    EXPECT_EQ(values[1].i64(), -6);
  };
  const Func func = require(instance.func("throw"));
  check(func.call({5, int64_t{-6}}).error());
  const auto typed = require(func.typed<int32_t(int32_t, int64_t)>());
  check(typed(5, -6).error());
  check(typed(5, -6).error());
  detail::Slot slots[] = {5, uint64_t(-6)};
  check(func.call_unchecked(slots).error());
  const auto none = require(instance.func<void()>("none"))();
  ASSERT_TRUE(none.error().wasm_exception());
  EXPECT_TRUE(require(none.error().wasm_exception()->values()).empty());
  EXPECT_NE(require(none.error().wasm_exception()->tag()), tag);
  EXPECT_EQ(none.error().trap()->detail, "(tag)");
  // Other failures have none.
  const auto trapped = require(instance.func("look")).call({Ref()});
  EXPECT_EQ(trapped.error().trap()->code, TrapCode::cast_failure);
  EXPECT_FALSE(trapped.error().wasm_exception());
}

TEST_P(Exceptions, of_a_start_function_are_told) {
  const auto made = linker.try_instantiate(store, compile(engine, R"((module
    (tag $tag (param i32))
    (func $start (throw $tag (i32.const 9)))
    (start $start)))"));
  ASSERT_FALSE(made);
  ASSERT_TRUE(made.error().wasm_exception());
  EXPECT_EQ(require(made.error().wasm_exception()->values())[0].i32(), 9);
}

TEST_P(Exceptions, go_through_host_functions_that_hand_them_on) {
  const Instance inner = instantiate(throwing);
  const auto thrower = require(inner.func<int32_t(int32_t, int64_t)>("throw"));
  std::optional<Exception> seen;
  require(linker.func("env", "pass", [&](int32_t value) -> Result<int32_t> {
    auto result = thrower(value, 1);
    if (!result) seen = *result.error().wasm_exception();
    return result;
  }));
  require(linker.func("env", "swallow", [&]() -> int32_t { return thrower(1, 1) ? 1 : 2; }));
  require(linker.define("env", "tag", require(inner.tag("tag"))));
  const Instance outer = instantiate(R"((module
    (import "env" "pass" (func $pass (param i32) (result i32)))
    (import "env" "swallow" (func $swallow (result i32)))
    (import "env" "tag" (tag $tag (param i32 i64)))
    (func (export "pass") (param i32) (result i32) (call $pass (local.get 0)))
    (func (export "swallow") (result i32) (call $swallow))
    (func (export "catch") (param i32) (result i32 exnref) (local exnref)
      (block $caught (result i32 i64 exnref)
        (try_table (catch_ref $tag $caught) (return (call $pass (local.get 0)) (ref.null exn)))
        unreachable)
      (local.set 1) (drop) (local.get 1))
    (func (export "throw") (param exnref) (throw_ref (local.get 0)))))");
  const auto passed = require(outer.func<int32_t(int32_t)>("pass"))(3);
  ASSERT_FALSE(passed);
  EXPECT_EQ(*passed.error().wasm_exception(), *seen);
  EXPECT_EQ(require(seen->values())[0].i32(), 3);
  EXPECT_EQ(require(require(outer.func<int32_t()>("swallow"))()), 2);
  // Caught with its reference, given to the host, and thrown again.
  const auto caught = require(require(outer.func("catch")).call({4}));
  EXPECT_EQ(caught[0].i32(), 4);
  const auto exception = Exception::from(*caught[1].ref());
  ASSERT_TRUE(exception);
  EXPECT_EQ(*exception, *seen);
  const auto again = require(outer.func("throw")).call({exception->ref()});
  ASSERT_FALSE(again);
  EXPECT_EQ(*again.error().wasm_exception(), *exception);
  EXPECT_FALSE(Exception::from(Ref()));
  EXPECT_FALSE(Exception::from(Ref::i31(1)));
  EXPECT_FALSE(Exception::from(Ref(require(outer.func("throw")))));
}

TEST_P(Exceptions, and_what_they_carry_live_while_the_host_holds_them) {
  const Instance instance = instantiate(throwing);
  const auto litter = require(instance.func<void()>("litter"));
  const auto thrown = require(instance.func<void(int32_t)>("new"))(123);
  const Tag object = require(instance.tag("object"));
  const Exception made =
      require(Exception::create(object, {require(thrown.error().wasm_exception()->values())[0]}));
  for (int i = 0; i < 3; ++i) require(litter());
  const auto look = require(instance.func("look"));
  for (const Exception& exception : {*thrown.error().wasm_exception(), made})
    EXPECT_EQ(require(look.call({require(exception.values())[0]}))[0].i32(), 123);
}

TEST_P(Exceptions, of_wrong_values_and_stores_are_errors) {
  const Tag tag = make_tag({ValKind::i32, externref});
  EXPECT_EQ(code_of(Exception::create(tag, {1})), ErrorCode::wrong_type);
  EXPECT_EQ(code_of(Exception::create(tag, {1, Ref(), 2})), ErrorCode::wrong_type);
  EXPECT_EQ(code_of(Exception::create(tag, {int64_t{1}, Ref()})), ErrorCode::wrong_type);
  EXPECT_EQ(throw_exception(tag).error().code(), ErrorCode::wrong_type);
  Store other = require(Store::create(engine));
  const Ref foreign = require(Ref::host(other, 1));
  EXPECT_EQ(code_of(Exception::create(tag, {1, foreign})), ErrorCode::wrong_store);

  const Tag other_tag = require(Tag::create(other, {}));
  require(linker.func("env", "wrong", [&]() -> Result<> { return throw_exception(other_tag); }));
  require(linker.func("env", "bad", [&]() -> Result<> { return throw_exception(tag, {1}); }));
  const Instance instance = instantiate(R"((module
    (import "env" "wrong" (func $wrong))
    (import "env" "bad" (func $bad))
    (func (export "wrong") (block $caught (try_table (catch_all $caught) (call $wrong))))
    (func (export "bad") (block $caught (try_table (catch_all $caught) (call $bad))))))");
  const auto wrong = require(instance.func<void()>("wrong"))();
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().trap()->code, TrapCode::host_error);
  EXPECT_NE(wrong.error().message().find("another store"), std::string::npos);
  const auto bad = require(instance.func<void()>("bad"))();
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().trap()->code, TrapCode::host_error);

  const Exception left = require(Exception::create(other_tag));
  const Error error(left);
  require(other.close());
  EXPECT_EQ(code_of(left.tag()), ErrorCode::store_closed);
  EXPECT_EQ(code_of(left.values()), ErrorCode::store_closed);
  EXPECT_EQ(code_of(error.wasm_exception()->values()), ErrorCode::store_closed);
  EXPECT_EQ(code_of(Exception::create(other_tag)), ErrorCode::store_closed);
  EXPECT_EQ(Error(left).trap()->code, TrapCode::uncaught_exception);
}

TEST_P(Exceptions, end_with_the_heap) {
  store = require(Store::create(engine, {.heap_bytes = 1 << 20}));
  const Tag tag = make_tag({});
  std::vector<Exception> kept;
  for (int i = 0; i < 1'000'000; ++i) {
    auto made = Exception::create(tag);
    if (!made) {
      EXPECT_EQ(made.error().code(), ErrorCode::out_of_memory);
      break;
    }
    kept.push_back(*made);
  }
  EXPECT_LT(kept.size(), 1'000'000u);
  kept.clear();
  EXPECT_TRUE(Exception::create(tag));
}

TEST_P(Exceptions, of_host_functions_that_the_host_calls_come_back) {
  const Tag tag = make_tag({ValKind::f32});
  const Func func = require(make_func(store, HostFunc([&](float value) -> Result<float> {
                                        return throw_exception(tag, {value});
                                      })));
  const auto result = require(func.typed<float(float)>())(0.25f);
  ASSERT_FALSE(result);
  EXPECT_EQ(require(result.error().wasm_exception()->values())[0].f32(), 0.25f);
  const HostFunc by_slots = require(HostFunc::by_slots(
      {{}, {}}, [&](Caller&, uint64_t*) -> Result<> { return throw_exception(tag, {1.0f}); }));
  const auto other = require(make_func(store, by_slots)).call({});
  EXPECT_TRUE(other.error().wasm_exception());
}

}  // namespace
}  // namespace waxwing
