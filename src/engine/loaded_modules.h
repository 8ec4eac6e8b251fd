// The modules that this process has loaded, by the key of their image: what engines share.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "cache/digest.h"
#include "runtime/compiled_module.h"

namespace waxwing::engine {

/// Finds every module that somebody uses, and keeps the most recently used ones even when nobody
/// does, up to a budget. Thread-safe; never holds its lock while a module is destroyed.
class LoadedModules {
 public:
  using Module = std::shared_ptr<const runtime::LoadedModule>;

  explicit LoadedModules(uint64_t warm_bytes) : max_warm_bytes_(warm_bytes) {}

  struct Found {
    Module module;              // or null
    bool is_touch_due = false;  // a store that evicts by age has not heard of it for an hour
  };
  /// `now_ns` is of any clock that only goes forward.
  Found find(const cache::Digest& key, uint64_t now_ns);
  /// `size_bytes` is what it counts for in the budget.
  void add(const cache::Digest& key, const Module& module, uint64_t size_bytes, uint64_t now_ns);
  /// Forgets all of them.
  void clear();
  void set_warm_budget(uint64_t bytes);

  struct Usage {
    uint64_t modules = 0;  // that are kept
    uint64_t bytes = 0;
  };
  Usage warm() const;

 private:
  struct Warm {
    cache::Digest key;
    Module module;
    uint64_t size_bytes;
  };
  using WarmList = std::list<Warm>;
  struct Known {
    std::weak_ptr<const runtime::LoadedModule> module;
    uint64_t size_bytes = 0;
    uint64_t touched_ns = 0;
    WarmList::iterator warm;  // warm_.end() where it is not kept
  };

  /// Makes it the most recently used one, and moves those that exceed the budget to `dropped`.
  void keep(const cache::Digest& key, Known& known, const Module& module, WarmList& dropped);
  void shrink(WarmList& dropped);
  /// Forgets modules that nobody has, now and then.
  void sweep();

  mutable std::mutex mutex_;
  uint64_t max_warm_bytes_;
  uint64_t warm_bytes_ = 0;
  WarmList warm_;  // most recently used first
  std::unordered_map<cache::Digest, Known, cache::DigestHash> known_;
  size_t sweep_at_ = 64;
};

}  // namespace waxwing::engine
