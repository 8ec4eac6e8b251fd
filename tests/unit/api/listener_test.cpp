// Listeners and events through the public API: what they see, and what they must not do.
#include "waxwing/listener.h"

#include <algorithm>

#include "api_case.h"

namespace waxwing {
namespace {

constexpr const char* calls_text = R"((module $calls
  (import "env" "log" (func $log (param i32)))
  (memory (export "memory") 1 3)
  (tag $odd)
  (func $double (export "double") (param i32) (result i32)
    (call $log (local.get 0)) (i32.add (local.get 0) (local.get 0)))
  (func $twice (export "twice") (param i32) (result i32)
    (call $double (call $double (local.get 0))))
  (func $tail (export "tail") (param i32) (result i32) (return_call $double (local.get 0)))
  (func $trap (export "trap") (unreachable))
  (func $throw (throw $odd))
  (func $catch (export "catch") (block $h (try_table (catch_all $h) (call $throw))))
  (func $grow (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func $swap (export "swap") (param i64 f64 externref) (result externref f64 i64)
    (local.get 2) (local.get 1) (local.get 0))))";

/// Notes calls as "double(1)", "double=2", "double!unreachable".
class Notes : public FuncListener {
 public:
  bool before(const ListenedCall& call) override {
    add(name(call) + "(" + list(call) + ")");
    if (on_call) on_call(call);
    return true;
  }
  void after(const ListenedCall& call) override {
    add(name(call) + (call.is_tail_call() ? "->" : "=" + list(call)));
  }
  void abort(const ListenedCall& call, std::optional<TrapCode> trap) override {
    EXPECT_TRUE(call.values().empty());
    add(name(call) + "!" + (trap ? std::string(to_string(*trap)) : "exception"));
  }

  std::string take() { return std::exchange(text_, {}); }
  std::function<void(const ListenedCall&)> on_call;

 private:
  static std::string name(const ListenedCall& call) {
    const StackFrame frame = call.frame();
    return frame.is_host ? std::string(frame.module) + "." + std::string(frame.name)
                         : std::string(frame.name);
  }
  static std::string list(const ListenedCall& call) {
    std::string text;
    for (const Value& value : call.values()) {
      if (!text.empty()) text += ",";
      text += value.type().is_ref() ? "ref" : value.to_string();
    }
    return text;
  }
  void add(const std::string& word) {
    if (!text_.empty()) text_ += " ";
    text_ += word;
  }

  std::string text_;
};

class Listeners : public testing::TestWithParam<Tier> {
 protected:
  Listeners() {
    require(linker.func("env", "log", [](int32_t) {}));
    require(store.set_listener(notes));
  }
  Instance instantiate() { return require(linker.instantiate(store, compile(engine, calls_text))); }

  Engine engine{Config{.tier = GetParam(), .listeners = true}};
  Store store = require(Store::create(engine));
  Linker linker;
  std::shared_ptr<Notes> notes = std::make_shared<Notes>();
};
INSTANTIATE_TEST_SUITE_P(in, Listeners, all_tiers, tier_name);

TEST_P(Listeners, are_told_of_calls_with_names_and_values) {
  const Instance instance = instantiate();
  EXPECT_EQ(require(require(instance.func<int32_t(int32_t)>("twice"))(-1)), -4);
  EXPECT_EQ(notes->take(),
            "twice(-1) double(-1) env.log(-1) env.log= double=-2 "
            "double(-2) env.log(-2) env.log= double=-4 twice=-4");
  EXPECT_EQ(require(require(instance.func<int32_t(int32_t)>("tail"))(1)), 2);
  EXPECT_EQ(notes->take(), "tail(1) tail-> double(1) env.log(1) env.log= double=2");
  const Ref host = require(Ref::host(store, std::string("text")));
  EXPECT_TRUE(require(instance.func("swap")).call({int64_t{-5}, 1.5, host}));
  EXPECT_EQ(notes->take(), "swap(-5,1.5,ref) swap=ref,1.5,-5");
}

TEST_P(Listeners, are_told_how_calls_fail) {
  const Instance instance = instantiate();
  EXPECT_FALSE(require(instance.func<void()>("trap"))());
  EXPECT_EQ(notes->take(), "trap() trap!unreachable");
  EXPECT_TRUE(require(instance.func<void()>("catch"))());
  EXPECT_EQ(notes->take(), "catch() throw() throw!exception catch=");
}

TEST_P(Listeners, see_the_stack) {
  const Instance instance = instantiate();
  std::vector<std::string> stack;
  std::vector<uint64_t> offsets;
  notes->on_call = [&](const ListenedCall& call) {
    if (!call.frame().is_host) return;
    EXPECT_EQ(call.depth(), 3u);
    EXPECT_EQ(call.stack(1).size(), 1u);
    for (const StackFrame& frame : call.stack()) {
      stack.emplace_back(frame.name);
      offsets.push_back(frame.offset);
    }
  };
  EXPECT_TRUE(require(instance.func<int32_t(int32_t)>("twice"))(1));
  EXPECT_EQ(stack, (std::vector<std::string>{"log", "double", "twice", "log", "double", "twice"}));
  // Of host functions there is none; the second call of `double` lies behind the first.
  EXPECT_EQ(offsets[0], 0u);
  EXPECT_EQ(offsets[1], offsets[4]);
  EXPECT_EQ(offsets[2] + 2, offsets[5]);
}

TEST_P(Listeners, call_nothing_in_the_store) {
  const Instance instance = instantiate();
  const Func trap = require(instance.func("trap"));
  const auto typed = require(instance.func<int32_t(int32_t)>("double"));
  int count = 0;
  notes->on_call = [&](const ListenedCall&) {
    const auto refused = [&](const auto& result) {
      EXPECT_FALSE(result);
      EXPECT_EQ(result.error().code(), ErrorCode::invalid_argument);
      ++count;
    };
    refused(trap.call({}));
    refused(trap.call({}, {.timeout = std::chrono::seconds(1)}));
    refused(typed(1));
    refused(store.set_listener(nullptr));
    refused(linker.instantiate(store, compile(engine, "(module (func $f) (start $f))")));
    EXPECT_EQ(require(instance.memory()).size_pages(), 1u);
  };
  EXPECT_EQ(require(typed(3)), 6);
  EXPECT_EQ(count, 10);
  notes->on_call = nullptr;
  EXPECT_EQ(require(typed(3)), 6);
}

TEST_P(Listeners, may_close_the_store_which_ends_with_the_call) {
  const Instance instance = instantiate();
  const auto typed = require(instance.func<int32_t(int32_t)>("double"));
  notes->on_call = [&](const ListenedCall&) { EXPECT_FALSE(store.close()); };
  EXPECT_EQ(require(typed(3)), 6);
  EXPECT_TRUE(store.is_closed());
  EXPECT_EQ(store.set_listener(notes).error().code(), ErrorCode::store_closed);
}

TEST_P(Listeners, are_let_go_of) {
  std::weak_ptr<Notes> weak = notes;
  notes.reset();
  EXPECT_FALSE(weak.expired());
  require(store.set_listener(nullptr));
  EXPECT_TRUE(weak.expired());
  EXPECT_EQ(require(require(instantiate().func<int32_t(int32_t)>("double"))(3)), 6);
}

TEST_P(Listeners, hear_of_host_functions_from_code_that_tells_of_nothing) {
  const Engine quiet{Config{.tier = GetParam()}};
  Store other = require(Store::create(quiet));
  const Instance instance = require(linker.instantiate(other, compile(quiet, calls_text)));
  const auto func = require(instance.func<int32_t(int32_t)>("double"));
  require(other.set_listener(notes));
  EXPECT_EQ(require(func(4)), 8);
  EXPECT_EQ(notes->take(), "env.log(4) env.log=");
  require(other.set_listener(nullptr));
  EXPECT_EQ(require(func(4)), 8);
  EXPECT_EQ(notes->take(), "");
}

struct Heard {
  std::vector<Event::Kind> kinds;
  std::vector<std::string> details;
  std::vector<Event> events;
  EventHook hook() {
    return [this](const Event& event) {
      kinds.push_back(event.kind);
      details.emplace_back(event.detail);
      events.push_back(event);
      events.back().detail = {};
    };
  }
  void clear() { *this = {}; }
};

class Events : public testing::TestWithParam<Tier> {};
INSTANTIATE_TEST_SUITE_P(in, Events, all_tiers, tier_name);

TEST_P(Events, tell_of_compilations) {
  using Kind = Event::Kind;
  Heard heard;
  const Engine engine{Config{.tier = GetParam(), .on_event = heard.hook()}};
  compile(engine, calls_text);
  ASSERT_GE(heard.kinds.size(), 2u);
  EXPECT_EQ(heard.kinds.front(), Kind::compile_begun);
  EXPECT_GT(heard.events.front().size, 8u);
  EXPECT_EQ(heard.kinds.back(), Kind::compile_ended);
  EXPECT_EQ(heard.details.back(), "");
  EXPECT_GT(heard.events.back().ns, 0u);
  if (GetParam() == Tier::baseline) {
    const Event& last = heard.events[heard.events.size() - 2];
    EXPECT_EQ(last.kind, Kind::compile_progress);
    EXPECT_EQ(last.done, last.total);
    EXPECT_EQ(last.total, 8u);
  }
  heard.clear();
  EXPECT_FALSE(engine.compile(std::vector<uint8_t>{1, 2, 3}));
  EXPECT_EQ(heard.kinds, (std::vector<Kind>{Kind::compile_begun, Kind::compile_ended}));
  EXPECT_NE(heard.details.back(), "");
}

TEST_P(Events, tell_of_traps_and_growth) {
  using Kind = Event::Kind;
  Heard heard;
  const Engine engine{Config{.tier = GetParam(), .on_event = heard.hook()}};
  Linker linker;
  require(linker.func("env", "log", [](int32_t) {}));
  Store store = require(Store::create(engine));
  const Instance instance = require(linker.instantiate(store, compile(engine, calls_text)));
  heard.clear();
  EXPECT_FALSE(require(instance.func<void()>("trap"))());
  ASSERT_EQ(heard.kinds, std::vector<Kind>{Kind::trap});
  EXPECT_EQ(heard.events[0].trap, TrapCode::unreachable);
  EXPECT_TRUE(heard.details[0].starts_with("wasm trap: unreachable")) << heard.details[0];
  heard.clear();
  const auto grow = require(instance.func<int32_t(int32_t)>("grow"));
  EXPECT_EQ(require(grow(2)), 1);
  EXPECT_EQ(require(grow(1)), -1);
  ASSERT_EQ(heard.kinds, (std::vector<Kind>{Kind::memory_grown, Kind::memory_grown}));
  EXPECT_TRUE(heard.events[0].granted);
  EXPECT_EQ(heard.events[0].done, 65536u);
  EXPECT_EQ(heard.events[0].size, 131072u);
  EXPECT_FALSE(heard.events[1].granted);
  EXPECT_EQ(heard.events[1].done, 3 * 65536u);
}

TEST_P(Events, tell_of_caches) {
  using Kind = Event::Kind;
  Heard heard;
  const auto cache = CompilationCache::in_memory({.on_event = heard.hook()});
  const auto bytes = require(wat_to_wasm(calls_text));
  const Engine engine{Config{.tier = GetParam(), .cache = cache}};
  require(engine.compile(bytes));
  ASSERT_GE(heard.kinds.size(), 2u);
  EXPECT_EQ(heard.kinds[0], Kind::cache_miss);
  EXPECT_TRUE(heard.details[0].starts_with("absent: ")) << heard.details[0];
  EXPECT_EQ(std::ranges::count(heard.kinds, Kind::cache_compiled), 1);
  heard.clear();
  require(engine.compile(bytes));
  EXPECT_EQ(heard.kinds, std::vector<Kind>{Kind::cache_memory_hit});
}

}  // namespace
}  // namespace waxwing
