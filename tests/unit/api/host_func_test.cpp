// Functions of C++ as Wasm functions: every kind of parameter and result, and how they fail.
#include "waxwing/host_func.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <stdexcept>

#include "api_case.h"

namespace waxwing {
namespace {

class HostFuncs : public Tiers {};
INSTANTIATE_TEST_SUITE_P(in, HostFuncs, all_tiers, tier_name);

int32_t triple(int32_t value) { return value * 3; }

TEST_P(HostFuncs, numbers_lambdas_and_plain_functions) {
  int32_t sum = 0;
  require(linker.func("env", "note", [&sum](int32_t value) { sum += value; }));
  require(linker.func("env", "triple", &triple));
  require(linker.func("env", "mix", [](int32_t a, float b, int64_t c, double d) {
    return a + double(b) + double(c) + d;
  }));
  require(linker.func("env", "is_even", [](uint32_t value) noexcept { return value % 2 == 0; }));
  auto owned = std::make_unique<int32_t>(40);
  require(linker.func("env", "owned", HostFunc([held = std::shared_ptr<int32_t>(std::move(owned))] {
                        return *held;
                      })));
  const Instance instance = instantiate(R"((module
    (import "env" "note" (func $note (param i32)))
    (import "env" "triple" (func $triple (param i32) (result i32)))
    (import "env" "mix" (func $mix (param i32 f32 i64 f64) (result f64)))
    (import "env" "is_even" (func $is_even (param i32) (result i32)))
    (import "env" "owned" (func $owned (result i32)))
    (func (export "run") (param i32) (result f64)
      (call $note (call $triple (local.get 0)))
      (call $note (call $owned))
      (call $mix (call $is_even (local.get 0)) (f32.const 0.5) (i64.const -8) (f64.const 100)))))");
  EXPECT_EQ(require(require(instance.func<double(int32_t)>("run"))(6)), 93.5);
  EXPECT_EQ(sum, 58);
}

TEST_P(HostFuncs, strings_spans_and_pointers_are_the_callers_memory) {
  std::string heard;
  require(linker.func("env", "log", [&](std::string_view text) { heard += text; }));
  require(linker.func("env", "sum", [](std::span<const int32_t> values) {
    int32_t sum = 0;
    for (const int32_t value : values) sum += value;
    return sum;
  }));
  require(linker.func("env", "fill", [](std::span<uint8_t> bytes, int32_t value) {
    std::ranges::fill(bytes, static_cast<uint8_t>(value));
  }));
  struct Point {
    int32_t x, y;
  };
  require(
      linker.func("env", "mirror", [](GuestPtr<Point> point) { std::swap(point->x, point->y); }));
  const Instance instance = instantiate(R"((module
    (import "env" "log" (func $log (param i32 i32)))
    (import "env" "sum" (func $sum (param i32 i32) (result i32)))
    (import "env" "fill" (func $fill (param i32 i32 i32)))
    (import "env" "mirror" (func $mirror (param i32)))
    (memory (export "memory") 1 1)
    (data (i32.const 16) "hello")
    (data (i32.const 32) "\01\00\00\00\02\00\00\00\ff\ff\ff\ff")
    (func (export "log") (param i32 i32) (call $log (local.get 0) (local.get 1)))
    (func (export "sum") (param i32 i32) (result i32) (call $sum (local.get 0) (local.get 1)))
    (func (export "fill") (param i32 i32 i32)
      (call $fill (local.get 0) (local.get 1) (local.get 2)))
    (func (export "mirror") (param i32) (call $mirror (local.get 0)))))");
  const auto log = require(instance.func<void(uint32_t, uint32_t)>("log"));
  require(log(16, 5));
  EXPECT_EQ(heard, "hello");
  require(log(65536, 0));  // nothing, at the end
  const auto sum = require(instance.func<int32_t(uint32_t, uint32_t)>("sum"));
  EXPECT_EQ(require(sum(32, 3)), 2);
  require(require(instance.func<void(uint32_t, uint32_t, uint32_t)>("fill"))(100, 3, 0xab));
  const Memory memory = require(instance.memory());
  EXPECT_EQ(require(memory.read<uint32_t>(100)), 0x00ababab);
  const auto mirror = require(instance.func<void(uint32_t)>("mirror"));
  require(mirror(32));
  EXPECT_EQ(require(memory.read<int32_t>(32)), 2);

  for (const auto& [address, size] :
       {std::pair(65532u, 5u), {65537u, 0u}, {0xffffffffu, 1u}, {1u, 0xffffffffu}}) {
    const Error error = log(address, size).error();
    ASSERT_NE(error.trap(), nullptr) << error.message();
    EXPECT_EQ(error.trap()->code, TrapCode::out_of_bounds_memory) << address << " " << size;
  }
  EXPECT_EQ(sum(0, 0x40000001).error().trap()->code, TrapCode::out_of_bounds_memory);
  EXPECT_EQ(sum(33, 1).error().trap()->code, TrapCode::host_error);  // not aligned
  EXPECT_EQ(mirror(65532).error().trap()->code, TrapCode::out_of_bounds_memory);
  EXPECT_EQ(mirror(2).error().trap()->code, TrapCode::host_error);
  EXPECT_EQ(heard, "hello");
}

TEST_P(HostFuncs, vectors_references_and_several_results_go_by_slots) {
  require(linker.func("env", "twice", [](V128 value) {
    auto lanes = value.lanes<int32_t>();
    for (int32_t& lane : lanes) lane *= 2;
    return V128::from_lanes(lanes);
  }));
  require(
      linker.func("env", "divide", [](int32_t a, int32_t b) { return std::tuple(a / b, a % b); }));
  require(linker.func("env", "word", [](Caller& caller) -> Result<ExternRef> {
    return Ref::host(caller.store(), std::string("word"));
  }));
  require(linker.func("env", "size", [](ExternRef word) -> Result<int32_t> {
    const auto* const text = word.host<std::string>();
    if (!text) return std::unexpected(Error(ErrorCode::wrong_type, "that is no word"));
    return static_cast<int32_t>(text->size());
  }));
  const Instance instance = instantiate(R"((module
    (import "env" "twice" (func $twice (param v128) (result v128)))
    (import "env" "divide" (func $divide (param i32 i32) (result i32 i32)))
    (import "env" "word" (func $word (result externref)))
    (import "env" "size" (func $size (param externref) (result i32)))
    (func (export "run") (result i32)
      (i32x4.extract_lane 2 (call $twice (v128.const i32x4 1 2 3 4)))
      (call $divide (i32.const 17) (i32.const 5)) i32.add i32.add
      (call $size (call $word)) i32.add)
    (func (export "size") (param externref) (result i32) (call $size (local.get 0)))))");
  EXPECT_EQ(require(require(instance.func<int32_t()>("run"))()), 6 + 3 + 2 + 4);
  const auto size = require(instance.func<int32_t(ExternRef)>("size"));
  const Error error = size(ExternRef()).error();
  EXPECT_EQ(error.code(), ErrorCode::trapped);
  EXPECT_NE(error.message().find("that is no word"), std::string::npos) << error.message();
}

struct Oops : std::runtime_error {
  explicit Oops(int given) : std::runtime_error("oops"), number(given) {}
  int number;
};

TEST_P(HostFuncs, what_they_throw_is_thrown_on_past_the_guest) {
  const Oops* thrown = nullptr;
  require(linker.func("env", "fail", [&](int32_t number) {
    try {
      throw Oops(number);
    } catch (const Oops& oops) {
      thrown = &oops;
      throw;
    }
  }));
  const Instance instance = instantiate(R"((module
    (import "env" "fail" (func $fail (param i32)))
    (func (export "direct") (param i32) (call $fail (local.get 0)))
    (func $deep (export "deep") (param i32)
      (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))))
                        (else (call $fail (i32.const 77)))))))");
  const auto deep = require(instance.func<void(int32_t)>("deep"));
  try {
    static_cast<void>(deep(50));
    FAIL() << "nothing was thrown";
  } catch (const Oops& oops) {
    EXPECT_EQ(oops.number, 77);
    EXPECT_EQ(&oops, thrown);  // the same object
  }
  const Func func = require(instance.func("deep"));
  const std::vector<Value> args = {3};
  EXPECT_THROW(static_cast<void>(func.call(args)), Oops);
  const auto quiet = func.try_call(args);
  ASSERT_FALSE(quiet.has_value());
  EXPECT_NE(quiet.error().exception(), nullptr);
  EXPECT_NE(quiet.error().message().find("oops"), std::string::npos) << quiet.error().message();
  ASSERT_NE(quiet.error().trap(), nullptr);
  EXPECT_EQ(quiet.error().trap()->frames.size(), 4u);
}

TEST_P(HostFuncs, what_is_thrown_goes_through_nested_calls) {
  std::optional<Func> inner;
  int passed = 0;
  require(linker.func("env", "fail", [](int32_t number) { throw Oops(number); }));
  require(linker.func("env", "nest", [&](int32_t number) {
    ++passed;
    return require(inner->typed<int32_t(int32_t)>())(number).value();
  }));
  const Instance instance = instantiate(R"((module
    (import "env" "fail" (func $fail (param i32)))
    (import "env" "nest" (func $nest (param i32) (result i32)))
    (func (export "inner") (param i32) (result i32) (call $fail (local.get 0)) (i32.const 1))
    (func (export "outer") (param i32) (result i32) (call $nest (local.get 0)))))");
  inner = require(instance.func("inner"));
  const auto outer = require(instance.func<int32_t(int32_t)>("outer"));
  try {
    static_cast<void>(outer(5));
    FAIL() << "nothing was thrown";
  } catch (const Oops& oops) {
    EXPECT_EQ(oops.number, 5);
  }
  EXPECT_EQ(passed, 1);
}

TEST_P(HostFuncs, a_nested_failure_can_be_dealt_with) {
  std::optional<Func> inner;
  require(linker.func("env", "nest", [&](int32_t number) -> Result<int32_t> {
    const auto result = require(inner->typed<int32_t(int32_t)>())(number);
    if (!result && result.error().trap()->code == TrapCode::integer_divide_by_zero) return -1;
    return result;
  }));
  const Instance instance = instantiate(R"((module
    (import "env" "nest" (func $nest (param i32) (result i32)))
    (func (export "inner") (param i32) (result i32) (i32.div_u (i32.const 8) (local.get 0))
      (if (i32.eq (local.get 0) (i32.const 4)) (then unreachable)))
    (func (export "outer") (param i32) (result i32) (call $nest (local.get 0)))))");
  inner = require(instance.func("inner"));
  const auto outer = require(instance.func<int32_t(int32_t)>("outer"));
  EXPECT_EQ(require(outer(2)), 4);
  EXPECT_EQ(require(outer(0)), -1);
  EXPECT_EQ(outer(4).error().trap()->code, TrapCode::unreachable);
}

TEST_P(HostFuncs, exit_ends_the_program) {
  require(linker.func("env", "exit", [](int32_t status) -> Result<> {
    return std::unexpected(Error(Trap{.code = TrapCode::exit, .exit_status = status}));
  }));
  const Instance instance = instantiate(R"((module
    (import "env" "exit" (func $exit (param i32)))
    (func (export "_start") (call $exit (i32.const 3)) unreachable)))");
  EXPECT_EQ(require(instance.run()), 3);
  const auto start = require(instance.func<void()>("_start"));
  EXPECT_EQ(start().error().code(), ErrorCode::exited);
  EXPECT_EQ(start().error().exit_status(), 3);
}

TEST_P(HostFuncs, of_a_type_known_at_run_time) {
  FuncType type{{ValKind::i32, externref}, {externref, ValKind::i64}};
  int mode = 0;
  const HostFunc func(
      type, [&](Caller&, std::span<const Value> args, std::span<Value> results) -> Result<> {
        if (mode == 1) return std::unexpected(Error(ErrorCode::invalid_argument, "not today"));
        if (mode == 2) throw Oops(1);
        results[0] = *args[1].ref();
        if (mode != 3) results[1] = int64_t{*args[0].i32()} * 2;
        return {};
      });
  EXPECT_EQ(func.type(), type);
  require(linker.func("env", "f", func));
  const Instance instance = instantiate(R"((module
    (import "env" "f" (func $f (param i32 externref) (result externref i64)))
    (func (export "run") (param i32 externref) (result externref i64)
      (call $f (local.get 0) (local.get 1)))))");
  const auto run =
      require(instance.func<std::tuple<ExternRef, int64_t>(int32_t, ExternRef)>("run"));
  const ExternRef host = require(Ref::host(store, 8));
  const auto [ref, number] = require(run(-21, host));
  EXPECT_EQ(ref, host);
  EXPECT_EQ(number, -42);
  mode = 1;
  EXPECT_NE(run(1, host).error().message().find("not today"), std::string::npos);
  mode = 2;
  EXPECT_THROW(static_cast<void>(run(1, host)), Oops);
  mode = 3;  // an i32 where an i64 is due
  const Error error = run(1, host).error();
  EXPECT_NE(error.message().find("result 2"), std::string::npos) << error.message();
}

TEST_P(HostFuncs, know_their_caller) {
  std::optional<Instance> seen;
  uint64_t memory_bytes = 0;
  bool has_instance = true;
  const HostFunc look([&](Caller& caller) {
    seen = caller.instance();
    has_instance = seen.has_value();
    const auto memory = caller.memory();
    memory_bytes = memory ? memory->size_bytes() : 0;
  });
  require(linker.func("env", "look", look));
  const Instance instance = instantiate(R"((module
    (import "env" "look" (func $look))
    (memory 2)
    (func (export "run") (call $look))))");
  require(require(instance.func<void()>("run"))());
  ASSERT_TRUE(seen.has_value());
  EXPECT_EQ(*seen, instance);
  EXPECT_EQ(memory_bytes, 131072u);
  require(require(require(make_func(store, look)).typed<void()>())());
  EXPECT_FALSE(has_instance);
}

TEST_P(HostFuncs, need_a_memory_for_addresses) {
  require(linker.func("env", "log", [](std::string_view) {}));
  const Instance instance = instantiate(R"((module
    (import "env" "log" (func $log (param i32 i32)))
    (func (export "run") (call $log (i32.const 0) (i32.const 0)))))");
  const Error error = require(instance.func<void()>("run"))().error();
  EXPECT_EQ(error.trap()->code, TrapCode::host_error);
  EXPECT_NE(error.message().find("no memory"), std::string::npos) << error.message();
}

}  // namespace
}  // namespace waxwing
