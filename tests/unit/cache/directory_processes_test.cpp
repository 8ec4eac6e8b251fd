// Many processes over one directory: who makes what, and what is left where one is killed.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <thread>

#include "cache/directory_store.h"
#include "cache/file_index.h"
#include "cache/layered_store.h"
#include "cache/memory_store.h"
#include "cache/single_flight.h"
#include "directories.h"
#include "platform/clock.h"

namespace waxwing::cache {
namespace {

constexpr uint64_t millisecond_ns = 1'000'000;

TEST(directory_lease, is_held_by_one_handle_at_a_time) {
  const CacheHome home;
  const auto store = home.open();
  const auto same_directory = home.open();
  Lease first = store->lease(key_of("a"), 0);
  EXPECT_EQ(first.state(), Lease::State::held);
  EXPECT_FALSE(first.has_waited());
  EXPECT_EQ(store->lease(key_of("a"), 0).state(), Lease::State::timed_out);
  EXPECT_EQ(same_directory->lease(key_of("a"), 0).state(), Lease::State::timed_out);
  EXPECT_EQ(store->lease(key_of("b"), 0).state(), Lease::State::held);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(store->lease(key_of("a"), 50 * millisecond_ns).state(), Lease::State::timed_out);
  const auto waited = std::chrono::steady_clock::now() - start;
  EXPECT_GE(waited, std::chrono::milliseconds(50));
  EXPECT_LE(waited, std::chrono::seconds(20));
  first = Lease(Lease::State::unavailable);
  EXPECT_EQ(same_directory->lease(key_of("a"), 0).state(), Lease::State::held);
}

TEST(directory_lease, passes_on_where_its_owner_is_killed) {
  const CacheHome home;
  const auto store = home.open();
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  Child owner([&] {
    const Lease lease = home.open()->lease(key_of("k"), 0);
    EXPECT_EQ(lease.state(), Lease::State::held);
    char byte = 0;
    EXPECT_EQ(::write(ready[1], &byte, 1), 1);
    ::pause();
  });
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(store->lease(key_of("k"), 5 * millisecond_ns).state(), Lease::State::timed_out);
  std::thread killer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    owner.kill();
  });
  const Lease lease = store->lease(key_of("k"), 60'000 * millisecond_ns);
  EXPECT_EQ(lease.state(), Lease::State::held);
  EXPECT_TRUE(lease.has_waited());
  killer.join();
  for (const int file : ready) ::close(file);
}

TEST(directory_lease, ends_with_its_handle_though_a_forked_child_lives) {
  const CacheHome home;
  const auto store = home.open();
  Lease lease = store->lease(key_of("k"), 0);
  ASSERT_EQ(lease.state(), Lease::State::held);
  const Child child([] { ::pause(); });
  lease = Lease(Lease::State::unavailable);
  EXPECT_EQ(store->lease(key_of("k"), 0).state(), Lease::State::held);
}

/// As a cache uses its stores: look, wait for whoever makes it, look again, make it.
class Maker {
 public:
  explicit Maker(const CacheHome& home)
      : home_(home), store_({std::make_shared<MemoryStore>(Budget{}), home.open()}) {}

  std::string get(const Digest& key) {
    const auto outcome = flights_.run(key, [&] { return find_or_make(key); });
    return outcome.result ? text_of(**outcome.result) : outcome.result.error();
  }

 private:
  using Value = std::shared_ptr<const Blob>;

  std::expected<Value, std::string> find_or_make(const Digest& key) {
    if (Value found = find(key)) return found;
    const Lease lease = store_.lease(key, 60'000 * millisecond_ns);
    if (lease.state() != Lease::State::held) return std::unexpected("no lease");
    if (Value found = find(key)) return found;
    std::ofstream(home_.outside / "made", std::ios::app) << key.hex() << "\n" << std::flush;
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    const Blob blob = blob_for(key, 30'000);
    if (!store_.put(key, blob)) return std::unexpected("no put");
    return std::make_shared<const Blob>(blob);
  }

  Value find(const Digest& key) {
    const auto blob = store_.get(key);
    return blob && *blob ? std::make_shared<const Blob>(*blob) : nullptr;
  }

  const CacheHome& home_;
  LayeredStore store_;
  SingleFlight<Value, std::string> flights_;
};

TEST(single_flight, makes_each_entry_once_in_all_processes_and_threads) {
  const CacheHome home;
  constexpr size_t process_count = 4;
  constexpr size_t thread_count = 4;
  constexpr size_t key_count = 12;
  std::vector<Child> children;
  for (size_t p = 0; p < process_count; ++p) {
    children.emplace_back([&home, p] {
      Maker maker(home);
      std::vector<std::thread> threads;
      for (size_t t = 0; t < thread_count; ++t) {
        threads.emplace_back([&maker, p, t] {
          for (size_t i = 0; i < key_count; ++i) {
            const Digest key = key_of((i * 5 + p + t * 3) % key_count);
            EXPECT_TRUE(maker.get(key) == text_of(blob_for(key, 30'000)));
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
    });
  }
  for (Child& child : children) EXPECT_EQ(child.wait(), 0);
  std::ifstream made(home.outside / "made");
  std::vector<std::string> keys;
  for (std::string line; std::getline(made, line);) keys.push_back(line);
  std::ranges::sort(keys);
  EXPECT_EQ(keys.size(), key_count);
  EXPECT_EQ(std::ranges::adjacent_find(keys), keys.end());
}

TEST(directory_store, bears_that_others_remove_it_again_and_again) {
  const CacheHome home;
  constexpr size_t key_count = 8;
  std::vector<Child> children;
  for (size_t c = 0; c < 3; ++c) {
    children.emplace_back([&home, c] {
      auto store = DirectoryStore::open(home.options());
      size_t found = 0;
      for (size_t i = 0; i < 600; ++i) {
        if (i % 100 == 50) store = DirectoryStore::open(home.options());
        if (!store) {
          EXPECT_EQ(fault_of(store), "lost_race") << message_of(store);
          store = DirectoryStore::open(home.options());
          continue;
        }
        const Digest key = key_of((i + c) % key_count);
        const Lease lease = (*store)->lease(key, 0);
        const auto put = (*store)->put(key, blob_for(key, 20'000));
        if (!put) {
          EXPECT_EQ(fault_of(put), "lost_race") << message_of(put);
        }
        const auto got = (*store)->get(key);
        ASSERT_TRUE(got) << message_of(got);
        if (!*got) continue;
        EXPECT_TRUE(text_of(*got) == text_of(blob_for(key, 20'000)));
        ++found;
      }
      EXPECT_GT(found, 0U);
    });
  }
  Child remover([&home] {
    for (;;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      // As `rm -rf` would, or at once.
      std::error_code ignored;
      std::filesystem::rename(home.root, home.root + "-old", ignored);
      std::filesystem::remove_all(home.root + "-old", ignored);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      std::filesystem::remove_all(home.root, ignored);
    }
  });
  for (Child& child : children) EXPECT_EQ(child.wait(), 0);
}

TEST(directory_store, is_whole_whenever_a_writer_is_killed) {
  const CacheHome home;
  const auto store = home.open();
  constexpr size_t key_count = 16;
  const auto size_of = [](size_t number) { return 1 + number * 60'000; };
  std::vector<Blob> blobs;
  for (size_t i = 0; i < key_count; ++i) blobs.push_back(blob_for(key_of(i), size_of(i)));
  std::mt19937 random(1);
  size_t seen = 0;
  // At least so often, and until some writer was killed while it wrote.
  for (int round = 0; round < 60 || (home.temporaries() == 0 && round < 1000); ++round) {
    Child writer([&] {
      const auto mine = home.open();
      for (size_t i = static_cast<size_t>(round);; ++i) {
        (void)mine->put(key_of(i % key_count), blobs[i % key_count]);
      }
    });
    std::this_thread::sleep_for(std::chrono::microseconds(500 + random() % 12'000));
    writer.kill();
    for (size_t i = 0; i < key_count; ++i) {
      const auto blob = store->get(key_of(i));
      ASSERT_TRUE(blob) << message_of(blob);
      if (!*blob) continue;
      ++seen;
      ASSERT_TRUE(std::ranges::equal(blob->bytes(), blobs[i].bytes())) << i;
    }
  }
  EXPECT_GT(seen, 100U);
  EXPECT_TRUE(store->put(key_of("after"), blob_of("v")));
  const size_t left = home.temporaries();
  EXPECT_GT(left, 0U) << "no writer was killed while it wrote: the test has shown nothing";
  for (const std::string& name : home.files()) {
    if (name.ends_with(".tmp")) set_age(home.root + "/" + name, 120 * second_ns);
  }
  EXPECT_EQ(store->prune({})->removed_temporaries, left);
  EXPECT_EQ(home.temporaries(), 0U);
}

TEST(directory_store, evicts_counts_and_notes_though_its_users_are_killed) {
  const CacheHome home;
  DirectoryOptions options = home.options();
  options.budget.max_entries = 20;
  const auto store = home.open(options);
  const platform::TemporaryDirectory files(place_of_files());
  const std::string path = files / "module";
  files.write("module", std::string(20'000, 'm'));
  const platform::File module = *platform::open_host_path(path, {.read = true});
  const FileIdentity identity = *FileIdentity::of(module);
  const auto soon_ns = [] { return platform::realtime_ns() + 100 * uint64_t{second_ns}; };
  std::mt19937 random(2);
  uint64_t counted = 0;
  for (int round = 0; round < 40; ++round) {
    Child user([&] {
      for (size_t i = 0;; ++i) {
        const auto mine = home.open(options);
        const Lease lease = mine->lease(key_of(i), 0);
        (void)mine->put(key_of(i + static_cast<size_t>(round)), blob_for(key_of(i), 5000));
        mine->count("hits");
        (void)FileIndex(mine, {}, soon_ns).note(identity, module, key_of("module"));
        if (i % 8 == 0) (void)mine->prune({.budget = {.max_entries = 5}});
      }
    });
    std::this_thread::sleep_for(std::chrono::microseconds(500 + random() % 15'000));
    user.kill();
    const uint64_t now_counted = store->counters()["hits"];
    EXPECT_GE(now_counted, counted) << "counts are not lost";
    counted = now_counted;
    const FileIndex index(store);
    EXPECT_EQ(index.find(identity).value_or(key_of("module")), key_of("module"));
    EXPECT_EQ(store->lease(key_of(size_t{0}), 0).state(), Lease::State::held);
  }
  EXPECT_GT(counted, 0U);
  EXPECT_TRUE(FileIndex(store).find(identity));
  ASSERT_TRUE(store->put(key_of("after"), blob_of("v")));
  // What was put just before its owner was killed may not be counted for an hour.
  EXPECT_LE(store->entries()->size(), 20U + 40);
  EXPECT_EQ(store->prune({.budget = {.max_entries = 5}})->kept_entries, 5U);
}

}  // namespace
}  // namespace waxwing::cache
