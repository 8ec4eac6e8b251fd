// Engines share what was compiled, in memory and through a directory, on any threads, and may be
// destroyed in any order.
#include <atomic>
#include <fcntl.h>
#include <filesystem>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

#include "cache_world.h"

namespace waxwing::engine {
namespace {

class Sharing : public testing::TestWithParam<Tier> {};

std::string name_of(const testing::TestParamInfo<Tier>& info) {
  return info.param == Tier::interpreter ? "interpreter" : "automatic";
}

INSTANTIATE_TEST_SUITE_P(tiers, Sharing, testing::Values(Tier::interpreter, Tier::automatic),
                         name_of);

TEST_P(Sharing, a_second_engine_runs_what_the_first_one_compiled) {
  EventLog log;
  const auto cache = cache_over(nullptr, {.on_event = log.listener()});
  const Engine first = engine_with(cache, GetParam());
  const Engine second = engine_with(cache, GetParam());
  const Bytes bytes = sample();
  EXPECT_EQ(run(first, bytes), sample_result);
  EXPECT_EQ(log.misses(), "absent");
  EXPECT_EQ(run(second, bytes), sample_result);
  EXPECT_EQ(run(second, bytes, "fault"), "out of bounds memory access");
  EXPECT_EQ(log.misses(), "absent");
  EXPECT_EQ(log.count(Kind::memory_hit), 2U);
  EXPECT_EQ(cache->stats().compiled, 1U);
}

TEST_P(Sharing, a_new_process_finds_it_in_the_directory) {
  DirectoryCache directory;
  const Bytes bytes = sample();
  EXPECT_EQ(run(engine_with(directory.open(), GetParam()), bytes), sample_result);
  EXPECT_EQ(directory.log.count(Kind::stored), 1U);
  directory.log.clear();
  // Another cache object has no memory of the first one's, as another process has none.
  const Engine engine = engine_with(directory.open({.requires_hit = true}), GetParam());
  const auto compiled = engine.compile(bytes);
  ASSERT_TRUE(compiled) << compiled.error().message();
  EXPECT_EQ(directory.log.count(Kind::store_hit), 1U);
  EXPECT_EQ(directory.log.misses(), "");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(call(engine, *compiled, "run"), sample_result);
  EXPECT_EQ(call(engine, *compiled, "fault"), "out of bounds memory access");
  EXPECT_EQ((*compiled)->module.names.module, "sample");
  EXPECT_EQ((*compiled)->module.func_name(syntax::FuncIdx(0U)), "add");
}

TEST_P(Sharing, imports_without_names_are_kept_too) {
  std::string text = "(module";
  for (int i = 0; i < 400; ++i) text += R"((import "" "" (func)))";
  const Bytes bytes = assembled(text + ")");
  DirectoryCache directory;
  EXPECT_TRUE(engine_with(directory.open(), GetParam()).compile(bytes).has_value());
  const auto again = engine_with(directory.open({.requires_hit = true}), GetParam()).compile(bytes);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ((*again)->module.imports.size(), 400U);
}

TEST_P(Sharing, a_digest_is_enough_for_a_hit) {
  DirectoryCache directory;
  const Bytes bytes = sample();
  const Engine engine = engine_with(directory.open(), GetParam());
  const auto before = engine.find(cache::sha256(*bytes));
  ASSERT_TRUE(before);
  EXPECT_EQ(*before, nullptr);
  EXPECT_EQ(run(engine, bytes), sample_result);
  const auto found = engine.find(cache::sha256(*bytes));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ(call(engine, *found, "run"), sample_result);
}

TEST_P(Sharing, what_was_loaded_outlives_cache_and_engine_in_every_order) {
  std::vector<int> order = {0, 1, 2};
  do {
    DirectoryCache directory;
    std::shared_ptr<CompilationCache> cache = directory.open();
    auto engine = std::make_unique<Engine>(engine_with(cache, GetParam()));
    Compiled compiled = engine->compile(sample()).value_or(nullptr);
    ASSERT_NE(compiled, nullptr);
    auto store = engine->new_store();
    ASSERT_TRUE(store);
    const auto instance = runtime::instantiate(**store, compiled, {}, "sample");
    ASSERT_TRUE(instance);
    const auto func = (*instance)->find_export("run");
    ASSERT_TRUE(func);
    for (const int step : order) {
      if (step == 0 && cache) cache->close();
      if (step == 1) {
        cache.reset();
        engine.reset();
      }
      if (step == 2) compiled.reset();
      const auto results = runtime::call(**store, *std::get<runtime::Func*>(*func), {});
      EXPECT_TRUE(results) << step;
    }
  } while (std::ranges::next_permutation(order).found);
}

TEST_P(Sharing, a_closed_cache_keeps_nothing_and_fails_nobody) {
  DirectoryCache directory;
  const auto cache = directory.open();
  const Engine engine = engine_with(cache, GetParam());
  EXPECT_EQ(run(engine, sample(1), "number"), "1");
  cache->close();
  directory.log.clear();
  EXPECT_EQ(run(engine, sample(2), "number"), "2");
  EXPECT_EQ(run(engine, sample(1), "number"), "1");
  EXPECT_EQ(directory.log.misses(), "closed closed");
  EXPECT_EQ(directory.log.count(Kind::stored), 0U);
  cache->close();
}

TEST_P(Sharing, threads_compile_while_another_one_closes) {
  for (int round = 0; round < 20; ++round) {
    DirectoryCache directory;
    const auto cache = directory.open();
    std::atomic<int> right = 0;
    std::vector<std::thread> threads;
    for (uint32_t i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        const Engine engine = engine_with(cache, GetParam());
        for (uint32_t number = 0; number < 3; ++number) {
          const uint32_t which = (number + i) % 3;
          if (run(engine, sample(which), "number") == std::to_string(which)) ++right;
        }
      });
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200 * round));
    cache->close();
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(right, 12);
  }
}

TEST_P(Sharing, threads_that_ask_at_once_compile_once) {
  constexpr int thread_count = 8;
  DirectoryCache directory;
  const auto cache = directory.open();
  const Bytes bytes = sample();
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < thread_count; ++i) {
    threads.emplace_back([&] {
      if (run(engine_with(cache, GetParam()), bytes) == sample_result) ++right;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, thread_count);
  EXPECT_EQ(cache->stats().compiled, 1U);
}

/// A module that keeps its image's file open: its data are mapped from there.
Bytes with_much_data() {
  return assembled("(module (memory 1) (data (i32.const 0) \"" + std::string(32768, 'x') +
                   "\") (func (export \"run\") (result i32) (i32.load8_u (i32.const 32767))))");
}

TEST(images_in_memory, can_be_written_to_by_nobody) {
  const Engine engine = engine_with(cache_over(nullptr));
  const auto compiled = engine.compile(with_much_data());
  ASSERT_TRUE(compiled) << compiled.error().message();
  size_t found = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(entry.path(), gone).string();
    if (!target.starts_with("/memfd:waxwing-bytes")) continue;
    ++found;
    EXPECT_EQ(::truncate(entry.path().c_str(), 0), -1);
    const int file = ::open(entry.path().c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_NE(file, -1);
    EXPECT_EQ(::pwrite(file, "y", 1, 4096), -1);
    EXPECT_EQ(errno, EPERM);
    EXPECT_EQ(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), MAP_FAILED);
    ::close(file);
  }
  EXPECT_EQ(found, 1U);
  EXPECT_EQ(call(engine, *compiled, "run"), "120");
}

TEST(keeping_warm, is_within_the_budget_and_least_recently_used_first) {
  EventLog log;
  const auto probe = cache_over(nullptr);
  EXPECT_EQ(run(engine_with(probe), sample(0)), sample_result);
  const uint64_t one = probe->stats().warm_bytes;
  ASSERT_GT(one, 0U);

  const auto cache =
      cache_over(nullptr, {.warm_bytes = 2 * one + one / 2, .on_event = log.listener()});
  const Engine engine = engine_with(cache);
  for (const uint32_t number : {0U, 1U, 0U, 2U})
    EXPECT_EQ(run(engine, sample(number)), sample_result);
  EXPECT_EQ(cache->stats().warm_modules, 2U);
  EXPECT_LE(cache->stats().warm_bytes, 2 * one + one / 2);
  log.clear();
  EXPECT_EQ(run(engine, sample(0)), sample_result);  // used later than 1
  EXPECT_EQ(log.misses(), "");
  EXPECT_EQ(run(engine, sample(1)), sample_result);
  EXPECT_EQ(log.misses(), "absent");
}

TEST(keeping_warm, takes_at_most_so_many_modules_as_a_process_has_files_for) {
  const auto cache = cache_over(nullptr);
  const Engine engine = engine_with(cache);
  for (uint32_t number = 0; number < 140; ++number)
    EXPECT_TRUE(engine.compile(sample(number)).has_value());
  EXPECT_EQ(cache->stats().warm_modules, 128U);
}

TEST(keeping_warm, is_not_needed_for_what_is_in_use) {
  EventLog log;
  const auto cache = cache_over(nullptr, {.warm_bytes = 0, .on_event = log.listener()});
  const Engine engine = engine_with(cache);
  const Bytes bytes = sample();
  {
    const auto kept = engine.compile(bytes);
    EXPECT_EQ(run(engine_with(cache), bytes), sample_result);
    EXPECT_EQ(log.misses(), "absent");
  }
  EXPECT_EQ(run(engine, bytes), sample_result);
  EXPECT_EQ(log.misses(), "absent absent");
}

}  // namespace
}  // namespace waxwing::engine
