// What embedders do wrong, and guests make them do: errors, never worse.
#include <chrono>
#include <memory>
#include <thread>

#include "api_case.h"
#include "waxwing/file_system.h"

namespace waxwing {
namespace {

using namespace std::chrono_literals;

class Misuse : public Tiers {};
INSTANTIATE_TEST_SUITE_P(in, Misuse, all_tiers, tier_name);

TEST_P(Misuse, what_stops_one_call_stops_no_later_one) {
  const Instance instance = instantiate(R"((module
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "take") (param externref))))");
  const auto add = require(instance.func<int32_t(int32_t, int32_t)>("add"));
  const auto take = require(instance.func<void(ExternRef)>("take"));
  const Module quiet = compile(engine, "(module)");
  const Module unlinkable = compile(engine, R"((module (import "no" "where" (func))))");
  Store other = require(Store::create(engine));
  const ExternRef foreign = require(Ref::host(other, 1));
  std::stop_source source;
  // Each begins no call, while the time runs out or somebody asks for a stop.
  linker.set_resolver([&](Store&, const ImportType&) -> std::optional<Extern> {
    source.request_stop();
    std::this_thread::sleep_for(3ms);
    return std::nullopt;
  });
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(linker.instantiate(store, quiet, {.timeout = 1us}).has_value() || i >= 0);
    EXPECT_FALSE(
        linker.instantiate(store, unlinkable, {.timeout = 1ms, .stop = source.get_token()}));
    EXPECT_FALSE(take({.timeout = 1us}, foreign).has_value());
    EXPECT_EQ(require(add(1, 2)), 3);
  }
  const Interrupter interrupter = store.interrupter();
  std::jthread stopper([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) interrupter.interrupt();
  });
  int stopped = 0;
  for (int i = 0; i < 20'000; ++i) stopped += !add(i, 2).has_value();
  stopper.request_stop();
  stopper.join();
  EXPECT_LT(stopped, 20'000);  // asked for again and again
  for (int i = 0; i < 100; ++i) EXPECT_EQ(require(add(1, 2)), 3);
}

TEST_P(Misuse, a_store_that_is_closed_in_its_call_gives_null_references) {
  require(linker.func("env", "close", [&] { static_cast<void>(store.close()); }));
  const Instance instance = instantiate(R"((module
    (import "env" "close" (func $close))
    (func $f (export "extern") (param externref) (result externref) (call $close) (local.get 0))
    (func (export "func") (result funcref) (call $close) (ref.func $f))
    (func (export "both") (param externref) (result externref i32)
      (call $close) (local.get 0) (i32.const 3))))");
  const auto keep = require(instance.func<ExternRef(ExternRef)>("extern"));
  const Result<ExternRef> result = keep(require(Ref::host(store, std::string("gone"))));
  EXPECT_TRUE(!result || result->is_null());
  EXPECT_TRUE(store.is_closed());
}

TEST_P(Misuse, a_plugin_unloads_itself) {
  struct Plugin {
    Store store;
    std::optional<Instance> instance;
    std::optional<TypedFunc<int32_t()>> direct;
    std::optional<TypedFunc<std::tuple<int32_t, int32_t>()>> by_slots;
    std::optional<Func> untyped;
  };
  std::unique_ptr<Plugin> plugin;
  require(linker.func("env", "unload", [&] { plugin.reset(); }));
  const Module module = compile(engine, R"((module
    (import "env" "unload" (func $unload))
    (func (export "one") (result i32) (call $unload) (i32.const 7))
    (func (export "two") (result i32 i32) (call $unload) (i32.const 7) (i32.const 8))
    (func (export "trap") (result i32) (call $unload) unreachable)))");
  const auto load = [&](const char* name) {
    plugin = std::make_unique<Plugin>(Plugin{require(Store::create(engine)), {}, {}, {}, {}});
    plugin->instance = require(linker.instantiate(plugin->store, module));
    plugin->untyped = require(plugin->instance->func(name));
  };
  load("one");
  plugin->direct = require(plugin->untyped->typed<int32_t()>());
  EXPECT_EQ(require((*plugin->direct)()), 7);
  EXPECT_EQ(plugin, nullptr);
  load("one");
  plugin->direct = require(plugin->untyped->typed<int32_t()>());
  EXPECT_EQ(require((*plugin->direct)({.timeout = 1h})), 7);
  load("trap");
  plugin->direct = require(plugin->untyped->typed<int32_t()>());
  EXPECT_EQ((*plugin->direct)().error().trap()->code, TrapCode::unreachable);
  load("two");
  plugin->by_slots = require(plugin->untyped->typed<std::tuple<int32_t, int32_t>()>());
  EXPECT_EQ(require((*plugin->by_slots)()), std::tuple(7, 8));
  load("one");
  EXPECT_EQ(require(plugin->untyped->call({}))[0].i32(), 7);
  load("trap");
  EXPECT_FALSE(plugin->untyped->call({}).has_value());
}

TEST_P(Misuse, a_store_ends_in_its_own_start_function_or_resolver) {
  std::optional<Store> own;
  require(linker.func("env", "end", [&] { own.reset(); }));
  const Module starts =
      compile(engine, R"((module (import "env" "end" (func $end)) (start $end)))");
  own = require(Store::create(engine));
  const auto instance = linker.instantiate(*own, starts);
  EXPECT_TRUE(!instance || instance->exports().error().code() == ErrorCode::store_closed);
  const Module asks = compile(engine, R"((module
    (import "what" "ever" (func)) (import "env" "end" (func)) (import "env" "end" (func))))");
  linker.set_resolver([&](Store&, const ImportType&) -> std::optional<Extern> {
    own.reset();
    return std::nullopt;
  });
  own = require(Store::create(engine));
  EXPECT_EQ(linker.instantiate(*own, asks).error().code(), ErrorCode::store_closed);
}

TEST_P(Misuse, a_resolver_that_throws_is_heard) {
  linker.set_resolver([](Store&, const ImportType&) -> std::optional<Extern> { throw 42; });
  const Module module = compile(engine, R"((module (import "a" "b" (func))))");
  EXPECT_THROW(static_cast<void>(linker.instantiate(store, module)), int);
  EXPECT_NE(linker.try_instantiate(store, module).error().exception(), nullptr);
  EXPECT_TRUE(linker.instantiate(store, compile(engine, "(module)")).has_value());
}

TEST_P(Misuse, types_that_the_engine_lacks_are_refused) {
  const ValType nowhere = ValType::concrete(99'999);
  EXPECT_EQ(Global::create(store, {.value = nowhere}, Ref()).error().code(),
            ErrorCode::invalid_argument);
  EXPECT_EQ(
      Global::create(store, {.value = ValType::concrete(UINT32_MAX - 8)}, Ref()).error().code(),
      ErrorCode::invalid_argument);
  EXPECT_EQ(Table::create(store, {.element = nowhere, .min = 1}).error().code(),
            ErrorCode::invalid_argument);
  EXPECT_EQ(Tag::create(store, {{nowhere}}).error().code(), ErrorCode::invalid_argument);
  const HostFunc func(
      FuncType{{nowhere}, {}},
      [](Caller&, std::span<const Value>, std::span<Value>) -> Result<> { return {}; });
  EXPECT_EQ(make_func(store, func).error().code(), ErrorCode::invalid_argument);
}

TEST_P(Misuse, a_resolver_makes_what_the_module_asks_for) {
  linker.set_resolver([](Store& own, const ImportType& import) -> std::optional<Extern> {
    const auto* const type = std::get_if<GlobalType>(&import.type);
    if (!type) return std::nullopt;
    return require(Global::create(own, *type, Ref()));
  });
  std::string wat = "(module ";
  for (int i = 0; i < 300; ++i)
    wat += "(type $t" + std::to_string(i) + " (func (param " +
           std::string(i % 7 ? " i32" : " i64") + ") (result" +
           [&] {
             std::string s;
             for (int k = 0; k < i / 7; ++k) s += " i32";
             return s;
           }() +
           ")))";
  wat += R"((import "a" "b" (global (mut (ref null $t299))))))";
  EXPECT_TRUE(linker.instantiate(store, compile(engine, wat)).has_value());
}

TEST_P(Misuse, what_was_moved_from_is_what_it_was_or_empty) {
  const Module module =
      compile(engine, R"((module (func (export "f") (result i32) (i32.const 1))))");
  Store moved = std::move(store);
  EXPECT_FALSE(store.is_closed());
  Linker linking = std::move(linker);
  const Instance instance = require(linker.instantiate(store, module));
  Func func = require(instance.func("f"));
  const Func taken = std::move(func);
  EXPECT_TRUE(func.type().has_value());
  Error error(ErrorCode::io, "a");
  const Error copy = std::move(error);
  EXPECT_EQ(error.message(), "a");
  store = require(Store::create(engine));
  EXPECT_EQ(require(taken.call({}))[0].i32(), 1);
  moved = require(Store::create(engine));  // the first store ends here
  EXPECT_EQ(taken.call({}).error().code(), ErrorCode::store_closed);
}

TEST_P(Misuse, nothing_to_call_is_an_error_before_anybody_calls) {
  EXPECT_EQ(make_func(store, HostFunc(std::function<int32_t()>())).error().code(),
            ErrorCode::invalid_argument);
  int32_t (*const none)() = nullptr;
  EXPECT_EQ(make_func(store, HostFunc(none)).error().code(), ErrorCode::invalid_argument);
  EXPECT_EQ(make_func(store, HostFunc(FuncType(), HostFunc::Body())).error().code(),
            ErrorCode::invalid_argument);
}

TEST_P(Misuse, who_is_told_of_the_end_may_look_around) {
  const Instance instance = instantiate(R"((module
    (memory (export "memory") 1) (func (export "f") (result i32) (i32.const 1))))");
  const Func func = require(instance.func("f"));
  const Memory memory = require(instance.memory());
  ErrorCode code = {};
  uint64_t size = 0;
  store.on_close([&] {
    code = func.call({}).error().code();
    size = memory.size_bytes();
    static_cast<void>(store.close());
  });
  require(store.close());
  EXPECT_EQ(code, ErrorCode::store_closed);
  EXPECT_EQ(size, 65536u);
}

TEST_P(Misuse, a_notifier_ends_or_replaces_the_store_that_is_closed) {
  std::optional<Store> place = require(Store::create(engine));
  place->on_close([&] { place.reset(); });
  require(place->close());
  EXPECT_FALSE(place.has_value());

  place = require(Store::create(engine));
  std::string order;
  place->on_close([&] {
    order += "first ";
    *place = require(Store::create(engine));
  });
  Store second = require(Store::create(engine));
  second.on_close([&] { order += "second "; });
  *place = std::move(second);
  EXPECT_EQ(order, "first second ");
  EXPECT_FALSE(place->is_closed());
}

/// Ends a store when it is asked for anything.
class EndingFiles final : public FileNode {
 public:
  explicit EndingFiles(std::unique_ptr<Store>& store) : store_(store) {}
  FileKind kind() const noexcept override { return FileKind::directory; }
  FileResult<FileStatus> status() noexcept override {
    store_.reset();
    return FileStatus{};
  }

 private:
  std::unique_ptr<Store>& store_;
};

TEST_P(Misuse, files_of_an_embedder_end_the_store_whose_world_is_made) {
  const Module module = compile(engine, R"((module
    (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_sync" (func (param i32) (result i32)))))");
  auto own = std::make_unique<Store>(require(Store::create(engine)));
  require(linker.wasi(
      {.overlays = {{.guest_path = "/", .files = std::make_shared<EndingFiles>(own)}}}));
  const auto instance = linker.instantiate(*own, module);
  EXPECT_EQ(own, nullptr);
  ASSERT_FALSE(instance);
  EXPECT_EQ(instance.error().code(), ErrorCode::store_closed);
}

TEST_P(Misuse, a_resolver_ends_the_linker_and_the_module_that_it_is_asked_for) {
  struct Place {
    std::optional<Module> module;
    std::optional<Linker> linker;
  };
  Place place;
  place.module = compile(engine, R"((module
    (import "a" "f" (func (result i32)))
    (import "a" "g" (func (result i32)))
    (func (export "sum") (result i32) (i32.add (call 0) (call 1)))))");
  place.linker.emplace();
  int32_t asked = 0;
  const auto name = std::make_shared<std::string>("what the resolver has captured");
  place.linker->set_resolver([&, name](Store& asking, const ImportType&) -> std::optional<Extern> {
    if (place.linker)
      place.linker->set_resolver([](Store&, const ImportType&) { return std::nullopt; });
    place.linker.reset();
    place.module.reset();
    ++asked;
    EXPECT_EQ(*name, "what the resolver has captured");
    return require(make_func(asking, HostFunc([] { return 20; })));
  });
  const auto instance = place.linker->instantiate(store, *place.module);
  EXPECT_EQ(asked, 1);
  EXPECT_FALSE(place.linker || place.module);
  ASSERT_FALSE(instance);
  EXPECT_EQ(instance.error().code(), ErrorCode::unlinkable) << "the second resolver knows none";
}

/// Gives the linker another configuration while the first makes a world.
class ReplacingFiles final : public FileNode {
 public:
  explicit ReplacingFiles(Linker& linker) : linker_(linker) {}
  FileKind kind() const noexcept override { return FileKind::directory; }
  FileResult<FileStatus> status() noexcept override {
    EXPECT_TRUE(linker_.wasi({.args = {"new"}}));
    return FileStatus{};
  }

 private:
  Linker& linker_;
};

TEST_P(Misuse, files_of_an_embedder_replace_the_configuration_that_they_belong_to) {
  const Module module = compile(engine, R"((module
    (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))))");
  linker.allow_shadowing(true);
  const auto overlay = [&] {
    return WasiOverlay{.guest_path = "/", .files = std::make_shared<ReplacingFiles>(linker)};
  };
  require(linker.wasi({.overlays = {overlay(), overlay()}}));
  EXPECT_TRUE(linker.instantiate(store, module));
}

struct Ender {
  Store* store;
  ~Ender() {
    if (store) static_cast<void>(store->close());
  }
  explicit Ender(Store* ended) : store(ended) {}
  Ender(Ender&& other) noexcept : store(std::exchange(other.store, nullptr)) {}
};

TEST_P(Misuse, a_hosts_value_ends_the_store_when_it_is_collected) {
  Store own = require(Store::create(engine));
  // Many: the collector may keep one that it finds words for that look like references to it.
  for (int i = 0; i < 1000; ++i) static_cast<void>(Ref::host(own, Ender(&own)));
  for (int i = 0; i < 10'000'000 && !own.is_closed(); ++i)
    static_cast<void>(Ref::host(own, std::array<int, 8>()));
  EXPECT_TRUE(own.is_closed());
  EXPECT_EQ(Ref::host(own, 1).error().code(), ErrorCode::store_closed);
}

}  // namespace
}  // namespace waxwing
