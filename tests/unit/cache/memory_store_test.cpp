#include "cache/memory_store.h"

#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "blobs.h"

namespace waxwing::cache {
namespace {

TEST(memory_store, returns_the_very_bytes_that_were_put) {
  MemoryStore store({});
  const Digest key = key_of("a");
  EXPECT_EQ(text_of(store.get(key)), "(none)");
  const Blob blob = blob_of("bytes");
  ASSERT_TRUE(store.put(key, blob));
  const Blob first = *store.get(key);
  const Blob second = *store.get(key);
  EXPECT_EQ(first.bytes().data(), blob.bytes().data());
  EXPECT_EQ(second.bytes().data(), blob.bytes().data());
  EXPECT_EQ(text_of(store.get(key_of("b"))), "(none)");
}

TEST(memory_store, replaces_and_removes) {
  MemoryStore store({});
  const Digest key = key_of("a");
  ASSERT_TRUE(store.put(key, blob_of("old")));
  const Blob held = *store.get(key);
  ASSERT_TRUE(store.put(key, blob_of("newer")));
  EXPECT_EQ(text_of(store.get(key)), "newer");
  EXPECT_EQ(store.usage().entries, 1U);
  EXPECT_EQ(store.usage().bytes, 5U);
  EXPECT_TRUE(store.remove(key));
  EXPECT_TRUE(store.remove(key));
  EXPECT_EQ(text_of(store.get(key)), "(none)");
  EXPECT_EQ(store.usage().entries, 0U);
  EXPECT_EQ(store.usage().bytes, 0U);
  EXPECT_EQ(store.usage().evicted_entries, 0U);
  EXPECT_EQ(text_of(held), "old");
}

TEST(memory_store, evicts_what_was_used_least_recently) {
  MemoryStore store({.max_entries = 3});
  for (size_t i = 0; i < 3; ++i) ASSERT_TRUE(store.put(key_of(i), blob_of(std::to_string(i))));
  EXPECT_EQ(text_of(store.get(key_of(0))), "0");
  ASSERT_TRUE(store.put(key_of(3), blob_of("3")));
  EXPECT_EQ(text_of(store.get(key_of(1))), "(none)");
  for (const size_t kept : {0U, 2U, 3U}) {
    EXPECT_EQ(text_of(store.get(key_of(kept))), std::to_string(kept));
  }
  EXPECT_EQ(store.usage().evicted_entries, 1U);
  EXPECT_EQ(store.usage().evicted_bytes, 1U);
}

TEST(memory_store, keeps_its_budget_of_bytes) {
  MemoryStore store({.max_bytes = 100});
  for (size_t i = 0; i < 50; ++i) {
    ASSERT_TRUE(store.put(key_of(i), blob_for(key_of(i), 1 + i % 40)));
    EXPECT_LE(store.usage().bytes, 100U);
    EXPECT_TRUE(*store.get(key_of(i)));
  }
  ASSERT_TRUE(store.put(key_of("all"), blob_for(key_of("all"), 100)));
  EXPECT_EQ(store.usage().entries, 1U);
  EXPECT_EQ(fault_of(store.put(key_of("all"), blob_for(key_of("all"), 101))), "too_large");
  EXPECT_EQ(text_of(store.get(key_of("all"))), "(none)")
      << "the old bytes are not those of the key";
  store.set_budget({.max_bytes = 0});
  EXPECT_EQ(store.usage().entries, 0U);
}

TEST(memory_store, lists_and_clears) {
  MemoryStore store({});
  ASSERT_TRUE(store.put(key_of(1), blob_of("one")));
  ASSERT_TRUE(store.put(key_of(2), blob_of("three")));
  const auto entries = store.entries();
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 2U);
  EXPECT_EQ((*entries)[0].key, key_of(2));
  EXPECT_EQ((*entries)[0].size_bytes, 5U);
  store.clear();
  EXPECT_EQ(store.usage().bytes, 0U);
  EXPECT_EQ(text_of(store.get(key_of(1))), "(none)");
  EXPECT_TRUE(store.entries()->empty());
}

TEST(memory_store, keeps_no_file_open) {
  MemoryStore store({});
  auto file = std::make_shared<const platform::File>(platform::File::standard_input());
  const std::weak_ptr<const platform::File> watch = file;
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(3, uint8_t{7});
  ASSERT_TRUE(store.put(key_of(1), Blob(*bytes, bytes, std::move(file))));
  EXPECT_TRUE(watch.expired());
  EXPECT_EQ(store.get(key_of(1))->file(), nullptr);
  EXPECT_EQ(store.get(key_of(1))->size(), 3U);
}

TEST(memory_store, is_shared_by_threads) {
  MemoryStore store({.max_bytes = 2000, .max_entries = 40});
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&store, t] {
      for (size_t i = 0; i < 2000; ++i) {
        const Digest key = key_of((i * 7 + t) % 64);
        if (i % 3 == 0) {
          EXPECT_TRUE(store.put(key, blob_for(key, 64)));
        } else if (i % 31 == 0) {
          EXPECT_TRUE(store.remove(key));
        } else if (const Blob blob = *store.get(key)) {
          EXPECT_EQ(text_of(blob), text_of(blob_for(key, 64)));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(store.usage().bytes, 2000U);
  EXPECT_EQ(store.usage().bytes, 64 * store.usage().entries);
}

}  // namespace
}  // namespace waxwing::cache
