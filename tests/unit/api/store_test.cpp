// Stores: limits, ends in every order, wrong uses, and being stopped.
#include "waxwing/store.h"

#include <chrono>
#include <csignal>
#include <thread>

#include "api_case.h"

namespace waxwing {
namespace {

using namespace std::chrono_literals;

class Stores : public Tiers {};
INSTANTIATE_TEST_SUITE_P(in, Stores, all_tiers, tier_name);

constexpr const char* looping = R"((module
  (memory (export "memory") 1 100)
  (table (export "table") 2 10 funcref)
  (global (export "count") (mut i64) (i64.const 5))
  (global (export "fixed") f32 (f32.const 0.5))
  (tag (export "tag") (param i32))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "spin") (loop (br 0)))
  (func $down (export "recurse") (param i32) (result i32)
    (i32.add (i32.const 1) (call $down (i32.const 1))))))";

TEST_P(Stores, what_is_left_of_a_closed_store_gives_errors) {
  const Instance instance = instantiate(looping);
  const auto add = require(instance.func<int32_t(int32_t, int32_t)>("add"));
  const Func func = require(instance.func("add"));
  const Memory memory = require(instance.memory());
  const Table table = require(instance.table("table"));
  const Global global = require(instance.global("count"));
  const Tag tag = require(instance.tag("tag"));
  const Ref host = require(Ref::host(store, std::string("text")));
  const Interrupter interrupter = store.interrupter();
  EXPECT_EQ(require(add(1, 2)), 3);
  require(store.close());
  EXPECT_TRUE(store.is_closed());
  const auto is_closed = [](const auto& result) {
    return !result && result.error().code() == ErrorCode::store_closed;
  };
  EXPECT_TRUE(is_closed(add(1, 2)));
  EXPECT_TRUE(is_closed(func.call(std::vector<Value>{1, 2})));
  EXPECT_TRUE(is_closed(func.type()));
  EXPECT_TRUE(is_closed((func.typed<int32_t(int32_t, int32_t)>())));
  EXPECT_TRUE(is_closed(memory.bytes(0, 1)));
  EXPECT_TRUE(is_closed(memory.grow(1)));
  EXPECT_TRUE(is_closed(memory.type()));
  EXPECT_EQ(memory.size_bytes(), 0u);
  EXPECT_TRUE(memory.all().empty());
  EXPECT_TRUE(is_closed(table.get(0)));
  EXPECT_TRUE(is_closed(table.set(0, Ref())));
  EXPECT_TRUE(is_closed(table.grow(1)));
  EXPECT_TRUE(is_closed(global.get()));
  EXPECT_TRUE(is_closed(global.set(int64_t{1})));
  EXPECT_TRUE(is_closed(tag.type()));
  EXPECT_TRUE(is_closed(instance.func("add")));
  EXPECT_TRUE(is_closed(instance.exports()));
  EXPECT_TRUE(is_closed(Memory::create(store, {.min_pages = 1})));
  EXPECT_TRUE(is_closed(Ref::host(store, 1)));
  EXPECT_TRUE(is_closed(linker.instantiate(store, compile(engine, looping))));
  EXPECT_EQ(host.kind(), RefKind::null);
  EXPECT_EQ(host.host<std::string>(), nullptr);
  interrupter.interrupt();
  EXPECT_TRUE(store.close().has_value());
}

TEST_P(Stores, handles_outlive_what_they_stand_for) {
  std::optional<Instance> instance;
  std::optional<Ref> ref;
  std::optional<TypedFunc<int32_t(int32_t, int32_t)>> add;
  {
    const Engine own_engine(Config{.tier = GetParam()});
    Store own_store = require(Store::create(own_engine));
    instance = require(Instance::create(own_store, compile(own_engine, looping)));
    add = require(instance->func<int32_t(int32_t, int32_t)>("add"));
    ref = require(Ref::host(own_store, std::string("kept")));
    Store moved = std::move(own_store);
    EXPECT_EQ(require((*add)(2, 2)), 4);
  }
  EXPECT_EQ((*add)(1, 2).error().code(), ErrorCode::store_closed);
  EXPECT_EQ(instance->func("add").error().code(), ErrorCode::store_closed);
  const Ref copy = *ref;
  EXPECT_TRUE(copy.is_null());
}

TEST_P(Stores, a_hosts_value_lives_as_long_as_its_references) {
  auto watched = std::make_shared<int>(7);
  const std::weak_ptr<int> watcher = watched;
  std::optional<Ref> ref = require(Ref::host(store, std::move(watched)));
  Ref second = *ref;
  ref.reset();
  EXPECT_FALSE(watcher.expired());
  EXPECT_EQ(**second.host<std::shared_ptr<int>>(), 7);
  require(store.close());
  EXPECT_TRUE(watcher.expired());
}

TEST_P(Stores, close_during_a_call_waits_for_its_end) {
  bool refused = false;
  require(linker.func("env", "close", [&](Caller& caller) {
    refused = !store.close().has_value();
    EXPECT_FALSE(caller.store().is_closed());
  }));
  const Instance instance = instantiate(R"((module
    (import "env" "close" (func $close))
    (func (export "run") (result i32) (call $close) (i32.const 4))))");
  const auto run = require(instance.func<int32_t()>("run"));
  EXPECT_EQ(require(run()), 4);
  EXPECT_TRUE(refused);
  EXPECT_TRUE(store.is_closed());
  EXPECT_EQ(run().error().code(), ErrorCode::store_closed);
}

TEST_P(Stores, objects_stay_in_their_store) {
  Store other = require(Store::create(engine));
  const Memory memory = require(Memory::create(other, {.min_pages = 1}));
  const Module module = compile(engine, R"((module (import "env" "memory" (memory 1))))");
  const std::vector<Extern> imports = {memory};
  EXPECT_EQ(Instance::create(store, module, imports).error().code(), ErrorCode::wrong_store);
  require(linker.define("env", "memory", memory));
  EXPECT_EQ(linker.instantiate(store, module).error().code(), ErrorCode::wrong_store);
  EXPECT_TRUE(linker.instantiate(other, module).has_value());
  const Global global =
      require(Global::create(store, {.value = externref, .is_mutable = true}, Ref()));
  const Ref foreign = require(Ref::host(other, 1));
  EXPECT_EQ(global.set(foreign).error().code(), ErrorCode::wrong_store);
  const Engine other_engine(Config{.tier = GetParam()});
  EXPECT_EQ(Instance::create(store, compile(other_engine, "(module)")).error().code(),
            ErrorCode::invalid_argument);
}

TEST_P(Stores, memories_tables_and_globals_are_checked) {
  const Instance instance = instantiate(looping);
  const Memory memory = require(instance.memory());
  EXPECT_EQ(require(memory.type()), (MemoryType{.min_pages = 1, .max_pages = 100}));
  require(memory.write<uint64_t>(65528, 0x0102030405060708));
  EXPECT_EQ(require(memory.read<uint8_t>(65528)), 8);
  EXPECT_EQ(memory.read<uint64_t>(65529).error().code(), ErrorCode::out_of_bounds);
  EXPECT_EQ(memory.bytes(UINT64_MAX, 2).error().code(), ErrorCode::out_of_bounds);
  EXPECT_EQ(memory.bytes(2, UINT64_MAX).error().code(), ErrorCode::out_of_bounds);
  require(memory.write_string(10, "hello"));
  EXPECT_EQ(require(memory.read_string(10, 5)), "hello");
  EXPECT_EQ(memory.write_string(65532, "hello").error().code(), ErrorCode::out_of_bounds);
  EXPECT_EQ(require(memory.grow(2)), 1u);
  EXPECT_EQ(memory.size_pages(), 3u);
  EXPECT_EQ(memory.grow(98).error().code(), ErrorCode::resource_limit);

  const Table table = require(instance.table("table"));
  EXPECT_EQ(table.size(), 2u);
  const Func add = require(instance.func("add"));
  require(table.set(1, add));
  EXPECT_EQ(*require(table.get(1)).func(), add);
  EXPECT_TRUE(require(table.get(0)).is_null());
  EXPECT_EQ(table.get(2).error().code(), ErrorCode::out_of_bounds);
  EXPECT_EQ(table.set(2, Ref()).error().code(), ErrorCode::out_of_bounds);
  EXPECT_EQ(table.set(0, require(Ref::host(store, 1))).error().code(), ErrorCode::wrong_type);
  EXPECT_EQ(require(table.grow(3, add)), 2u);
  EXPECT_EQ(*require(table.get(4)).func(), add);
  EXPECT_EQ(table.grow(6).error().code(), ErrorCode::resource_limit);

  const Global count = require(instance.global("count"));
  EXPECT_EQ(require(count.get()).i64(), 5);
  require(count.set(int64_t{9}));
  EXPECT_EQ(require(count.get()).i64(), 9);
  EXPECT_EQ(count.set(int32_t{9}).error().code(), ErrorCode::wrong_type);
  const Global fixed = require(instance.global("fixed"));
  EXPECT_EQ(fixed.set(1.0f).error().code(), ErrorCode::wrong_type);
  EXPECT_EQ(require(fixed.type()), (GlobalType{ValKind::f32, false}));
  EXPECT_EQ(require(require(instance.tag("tag")).type()), TagType{{ValKind::i32}});
  EXPECT_EQ(instance.memory("add").error().code(), ErrorCode::wrong_type);
  EXPECT_EQ(require(instance.exports()).size(), 8u);
  EXPECT_EQ(Memory::create(store, {.min_pages = 2, .max_pages = 1}).error().code(),
            ErrorCode::invalid);
  EXPECT_EQ(Table::create(store, {.element = ValKind::i32, .min = 1}).error().code(),
            ErrorCode::invalid);
}

TEST_P(Stores, limits_hold) {
  Store small = require(
      Store::create(engine, {.memory_bytes = 3 * 65536, .table_elements = 5, .instances = 2}));
  const Instance instance = require(linker.instantiate(small, compile(engine, looping)));
  EXPECT_TRUE(require(instance.memory()).grow(2).has_value());
  EXPECT_EQ(small.memory_bytes(), 3u * 65536);
  EXPECT_EQ(require(instance.memory()).grow(1).error().code(), ErrorCode::resource_limit);
  EXPECT_EQ(Memory::create(small, {.min_pages = 1}).error().code(), ErrorCode::resource_limit);
  EXPECT_EQ(require(instance.table("table")).grow(4).error().code(), ErrorCode::resource_limit);
  const Error error = require(instance.func<int32_t(int32_t)>("recurse"))(1).error();
  EXPECT_EQ(error.trap()->code, TrapCode::call_stack_exhausted);
}

TEST_P(Stores, a_deadline_ends_loops_and_recursion) {
  const Instance instance = instantiate(looping);
  const auto spin = require(instance.func<void()>("spin"));
  const CallOptions soon{.timeout = 20ms};
  for (int i = 0; i < 3; ++i) {
    const Error error = spin(soon).error();
    EXPECT_EQ(error.code(), ErrorCode::interrupted);
    EXPECT_EQ(error.trap()->code, TrapCode::deadline_exceeded);
  }
  const Func func = require(instance.func("spin"));
  EXPECT_EQ(func.call({}, soon).error().code(), ErrorCode::interrupted);
  EXPECT_EQ(spin({.timeout = 0ms}).error().code(), ErrorCode::interrupted);
  const auto add = require(instance.func<int32_t(int32_t, int32_t)>("add"));
  EXPECT_EQ(require(add(CallOptions{.timeout = 1h}, 1, 2)), 3);
  EXPECT_EQ(require(add(1, 2)), 3);
}

TEST_P(Stores, a_deadline_ends_a_start_function) {
  const Module module = compile(engine, "(module (func $f (loop (br 0))) (start $f))");
  const Error error = linker.instantiate(store, module, {.timeout = 20ms}).error();
  EXPECT_EQ(error.code(), ErrorCode::interrupted);
}

TEST_P(Stores, a_stop_token_ends_the_call) {
  const Instance instance = instantiate(looping);
  const auto spin = require(instance.func<void()>("spin"));
  std::stop_source source;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(10ms);
    source.request_stop();
  });
  const Error error = spin({.stop = source.get_token()}).error();
  EXPECT_EQ(error.trap()->code, TrapCode::interrupted);
  EXPECT_EQ(spin({.stop = source.get_token()}).error().code(), ErrorCode::interrupted);
  const auto add = require(instance.func<int32_t(int32_t, int32_t)>("add"));
  EXPECT_EQ(require(add(1, 2)), 3);
}

TEST_P(Stores, an_interrupter_ends_the_running_call_and_no_other) {
  const Instance instance = instantiate(looping);
  const auto spin = require(instance.func<void()>("spin"));
  const auto add = require(instance.func<int32_t(int32_t, int32_t)>("add"));
  const Interrupter interrupter = store.interrupter();
  interrupter.interrupt();  // nothing runs
  EXPECT_EQ(require(add(1, 2)), 3);
  std::atomic<bool> done = false;
  std::jthread stopper([&] {
    while (!done) {
      interrupter.interrupt();
      std::this_thread::sleep_for(1ms);
    }
  });
  EXPECT_EQ(spin().error().code(), ErrorCode::interrupted);
  done = true;
  stopper.join();
  EXPECT_EQ(require(add(1, 2)), 3);
}

TEST_P(Stores, fuel_runs_out_and_can_be_given) {
  const Engine fueled(Config{.tier = GetParam(), .fuel = true});
  Store own = require(Store::create(fueled));
  const Instance instance = require(Instance::create(own, compile(fueled, looping)));
  const auto add = require(instance.func<int32_t(int32_t, int32_t)>("add"));
  const auto spin = require(instance.func<void()>("spin"));
  EXPECT_EQ(add(1, 2).error().trap()->code, TrapCode::out_of_fuel);
  own.set_fuel(10);
  EXPECT_EQ(require(add(1, 2)), 3);
  EXPECT_EQ(own.fuel(), 7u);
  own.set_fuel(100'000);
  EXPECT_EQ(spin().error().code(), ErrorCode::interrupted);
  EXPECT_EQ(own.fuel(), 0u);
  int slices = 0;
  own.set_fuel_source([&] { return ++slices < 10 ? uint64_t{1000} : 0; });
  EXPECT_EQ(spin().error().trap()->code, TrapCode::out_of_fuel);
  EXPECT_EQ(slices, 10);
  own.set_fuel_source([interrupter = own.interrupter(), &slices] {
    if (++slices == 20) interrupter.interrupt();
    return uint64_t{1};
  });
  EXPECT_EQ(spin().error().trap()->code, TrapCode::interrupted);
  slices = 10;
  own.set_fuel_source(nullptr);
  EXPECT_EQ(spin().error().trap()->code, TrapCode::out_of_fuel);
  EXPECT_EQ(slices, 10);
}

std::optional<Interrupter> signalled;

// The thread sanitizer keeps a signal until the thread calls something that it knows; this guest's
// loop never does.
#if defined(__SANITIZE_THREAD__)
constexpr bool delivers_signals_at_once = false;
#elif defined(__has_feature)
constexpr bool delivers_signals_at_once = !__has_feature(thread_sanitizer);
#else
constexpr bool delivers_signals_at_once = true;
#endif

TEST_P(Stores, an_interrupter_works_in_signal_handlers) {
  if (!delivers_signals_at_once) GTEST_SKIP() << "the thread sanitizer keeps signals back";
  const Instance instance = instantiate(looping);
  const auto spin = require(instance.func<void()>("spin"));
  signalled = store.interrupter();
  const auto before = std::signal(SIGUSR1, [](int) { signalled->interrupt(); });
  const pthread_t self = pthread_self();
  std::jthread sender([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::this_thread::sleep_for(5ms);
      pthread_kill(self, SIGUSR1);
    }
  });
  EXPECT_EQ(spin().error().code(), ErrorCode::interrupted);
  sender.request_stop();
  sender.join();
  std::signal(SIGUSR1, before);
  signalled.reset();
}

}  // namespace
}  // namespace waxwing
