// What an engine refuses to compile, and how compiling is stopped, with a cache and without.
#include <atomic>
#include <gtest/gtest.h>
#include <string>
#include <thread>

#include "cache/memory_store.h"
#include "engine/engine.h"

namespace waxwing::engine {
namespace {

using base::ErrorCode;
using base::StopFlag;
using base::StopReason;
using Bytes = std::vector<uint8_t>;

void append_number(Bytes& to, uint64_t number) {
  for (; number >= 0x80; number >>= 7) to.push_back(static_cast<uint8_t>(number | 0x80));
  to.push_back(static_cast<uint8_t>(number));
}

void append_section(Bytes& to, uint8_t id, const Bytes& content) {
  to.push_back(id);
  append_number(to, content.size());
  to.insert(to.end(), content.begin(), content.end());
}

/// `funcs` functions of `pairs` calls each of one that has `arity` results, and one that takes
/// them.
Engine::Bytes hostile_module(uint32_t funcs, uint32_t pairs, uint32_t arity = 1000) {
  Bytes types = {3, 0x60, 0, 0, 0x60, 0};
  append_number(types, arity);
  types.insert(types.end(), arity, 0x7f);
  types.push_back(0x60);
  append_number(types, arity);
  types.insert(types.end(), arity, 0x7f);
  types.push_back(0);
  Bytes decls;
  append_number(decls, funcs + 2);
  decls.insert(decls.end(), {1, 2});
  decls.insert(decls.end(), funcs, 0);
  Bytes body = {0};
  for (uint32_t i = 0; i < pairs; ++i) body.insert(body.end(), {0x10, 0, 0x10, 1});
  body.push_back(0x0b);
  Bytes code;
  append_number(code, funcs + 2);
  code.insert(code.end(), {3, 0, 0x00, 0x0b, 2, 0, 0x0b});
  for (uint32_t i = 0; i < funcs; ++i) {
    append_number(code, body.size());
    code.insert(code.end(), body.begin(), body.end());
  }
  Bytes module = {0, 'a', 's', 'm', 1, 0, 0, 0};
  append_section(module, 1, types);
  append_section(module, 3, decls);
  append_section(module, 10, code);
  return std::make_shared<const Bytes>(std::move(module));
}

ErrorCode code_of(const base::Result<Engine::Compiled>& result) {
  EXPECT_FALSE(result);
  return result ? ErrorCode::not_found : result.error().code;
}

TEST(compile_limits, refuse_what_is_beyond_in_each_tier) {
  const auto module = hostile_module(3, 100);
  const auto compile = [&](const CompileLimits& limits, Tier tier) {
    return Engine({.tier = tier, .limits = limits}).compile(module);
  };
  for (const Tier tier : {Tier::interpreter, Tier::automatic}) {
    const uint64_t size = module->size();
    EXPECT_TRUE(compile({.module_bytes = size, .funcs = 5, .func_bytes = 402}, tier));
    EXPECT_EQ(code_of(compile({.module_bytes = size - 1}, tier)), ErrorCode::resource_limit);
    EXPECT_EQ(code_of(compile({.funcs = 4}, tier)), ErrorCode::resource_limit);
    EXPECT_EQ(code_of(compile({.func_bytes = 401}, tier)), ErrorCode::resource_limit);
  }
}

TEST(compile_limits, are_those_of_images_and_caches_too) {
  const auto module = hostile_module(1, 1);
  const auto cache = std::make_shared<CompilationCache>(nullptr);
  const Engine small({.limits = {.module_bytes = module->size() - 1}, .cache = cache});
  const Engine large({.cache = cache});
  EXPECT_EQ(code_of(small.compile(module)), ErrorCode::resource_limit);
  EXPECT_TRUE(large.compile(module));
  EXPECT_EQ(code_of(small.compile(module)), ErrorCode::resource_limit) << "though it is there";
  EXPECT_EQ(small.compile_to_image(module).error().code, ErrorCode::resource_limit);
  EXPECT_EQ(small.check(module).error().code, ErrorCode::resource_limit);
  EXPECT_TRUE(large.check(module));
}

#if defined(__x86_64__)
TEST(compile_limits, bound_the_machine_code_of_one_function_and_of_all) {
  const CompileLimits limits{.code_bytes = 64 << 10};
  const Engine engine({.tier = Tier::automatic, .limits = limits});
  EXPECT_TRUE(engine.compile(hostile_module(1, 100)));
  for (const auto& module : {hostile_module(1, 20000), hostile_module(100, 200)}) {
    const auto refused = engine.compile(module);
    EXPECT_EQ(code_of(refused), ErrorCode::resource_limit);
    EXPECT_NE(refused.error().detail.find("CompileLimits::code_bytes"), std::string::npos);
  }
}

/// Stops `stop` when the first functions are compiled.
struct Stopper {
  StopFlag stop;
  std::atomic<int> reports = 0;
  std::atomic<bool>* awaited = nullptr;

  static void report(void* self, size_t done, size_t total) {
    auto& stopper = *static_cast<Stopper*>(self);
    if (done == total) return;
    ++stopper.reports;
    while (stopper.awaited && !*stopper.awaited) std::this_thread::yield();
    stopper.stop.set(StopReason::deadline_exceeded);
  }
  Config config(uint32_t threads, std::shared_ptr<CompilationCache> cache = nullptr) {
    Config made{.tier = Tier::baseline, .cache = std::move(cache)};
    made.codegen.threads = threads;
    made.codegen.progress = report;
    made.codegen.progress_context = this;
    return made;
  }
};

TEST(compiling, ends_on_all_threads_when_it_is_stopped) {
  const auto module = hostile_module(40, 4096, 8);
  for (const uint32_t threads : {1U, 4U}) {
    Stopper stopper;
    const Engine engine(stopper.config(threads));
    EXPECT_EQ(code_of(engine.compile(module, {}, &stopper.stop)), ErrorCode::deadline_exceeded);
    EXPECT_EQ(stopper.reports, 1) << "nothing is begun any more";
  }
}

TEST(compiling, leaves_nothing_in_the_cache_when_it_is_stopped) {
  const auto module = hostile_module(20, 4096, 8);
  const auto store = std::make_shared<cache::MemoryStore>(cache::Budget());
  const auto cache = std::make_shared<CompilationCache>(store);
  Stopper stopper;
  EXPECT_EQ(code_of(Engine(stopper.config(1, cache)).compile(module, {}, &stopper.stop)),
            ErrorCode::deadline_exceeded);
  EXPECT_EQ(store->entries()->size(), 0U);
  EXPECT_EQ(cache->stats().compiled, 0U);
  EXPECT_TRUE(Engine({.tier = Tier::baseline, .cache = cache}).compile(module)) << "others can";
  EXPECT_EQ(store->entries()->size(), 1U);
}

TEST(compiling, goes_on_for_others_who_wait_for_the_same_when_one_is_stopped) {
  const auto module = hostile_module(20, 4096, 8);
  const auto cache = std::make_shared<CompilationCache>(nullptr);
  std::atomic<bool> has_begun = false;
  Stopper stopper;
  stopper.awaited = &has_begun;
  std::jthread leader([&] {
    EXPECT_EQ(code_of(Engine(stopper.config(1, cache)).compile(module, {}, &stopper.stop)),
              ErrorCode::deadline_exceeded);
  });
  while (stopper.reports == 0) std::this_thread::yield();
  const StopFlag never;
  std::jthread waiters[2];
  for (std::jthread& waiter : waiters) {
    waiter = std::jthread([&] {
      const Engine engine({.tier = Tier::baseline, .cache = cache});
      EXPECT_TRUE(engine.compile(module, {}, &never));
    });
  }
  // The leader waits for one who is stopped himself while he waits.
  StopFlag stop;
  std::jthread impatient([&] {
    const Engine engine({.tier = Tier::baseline, .cache = cache});
    EXPECT_EQ(code_of(engine.compile(module, {}, &stop)), ErrorCode::interrupted);
    has_begun = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  stop.set(StopReason::interrupted);
  for (std::jthread& waiter : waiters) waiter.join();
  leader.join();
  EXPECT_EQ(cache->stats().compiled, 1U);
}
#endif

TEST(compiling, does_not_begin_when_it_is_stopped_before) {
  const auto module = hostile_module(1, 1);
  StopFlag stop;
  stop.set(StopReason::interrupted);
  for (const Tier tier : {Tier::interpreter, Tier::automatic}) {
    const Engine plain({.tier = tier});
    EXPECT_EQ(code_of(plain.compile(module, {}, &stop)), ErrorCode::interrupted);
    EXPECT_EQ(plain.compile_to_image(module, {}, &stop).error().code, ErrorCode::interrupted);
    EXPECT_EQ(plain.check(module, &stop).error().code, ErrorCode::interrupted);
    const Engine cached({.tier = tier, .cache = std::make_shared<CompilationCache>(nullptr)});
    EXPECT_EQ(code_of(cached.compile(module, {}, &stop)), ErrorCode::interrupted);
  }
}

}  // namespace
}  // namespace waxwing::engine
