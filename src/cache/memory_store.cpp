// A list in the order of use and a table into it. What is dropped outlives the lock: unmapping a
// large blob takes milliseconds.
#include "cache/memory_store.h"

namespace waxwing::cache {

StoreResult<Blob> MemoryStore::get(const Digest& key) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return Blob();
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->blob;
}

StoreResult<> MemoryStore::put(const Digest& key, const Blob& blob) {
  Entries dropped;
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) take_out(found->second, dropped);
  if (!budget_.holds(blob.size(), 1)) {
    return std::unexpected(StoreFailure{StoreFault::too_large, {}, "for the budget in memory"});
  }
  entries_.push_front({key, blob.without_file()});
  by_key_[key] = entries_.begin();
  usage_.bytes += blob.size();
  ++usage_.entries;
  evict(dropped);
  return {};
}

StoreResult<> MemoryStore::remove(const Digest& key) {
  Entries dropped;
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) take_out(found->second, dropped);
  return {};
}

StoreResult<std::vector<EntryInfo>> MemoryStore::entries() {
  const std::lock_guard lock(mutex_);
  std::vector<EntryInfo> result;
  result.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    result.push_back({.key = entry.key, .generation = {}, .size_bytes = entry.blob.size()});
  }
  return result;
}

MemoryStore::Usage MemoryStore::usage() const {
  const std::lock_guard lock(mutex_);
  return usage_;
}

void MemoryStore::set_budget(Budget budget) {
  Entries dropped;
  const std::lock_guard lock(mutex_);
  budget_ = budget;
  evict(dropped);
}

void MemoryStore::clear() {
  Entries dropped;
  const std::lock_guard lock(mutex_);
  dropped.swap(entries_);
  by_key_.clear();
  usage_.bytes = 0;
  usage_.entries = 0;
}

void MemoryStore::take_out(Entries::iterator entry, Entries& dropped) {
  usage_.bytes -= entry->blob.size();
  --usage_.entries;
  by_key_.erase(entry->key);
  dropped.splice(dropped.begin(), entries_, entry);
}

void MemoryStore::evict(Entries& dropped) {
  while (!budget_.holds(usage_.bytes, usage_.entries)) {
    const auto oldest = std::prev(entries_.end());
    ++usage_.evicted_entries;
    usage_.evicted_bytes += oldest->blob.size();
    take_out(oldest, dropped);
  }
}

}  // namespace waxwing::cache
