// Finding imports: host functions for any store, objects, WASI, and what is missing.
#include "waxwing/linker.h"

#include <thread>

#include "api_case.h"

namespace waxwing {
namespace {

class Linkers : public Tiers {};
INSTANTIATE_TEST_SUITE_P(in, Linkers, all_tiers, tier_name);

TEST_P(Linkers, modules_import_from_instances) {
  const Instance library = instantiate(R"((module
    (memory (export "memory") 1)
    (global (export "base") i32 (i32.const 40))
    (tag (export "tag") (param i32))
    (table (export "table") 1 funcref)
    (func (export "two") (result i32) (i32.const 2))))");
  require(linker.instance("lib", library));
  const Instance user = instantiate(R"((module
    (import "lib" "memory" (memory 1))
    (import "lib" "base" (global $base i32))
    (import "lib" "tag" (tag (param i32)))
    (import "lib" "table" (table 1 funcref))
    (import "lib" "two" (func $two (result i32)))
    (func (export "sum") (result i32) (i32.add (global.get $base) (call $two)))))");
  EXPECT_EQ(require(require(user.func<int32_t()>("sum"))()), 42);
}

TEST_P(Linkers, host_functions_are_for_any_number_of_stores) {
  std::atomic<int> calls = 0;
  require(linker.func("env", "f", [&] { ++calls; }));
  const Module module = compile(engine, R"((module
    (import "env" "f" (func $f)) (func (export "run") (call $f))))");
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 10; ++k) {
        Store own = require(Store::create(engine));
        const Instance first = require(linker.instantiate(own, module));
        const Instance second = require(linker.instantiate(own, module));
        require(require(first.func<void()>("run"))());
        require(require(second.func<void()>("run"))());
      }
    });
  }
  threads.clear();
  EXPECT_EQ(calls, 80);
}

TEST_P(Linkers, what_is_missing_is_named) {
  require(linker.func("env", "print", [](int32_t) {}));
  const Module module = compile(engine, R"((module (import "env" "prnt" (func (param i32)))))");
  const Error error = linker.instantiate(store, module).error();
  EXPECT_EQ(error.code(), ErrorCode::unlinkable);
  for (const char* word : {"prnt", "print", "(param i32)"})
    EXPECT_NE(error.message().find(word), std::string::npos) << error.message();
  const Module wrong = compile(engine, R"((module (import "env" "print" (func (param i64)))))");
  EXPECT_EQ(linker.instantiate(store, wrong).error().code(), ErrorCode::unlinkable);
}

TEST_P(Linkers, names_are_taken_once_unless_shadowing_is_allowed) {
  require(linker.func("env", "f", [] { return 1; }));
  EXPECT_EQ(linker.func("env", "f", [] { return 2; }).error().code(), ErrorCode::unlinkable);
  linker.allow_shadowing(true);
  require(linker.func("env", "f", [] { return 3; }));
  Linker copy = linker;
  require(copy.func("env", "f", [] { return 4; }));
  const Module module = compile(engine, R"((module
    (import "env" "f" (func $f (result i32))) (func (export "run") (result i32) (call $f))))");
  const auto result = [&](const Linker& of) {
    return require(require(require(of.instantiate(store, module)).func<int32_t()>("run"))());
  };
  EXPECT_EQ(result(linker), 3);
  EXPECT_EQ(result(copy), 4);
}

TEST_P(Linkers, a_resolver_is_asked_for_the_rest) {
  std::string asked;
  linker.set_resolver([&](Store& its_store, const ImportType& import) -> std::optional<Extern> {
    asked += import.module + "." + import.name + ": " + to_string(import.type);
    if (import.name != "there") return std::nullopt;
    return require(make_func(its_store, HostFunc([] { return 8; })));
  });
  const Instance instance = instantiate(R"((module
    (import "any" "there" (func $f (result i32))) (func (export "run") (result i32) (call $f))))");
  EXPECT_EQ(require(require(instance.func<int32_t()>("run"))()), 8);
  EXPECT_EQ(asked, "any.there: func (result i32)");
  const Module module = compile(engine, R"((module (import "any" "gone" (func))))");
  EXPECT_EQ(linker.instantiate(store, module).error().code(), ErrorCode::unlinkable);
}

constexpr const char* program = R"((module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $clock (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "random") (result i64)
    (drop (call $random (i32.const 64) (i32.const 8))) (i64.load (i32.const 64)))
  (func (export "now") (result i64)
    (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 64))) (i64.load (i32.const 64)))
  (func (export "_start")
    (drop (call $args (i32.const 0) (i32.const 4)))
    (call $exit (i32.load (i32.const 0))))))";

TEST_P(Linkers, a_program_has_the_world_that_it_was_given) {
  require(linker.wasi({.args = {"program", "one", "two"}}));
  const Module module = compile(engine, program);
  EXPECT_EQ(require(require(linker.instantiate(store, module)).run()), 3);
  Store other = require(Store::create(engine));
  EXPECT_EQ(require(require(linker.instantiate(other, module)).run()), 3);
  EXPECT_EQ(linker.wasi().error().code(), ErrorCode::unlinkable);
}

TEST_P(Linkers, the_world_is_the_same_in_each_run_unless_asked) {
  require(linker.wasi());
  const Module module = compile(engine, program);
  const auto look = [&](const Linker& of) {
    Store own = require(Store::create(engine));
    const Instance instance = require(of.instantiate(own, module));
    return std::pair(require(require(instance.func<uint64_t()>("random"))()),
                     require(require(instance.func<uint64_t()>("now"))()));
  };
  const auto first = look(linker);
  EXPECT_EQ(first, look(linker));
  EXPECT_EQ(first.second, 1'640'995'200'000'000'000u);
  Linker real;
  require(real.wasi(WasiConfig::for_command()));
  EXPECT_NE(look(real).first, look(real).first);
  EXPECT_GT(look(real).second, 1'700'000'000'000'000'000u);
}

TEST_P(Linkers, each_store_has_its_directories_in_memory_and_its_quota) {
  require(linker.wasi({.memory_directories = {{.guest_path = "/tmp"}}, .max_entries = 2}));
  const Module module = compile(engine, R"((module
    (import "wasi_snapshot_preview1" "path_create_directory"
      (func $make (param i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "abc")
    (func (export "make") (param i32) (result i32)
      (call $make (i32.const 3) (local.get 0) (i32.const 1)))))");
  constexpr int success = 0, dquot = 19, exist = 20;
  for (int i = 0; i < 2; ++i) {
    Store own = require(Store::create(engine));
    const Instance guest = require(linker.instantiate(own, module));
    const auto make = require(guest.func<int32_t(int32_t)>("make"));
    EXPECT_EQ(require(make(0)), success) << "nobody else's names are there";
    EXPECT_EQ(require(make(0)), exist);
    EXPECT_EQ(require(make(1)), success);
    EXPECT_EQ(require(make(2)), dquot);
  }
}

TEST_P(Linkers, a_world_that_cannot_be_made_is_an_error) {
  require(linker.wasi({.directories = {{"/there/is/no/such/directory", "/"}}}));
  const Error error = linker.instantiate(store, compile(engine, program)).error();
  EXPECT_NE(error.message().find("/there/is/no/such/directory"), std::string::npos)
      << error.message();
}

}  // namespace
}  // namespace waxwing
