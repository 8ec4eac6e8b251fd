// What is counted in a directory outlives processes, and is in nobody's way where it cannot be
// kept.
#include "cache/directory_counters.h"

#include <fstream>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <thread>

#include "directories.h"
#include "platform/clock.h"

namespace waxwing::cache {
namespace {

namespace fs = std::filesystem;

std::string counters_path(const CacheHome& home) { return home.root + "/waxwing.counters"; }

std::string contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(directory_counters, count_what_happened_in_all_processes) {
  const CacheHome home;
  EXPECT_EQ(home.open()->counters().since_ns, 0U);
  const uint64_t start_ns = platform::realtime_ns();
  std::vector<Child> children;
  for (size_t c = 0; c < 4; ++c) {
    children.emplace_back([&] {
      for (size_t round = 0; round < 50; ++round) {
        const auto store = home.open();
        store->count("hits");
        std::thread second([&] { store->count("compile_ns", 1000); });
        store->count("hits", 2);
        second.join();
        EXPECT_GE(store->counters()["hits"], 3U) << "what is not written counts, too";
      }
    });
  }
  for (Child& child : children) EXPECT_EQ(child.wait(), 0);
  const CounterValues counters = home.open()->counters();
  EXPECT_EQ(counters["hits"], 4U * 50 * 3);
  EXPECT_EQ(counters["compile_ns"], 4U * 50 * 1000);
  EXPECT_EQ(counters["misses"], 0U);
  EXPECT_EQ(counters.values.size(), 2U);
  EXPECT_GE(counters.since_ns, start_ns);
  EXPECT_LE(counters.since_ns, platform::realtime_ns());
}

TEST(directory_counters, count_what_is_stored_and_evicted) {
  const CacheHome home;
  DirectoryOptions options = home.options();
  options.budget.max_entries = 10;
  {
    const auto store = home.open(options);
    for (size_t i = 0; i < 20; ++i) {
      ASSERT_TRUE(store->put(key_of(i), blob_for(key_of(i), 100)));
    }
    EXPECT_FALSE(fs::exists(counters_path(home))) << "not at each put";
    EXPECT_EQ(store->counters()["stores"], 20U);
    ASSERT_GT(store->evicted_entries(), 0U);
    EXPECT_EQ(store->counters()["evictions"], store->evicted_entries());
    EXPECT_EQ(store->counters()["evicted_bytes"], store->evicted_bytes());
    store->write_counters();
    EXPECT_EQ(home.open()->counters()["stored_bytes"], 2000U);
    ASSERT_TRUE(store->clear());
  }
  EXPECT_EQ(home.open()->counters()["stores"], 20U) << "clearing does not forget";
}

TEST(directory_counters, have_names_and_are_few) {
  const CacheHome home;
  const std::string longest(23, 'x');
  {
    const auto store = home.open();
    for (const std::string& name : {std::string(), longest + "x", std::string("Hits"),
                                    std::string("a b"), std::string("a\0b", 3), longest}) {
      store->count(name, 7);
    }
    for (size_t i = 0; i < 100; ++i) store->count("counter_" + std::to_string(i));
  }
  const CounterValues counters = home.open()->counters();
  EXPECT_EQ(counters[longest], 7U);
  EXPECT_EQ(counters.values.size(), 64U);
  EXPECT_EQ(counters["counter_62"], 1U);
  EXPECT_EQ(counters["counter_63"], 0U);
  {
    const auto store = home.open();
    store->count(longest, UINT64_MAX);
    EXPECT_EQ(store->counters()[longest], UINT64_MAX) << "no way round";
  }
  EXPECT_EQ(home.open()->counters()[longest], UINT64_MAX);
}

TEST(directory_counters, begin_anew_where_the_file_is_damaged) {
  const CacheHome home;
  const std::string path = counters_path(home);
  home.open()->count("hits", 5);
  const std::string sound = contents_of(path);
  ASSERT_EQ(sound.size(), 2112U);
  std::vector<std::string> damaged = {"", sound.substr(0, 2111), std::string(2112, '\xff'),
                                      std::string(100'000, 'x')};
  for (size_t i = 0; i < 140; ++i) {
    damaged.push_back(sound);
    damaged.back()[i] = static_cast<char>(sound[i] ^ 0x10);
  }
  for (const std::string& bytes : damaged) {
    std::ofstream(path, std::ios::binary) << bytes;
    ASSERT_TRUE(home.open()->counters().values.empty());
    home.open()->count("hits");
    ASSERT_EQ(home.open()->counters()["hits"], 1U);
  }
}

TEST(directory_counters, are_in_nobodys_way) {
  const CacheHome home;
  const std::string path = counters_path(home);
  DirectoryOptions options = home.options();
  options.read_only = true;
  (void)home.open();
  {
    const auto reader = home.open(options);
    reader->count("hits");
    reader->write_counters();
    EXPECT_TRUE(reader->counters().values.empty());
  }
  EXPECT_FALSE(fs::exists(path));
  const auto store = home.open();
  const auto expect_not_written = [&] {
    store->count("hits");
    store->write_counters();
    EXPECT_TRUE(home.open()->counters().values.empty());
  };
  fs::create_directory(path);
  expect_not_written();
  fs::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  expect_not_written();
  fs::remove(path);
  fs::create_symlink("elsewhere", path);
  expect_not_written();
  EXPECT_FALSE(fs::exists(home.root + "/elsewhere"));
  fs::remove(path);
  std::ofstream(path).close();
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  expect_not_written();
  fs::remove(path);
  Child limited([&] {
    const rlimit limit = {.rlim_cur = 0, .rlim_max = 0};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    store->write_counters();
  });
  EXPECT_EQ(limited.wait(), 0);
  EXPECT_TRUE(home.open()->counters().values.empty());
  store->write_counters();
  EXPECT_EQ(home.open()->counters()["hits"], 4U) << "kept until it could be written";
  fs::remove_all(home.root);
  store->count("hits");
  store->write_counters();
  EXPECT_EQ(store->counters()["hits"], 1U);
}

TEST(directory_counters, wait_for_no_lock_for_long) {
  const CacheHome home;
  home.open()->count("hits");
  const int file = ::open(counters_path(home).c_str(), O_RDWR | O_CLOEXEC);
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  ASSERT_EQ(::fcntl(file, F_OFD_SETLK, &lock), 0);
  const auto store = home.open();
  store->count("hits");
  const auto start = std::chrono::steady_clock::now();
  store->write_counters();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  EXPECT_EQ(home.open()->counters()["hits"], 1U);
  ::close(file);
  store->write_counters();
  EXPECT_EQ(home.open()->counters()["hits"], 2U);
}

}  // namespace
}  // namespace waxwing::cache
