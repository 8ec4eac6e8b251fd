// An entry that is not what was put is a miss, and is replaced; no store that fails fails anybody.
#include <fstream>

#include "cache_world.h"

namespace waxwing::engine {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool keeps_freed_memory = true;
#elif defined(__has_feature)
constexpr bool keeps_freed_memory = __has_feature(address_sanitizer);
#else
constexpr bool keeps_freed_memory = false;
#endif

std::vector<uint8_t> contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Replaces the file, as a writer of entries would, since others may have mapped it.
void replace(const std::string& path, const std::vector<uint8_t>& contents) {
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(contents.data()),
             static_cast<std::streamsize>(contents.size()));
  std::filesystem::permissions(
      path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

class Damage : public testing::TestWithParam<Tier> {
 protected:
  Damage() {
    EXPECT_EQ(run(engine_with(directory_.open(), GetParam()), bytes_), sample_result);
    const auto entries = directory_.home.open()->entries();
    EXPECT_EQ(entries->size(), 1U);
    key_ = entries->front().key;
    path_ = directory_.home.entry(key_);
    whole_ = contents_of(path_);
    directory_.log.clear();
  }

  /// Runs over the damaged entry, which must not matter, and looks whether it was replaced.
  void expect_miss(const std::vector<uint8_t>& damaged, const std::string& reason,
                   const std::string& what) {
    replace(path_, damaged);
    directory_.log.clear();
    ASSERT_EQ(run(engine_with(directory_.open(), GetParam()), bytes_), sample_result) << what;
    ASSERT_EQ(directory_.log.misses(), reason) << what;
    ASSERT_EQ(contents_of(path_), whole_) << what;
  }

  DirectoryCache directory_;
  Bytes bytes_ = sample();
  cache::Digest key_;
  std::string path_;
  std::vector<uint8_t> whole_;
};

std::string name_of(const testing::TestParamInfo<Tier>& info) {
  return info.param == Tier::interpreter ? "interpreter" : "automatic";
}

INSTANTIATE_TEST_SUITE_P(tiers, Damage, testing::Values(Tier::interpreter, Tier::automatic),
                         name_of);

TEST_P(Damage, of_any_byte_is_a_miss) {
  // tests/unit/image opens an image with each of its bytes changed; these are compiled anew.
  const size_t step = whole_.size() / 400 + 1;
  for (size_t i = 0; i < whole_.size(); i += step) {
    std::vector<uint8_t> damaged = whole_;
    damaged[i] ^= static_cast<uint8_t>(1U << i % 8);
    replace(path_, damaged);
    directory_.log.clear();
    ASSERT_EQ(run(engine_with(directory_.open(), GetParam()), bytes_), sample_result) << i;
    const std::string why = directory_.log.misses();
    ASSERT_TRUE(why == "damaged" || why == "stale") << i << ": " << why;
    ASSERT_EQ(contents_of(path_), whole_) << i;
  }
}

TEST_P(Damage, by_truncation_to_any_length_is_a_miss) {
  const size_t step = whole_.size() / 200 + 1;
  for (size_t size = 1; size < whole_.size(); size += step) {
    const std::vector<uint8_t> damaged(whole_.begin(),
                                       whole_.begin() + static_cast<ptrdiff_t>(size));
    expect_miss(damaged, "damaged", std::to_string(size));
    if (HasFatalFailure()) return;
  }
  expect_miss({}, "damaged", "nothing");
}

TEST_P(Damage, by_what_follows_is_a_miss) {
  std::vector<uint8_t> damaged = whole_;
  damaged.push_back(0);
  expect_miss(damaged, "damaged", "a byte more");
  damaged.resize(whole_.size() * 2);
  expect_miss(damaged, "damaged", "twice the size");
}

TEST_P(Damage, an_entry_of_another_module_is_not_run) {
  EXPECT_EQ(run(engine_with(directory_.open(), GetParam()), sample(8), "number"), "8");
  for (const cache::EntryInfo& entry : *directory_.home.open()->entries()) {
    if (entry.key == key_) continue;
    expect_miss(contents_of(directory_.home.entry(entry.key)), "stale", "another module's");
  }
}

TEST_P(Damage, where_a_hit_is_required_is_an_error_that_says_so) {
  std::vector<uint8_t> damaged = whole_;
  damaged[damaged.size() / 2] ^= 1;
  replace(path_, damaged);
  const auto compiled =
      engine_with(directory_.open({.requires_hit = true}), GetParam()).compile(bytes_);
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().code, base::ErrorCode::not_cached);
  EXPECT_NE(compiled.error().message().find("its entry cannot be used"), std::string::npos)
      << compiled.error().message();
  EXPECT_EQ(directory_.log.misses(), "damaged");
  EXPECT_EQ(contents_of(path_), damaged);
}

TEST_P(Damage, is_left_where_the_cache_is_read_only) {
  std::vector<uint8_t> damaged = whole_;
  damaged[damaged.size() / 2] ^= 1;
  replace(path_, damaged);
  EXPECT_EQ(run(engine_with(directory_.open({.is_read_only = true}), GetParam()), bytes_),
            sample_result);
  EXPECT_EQ(contents_of(path_), damaged);
}

TEST_P(Damage, all_is_made_anew_where_that_was_asked_for) {
  EXPECT_EQ(run(engine_with(directory_.open({.refreshes = true}), GetParam()), bytes_),
            sample_result);
  EXPECT_EQ(directory_.log.misses(), "refreshed");
  EXPECT_EQ(directory_.log.count(Kind::stored), 1U);
  EXPECT_EQ(contents_of(path_), whole_);
}

std::vector<uint8_t> secret(std::string_view text) { return {text.begin(), text.end()}; }

TEST_P(Damage, and_forgery_are_kept_out_by_a_secret) {
  const auto run_with = [&](std::string_view word) {
    directory_.log.clear();
    EXPECT_EQ(run(engine_with(directory_.open({.secret = secret(word)}), GetParam()), bytes_),
              sample_result);
    return directory_.log.misses();
  };
  EXPECT_EQ(run_with("sesame"), "unsigned");
  EXPECT_EQ(run_with("sesame"), "");
  EXPECT_EQ(run_with("guess"), "unsigned");
  EXPECT_EQ(run_with("sesame"), "unsigned");
  EXPECT_EQ(run_with("sesame"), "");
}

/// Fails at all that it is told to.
class FailingStore final : public cache::CacheStore {
 public:
  bool gets = false;
  bool puts = false;
  bool lies = false;  // says that it kept what it did not
  cache::StoreFault fault = cache::StoreFault::io_error;

  cache::StoreResult<cache::Blob> get(const cache::Digest&) override {
    if (gets) return cache::Blob();
    return std::unexpected(cache::StoreFailure(fault, "the store"));
  }
  cache::StoreResult<> put(const cache::Digest&, const cache::Blob&) override {
    if (puts || lies) return {};
    return std::unexpected(cache::StoreFailure(fault, "the store"));
  }
  cache::StoreResult<> remove(const cache::Digest&) override {
    return std::unexpected(cache::StoreFailure(fault, "the store"));
  }
};

TEST(failing_stores, fail_nobody) {
  constexpr cache::StoreFault faults[] = {
#define STORE_FAULT(ID, TEXT) cache::StoreFault::ID,
#include "cache/store_faults.def"
  };
  const Bytes bytes = sample();
  for (const cache::StoreFault fault : faults) {
    for (int what = 0; what < 4; ++what) {
      EventLog log;
      const auto store = std::make_shared<FailingStore>();
      store->fault = fault;
      store->gets = (what & 1) != 0;
      store->lies = (what & 2) != 0;
      const auto cache = cache_over(store, {.on_event = log.listener()});
      EXPECT_EQ(run(engine_with(cache), bytes), sample_result);
      EXPECT_EQ(log.count(Kind::compiled), 1U);
      EXPECT_EQ(log.count(Kind::not_stored), store->lies ? 0U : 1U);
      EXPECT_EQ(run(engine_with(cache), bytes), sample_result);
      EXPECT_EQ(log.count(Kind::compiled), 1U) << "it is in memory";
    }
  }
}

TEST(failing_stores, lose_no_files_and_no_mappings) {
  DirectoryCache directory;
  const Bytes bytes = sample();
  EXPECT_EQ(run(engine_with(directory.open()), bytes), sample_result);
  const auto mappings = [] {
    std::ifstream maps("/proc/self/maps");
    return std::count(std::istreambuf_iterator<char>(maps), std::istreambuf_iterator<char>(), '\n');
  };
  const std::string path = directory.home.entry(directory.home.open()->entries()->front().key);
  const std::vector<uint8_t> whole = contents_of(path);
  const auto damage_and_run = [&](size_t at) {
    std::vector<uint8_t> damaged = whole;
    damaged[at] ^= 0x10;
    replace(path, damaged);
    EXPECT_EQ(run(engine_with(directory.open()), bytes), sample_result);
  };
  damage_and_run(0);
  const size_t files = cache::open_files();
  const auto before = mappings();
  for (size_t i = 0; i < 50; ++i) damage_and_run(i * 97 % whole.size());
  EXPECT_EQ(cache::open_files(), files);
  // malloc's own; AddressSanitizer, which keeps what was freed, maps more with each round.
  EXPECT_LE(mappings(), before + (keeps_freed_memory ? 40 : 4));
}

TEST(bad_modules, are_nowhere_in_a_cache) {
  DirectoryCache directory;
  auto wrong = std::vector<uint8_t>(*sample());
  wrong.resize(wrong.size() - 1);
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(std::move(wrong));
  const Engine engine = engine_with(directory.open());
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(engine.compile(bytes));
  EXPECT_EQ(directory.home.open()->entries()->size(), 0U);
}

}  // namespace
}  // namespace waxwing::engine
