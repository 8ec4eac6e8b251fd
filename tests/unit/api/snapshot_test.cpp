// Copies of instances that are ready, the embedder's say in growth, and being told of the end.
#include <thread>

#include "api_case.h"

namespace waxwing {
namespace {

class Snapshots : public Tiers {};
INSTANTIATE_TEST_SUITE_P(in, Snapshots, all_tiers, tier_name);

constexpr const char* warm = R"((module
  (import "env" "note" (func $note (param i32)))
  (memory (export "memory") 1 20)
  (table (export "table") 1 10 funcref)
  (global $count (export "count") (mut i64) (i64.const 0))
  (global (export "vector") (mut v128) (v128.const i32x4 1 2 3 4))
  (global $chosen (mut funcref) (ref.null func))
  (data $text "passive")
  (data (i32.const 0) "begin")
  (elem declare func $note $one $two)
  (func $one (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))
  (func (export "warm")
    (drop (memory.grow (i32.const 3)))
    (i32.store (i32.const 0) (i32.const 0x11223344))
    (i32.store (i32.const 200000) (i32.const 77))
    (memory.init $text (i32.const 8) (i32.const 0) (i32.const 7))
    (data.drop $text)
    (drop (table.grow (ref.func $two) (i32.const 2)))
    (table.set (i32.const 0) (ref.func $note))
    (global.set $count (i64.sub (global.get $count) (i64.const 995)))
    (global.set $chosen (ref.func $one)))
  (type $result (func (result i32)))
  (func (export "look") (result i32)
    (call_indirect (param i32) (i32.load (i32.const 200000)) (i32.const 0))
    (i32.add (i32.mul (call_indirect (type $result) (i32.const 2)) (i32.const 100))
             (i32.wrap_i64 (global.get $count))))
  (func (export "init") (memory.init $text (i32.const 0) (i32.const 0) (i32.const 1)))
  (func (export "add") (global.set $count (i64.add (global.get $count) (i64.const 1)))
    (i32.store (i32.const 200000) (i32.const 1)))
  (func $begin (global.set $count (i64.add (global.get $count) (i64.const 1000))))
  (start $begin)))";

TEST_P(Snapshots, make_instances_that_are_ready) {
  int noted = 0;
  require(linker.func("env", "note", [&](int32_t value) { noted += value; }));
  const Instance first = instantiate(warm);
  require(require(first.func<void()>("warm"))());
  const Snapshot snapshot = require(first.snapshot());
  require(require(first.func<void()>("add"))());  // the snapshot is of before
  for (int i = 0; i < 3; ++i) {
    Store other = require(Store::create(engine));
    const Instance copy = require(linker.instantiate(other, snapshot));
    EXPECT_EQ(require(require(copy.func<int32_t()>("look"))()), 205);
    const Memory memory = require(copy.memory());
    EXPECT_EQ(memory.size_pages(), 4u);
    EXPECT_EQ(require(memory.read<uint32_t>(0)), 0x11223344u);
    EXPECT_EQ(require(memory.read_string(8, 7)), "passive");
    EXPECT_EQ(require(require(copy.global("vector")).get()).v128()->lanes<int32_t>()[3], 4);
    EXPECT_EQ(require(copy.table("table")).size(), 3u);
    EXPECT_EQ(require(copy.func<void()>("init"))().error().trap()->code,
              TrapCode::out_of_bounds_memory);  // the segment was dropped
    require(require(copy.func<void()>("add"))());
    EXPECT_EQ(require(require(copy.func<int32_t()>("look"))()), 206);
  }
  EXPECT_EQ(noted, 3 * (77 + 1));
  Store small = require(Store::create(engine, {.memory_bytes = 65536 * 3}));
  EXPECT_EQ(linker.instantiate(small, snapshot).error().code(), ErrorCode::resource_limit);
  EXPECT_EQ(small.memory_bytes(), 0u) << "nothing of it is left";
  Store single = require(Store::create(engine, {.memory_bytes = 65536 * 3, .instances = 1}));
  EXPECT_FALSE(linker.instantiate(single, snapshot).has_value());
  EXPECT_TRUE(linker.instantiate(single, compile(engine, "(module)")).has_value());
}

TEST_P(Snapshots, an_import_stands_for_another_only_where_its_type_fits) {
  constexpr const char* captured = R"((module
    (type $result (sub (func (result i32)))) (type $more (sub $result (func (result i32))))
    (import "env" "f" (func $f (type $result)))
    (global $g (mut (ref null $more)) (ref.null $more))
    (elem declare func $f)
    (func (export "keep") (global.set $g (ref.cast (ref $more) (ref.func $f))))
    (func (export "call") (result i32) (call_ref $more (global.get $g)))))";
  const Instance special = instantiate(R"((module
    (type $result (sub (func (result i32)))) (type $more (sub $result (func (result i32))))
    (func (export "f") (type $more) (i32.const 5))))");
  const Instance plain = instantiate(R"((module
    (type $result (sub (func (result i32)))) (type $more (sub $result (func (result i32))))
    (func (export "f") (type $result) (i32.const 6))))");
  const Module module = compile(engine, captured);
  const std::vector<Extern> right = {require(special.func("f"))};
  const std::vector<Extern> wrong = {require(plain.func("f"))};
  const Instance first = require(Instance::create(store, module, right));
  require(require(first.func<void()>("keep"))());
  const Snapshot snapshot = require(first.snapshot());
  const Instance copy = require(Instance::create(store, snapshot, right));
  EXPECT_EQ(require(require(copy.func<int32_t()>("call"))()), 5);
  EXPECT_EQ(Instance::create(store, snapshot, wrong).error().code(), ErrorCode::unlinkable);
}

TEST_P(Snapshots, are_for_many_threads) {
  require(linker.func("env", "note", [](int32_t) {}));
  const Instance first = instantiate(warm);
  require(require(first.func<void()>("warm"))());
  const Snapshot snapshot = require(first.snapshot());
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 20; ++k) {
        Store own = require(Store::create(engine));
        const Instance copy = require(linker.instantiate(own, snapshot));
        EXPECT_EQ(require(require(copy.func<int32_t()>("look"))()), 205);
      }
    });
  }
}

TEST_P(Snapshots, of_what_is_shared_or_outside_are_refused) {
  const Memory memory = require(Memory::create(store, {.min_pages = 1}));
  require(linker.define("env", "memory", memory));
  const auto refused = [&](std::string_view wat) {
    const auto snapshot = instantiate(wat).snapshot();
    EXPECT_FALSE(snapshot.has_value());
    return snapshot ? std::string() : snapshot.error().message();
  };
  EXPECT_NE(refused(R"((module (import "env" "memory" (memory 1))))").find("memory"),
            std::string::npos);
  EXPECT_NE(refused("(module (memory 1 1 shared))").find("shared"), std::string::npos);
  EXPECT_NE(
      refused(R"((module (type $s (struct)) (global anyref (struct.new $s))))").find("global 0"),
      std::string::npos);
  const Instance holder = instantiate(R"((module (table (export "t") 1 externref)))");
  require(require(holder.table("t")).set(0, require(Ref::host(store, 1))));
  EXPECT_EQ(holder.snapshot().error().code(), ErrorCode::unsupported);
  const Instance other = instantiate(R"((module (func (export "f"))))");
  const Instance funcs = instantiate(R"((module (table (export "t") 1 funcref)))");
  require(require(funcs.table("t")).set(0, require(other.func("f"))));
  EXPECT_EQ(funcs.snapshot().error().code(), ErrorCode::unsupported);
}

TEST_P(Snapshots, of_a_running_or_closed_instance_are_refused) {
  std::optional<Instance> instance;
  ErrorCode code = {};
  require(linker.func("env", "snap", [&] { code = instance->snapshot().error().code(); }));
  instance =
      instantiate(R"((module (import "env" "snap" (func $f)) (func (export "run") (call $f))))");
  require(require(instance->func<void()>("run"))());
  EXPECT_EQ(code, ErrorCode::invalid_argument);
  EXPECT_TRUE(instance->snapshot().has_value());
  require(store.close());
  EXPECT_EQ(instance->snapshot().error().code(), ErrorCode::store_closed);
}

TEST_P(Snapshots, a_limiter_is_asked_before_anything_grows) {
  std::vector<ResourceRequest> asked;
  StoreLimits limits{.memory_bytes = 10 * 65536};
  limits.limiter = [&](const ResourceRequest& request) {
    asked.push_back(request);
    return request.used + request.wanted <= 3 * 65536;
  };
  Store own = require(Store::create(engine, limits));
  const Module module = compile(engine, R"((module (memory (export "memory") 2) (table 7 funcref)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))");
  const Instance instance = require(Instance::create(own, module));
  const auto grow = require(instance.func<int32_t(int32_t)>("grow"));
  EXPECT_EQ(require(grow(1)), 2);
  EXPECT_EQ(require(grow(1)), -1);   // the limiter refuses
  EXPECT_EQ(require(grow(20)), -1);  // the limit does, and nobody is asked
  ASSERT_EQ(asked.size(), 4u);
  EXPECT_EQ(asked[0].wanted, 2u * 65536);
  EXPECT_EQ(asked[1].kind, ResourceRequest::Kind::table_elements);
  EXPECT_EQ(asked[1].wanted, 7u);
  EXPECT_EQ(asked[3].used, 3u * 65536);
  EXPECT_EQ(own.memory_bytes(), 3u * 65536);
  EXPECT_EQ(Instance::create(own, module).error().code(), ErrorCode::resource_limit);
}

TEST_P(Snapshots, the_end_of_a_store_is_told) {
  std::string told;
  store.on_close([&] { told += "first"; });
  store.on_close([&] {
    EXPECT_FALSE(store.is_closed());
    told += "second ";
  });
  require(store.close());
  require(store.close());
  EXPECT_EQ(told, "second first");
}

}  // namespace
}  // namespace waxwing
