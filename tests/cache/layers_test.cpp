// A cache over several stores: what one lacks or has damaged, another has.
#include <fstream>

#include "cache/layered_store.h"
#include "cache/memory_store.h"
#include "cache_world.h"

namespace waxwing::engine {
namespace {

class Layers : public testing::Test {
 protected:
  std::shared_ptr<cache::CacheStore> below_ = std::make_shared<cache::MemoryStore>(cache::Budget{});
  cache::CacheHome home_;
  EventLog log_;
  Bytes bytes_ = sample();

  Layers() { EXPECT_EQ(run(engine_with(cache_over(below_)), bytes_), sample_result); }

  std::shared_ptr<CompilationCache> open() {
    const auto layers = std::vector<std::shared_ptr<cache::CacheStore>>{home_.open(), below_};
    return cache_over(std::make_shared<cache::LayeredStore>(layers),
                      {.requires_hit = true, .on_event = log_.listener()});
  }
  cache::Digest key() const { return below_->entries()->front().key; }
};

TEST_F(Layers, a_hit_below_fills_the_store_above) {
  EXPECT_EQ(run(engine_with(open()), bytes_), sample_result);
  EXPECT_EQ(log_.count(Kind::store_hit), 1U);
  EXPECT_EQ(text_of(home_.open()->get(key())), text_of(below_->get(key())));
}

TEST_F(Layers, what_is_damaged_above_is_replaced_from_below) {
  ASSERT_TRUE(home_.open()->put(key(), cache::blob_of("no image")));
  EXPECT_EQ(run(engine_with(open()), bytes_), sample_result);
  EXPECT_EQ(log_.misses(), "");
  EXPECT_EQ(text_of(home_.open()->get(key())), text_of(below_->get(key())));
}

TEST_F(Layers, what_is_damaged_below_fills_nothing) {
  const cache::Digest damaged = key();
  ASSERT_TRUE(below_->put(damaged, cache::blob_of("no image")));
  EXPECT_FALSE(engine_with(open()).compile(bytes_));
  EXPECT_EQ(log_.misses(), "damaged");
  EXPECT_EQ(text_of(home_.open()->get(damaged)), "(none)");
}

TEST(asking_by_digest, counts_no_miss) {
  EventLog log;
  const cache::CacheHome home;
  const auto cache = cache_over(home.open(), {.on_event = log.listener()});
  const Engine engine = engine_with(cache);
  const auto found = engine.find(cache::sha256(*sample()));
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, nullptr);
  EXPECT_EQ(log.misses(), "");
  EXPECT_EQ(cache->stats().misses, 0U);
}

TEST(compiling_lazily, takes_what_is_there_and_keeps_nothing) {
  if (!codegen::x64::CpuFeatures::from_host()) GTEST_SKIP() << "no machine code here";
  EventLog log;
  const cache::CacheHome home;
  Config config;
  config.codegen.lazy = true;
  config.cache = cache_over(home.open(), {.on_event = log.listener()});
  EXPECT_EQ(run(Engine(config), sample()), sample_result);
  EXPECT_EQ(log.misses(), "absent");
  EXPECT_EQ(home.open()->entries()->size(), 0U);
  EXPECT_EQ(run(engine_with(cache_over(home.open())), sample()), sample_result);
  log.clear();
  EXPECT_EQ(run(Engine(config), sample()), sample_result);
  EXPECT_EQ(log.misses(), "");
  EXPECT_EQ(log.count(Kind::store_hit), 1U);
}

}  // namespace
}  // namespace waxwing::engine
