// See loaded_modules.h.
#include "engine/loaded_modules.h"

#include <algorithm>
#include <utility>

namespace waxwing::engine {
namespace {

constexpr uint64_t touch_after_ns = 3'600'000'000'000;
/// Each may keep a file open, of which a process has a thousand.
constexpr size_t max_warm_modules = 128;

}  // namespace

LoadedModules::Found LoadedModules::find(const cache::Digest& key, uint64_t now_ns) {
  WarmList dropped;
  const std::lock_guard lock(mutex_);
  const auto place = known_.find(key);
  if (place == known_.end()) return {};
  Known& known = place->second;
  Found found{known.module.lock(), false};
  if (!found.module) return {};
  keep(key, known, found.module, dropped);
  found.is_touch_due = now_ns - known.touched_ns >= touch_after_ns;
  if (found.is_touch_due) known.touched_ns = now_ns;
  return found;
}

void LoadedModules::add(const cache::Digest& key, const Module& module, uint64_t size_bytes,
                        uint64_t now_ns) {
  WarmList dropped;
  const std::lock_guard lock(mutex_);
  if (known_.size() >= sweep_at_) sweep();
  const auto [place, is_new] = known_.try_emplace(key);
  Known& known = place->second;
  if (is_new) known.warm = warm_.end();
  if (known.warm != warm_.end()) {  // another module was kept by this key
    warm_bytes_ -= known.warm->size_bytes;
    dropped.splice(dropped.end(), warm_, known.warm);
    known.warm = warm_.end();
  }
  known.module = module;
  known.size_bytes = size_bytes;
  known.touched_ns = now_ns;
  keep(key, known, module, dropped);
}

void LoadedModules::keep(const cache::Digest& key, Known& known, const Module& module,
                         WarmList& dropped) {
  if (known.warm != warm_.end()) {
    warm_.splice(warm_.begin(), warm_, known.warm);
    return;
  }
  if (known.size_bytes > max_warm_bytes_) return;
  warm_.push_front({key, module, known.size_bytes});
  known.warm = warm_.begin();
  warm_bytes_ += known.size_bytes;
  shrink(dropped);
}

void LoadedModules::shrink(WarmList& dropped) {
  while (warm_bytes_ > max_warm_bytes_ || warm_.size() > max_warm_modules) {
    const auto last = std::prev(warm_.end());
    warm_bytes_ -= last->size_bytes;
    known_.find(last->key)->second.warm = warm_.end();
    dropped.splice(dropped.end(), warm_, last);
  }
}

void LoadedModules::sweep() {
  std::erase_if(known_, [](const auto& entry) { return entry.second.module.expired(); });
  sweep_at_ = std::max<size_t>(64, known_.size() * 2);
}

void LoadedModules::clear() {
  WarmList dropped;
  const std::lock_guard lock(mutex_);
  known_.clear();
  dropped.splice(dropped.end(), warm_);
  warm_bytes_ = 0;
}

void LoadedModules::set_warm_budget(uint64_t bytes) {
  WarmList dropped;
  const std::lock_guard lock(mutex_);
  max_warm_bytes_ = bytes;
  shrink(dropped);
}

LoadedModules::Usage LoadedModules::warm() const {
  const std::lock_guard lock(mutex_);
  return {warm_.size(), warm_bytes_};
}

}  // namespace waxwing::engine
