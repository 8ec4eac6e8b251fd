// See layered_store.h.
#include "cache/layered_store.h"

#include <utility>

namespace waxwing::cache {

LayeredStore::LayeredStore(std::vector<std::shared_ptr<CacheStore>> layers, OnFailure on_failure)
    : layers_(std::move(layers)), on_failure_(std::move(on_failure)) {}

void LayeredStore::note(size_t layer, Operation operation, StoreFailure failure,
                        StoreResult<>& first) const {
  if (on_failure_) on_failure_(layer, operation, failure);
  if (first) first = std::unexpected(std::move(failure));
}

StoreResult<LayeredStore::Found> LayeredStore::find(const Digest& key, const Accept& accept) {
  StoreResult<> first;
  for (size_t i = 0; i < layers_.size(); ++i) {
    StoreResult<Blob> blob = layers_[i]->get(key);
    if (!blob) {
      note(i, Operation::get, std::move(blob.error()), first);
    } else if (*blob && accept && !accept(*blob)) {
      note(i, Operation::get, StoreFailure(StoreFault::damaged, "what was found"), first);
    } else if (*blob) {
      Blob found = std::move(*blob);
      for (size_t above = 0; above < i; ++above) {
        StoreResult<> filled = layers_[above]->put(key, found);
        if (!filled) note(above, Operation::put, std::move(filled.error()), first);
      }
      return Found{shared(key, std::move(found), i), i};
    }
  }
  if (!first) return std::unexpected(std::move(first.error()));
  return Found{};
}

Blob LayeredStore::shared(const Digest& key, Blob blob, size_t end) const {
  for (size_t i = 0; i < end; ++i) {
    const StoreResult<Blob> kept = layers_[i]->get(key);
    if (kept && *kept && kept->file() != nullptr && kept->size() == blob.size()) return *kept;
  }
  return blob;
}

StoreResult<Blob> LayeredStore::get(const Digest& key) {
  Found found = TRY(find(key));
  return std::move(found.blob);
}

StoreResult<Blob> LayeredStore::peek(const Digest& key) {
  StoreResult<Blob> blob;
  for (const std::shared_ptr<CacheStore>& layer : layers_) {
    blob = layer->peek(key);
    if (blob && *blob) break;
  }
  return blob;
}

StoreResult<Blob> LayeredStore::get_accepted(const Digest& key, const Accept& accept) {
  Found found = TRY(find(key, accept));
  return std::move(found.blob);
}

StoreResult<> LayeredStore::put(const Digest& key, const Blob& blob) {
  StoreResult<> first;
  for (size_t i = 0; i < layers_.size(); ++i) {
    StoreResult<> result = layers_[i]->put(key, blob);
    if (!result) note(i, Operation::put, std::move(result.error()), first);
  }
  return first;
}

StoreResult<> LayeredStore::remove(const Digest& key) {
  StoreResult<> first;
  for (size_t i = 0; i < layers_.size(); ++i) {
    StoreResult<> result = layers_[i]->remove(key);
    if (!result) note(i, Operation::remove, std::move(result.error()), first);
  }
  return first;
}

StoreResult<> LayeredStore::touch(const Digest& key) {
  StoreResult<> first;
  for (size_t i = 0; i < layers_.size(); ++i) {
    StoreResult<> result = layers_[i]->touch(key);
    if (!result) note(i, Operation::touch, std::move(result.error()), first);
  }
  return first;
}

Lease LayeredStore::lease(const Digest& key, uint64_t timeout_ns, const base::StopFlag* stop) {
  for (const std::shared_ptr<CacheStore>& layer : layers_) {
    Lease lease = layer->lease(key, timeout_ns, stop);
    if (lease.state() != Lease::State::unavailable) return lease;
  }
  return Lease(Lease::State::unavailable);
}

StoreResult<std::vector<EntryInfo>> LayeredStore::entries() {
  for (const std::shared_ptr<CacheStore>& layer : layers_) {
    if (auto entries = layer->entries()) return entries;
  }
  return CacheStore::entries();
}

}  // namespace waxwing::cache
