// Calls in both directions with C++'s types: by registers where a tier has them, else by slots, and
// the same either way.
#include <atomic>
#include <chrono>
#include <limits>
#include <thread>

#include "engine/engine.h"
#include "native_world.h"
#include "runtime/host_func.h"
#include "runtime/typed_call.h"
#include "text/assembler.h"

namespace waxwing::runtime {
namespace {

using engine::Tier;

class DirectCall : public testing::TestWithParam<Tier> {
 public:
  void SetUp() override {
    if (!is_interpreted() && !runs_here) GTEST_SKIP() << "this processor is no x86-64";
  }
  bool is_interpreted() const { return GetParam() == Tier::interpreter; }

  static engine::Config config() {
    engine::Config config;
    config.tier = GetParam();
    return config;
  }

  Instance& instantiate_text(const std::string& text, const std::vector<Extern>& imports = {}) {
    auto compiled = engine.compile(text::assemble(text).value());
    EXPECT_TRUE(compiled.has_value()) << compiled.error().message();
    auto instance = instantiate(*store, *compiled, imports, "test");
    EXPECT_TRUE(instance.has_value());
    return **instance;
  }
  template <typename Signature>
  TypedCall<Signature> typed(Func& func) {
    auto call = TypedCall<Signature>::make(*store, func);
    EXPECT_TRUE(call.has_value()) << call.error().message();
    return *call;
  }
  template <typename Signature>
  TypedCall<Signature> typed(Instance& instance, std::string_view name) {
    return typed<Signature>(*std::get<Func*>(instance.find_export(name).value()));
  }
  template <typename Signature, typename Callable>
  Func& host(Callable callable) {
    return **store->add_host_func(make_host_func<Signature>(std::move(callable)));
  }

  engine::Engine engine{config()};
  std::unique_ptr<Store> store = engine.new_store().value();
};

INSTANTIATE_TEST_SUITE_P(all, DirectCall, testing::Values(Tier::interpreter, Tier::baseline),
                         [](const testing::TestParamInfo<Tier>& tier) {
                           return tier.param == Tier::baseline ? "baseline" : "interpreter";
                         });

template <typename T>
constexpr const char* text_of = "f64";
template <>
constexpr const char* text_of<int32_t> = "i32";
template <>
constexpr const char* text_of<uint32_t> = "i32";
template <>
constexpr const char* text_of<int64_t> = "i64";
template <>
constexpr const char* text_of<uint64_t> = "i64";
template <>
constexpr const char* text_of<float> = "f32";
template <>
constexpr const char* text_of<Ref> = "externref";

template <typename T>
T sample(int number) {
  if constexpr (std::is_same_v<T, Ref>)
    return Ref::from_host(static_cast<uint64_t>(number) + 1000);
  else if constexpr (std::is_integral_v<T>)
    return static_cast<T>(std::numeric_limits<T>::max() - static_cast<T>(number) * 3) *
           static_cast<T>(number % 2 == 0 ? 1 : -1);
  else
    return static_cast<T>(-1.25) * static_cast<T>(number + 1);
}

/// For each argument: a host function that returns it, a Wasm function that passes all on to that
/// one, and calls of both that compare.
template <typename... Args>
struct Positions {
  template <size_t... I>
  static void check(DirectCall& test, std::index_sequence<I...>) {
    (check_one<I>(test, std::index_sequence<I...>()), ...);
  }
  template <size_t chosen, size_t... I>
  static void check_one(DirectCall& test, std::index_sequence<I...>) {
    using Chosen = std::tuple_element_t<chosen, std::tuple<Args...>>;
    const std::tuple<Args...> given(sample<Args>(int(I))...);
    bool is_given = false;
    Func& host = test.host<Chosen(Args...)>([&](Args... args) {
      const std::tuple<Args...> taken(args...);
      is_given = taken == given;
      return std::get<chosen>(taken);
    });
    std::string type;
    std::string arguments;
    for (const char* text : {text_of<Args>...}) type += std::string(" (param ") + text + ")";
    type += std::string(" (result ") + text_of<Chosen> + ")";
    for (size_t i = 0; i < sizeof...(Args); ++i)
      arguments += " (local.get " + std::to_string(i) + ")";
    Instance& instance = test.instantiate_text(
        "(module (import \"\" \"\" (func $host" + type + ")) (table funcref (elem $host))" +
            "(type $type (func" + type + ")) (elem declare func $host)" + "(func (export \"own\")" +
            type + " (local.get " + std::to_string(chosen) + "))" + "(func (export \"call\")" +
            type + " (call $host" + arguments + "))" + "(func (export \"tail\")" + type +
            " (return_call $host" + arguments + "))" + "(func (export \"ref\")" + type +
            " (call_ref $type" + arguments + " (ref.func $host)))" + "(func (export \"indirect\")" +
            type + " (call_indirect (type $type)" + arguments + " (i32.const 0))))",
        {&host});
    for (const char* name : {"own", "call", "tail", "ref", "indirect"}) {
      is_given = std::string_view(name) == "own";
      const auto result = test.typed<Chosen(Args...)>(instance, name)(std::get<I>(given)...);
      ASSERT_TRUE(result.has_value()) << name;
      EXPECT_EQ(*result, std::get<chosen>(given)) << name << " " << chosen;
      EXPECT_TRUE(is_given) << name << " " << chosen;
    }
    is_given = false;
    EXPECT_EQ(test.typed<Chosen(Args...)>(host)(std::get<I>(given)...).value(),
              std::get<chosen>(given));
    EXPECT_TRUE(is_given);
  }
};

template <typename... Args>
void check_positions(DirectCall& test) {
  Positions<Args...>::check(test, std::index_sequence_for<Args...>());
}

TEST_P(DirectCall, all_types_in_all_positions_arrive_and_return) {
  check_positions<int32_t, uint64_t, Ref, uint32_t>(*this);
  check_positions<int64_t, int32_t, int32_t, int64_t>(*this);
  check_positions<Ref, Ref, uint32_t, Ref>(*this);
  check_positions<float, double, float, double, double, float, double, float>(*this);
  check_positions<double, int32_t, float, Ref, double, int64_t, float, uint32_t, double, float,
                  double, double>(*this);
}

TEST_P(DirectCall, signatures_beyond_the_registers_are_called_by_slots) {
  static_assert(!are_direct<int, int, int, int, int>());
  check_positions<int32_t, int32_t, uint64_t, Ref, int32_t>(*this);
  check_positions<float, float, double, float, float, float, float, double, float>(*this);
  check_positions<int64_t, int32_t, float, Ref, double, int64_t, int32_t, double>(*this);
}

TEST_P(DirectCall, functions_without_arguments_or_results) {
  int calls = 0;
  Instance& instance = instantiate_text(
      R"((module (import "" "" (func $host)) (func (export "f") (call $host) (call $host))))",
      {&host<void()>([&] { ++calls; })});
  EXPECT_TRUE(typed<void()>(instance, "f")().has_value());
  EXPECT_EQ(calls, 2);
}

TEST_P(DirectCall, i32_results_of_the_host_are_extended_with_zeros) {
  Instance& instance = instantiate_text(
      R"((module (import "" "" (func $host (result i32)))
         (func (export "f") (result i64) (i64.extend_i32_u (call $host)))))",
      {&host<int32_t()>([] { return -2; })});
  EXPECT_EQ(typed<uint64_t()>(instance, "f")().value(), 0xffff'fffeu);
  EXPECT_EQ(typed<int64_t()>(instance, "f")().value(), 0xffff'fffe);
}

TEST_P(DirectCall, other_types_are_refused_with_both_named) {
  Instance& instance =
      instantiate_text(R"((module (func (export "f") (param i32 f64) (result i64) unreachable)))");
  Func& func = *std::get<Func*>(*instance.find_export("f"));
  const auto refused = TypedCall<void(int32_t, float)>::make(*store, func);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, base::ErrorCode::wrong_type);
  EXPECT_TRUE(
      refused.error().message().ends_with("the function is of type (param i32 f64) (result i64) "
                                          "and cannot be called as [i32 f32] -> []"))
      << refused.error().message();
  EXPECT_FALSE((TypedCall<int64_t(int32_t)>::make(*store, func).has_value()));
  EXPECT_FALSE((TypedCall<double(int32_t, double)>::make(*store, func).has_value()));
  EXPECT_FALSE((TypedCall<int64_t(int32_t, Ref)>::make(*store, func).has_value()));
  EXPECT_TRUE((TypedCall<int64_t(int32_t, double)>::make(*store, func).has_value()));
  HostFunc too_large = make_host_func<void(int32_t)>([](int32_t) {});
  too_large.type.params.assign(5, syntax::i32_type);
  EXPECT_FALSE(store->add_host_func(std::move(too_large)).has_value());
}

TEST_P(DirectCall, traps_have_their_frames_and_the_next_call_is_right) {
  Instance& instance = instantiate_text(R"((module
    (func $inner (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then unreachable)) (local.get 0))
    (func (export "f") (param i32) (result i32) (call $inner (local.get 0)))))");
  const auto f = typed<int32_t(int32_t)>(instance, "f");
  for (int i = 0; i < 3; ++i) {
    const auto failed = f(0);
    ASSERT_FALSE(failed.has_value());
    ASSERT_EQ(failed.error(), Outcome::trapped);
    const Trap trap = store->take_failure(failed.error());
    EXPECT_EQ(trap.code, TrapCode::unreachable);
    EXPECT_EQ(trap.frames.size(), 2u);
    EXPECT_EQ(f(7).value(), 7);
  }
  ASSERT_FALSE(f(0).has_value());
  EXPECT_EQ(f(7).value(), 7) << "though nobody took the trap";
  EXPECT_FALSE(store->has_trap());
}

TEST_P(DirectCall, the_host_fails_by_a_trap_or_an_exit) {
  Func& failing =
      host<int32_t(int32_t)>([](Caller& caller, int32_t reason) -> std::expected<int32_t, Outcome> {
        if (reason == 0) return std::unexpected(caller.store.set_exit(42));
        if (reason == 1)
          return std::unexpected(caller.store.set_trap(TrapCode::host_error, "no luck"));
        if (reason == 2) return std::unexpected(Outcome::trapped);
        if (reason == 3) return std::unexpected(Outcome::threw);
        return reason + 1;
      });
  Instance& instance = instantiate_text(R"((module
    (import "" "" (func $host (param i32) (result i32)))
    (func (export "f") (param i32) (result i32) (call $host (local.get 0)))
    (func (export "tail") (param i32) (result i32) (return_call $host (local.get 0)))))",
                                        {&failing});
  const auto f = typed<int32_t(int32_t)>(instance, "f");
  const auto fail = [&](auto& call, int32_t reason) {
    const auto failed = call(reason);
    EXPECT_FALSE(failed.has_value());
    EXPECT_EQ(failed.error(), Outcome::trapped);
    EXPECT_EQ(call(9).value(), 10);
    EXPECT_FALSE(store->has_trap());
    const auto again = call(reason);
    return store->take_failure(again.error());
  };
  EXPECT_EQ(fail(f, 0).exit_status, 42);
  EXPECT_EQ(fail(f, 1).message(),
            "wasm trap: a host function failed: no luck\n"
            "  0: test!<unnamed> (func 1, offset 0x31)");
  EXPECT_EQ(fail(f, 2).detail, "it did not say why");
  EXPECT_EQ(fail(f, 3).detail, "it threw no exception");
  const auto tail = typed<int32_t(int32_t)>(instance, "tail");
  EXPECT_EQ(fail(tail, 1).detail, "no luck");
  const auto unwrapped = typed<int32_t(int32_t)>(failing);
  EXPECT_EQ(fail(unwrapped, 1).detail, "no luck");
  EXPECT_EQ(fail(unwrapped, 2).detail, "it did not say why");
}

TEST_P(DirectCall, the_host_knows_who_calls) {
  const Instance* caller_seen = nullptr;
  Func& func = host<void()>([&](Caller& caller) {
    EXPECT_EQ(&caller.store, store.get());
    caller_seen = caller.instance;
  });
  Instance& instance = instantiate_text(
      R"((module (import "" "" (func $host)) (func (export "f") (call $host))))", {&func});
  EXPECT_TRUE(typed<void()>(instance, "f")().has_value());
  EXPECT_EQ(caller_seen, &instance);
  EXPECT_TRUE(typed<void()>(func)().has_value());
  EXPECT_EQ(caller_seen, nullptr);
}

constexpr const char* countdown = R"((module
  (import "" "" (func $host (param i64) (result i64)))
  (func (export "f") (param i64) (result i64)
    (if (result i64) (i64.eqz (local.get 0))
      (then (i64.const 0))
      (else (i64.add (i64.const 1) (call $host (i64.sub (local.get 0) (i64.const 1)))))))))";

TEST_P(DirectCall, calls_nest) {
  Func* func = nullptr;
  bool is_failing = false;
  Func& back = host<uint64_t(uint64_t)>(
      [&](Caller& caller, uint64_t left) -> std::expected<uint64_t, Outcome> {
        if (is_failing && left == 0)
          return std::unexpected(caller.store.set_trap(TrapCode::host_error));
        const auto result = typed<uint64_t(uint64_t)>(*func)(left);
        if (result || left != 50) return result;
        EXPECT_EQ(caller.store.take_failure(result.error()).code, TrapCode::host_error);
        return 1000;  // the host gets over the failure of its guest
      });
  Instance& instance = instantiate_text(countdown, {&back});
  func = std::get<Func*>(*instance.find_export("f"));
  const auto f = typed<uint64_t(uint64_t)>(*func);
  EXPECT_EQ(f(100).value(), 100u);
  is_failing = true;
  EXPECT_EQ(f(100).value(), 1050u);
  ASSERT_FALSE(f(30).has_value());
  EXPECT_EQ(store->take_trap().frames.size(), 30u);
  is_failing = false;
  EXPECT_EQ(f(100).value(), 100u);
  const auto too_deep = f(1'000'000);
  ASSERT_FALSE(too_deep.has_value());
  EXPECT_EQ(store->take_failure(too_deep.error()).code, TrapCode::call_stack_exhausted);
  EXPECT_EQ(f(100).value(), 100u);
  if (!is_interpreted()) {
    EXPECT_EQ(store->execution_state().exit_sp, store->wasm_stack().high);
  }
}

TEST_P(DirectCall, calls_between_threads_and_stores_do_not_meet) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&engine = engine, i] {
      auto own_store = engine.new_store().value();
      Func* const host = *own_store->add_host_func(
          make_host_func<int32_t(int32_t)>([i](int32_t x) { return x + i; }));
      auto compiled = engine.compile(text::assemble(R"((module
          (import "" "" (func $host (param i32) (result i32)))
          (func (export "f") (param i32) (result i32) (call $host (local.get 0)))))")
                                         .value());
      Instance& instance = **instantiate(*own_store, *compiled, std::vector<Extern>{host}, "test");
      const auto f = *TypedCall<int32_t(int32_t)>::make(
          *own_store, *std::get<Func*>(*instance.find_export("f")));
      for (int k = 0; k < 1000; ++k) ASSERT_EQ(f(k).value(), k + i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(DirectCall, calls_can_be_stopped_by_other_threads) {
  int calls = 0;
  Instance& instance = instantiate_text(
      R"((module (import "" "" (func $host))
         (func (export "loop") (loop (call $host) (br 0))) (func (export "f"))))",
      {&host<void()>([&] { ++calls; })});
  const auto loop = typed<void()>(instance, "loop");
  const auto f = typed<void()>(instance, "f");
  for (int i = 0; i < 10; ++i) {
    std::thread other([&, id = store->current_call()] {
      std::this_thread::sleep_for(std::chrono::microseconds(i * 100));
      store->interrupt(id, TrapCode::deadline_exceeded);
    });
    const auto stopped = loop();
    ASSERT_FALSE(stopped.has_value());
    EXPECT_EQ(store->take_failure(stopped.error()).code, TrapCode::deadline_exceeded);
    other.join();
    EXPECT_TRUE(f().has_value()) << "the next call is not stopped";
  }
  store->interrupt(store->current_call(), TrapCode::interrupted);
  const auto refused = f();
  ASSERT_FALSE(refused.has_value()) << "it was stopped before it began";
  EXPECT_EQ(store->take_failure(refused.error()).code, TrapCode::interrupted);
  EXPECT_TRUE(f().has_value());
  EXPECT_GT(calls, 0);
}

// Ends calls at random while they begin and end, and then none is interrupted that nobody meant.
void interrupt_at_random(Store& store, const TypedCall<void()>& f) {
  std::atomic<bool> is_done = false;
  std::thread other([&] {
    while (!is_done) store.interrupt(store.current_call(), TrapCode::interrupted);
  });
  int interrupted = 0;
  for (int i = 0; i < 20'000 || interrupted < 100; ++i) {
    const auto result = f();
    if (result) continue;
    ++interrupted;
    EXPECT_EQ(store.take_failure(result.error()).code, TrapCode::interrupted);
  }
  is_done = true;
  other.join();
  static_cast<void>(f());  // which the last request may have been for
  EXPECT_TRUE(f().has_value());
}

// Where the system has no heavy fence, attention is asked for always.
TEST_P(DirectCall, requests_end_the_call_that_they_are_for_and_no_other) {
  Instance& instance = instantiate_text(R"((module (func (export "f"))))");
  const auto f = typed<void()>(instance, "f");
  for (const uint32_t attention : {0u, 1u << 30}) {
    store->execution_state().attention |= attention;
    const uint32_t before = store->execution_state().attention;
    for (int i = 0; i < 1000; ++i) {
      ASSERT_TRUE(f().has_value());
      store->interrupt(store->current_call(), TrapCode::deadline_exceeded);
      store->interrupt(store->current_call() - 1, TrapCode::interrupted);
      const auto refused = f();
      ASSERT_FALSE(refused.has_value());
      ASSERT_EQ(store->take_failure(refused.error()).code, TrapCode::deadline_exceeded);
    }
    ASSERT_NO_FATAL_FAILURE(interrupt_at_random(*store, f));
    EXPECT_EQ(store->execution_state().attention, before);
  }
}

TEST_P(DirectCall, what_a_failed_call_left_is_cleared_once) {
  Instance& instance = instantiate_text(R"((module (func (export "f") (param i32)
    (if (local.get 0) (then unreachable)))))");
  const auto f = typed<void(int32_t)>(instance, "f");
  const abi::ExecutionState& state = store->execution_state();
  EXPECT_TRUE(f(0).has_value());
  EXPECT_EQ(state.has_remains, 0u);
  EXPECT_FALSE(f(1).has_value());
  EXPECT_TRUE(store->has_trap());
  EXPECT_NE(state.has_remains, 0u);
  EXPECT_TRUE(f(0).has_value());
  EXPECT_FALSE(store->has_trap());
  EXPECT_EQ(state.has_remains, 0u);
  EXPECT_EQ(state.failure, 0u);
  EXPECT_EQ(state.call_depth, 0u);
}

TEST_P(DirectCall, each_thread_that_calls_first_catches_faults) {
  Instance& instance = instantiate_text(R"((module (memory 1)
    (func (export "f") (param i32) (result i32) (i32.load (local.get 0)))))");
  const auto f = typed<uint32_t(uint32_t)>(instance, "f");
  for (int i = 0; i < 3; ++i) {
    std::thread([&] {
      const auto failed = f(65536);
      ASSERT_FALSE(failed.has_value());
      EXPECT_EQ(store->take_failure(failed.error()).code, TrapCode::out_of_bounds_memory);
      EXPECT_EQ(f(0).value(), 0u);
    }).join();
  }
}

// With code by hand, whatever else the compilers can do.

class DirectUnwind : public NativeTest {};

TEST_F(DirectUnwind, exceptions_go_through_the_host_to_a_handler) {
  const syntax::ValType i64 = syntax::i64_type;
  NativeModule module;
  const TypeIdx tag_type = module.func_type({i64});
  const TypeIdx type = module.func_type({i64}, {i64});
  module.module.tags.push_back({tag_type});
  module.import("env", "host", type);
  module.begin();
  module.masm.mov(Width::w64, NativeModule::slot(0), Gpr::rdx);
  module.masm.lea(Width::w64, Gpr::rdx, NativeModule::slot(0));
  module.masm.set(Gpr::rsi, 0);
  module.masm.set_body_offset(3);
  module.masm.call_builtin(abi::BuiltinId::throw_tag);
  const FuncIdx thrower = module.end(type);
  module.begin();
  const uint32_t begin = module.position();
  module.call_import(FuncIdx(0u), 4);
  const uint32_t end = module.position();
  module.leave();
  abi::CodeHandler& handler = module.masm.add_handler();
  handler = {.begin = begin, .end = end, .target = module.position(), .tag = 0};
  module.masm.mov(Width::w64, Gpr::rax, Mem(Gpr::rax, int32_t(abi::exception_payload)));
  module.masm.add(Width::w64, Gpr::rax, 100);
  module.leave();
  const FuncIdx catcher = module.end(type);
  module.begin();
  module.call_import(FuncIdx(0u), 5);
  module.leave();
  const FuncIdx passer = module.end(type);

  Func* thrower_func = nullptr;
  Func& through = **store->add_host_func(make_host_func<uint64_t(uint64_t)>(
      [&](Caller& caller, uint64_t value) -> std::expected<uint64_t, Outcome> {
        const auto throws = TypedCall<uint64_t(uint64_t)>::make(caller.store, *thrower_func);
        return (*throws)(value);
      }));
  Instance& instance = instantiate_native(module, {&through});
  thrower_func = &instance.func(thrower);
  const auto catches = *TypedCall<uint64_t(uint64_t)>::make(*store, instance.func(catcher));
  const auto passes = *TypedCall<uint64_t(uint64_t)>::make(*store, instance.func(passer));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(catches(5).value(), 105u);
    const auto thrown = passes(6);
    ASSERT_FALSE(thrown.has_value());
    ASSERT_EQ(thrown.error(), Outcome::threw);
    ASSERT_NE(store->pending_exception, nullptr);
    EXPECT_EQ(store->pending_exception->payload()[0], 6u);
  }
  EXPECT_EQ(store->execution_state().exit_sp, store->wasm_stack().high);
}

}  // namespace
}  // namespace waxwing::runtime
