#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <thread>

#include "cache/directory_layout.h"
#include "cache/eviction.h"
#include "directories.h"

namespace waxwing::cache {
namespace {

namespace fs = std::filesystem;

/// The numbers below `count` whose entries are there.
std::vector<size_t> present(const CacheHome& home, size_t count) {
  std::vector<size_t> numbers;
  for (size_t i = 0; i < count; ++i) {
    if (fs::exists(home.entry(key_of(i)))) numbers.push_back(i);
  }
  return numbers;
}

/// Entries 0 to `count` - 1 of 1000 bytes, each an hour older than the one after it.
void fill(const CacheHome& home, DirectoryStore& store, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    ASSERT_TRUE(store.put(key_of(i), blob_for(key_of(i), 1000)));
    set_age(home.entry(key_of(i)), static_cast<int64_t>(count - i) * hour_ns);
  }
}

TEST(eviction, removes_what_was_used_least_recently) {
  const CacheHome home;
  const auto store = home.open();
  fill(home, *store, 8);
  EXPECT_TRUE(*store->get(key_of(size_t{1})));  // which is a use
  const auto report = store->prune({.budget = {.max_entries = 4}});
  ASSERT_TRUE(report);
  EXPECT_EQ(present(home, 8), (std::vector<size_t>{1, 5, 6, 7}));
  EXPECT_EQ(report->removed_entries, 4U);
  EXPECT_EQ(report->removed_bytes, 4000U);
  EXPECT_EQ(report->kept_entries, 4U);
  EXPECT_EQ(report->kept_bytes, 4000U);
  EXPECT_EQ(store->prune({.budget = {.max_bytes = 2999}})->kept_entries, 2U);
  EXPECT_EQ(present(home, 8), (std::vector<size_t>{1, 7}));
  EXPECT_EQ(store->prune({})->removed_entries, 0U);
}

TEST(eviction, removes_by_age) {
  const CacheHome home;
  const auto store = home.open();
  fill(home, *store, 6);
  EXPECT_EQ(store->prune({.max_age_ns = 7 * uint64_t{hour_ns} / 2})->removed_entries, 3U);
  EXPECT_EQ(present(home, 6), (std::vector<size_t>{3, 4, 5}));
  set_age(home.entry(key_of(size_t{3})), -10 * hour_ns);  // in the future: as good as new
  EXPECT_EQ(store->prune({.max_age_ns = 0})->removed_entries, 2U);
  EXPECT_EQ(present(home, 6), (std::vector<size_t>{3}));
}

TEST(eviction, keeps_the_budget_while_entries_are_put) {
  const CacheHome home;
  DirectoryOptions options = home.options();
  options.budget.max_bytes = 10'000;
  const auto store = home.open(options);
  for (size_t i = 0; i < 40; ++i) {
    // Each older than the next, so that the order is known however coarse the clock is.
    ASSERT_TRUE(store->put(key_of(i), blob_for(key_of(i), 1000)));
    set_age(home.entry(key_of(i)), static_cast<int64_t>(100 - i) * second_ns);
    EXPECT_LE(present(home, 40).size(), 10U);
    EXPECT_TRUE(fs::exists(home.entry(key_of(i)))) << "the new entry stays";
  }
  EXPECT_GE(present(home, 40).size(), 9U);
  EXPECT_GE(store->evicted_entries(), 30U);
  EXPECT_EQ(store->evicted_bytes(), 1000 * store->evicted_entries());
  EXPECT_TRUE(fs::exists(home.entry(key_of(size_t{39}))));
  EXPECT_FALSE(fs::exists(home.entry(key_of(size_t{0}))));
  // An entry as large as the budget leaves room for no other.
  ASSERT_TRUE(store->put(key_of("all"), blob_for(key_of("all"), 10'000)));
  EXPECT_TRUE(present(home, 40).empty());
  EXPECT_TRUE(fs::exists(home.entry(key_of("all"))));
}

TEST(eviction, bounds_ten_thousand_entries) {
  const CacheHome home;
  DirectoryOptions options = home.options();
  options.budget.max_entries = 1000;
  const auto store = home.open(options);
  constexpr size_t count = 10'000;
  for (size_t i = 0; i < count; ++i) {
    const auto put = store->put(key_of(i), blob_for(key_of(i), 64));
    ASSERT_TRUE(put) << message_of(put);
  }
  const auto entries = store->entries();
  ASSERT_TRUE(entries);
  EXPECT_LE(entries->size(), 1000U);
  EXPECT_GE(entries->size(), 900U);
  EXPECT_EQ(entries->size() + store->evicted_entries(), count);
  EXPECT_EQ(text_of(store->get(key_of(count - 1))), text_of(blob_for(key_of(count - 1), 64)));
  for (const EntryInfo& entry : *entries) {
    EXPECT_TRUE(text_of(store->get(entry.key)) == text_of(blob_for(entry.key, 64)));
  }
}

TEST(eviction, believes_no_hint_for_long) {
  const CacheHome home;
  DirectoryOptions options = home.options();
  options.budget.max_entries = 10;
  const std::string state = home.root + "/waxwing.state";
  const auto store = home.open(options);
  ASSERT_TRUE(store->put(key_of("first"), blob_of("v")));
  ASSERT_EQ(fs::file_size(state), 32U);
  std::ifstream file(state, std::ios::binary);
  const std::string sound((std::istreambuf_iterator<char>(file)), {});
  // Each byte wrong, each length too short, and a scan long ago: more is kept for a while at most.
  std::vector<std::string> hints = {"", sound.substr(0, 31), std::string(32, '\xff'),
                                    std::string(32, '\0'), sound + "more"};
  for (size_t i = 0; i < sound.size(); ++i) {
    for (const char change : {'\x01', '\x80', '\xff'}) {
      hints.push_back(sound);
      hints.back()[i] = static_cast<char>(hints.back()[i] ^ change);
    }
  }
  for (const std::string& hint : hints) {
    std::ofstream(state, std::ios::binary) << hint;
    for (size_t i = 0; i < 12; ++i) ASSERT_TRUE(store->put(key_of(i), blob_of("v")));
    EXPECT_LE(home.files().size(), 1U + 12 + 10);
  }
  fs::remove(state);
  ASSERT_TRUE(store->put(key_of("last"), blob_of("v")));
  EXPECT_LE(home.files().size(), 1U + 10);
}

TEST(eviction, counts_entries_of_other_generations) {
  const CacheHome home;
  const auto old = home.open({.path = home.root, .generation = "old"});
  for (size_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(old->put(key_of(i), blob_for(key_of(i), 1000)));
    const std::string hex = key_of(i).hex();
    set_age(home.root + "/waxwing-old/" + hex.substr(0, 2) + "/" + hex, hour_ns);
  }
  DirectoryOptions options = home.options();
  options.budget.max_bytes = 5000;
  const auto store = home.open(options);
  ASSERT_TRUE(store->put(key_of("a"), blob_for(key_of("a"), 3000)));
  EXPECT_EQ(store->entries()->size(), 2U) << "90 % of the budget";
  EXPECT_TRUE(fs::exists(home.entry(key_of("a"))));

  const auto report = store->prune({.remove_other_generations = true});
  EXPECT_EQ(report->removed_entries, 1U);
  EXPECT_FALSE(fs::exists(home.root + "/waxwing-old"));
  EXPECT_TRUE(fs::exists(home.entry(key_of("a"))));
}

TEST(eviction, removes_nothing_that_is_not_its_own) {
  const CacheHome home;
  const auto store = home.open();
  fill(home, *store, 3);
  const std::string hex = key_of(size_t{0}).hex();
  const std::string fan_out = home.fan_out(key_of(size_t{0}));
  const std::vector<std::string> strangers = {
      home.root + "/notes.txt",       home.root + "/" + hex,
      home.generation() + "/" + hex,  fan_out + "/notes",
      fan_out + "/" + hex + "x",      fan_out + "/" + hex.substr(1),
      fan_out + "/" + hex + ".1.tmp", fan_out + "/" + std::string(64, 'g'),
  };
  for (const std::string& name : strangers) std::ofstream(name) << "mine";
  for (const char* folder : {"other", "waxwing", "waxwing-bad name", "other-test"}) {
    const std::string name = home.root + "/" + folder + "/" + hex.substr(0, 2);
    fs::create_directories(name);
    std::ofstream(name + "/" + hex) << "mine";
  }
  const auto report = store->clear();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->removed_entries, 3U);
  EXPECT_EQ(report->kept_entries, 0U);
  for (const std::string& name : strangers) EXPECT_TRUE(fs::exists(name)) << name;
  EXPECT_EQ(home.files().size(), 1 + strangers.size() + 4);
  EXPECT_TRUE(store->put(key_of("again"), blob_of("v")));
}

TEST(eviction, leaves_readers_what_they_have) {
  const CacheHome home;
  const auto store = home.open();
  const Digest key = key_of("k");
  constexpr size_t size = 500'000;
  ASSERT_TRUE(store->put(key, blob_for(key, size)));
  int ready[2];
  int cleared[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(cleared), 0);
  Child reader([&] {
    const auto blob = home.open()->get(key);
    ASSERT_TRUE(blob && *blob);
    char byte = 0;
    EXPECT_EQ(::write(ready[1], &byte, 1), 1);
    EXPECT_EQ(::read(cleared[0], &byte, 1), 1);
    EXPECT_TRUE(text_of(*blob) == text_of(blob_for(key, size)));
    EXPECT_EQ(text_of(home.open()->get(key)), "(none)");
  });
  const Blob held = store->get(key)->without_file();
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(store->clear()->removed_entries, 1U);
  ASSERT_EQ(::write(cleared[1], &byte, 1), 1);
  EXPECT_EQ(reader.wait(), 0);
  EXPECT_TRUE(text_of(held) == text_of(blob_for(key, size)));
  for (const int file : {ready[0], ready[1], cleared[0], cleared[1]}) ::close(file);
}

TEST(eviction, may_run_in_many_processes_while_others_put_and_get) {
  const CacheHome home;
  (void)home.open();
  std::vector<Child> children;
  for (size_t c = 0; c < 4; ++c) {
    children.emplace_back([&home, c] {
      DirectoryOptions options = home.options();
      options.budget.max_entries = 16;
      const auto store = home.open(options);
      for (size_t i = 0; i < 150; ++i) {
        const Digest key = key_of((i * 7 + c) % 40);
        const auto put = store->put(key, blob_for(key, 20'000));
        EXPECT_TRUE(put) << message_of(put);
        const auto got = store->get(key_of((i * 3 + c) % 40));
        ASSERT_TRUE(got) << message_of(got);
        if (*got) {
          EXPECT_TRUE(text_of(*got) == text_of(blob_for(key_of((i * 3 + c) % 40), 20'000)));
        }
        if (i % 50 == 49) {
          EXPECT_TRUE(store->prune({.budget = {.max_entries = 4}}));
        }
      }
    });
  }
  for (Child& child : children) EXPECT_EQ(child.wait(), 0);
  EXPECT_LE(home.files().size(), 1U + 40);
  EXPECT_EQ(home.temporaries(), 0U);
}

TEST(eviction, removes_first_what_a_wrong_clock_dated_far_ahead) {
  const CacheHome home;
  const auto store = home.open();
  fill(home, *store, 6);
  for (const size_t i : {size_t{2}, size_t{3}}) set_age(home.entry(key_of(i)), -1000 * hour_ns);
  set_age(home.entry(key_of(size_t{0})), -hour_ns);  // two machines' clocks differ
  EXPECT_EQ(store->prune({.budget = {.max_entries = 3}})->kept_entries, 3U);
  EXPECT_EQ(present(home, 6), (std::vector<size_t>{0, 4, 5}));
  set_age(home.entry(key_of(size_t{4})), -1000 * hour_ns);
  EXPECT_TRUE(*store->get(key_of(size_t{4})));  // which is a use, and dates it anew
  EXPECT_EQ(store->prune({.budget = {.max_entries = 2}})->kept_entries, 2U);
  EXPECT_EQ(present(home, 6), (std::vector<size_t>{0, 4}));
}

TEST(eviction, does_not_wait_for_a_stopped_process_for_ever) {
  const CacheHome home;
  DirectoryOptions options = home.options();
  options.budget.max_entries = 10;
  const auto store = home.open(options);
  ASSERT_TRUE(store->put(key_of("first"), blob_of("v")));
  const int other = ::open((home.root + "/waxwing.state").c_str(), O_RDWR | O_CLOEXEC);
  struct flock housekeeping = {};
  housekeeping.l_type = F_WRLCK;
  housekeeping.l_start = off_t{1} << 62;
  housekeeping.l_len = 1;
  ASSERT_EQ(::fcntl(other, F_OFD_SETLK, &housekeeping), 0);
  for (size_t i = 0; i < 15; ++i) ASSERT_TRUE(store->put(key_of(i), blob_of("v")));
  EXPECT_EQ(store->evicted_entries(), 0U) << "the other may be at it";
  for (size_t i = 15; i < 60; ++i) ASSERT_TRUE(store->put(key_of(i), blob_of("v")));
  EXPECT_LE(store->entries()->size(), 21U);
  ::close(other);
  ASSERT_TRUE(store->put(key_of("last"), blob_of("v")));
  EXPECT_LE(store->entries()->size(), 10U);
}

TEST(eviction, keeps_the_budget_without_a_state_file) {
  const CacheHome home;
  DirectoryOptions options = home.options();
  options.budget.max_entries = 10;
  const auto store = home.open(options);
  ASSERT_EQ(::mkfifo((home.root + "/waxwing.state").c_str(), 0600), 0);
  for (size_t i = 0; i < 30; ++i) ASSERT_TRUE(store->put(key_of(i), blob_of("v")));
  EXPECT_EQ(store->entries()->size(), 10U);
}

TEST(eviction, collects_what_dead_writers_left_and_nothing_else) {
  const CacheHome home;
  const auto store = home.open();
  const Digest key = key_of("k");
  ASSERT_TRUE(store->put(key, blob_of("v")));
  const auto temporary = [&](int64_t age_ns) {
    const std::string path = home.fan_out(key) + "/" + temporary_name(key);
    std::ofstream(path) << "half";
    set_age(path, age_ns);
    return path;
  };
  const std::string fresh = temporary(second_ns);
  const std::string dead = temporary(120 * second_ns);
  const std::string ahead = temporary(-1000 * hour_ns);  // by a wrong clock
  const std::string alive = temporary(2 * hour_ns);
  const int writer = ::open(alive.c_str(), O_RDWR | O_CLOEXEC);
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  ASSERT_EQ(::fcntl(writer, F_OFD_SETLK, &lock), 0);
  EXPECT_EQ(store->prune({})->removed_temporaries, 2U);
  EXPECT_TRUE(fs::exists(fresh));
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_FALSE(fs::exists(ahead));
  EXPECT_TRUE(fs::exists(alive));
  ::close(writer);
  EXPECT_EQ(store->prune({})->removed_temporaries, 1U);
  EXPECT_FALSE(fs::exists(alive));
  EXPECT_EQ(text_of(store->get(key)), "v");
}

TEST(eviction, leaves_alone_what_is_being_written_however_long_that_takes) {
  const CacheHome home;
  const auto store = home.open();
  Child writer([&] {
    const Blob blob = blob_for(key_of("k"), size_t{8} << 20);
    for (;;) (void)home.open()->put(key_of("k"), blob);
  });
  // It writes once it has its file locked, which is what tells the others.
  const auto writes = [&] {
    return std::ranges::any_of(home.files(), [&](const std::string& name) {
      std::error_code gone;
      const uintmax_t size = std::filesystem::file_size(home.root + "/" + name, gone);
      return name.ends_with(".tmp") && !gone && size != 0;
    });
  };
  for (int attempt = 0; !writes(); ++attempt) {
    ASSERT_LT(attempt, 1000) << "the writer was never stopped while it wrote";
    writer.resume();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    writer.stop();
  }
  for (const std::string& name : home.files()) {
    if (name.ends_with(".tmp")) set_age(home.root + "/" + name, 5 * hour_ns);
  }
  EXPECT_EQ(store->prune({})->removed_temporaries, 0U);
  EXPECT_EQ(home.temporaries(), 1U);
  writer.kill();
  EXPECT_EQ(store->prune({})->removed_temporaries, 1U);
}

}  // namespace
}  // namespace waxwing::cache
