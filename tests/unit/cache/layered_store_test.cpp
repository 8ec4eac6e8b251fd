#include "cache/layered_store.h"

#include <gtest/gtest.h>
#include <vector>

#include "blobs.h"
#include "cache/memory_store.h"
#include "directories.h"

namespace waxwing::cache {
namespace {

/// Fails with whatever it is asked for.
class BrokenStore final : public CacheStore {
 public:
  StoreResult<Blob> get(const Digest&) override { return fail("get"); }
  StoreResult<> put(const Digest&, const Blob&) override { return fail("put"); }
  StoreResult<> remove(const Digest&) override { return fail("remove"); }
  StoreResult<> touch(const Digest&) override { return fail("touch"); }

 private:
  static std::unexpected<StoreFailure> fail(std::string what) {
    return std::unexpected(StoreFailure{StoreFault::unavailable, std::move(what)});
  }
};

class LeasingStore final : public CacheStore {
 public:
  StoreResult<Blob> get(const Digest&) override { return Blob(); }
  StoreResult<> put(const Digest&, const Blob&) override { return {}; }
  StoreResult<> remove(const Digest&) override { return {}; }
  Lease lease(const Digest&, uint64_t timeout_ns, const base::StopFlag*) override {
    return timeout_ns == 0 ? Lease(Lease::State::timed_out)
                           : Lease::held(std::make_shared<const int>(1));
  }
};

TEST(layered_store, fills_the_layers_above_a_hit) {
  const auto top = std::make_shared<MemoryStore>(Budget{});
  const auto middle = std::make_shared<MemoryStore>(Budget{});
  const auto bottom = std::make_shared<MemoryStore>(Budget{});
  LayeredStore store({top, middle, bottom});
  const Blob blob = blob_of("deep");
  ASSERT_TRUE(bottom->put(key_of("k"), blob));

  const auto found = store.find(key_of("k"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->layer, 2U);
  EXPECT_EQ(found->blob.bytes().data(), blob.bytes().data());
  EXPECT_EQ(text_of(top->get(key_of("k"))), "deep");
  EXPECT_EQ(text_of(middle->get(key_of("k"))), "deep");
  EXPECT_EQ(store.find(key_of("k"))->layer, 0U);
  EXPECT_EQ(text_of(store.get(key_of("other"))), "(none)");
}

TEST(layered_store, believes_no_layer_more_than_its_bytes) {
  const auto top = std::make_shared<MemoryStore>(Budget{});
  const auto middle = std::make_shared<MemoryStore>(Budget{});
  const auto bottom = std::make_shared<MemoryStore>(Budget{});
  std::vector<size_t> failed;
  LayeredStore store({top, middle, bottom}, [&](size_t layer, auto, const StoreFailure& failure) {
    EXPECT_EQ(failure.fault, StoreFault::damaged);
    failed.push_back(layer);
  });
  const auto accept = [](const Blob& blob) { return text_of(blob) == "sound"; };
  ASSERT_TRUE(middle->put(key_of("k"), blob_of("damaged")));
  ASSERT_TRUE(bottom->put(key_of("k"), blob_of("sound")));
  const auto found = store.find(key_of("k"), accept);
  ASSERT_TRUE(found) << message_of(found);
  EXPECT_EQ(text_of(found->blob), "sound");
  EXPECT_EQ(found->layer, 2U);
  EXPECT_EQ(failed, (std::vector<size_t>{1}));
  EXPECT_EQ(text_of(top->get(key_of("k"))), "sound");
  EXPECT_EQ(text_of(middle->get(key_of("k"))), "sound");

  ASSERT_TRUE(bottom->put(key_of("j"), blob_of("forged")));
  EXPECT_EQ(fault_of(store.find(key_of("j"), accept)), "damaged");
  EXPECT_EQ(text_of(top->get(key_of("j"))), "(none)");
  EXPECT_EQ(text_of(middle->get(key_of("j"))), "(none)");
  EXPECT_EQ(text_of(store.find(key_of("none"), accept)->blob), "(none)");
}

TEST(layered_store, returns_the_file_that_other_processes_share) {
  const CacheHome home;
  const auto directory = home.open();
  const auto bottom = std::make_shared<MemoryStore>(Budget{});
  LayeredStore store({std::make_shared<MemoryStore>(Budget{}), directory, bottom});
  ASSERT_TRUE(bottom->put(key_of("k"), blob_of("deep")));
  const auto found = store.find(key_of("k"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->layer, 2U);
  EXPECT_EQ(text_of(found->blob), "deep");
  ASSERT_NE(found->blob.file(), nullptr);
  EXPECT_EQ(found->blob.file()->stat()->link_count, 1U) << "is no entry";
}

TEST(layered_store, does_not_fill_the_layers_below_a_hit) {
  const auto top = std::make_shared<MemoryStore>(Budget{});
  const auto bottom = std::make_shared<MemoryStore>(Budget{});
  LayeredStore store({top, bottom});
  ASSERT_TRUE(top->put(key_of("k"), blob_of("v")));
  EXPECT_EQ(text_of(store.get(key_of("k"))), "v");
  EXPECT_EQ(bottom->usage().entries, 0U);
}

TEST(layered_store, puts_into_and_removes_from_all) {
  const auto top = std::make_shared<MemoryStore>(Budget{});
  const auto bottom = std::make_shared<MemoryStore>(Budget{});
  LayeredStore store({top, bottom});
  ASSERT_TRUE(store.put(key_of("k"), blob_of("v")));
  EXPECT_EQ(text_of(top->get(key_of("k"))), "v");
  EXPECT_EQ(text_of(bottom->get(key_of("k"))), "v");
  ASSERT_TRUE(store.remove(key_of("k")));
  EXPECT_EQ(top->usage().entries + bottom->usage().entries, 0U);
}

TEST(layered_store, goes_on_where_a_layer_fails_and_tells_of_it) {
  struct Seen {
    size_t layer;
    LayeredStore::Operation operation;
    std::string what;
    bool operator==(const Seen&) const = default;
  };
  std::vector<Seen> seen;
  const auto bottom = std::make_shared<MemoryStore>(Budget{});
  LayeredStore store(
      {std::make_shared<BrokenStore>(), bottom},
      [&](size_t layer, LayeredStore::Operation operation, const StoreFailure& failure) {
        seen.push_back({layer, operation, failure.what});
      });
  using Operation = LayeredStore::Operation;

  EXPECT_EQ(fault_of(store.put(key_of("k"), blob_of("v"))), "unavailable");
  EXPECT_EQ(text_of(bottom->get(key_of("k"))), "v");
  EXPECT_EQ(seen, (std::vector<Seen>{{0, Operation::put, "put"}}));

  seen.clear();
  EXPECT_EQ(text_of(store.get(key_of("k"))), "v") << "a hit is one, whatever failed before";
  EXPECT_EQ(seen, (std::vector<Seen>{{0, Operation::get, "get"}, {0, Operation::put, "put"}}));

  seen.clear();
  EXPECT_EQ(text_of(store.get(key_of("none"))), "(unavailable)");
  EXPECT_EQ(fault_of(store.remove(key_of("k"))), "unavailable");
  EXPECT_EQ(bottom->usage().entries, 0U);
  EXPECT_EQ(fault_of(store.touch(key_of("k"))), "unavailable");
  EXPECT_EQ(seen, (std::vector<Seen>{{0, Operation::get, "get"},
                                     {0, Operation::remove, "remove"},
                                     {0, Operation::touch, "touch"}}));
}

TEST(layered_store, takes_leases_from_the_first_layer_that_has_them) {
  LayeredStore none({std::make_shared<MemoryStore>(Budget{})});
  EXPECT_EQ(none.lease(key_of("k"), 1).state(), Lease::State::unavailable);
  LayeredStore some({std::make_shared<MemoryStore>(Budget{}), std::make_shared<LeasingStore>()});
  EXPECT_EQ(some.lease(key_of("k"), 1).state(), Lease::State::held);
  EXPECT_EQ(some.lease(key_of("k"), 0).state(), Lease::State::timed_out);
}

TEST(layered_store, may_have_no_layers) {
  LayeredStore store({});
  EXPECT_EQ(text_of(store.get(key_of("k"))), "(none)");
  EXPECT_TRUE(store.put(key_of("k"), blob_of("v")));
}

TEST(store, says_in_words_what_is_wrong) {
  EXPECT_EQ((StoreFailure{StoreFault::foreign_owner, "/cache", "uid 7"}).message(),
            "/cache belongs to another user (uid 7)");
  EXPECT_EQ((StoreFailure{StoreFault::not_a_directory, "/file"}).message(),
            "/file is not a directory");
  EXPECT_EQ((StoreFailure{StoreFault::too_large}).message(),
            "an entry is larger than the store allows");
  EXPECT_EQ(store_fault_name(StoreFault::lost_race), "lost_race");
  EXPECT_EQ(BrokenStore().entries().error().fault, StoreFault::unavailable);
}

}  // namespace
}  // namespace waxwing::cache
