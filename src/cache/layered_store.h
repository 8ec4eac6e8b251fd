// Several stores as one, the fastest first.
#pragma once

#include "cache/store.h"

namespace waxwing::cache {

/// An entry that is found fills the stores above it; what is put goes into all. A layer that fails
/// is as good as empty: the others are asked. As thread-safe as its layers.
class LayeredStore final : public CacheStore {
 public:
  enum class Operation : uint8_t { get, put, remove, touch };

  /// Called, from any thread, for each failure of a layer, counted from 0.
  using OnFailure = std::function<void(size_t layer, Operation operation, const StoreFailure&)>;

  /// Of `layers`, none is null. `on_failure` may be empty.
  explicit LayeredStore(std::vector<std::shared_ptr<CacheStore>> layers, OnFailure on_failure = {});

  struct Found {
    Blob blob;         // none on a miss
    size_t layer = 0;  // where it was
  };
  /// As `get`, and says who had it. On a miss with failures, the first of them. What `accept`,
  /// where there is one, refuses is `damaged`: it fills no store, the layers below are asked, and
  /// an entry of theirs takes its place.
  StoreResult<Found> find(const Digest& key, const Accept& accept = {});

  StoreResult<Blob> get(const Digest& key) override;
  /// Of the first layer that has it.
  StoreResult<Blob> peek(const Digest& key) override;
  StoreResult<Blob> get_accepted(const Digest& key, const Accept& accept) override;
  /// Every layer is tried; the first failure is returned.
  StoreResult<> put(const Digest& key, const Blob& blob) override;
  StoreResult<> remove(const Digest& key) override;
  StoreResult<> touch(const Digest& key) override;
  /// Of the first layer that has leases.
  Lease lease(const Digest& key, uint64_t timeout_ns,
              const base::StopFlag* stop = nullptr) override;
  /// Of the first layer that can tell.
  StoreResult<std::vector<EntryInfo>> entries() override;

  size_t layer_count() const { return layers_.size(); }
  CacheStore& layer(size_t index) const { return *layers_[index]; }

 private:
  /// `blob`, or what one of the first `end` layers has it in a file as: other processes share that.
  Blob shared(const Digest& key, Blob blob, size_t end) const;
  /// Tells of a failure, and keeps it where it is the first.
  void note(size_t layer, Operation operation, StoreFailure failure, StoreResult<>& first) const;

  std::vector<std::shared_ptr<CacheStore>> layers_;
  OnFailure on_failure_;
};

}  // namespace waxwing::cache
