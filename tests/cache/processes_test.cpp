// Processes share a directory: each module is compiled once, and whoever dies holds up nobody.
#include <atomic>
#include <chrono>
#include <sys/mman.h>
#include <thread>

#include "cache_world.h"

namespace waxwing::engine {
namespace {

constexpr uint32_t module_count = 5;

/// Compiles all modules in several threads, each in an order of its own, and counts in `compiled`.
void compile_all(const cache::CacheHome& home, uint32_t seed, std::atomic<uint32_t>& compiled,
                 std::atomic<uint32_t>& wrong) {
  const auto cache = cache_over(home.open());
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const Engine engine = engine_with(cache);
      for (uint32_t i = 0; i < module_count; ++i) {
        const uint32_t number = (i * (t + 1) + seed) % module_count;
        if (run(engine, sample(number), "number") != std::to_string(number)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  compiled += static_cast<uint32_t>(cache->stats().compiled);
}

struct Counters {
  std::atomic<uint32_t> compiled = 0;
  std::atomic<uint32_t> wrong = 0;
};

/// Memory that child processes share with this one.
template <typename T>
class Shared {
 public:
  Shared() {
    void* const memory =
        ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    EXPECT_NE(memory, MAP_FAILED);
    value_ = new (memory) T;
  }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  ~Shared() { ::munmap(value_, sizeof(T)); }
  T* operator->() const { return value_; }

 private:
  T* value_;
};

TEST(processes, compile_each_module_once_all_together) {
  const cache::CacheHome home;
  ASSERT_NE(home.open(), nullptr);
  const Shared<Counters> counters;
  std::vector<cache::Child> children;
  for (uint32_t i = 0; i < 6; ++i) {
    children.emplace_back([&, i] { compile_all(home, i, counters->compiled, counters->wrong); });
  }
  for (cache::Child& child : children) EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(counters->wrong, 0U);
  EXPECT_EQ(counters->compiled, module_count);
}

TEST(processes, that_are_killed_hold_up_nobody_and_leave_nothing_wrong) {
  const cache::CacheHome home;
  ASSERT_NE(home.open(), nullptr);
  for (uint32_t round = 0; round < 40; ++round) {
    cache::Child child([&] {
      for (uint32_t number = 0;; ++number)
        (void)engine_with(cache_over(home.open())).compile(sample(number));
    });
    std::this_thread::sleep_for(std::chrono::microseconds(500 * (round + 1)));
    child.kill();
  }
  const auto store = home.open();
  const auto entries = store->entries();
  ASSERT_TRUE(entries);
  EXPECT_GT(entries->size(), 0U);
  for (const cache::EntryInfo& entry : *entries) {
    const auto blob = store->get(entry.key);
    ASSERT_TRUE(blob && *blob);
    const auto image = image::Image::open(*blob);
    EXPECT_TRUE(image) << image.error().message();
  }
  // Were a dead one waited for, this would take longer than the test may.
  const auto patient = cache_over(store, {.max_wait_ns = 3'600'000'000'000});
  EXPECT_EQ(run(engine_with(patient), sample(99'999), "number"), "99999");
  for (const std::string& name : home.files()) {
    if (name.ends_with(".tmp")) cache::set_age(home.root + "/" + name, 5 * cache::hour_ns);
  }
  (void)store->prune({});
  EXPECT_EQ(home.temporaries(), 0U);
}

TEST(processes, run_what_was_mapped_though_it_is_evicted_or_cleared) {
  const cache::CacheHome home;
  const Bytes bytes = sample();
  const Engine engine = engine_with(cache_over(home.open()));
  const auto compiled = engine.compile(bytes);
  ASSERT_TRUE(compiled);
  cache::Child other([&] {
    EXPECT_TRUE(home.open()->clear());
    EXPECT_EQ(home.open()->entries()->size(), 0U);
  });
  EXPECT_EQ(other.wait(), 0);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(call(engine, *compiled, "run"), sample_result);
    EXPECT_EQ(call(engine, *compiled, "fault"), "out of bounds memory access");
  }
}

TEST(processes, readers_go_on_while_entries_are_evicted_under_them) {
  const cache::CacheHome home;
  cache::DirectoryOptions small = home.options();
  small.budget = {.max_entries = 2};
  ASSERT_NE(home.open(small), nullptr);
  std::vector<cache::Child> children;
  for (uint32_t i = 0; i < 3; ++i) {
    children.emplace_back([&, i] {
      for (uint32_t round = 0; round < 30; ++round) {
        const Engine engine = engine_with(cache_over(home.open(small)));
        const uint32_t number = (round + i) % 7;
        EXPECT_EQ(run(engine, sample(number), "number"), std::to_string(number));
      }
    });
  }
  for (cache::Child& child : children) EXPECT_EQ(child.wait(), 0);
}

}  // namespace
}  // namespace waxwing::engine
