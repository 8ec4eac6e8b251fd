// What AssemblyScript and Emscripten import of "env".
#include <cmath>

#include "api_case.h"

namespace waxwing {
namespace {

class Helpers : public Tiers {
 protected:
  WasiBuffer output, errors;

  void SetUp() override {
    WasiConfig config{.standard_output = output};
    config.standard_error = errors;
    require(linker.wasi(std::move(config)));
  }

  template <typename Signature, typename... Args>
  auto call(const Instance& instance, const char* name, Args... args) {
    return require(instance.func<Signature>(name))(args...);
  }
};

/// Strings as AssemblyScript has them: UTF-16, their size in bytes in the 4 bytes before.
constexpr const char* assemblyscript = R"((module
  (import "env" "abort" (func $abort (param i32 i32 i32 i32)))
  (import "env" "trace" (func $trace (param i32 i32 f64 f64 f64 f64 f64)))
  (import "env" "seed" (func $seed (result f64)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 12) "\0e\00\00\00" "w\00r\00\fc\00n\00=\d8\00\de!\00")
  (data (i32.const 44) "\08\00\00\00" "a\00.\00t\00s\00")
  (data (i32.const 60) "\06\00\00\00" "x\00\00\dcy\00")
  (data (i32.const 76) "\03\00\00\00" "odd")
  (data (i32.const 92) "\ff\ff\ff\ff")
  (data (i32.const 108) "\fe\ff\00\00")
  (data (i32.const 65532) "\02\00\00\00")
  (func (export "abort") (param i32 i32 i32 i32)
    (call $abort (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func (export "trace") (param i32 i32)
    (call $trace (local.get 0) (local.get 1)
      (f64.const 1.5) (f64.const -0.25) (f64.const 1e21) (f64.const inf) (f64.const 7)))
  (func (export "seed") (result f64) (call $seed))
  (func (export "close") (param i32) (result i32) (call $close (local.get 0)))
  (func (export "fill") (i32.store (i32.const 124) (i32.const 60000))
    (memory.fill (i32.const 128) (i32.const 0x41) (i32.const 60000)))))";

TEST_P(Helpers, abort_tells_where_and_exits_with_255) {
  require(linker.assemblyscript());
  const auto message = [&](int32_t text, int32_t file) {
    Store own = require(Store::create(engine));
    const Instance guest = require(linker.instantiate(own, compile(engine, assemblyscript)));
    const auto ended =
        call<void(int32_t, int32_t, int32_t, int32_t)>(guest, "abort", text, file, 3, -1);
    EXPECT_FALSE(ended);
    EXPECT_EQ(ended.error().code(), ErrorCode::exited);
    EXPECT_EQ(ended.error().exit_status(), 255);
    return errors.take();
  };
  EXPECT_EQ(message(16, 48), "wr\u00fcn\U0001F600! at a.ts:3:4294967295\n");
  EXPECT_EQ(message(64, 48), "x\uFFFDy at a.ts:3:4294967295\n") << "half a pair";
  const std::string unknown = "abort at ?:3:4294967295\n";
  EXPECT_EQ(message(0, 0), unknown);
  EXPECT_EQ(message(3, 1), unknown) << "the size would begin before the memory";
  EXPECT_EQ(message(80, -1), unknown) << "an odd size";
  EXPECT_EQ(message(96, 0x7fffffff), unknown);
  EXPECT_EQ(message(112, 65536), unknown) << "one that ends beyond the memory";
  EXPECT_EQ(message(-4, -4), unknown);
}

TEST_P(Helpers, abort_can_be_silent) {
  require(linker.assemblyscript({.abort_message = false}));
  const Instance guest = instantiate(assemblyscript);
  const auto ended = call<void(int32_t, int32_t, int32_t, int32_t)>(guest, "abort", 16, 48, 3, 5);
  EXPECT_EQ(ended.error().exit_status(), 255);
  EXPECT_EQ(errors.text(), "");
}

TEST_P(Helpers, trace_writes_a_line) {
  require(linker.assemblyscript());
  const Instance guest = instantiate(assemblyscript);
  const auto trace = require(guest.func<void(int32_t, int32_t)>("trace"));
  require(trace(48, 0));
  require(trace(48, 1));
  require(trace(16, 5));
  require(trace(16, -1));
  require(trace(-1, 2));
  EXPECT_EQ(errors.take(),
            "trace: a.ts\n"
            "trace: a.ts 1.5\n"
            "trace: wr\u00fcn\U0001F600! 1.5,-0.25,1e+21,inf,7\n"
            "trace: wr\u00fcn\U0001F600! 1.5,-0.25,1e+21,inf,7\n"
            "trace: ? 1.5,-0.25\n");
  require(call<void()>(guest, "fill"));
  require(trace(128, 0));
  EXPECT_EQ(errors.take().size(), std::string_view("trace: ...\n").size() + 3 * 16384)
      << "what is long is cut";
  EXPECT_EQ(require(call<int32_t(int32_t)>(guest, "close", 2)), 0);
  require(trace(48, 0));
  EXPECT_EQ(errors.text(), "") << "nowhere to write to";
}

TEST_P(Helpers, traces_go_where_they_shall) {
  require(linker.assemblyscript({.trace = AssemblyScriptConfig::Output::standard_output}));
  const Instance guest = instantiate(assemblyscript);
  require(call<void(int32_t, int32_t)>(guest, "trace", 48, 0));
  EXPECT_EQ(output.take(), "trace: a.ts\n");
  linker.allow_shadowing(true);
  require(linker.assemblyscript({.trace = AssemblyScriptConfig::Output::none}));
  const Instance mute = instantiate(assemblyscript);
  require(call<void(int32_t, int32_t)>(mute, "trace", 48, 0));
  EXPECT_EQ(output.text() + errors.text(), "");
}

TEST_P(Helpers, a_stream_that_throws_ends_a_trace) {
  Linker own;
  require(own.wasi(
      {.standard_error = WasiStream::writer([](std::span<const uint8_t>) -> size_t { throw 7; })}));
  require(own.assemblyscript());
  const Instance guest = require(own.instantiate(store, compile(engine, assemblyscript)));
  EXPECT_THROW((void)call<void(int32_t, int32_t)>(guest, "trace", 48, 0), int);
  EXPECT_THROW(((void)call<void(int32_t, int32_t, int32_t, int32_t)>(guest, "abort", 1, 1, 1, 1)),
               int);
}

TEST_P(Helpers, a_seed_is_of_the_worlds_randomness) {
  require(linker.assemblyscript());
  const auto seed = [&](const Linker& of) {
    Store own = require(Store::create(engine));
    const Instance guest = require(of.instantiate(own, compile(engine, assemblyscript)));
    return require(call<double()>(guest, "seed"));
  };
  const double first = seed(linker);
  EXPECT_EQ(first, seed(linker));
  EXPECT_TRUE(first > 0 && first < 0x1p53 && first == std::floor(first)) << first;
  Linker other = linker;
  other.allow_shadowing(true);
  require(other.wasi({.random_seed = 43}));
  EXPECT_NE(seed(other), first) << "of what WASI was defined as last";
}

TEST_P(Helpers, only_functions_of_their_types_are_defined) {
  require(linker.assemblyscript());
  require(linker.emscripten());
  const auto refusal = [&](std::string_view import) {
    const Module module = compile(engine, "(module (import \"env\" " + std::string(import) + "))");
    const auto instance = linker.try_instantiate(store, module);
    return instance ? ErrorCode(0) : instance.error().code();
  };
  EXPECT_EQ(refusal("\"abort\" (func (param i32 i32 i32 i32))"), ErrorCode(0));
  EXPECT_EQ(refusal("\"abort\" (func)"), ErrorCode::unlinkable);
  EXPECT_EQ(refusal("\"abort\" (memory 1)"), ErrorCode::unlinkable);
  EXPECT_EQ(refusal("\"seed\" (func (result f32))"), ErrorCode::unlinkable);
  EXPECT_EQ(refusal("\"invoke_vi\" (func (param i32 i32))"), ErrorCode(0));
  EXPECT_EQ(refusal("\"invoke_\" (func (param i32 v128) (result f32 v128))"), ErrorCode(0));
  EXPECT_EQ(refusal("\"invoke_v\" (func)"), ErrorCode::unlinkable);
  EXPECT_EQ(refusal("\"invoke_v\" (func (param i64))"), ErrorCode::unlinkable);
  EXPECT_EQ(refusal("\"invoke_v\" (func (param i32 externref))"), ErrorCode::unlinkable);
  EXPECT_EQ(refusal("\"emscripten_notify_memory_growth\" (func (param i32))"), ErrorCode(0));
  EXPECT_EQ(refusal("\"unknown\" (func)"), ErrorCode::unlinkable);
  EXPECT_EQ(linker.assemblyscript().error().code(), ErrorCode::unlinkable);
  EXPECT_EQ(linker.emscripten().error().code(), ErrorCode::unlinkable);
  require(linker.func("env", "seed", [] { return 0.5; }));
  const Instance guest = instantiate(assemblyscript);
  EXPECT_EQ(require(call<double()>(guest, "seed")), 0.5) << "what is defined by name comes first";
}

/// What clang makes for Emscripten of
///   if (setjmp(buf) == 0) { depth(n); return 0; } else return what longjmp was given;
/// where `depth` calls itself n times, moving the stack pointer, and then longjmp, traps or exits.
constexpr const char* emscripten = R"((module
  (import "env" "invoke_vi" (func $invoke_vi (param i32 i32)))
  (import "env" "invoke_iii" (func $invoke_iii (param i32 i32 i32) (result i32)))
  (import "env" "invoke_dfj" (func $invoke_dfj (param i32 f32 i64) (result f64)))
  (import "env" "_emscripten_throw_longjmp" (func $throw))
  (import "env" "emscripten_notify_memory_growth" (func $grown (param i32)))
  (import "env" "setTempRet0" (func $set_temp (param i32)))
  (import "env" "getTempRet0" (func $get_temp (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (table 8 8 funcref)
  (elem (i32.const 1) $depth $add $mix $trap $leave $throw $forever)
  (global $sp (mut i32) (i32.const 65536))
  (global $threw (mut i32) (i32.const 0))
  (global $value (mut i32) (i32.const 0))
  (func (export "stackSave") (result i32) (global.get $sp))
  (func (export "stackRestore") (param i32) (global.set $sp (local.get 0)))
  (func $set_threw (export "setThrew") (param i32 i32)
    (if (i32.eqz (global.get $threw))
      (then (global.set $threw (local.get 0)) (global.set $value (local.get 1)))))
  (func $longjmp (param i32 i32)
    (call $set_threw (local.get 0) (local.get 1)) (call $throw))
  (func $depth (param i32)
    (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
    (if (i32.eqz (local.get 0)) (then (call $longjmp (i32.const 4096) (i32.const 42))))
    (call $depth (i32.sub (local.get 0) (i32.const 1)))
    (global.set $sp (i32.add (global.get $sp) (i32.const 16))))
  (func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $mix (param f32 i64) (result f64)
    (f64.add (f64.promote_f32 (local.get 0)) (f64.convert_i64_s (local.get 1))))
  (func $trap (param i32) (unreachable))
  (func $leave (param i32) (call $exit (local.get 0)))
  (func $forever (param i32) (loop (br 0)))
  ;; What the invoke_ returned by: 0, or the value of a longjmp.
  (func (export "run") (param $func i32) (param $n i32) (result i32)
    (global.set $threw (i32.const 0)) (global.set $value (i32.const 0))
    (call $invoke_vi (local.get $func) (local.get $n))
    (if (result i32) (global.get $threw) (then (global.get $value)) (else (i32.const 0))))
  (func (export "sp") (result i32) (global.get $sp))
  (func (export "add") (param i32 i32 i32) (result i32)
    (call $invoke_iii (local.get 0) (local.get 1) (local.get 2)))
  (func (export "mix") (param f32 i64) (result f64)
    (call $invoke_dfj (i32.const 3) (local.get 0) (local.get 1)))
  (func (export "throw") (call $throw))
  (func (export "temp") (param i32) (result i32)
    (call $grown (i32.const 0)) (call $set_temp (local.get 0)) (call $get_temp))))";

TEST_P(Helpers, a_longjmp_returns_to_its_invoke_with_the_stack_as_it_was) {
  require(linker.emscripten());
  const Instance guest = instantiate(emscripten);
  const auto run = require(guest.func<int32_t(int32_t, int32_t)>("run"));
  for (const int32_t depth : {0, 1, 50}) {
    EXPECT_EQ(require(run(1, depth)), 42);
    EXPECT_EQ(require(call<int32_t()>(guest, "sp")), 65536);
  }
}

TEST_P(Helpers, an_invoke_calls_functions_of_its_type_and_no_other) {
  require(linker.emscripten());
  const Instance guest = instantiate(emscripten);
  const auto add = require(guest.func<int32_t(int32_t, int32_t, int32_t)>("add"));
  EXPECT_EQ(require(add(2, 40, 2)), 42);
  EXPECT_EQ(require(call<double(float, int64_t)>(guest, "mix", 1.5f, int64_t{-4})), -2.5);
  const auto trap = [&](int32_t index) {
    const auto result = add(index, 1, 2);
    return result ? TrapCode(0) : result.error().trap()->code;
  };
  EXPECT_EQ(trap(1), TrapCode::indirect_call_type_mismatch);
  EXPECT_EQ(trap(0), TrapCode::uninitialized_element);
  EXPECT_EQ(trap(8), TrapCode::undefined_element);
  EXPECT_EQ(trap(-1), TrapCode::undefined_element);
  EXPECT_EQ(require(call<int32_t(int32_t)>(guest, "temp", -7)), -7);
}

TEST_P(Helpers, what_is_no_longjmp_goes_on_through_an_invoke) {
  require(linker.emscripten());
  const Instance guest = instantiate(emscripten);
  const auto run = require(guest.func<int32_t(int32_t, int32_t)>("run"));
  EXPECT_EQ(run(4, 0).error().trap()->code, TrapCode::unreachable);
  EXPECT_EQ(run(5, 3).error().exit_status(), 3);
  EXPECT_EQ(run({.timeout = std::chrono::milliseconds(20)}, 7, 0).error().trap()->code,
            TrapCode::deadline_exceeded);
  EXPECT_EQ(require(run(1, 3)), 42) << "all is well after that";
}

TEST_P(Helpers, a_longjmp_without_its_setjmp_is_a_trap_that_says_so) {
  require(linker.emscripten());
  const Instance guest = instantiate(emscripten);
  const auto thrown = call<void()>(guest, "throw");
  ASSERT_FALSE(thrown);
  EXPECT_EQ(thrown.error().trap()->code, TrapCode::host_error);
  EXPECT_NE(thrown.error().message().find("longjmp without a setjmp"), std::string::npos);
}

TEST_P(Helpers, an_invoke_of_a_module_without_what_it_needs_says_what) {
  require(linker.emscripten());
  const auto message = [&](std::string_view rest) {
    const Instance guest = instantiate(
        "(module (import \"env\" \"invoke_v\" (func $invoke (param i32)))"
        "(func (export \"run\") (call $invoke (i32.const 0)))" +
        std::string(rest) + ")");
    const auto result = call<void()>(guest, "run");
    return result ? "" : result.error().message();
  };
  const std::string exports =
      "(func (export \"stackSave\") (result i32) (i32.const 0))"
      "(func (export \"stackRestore\") (param i32)) (func (export \"setThrew\") (param i32 i32))";
  EXPECT_NE(message("(table 1 funcref)").find("stackSave"), std::string::npos);
  EXPECT_NE(message("(table 1 funcref) (func (export \"stackSave\"))").find("stackSave"),
            std::string::npos);
  EXPECT_NE(message(exports).find("a table of functions"), std::string::npos);
  EXPECT_NE(message(exports + "(table 1 externref)").find("a table of functions"),
            std::string::npos);
  EXPECT_NE(message(exports + "(table 1 funcref)").find("uninitialized"), std::string::npos);
}

TEST_P(Helpers, recursion_through_invoke_ends) {
  require(linker.emscripten());
  const Instance guest = instantiate(R"((module
    (import "env" "invoke_v" (func $invoke (param i32)))
    (table 1 funcref) (elem (i32.const 0) $run)
    (func (export "stackSave") (result i32) (i32.const 0))
    (func (export "stackRestore") (param i32))
    (func (export "setThrew") (param i32 i32))
    (func $run (export "run") (call $invoke (i32.const 0)))))");
  EXPECT_EQ(call<void()>(guest, "run").error().trap()->code, TrapCode::call_stack_exhausted);
}

TEST_P(Helpers, many_instances_and_linkers_share_a_store) {
  require(linker.emscripten());
  const Linker copy = linker;
  const Module module = compile(engine, emscripten);
  for (int i = 0; i < 20; ++i) {
    const Instance guest = require((i % 2 == 0 ? linker : copy).instantiate(store, module));
    EXPECT_EQ(require(call<int32_t(int32_t, int32_t)>(guest, "run", 1, i)), 42);
  }
}

TEST_P(Helpers, exports_have_the_names_of_any_version_and_may_fail) {
  require(linker.emscripten());
  const auto run = [&](std::string_view save, std::string_view restore, std::string_view threw) {
    const std::string text =
        "(module (import \"env\" \"invoke_v\" (func $invoke (param i32)))"
        "(import \"env\" \"emscripten_throw_longjmp\" (func $throw))"
        "(table 1 funcref) (elem (i32.const 0) $throw) (global $n (mut i32) (i32.const 0))"
        "(func (export \"" +
        std::string(save) +
        "\") (result i32) (i32.const 7))"
        "(func (export \"" +
        std::string(restore) +
        "\") (param i32)"
        "  (global.set $n (local.get 0)))"
        "(func (export \"setThrew\") (param i32 i32) " +
        std::string(threw) +
        ")"
        "(func (export \"run\") (result i32) (call $invoke (i32.const 0)) (global.get $n)))";
    return call<int32_t()>(instantiate(text), "run");
  };
  EXPECT_EQ(require(run("stackSave", "stackRestore", "")), 7);
  EXPECT_EQ(require(run("emscripten_stack_get_current", "_emscripten_stack_restore", "")), 7);
  EXPECT_EQ(run("stackSave", "stackRestore", "(unreachable)").error().trap()->code,
            TrapCode::unreachable);
  EXPECT_EQ(run("stackSave", "stackRestore", "(call $throw)").error().trap()->code,
            TrapCode::host_error);
}

class Counter final : public FuncListener {
 public:
  bool before(const ListenedCall&) override { return ++begun > 0; }
  void after(const ListenedCall&) override { ++returned; }
  void abort(const ListenedCall&, std::optional<TrapCode>) override { ++aborted; }
  int begun = 0, returned = 0, aborted = 0;
};

TEST_P(Helpers, a_longjmp_passes_those_who_listen_and_checkpoints) {
  require(linker.emscripten());
  for (const bool listens : {true, false}) {
    const Engine own(Config{.tier = GetParam(), .listeners = listens, .checkpoints = !listens});
    Store its_store = require(Store::create(own));
    const Instance guest = require(linker.instantiate(its_store, compile(own, emscripten)));
    const auto counter = std::make_shared<Counter>();
    if (listens) require(its_store.set_listener(counter));
    EXPECT_EQ(require(call<int32_t(int32_t, int32_t)>(guest, "run", 1, 3)), 42);
    EXPECT_EQ(counter->begun, counter->returned + counter->aborted);
    // depth 3 to 0, longjmp, and the function that throws.
    EXPECT_EQ(counter->aborted, listens ? 6 : 0);
  }
}

TEST_P(Helpers, a_closed_store_lets_go_of_its_streams) {
  const auto witness = std::make_shared<int>();
  Linker own;
  require(own.assemblyscript());
  require(own.emscripten());
  {
    WasiConfig config;
    config.standard_error = WasiStream::writer([witness](std::span<const uint8_t>) {});
    own.allow_shadowing(true);
    require(own.wasi(std::move(config)));
  }
  const Instance guest = require(own.instantiate(store, compile(engine, assemblyscript)));
  own = Linker();
  EXPECT_GT(witness.use_count(), 1);
  require(store.close());
  EXPECT_EQ(witness.use_count(), 1) << "though there are handles still";
  EXPECT_EQ(guest.func("trace").error().code(), ErrorCode::store_closed);
}

INSTANTIATE_TEST_SUITE_P(in, Helpers, all_tiers, tier_name);

}  // namespace
}  // namespace waxwing
