// See instance_pool.h.
#include "engine/instance_pool.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"

namespace waxwing::engine {

using runtime::InstantiateError;

PooledInstance& PooledInstance::operator=(PooledInstance&& other) noexcept {
  if (this != &other) {
    give();
    pool_ = other.pool_;
    slot_ = std::move(other.slot_);
  }
  return *this;
}

PooledInstance::~PooledInstance() { give(); }

void PooledInstance::give() {
  if (slot_) pool_->give(std::move(slot_));
}

InstancePool::InstancePool(const Engine& engine,
                           std::shared_ptr<const runtime::CompiledModule> compiled,
                           ImportSource* imports, const PoolOptions& options)
    : engine_(engine),
      compiled_(std::move(compiled)),
      imports_(imports),
      options_(options),
      plan_(runtime::ResetPlan::make(compiled_)) {}

InstancePool::~InstancePool() { CHECK(free_.size() == count_); }

size_t InstancePool::free_count() const {
  const std::lock_guard lock(mutex_);
  return free_.size();
}

uint64_t PooledInstance::Slot::resident_bytes() const {
  return snapshot->resident_bytes() + 2 * runtime::StackMemory::kept_bytes;
}

std::expected<PooledInstance, InstantiateError> InstancePool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      std::unique_ptr<Slot> slot = std::move(free_.back());
      free_.pop_back();
      free_resident_bytes_ -= slot->resident_bytes();
      if (untrimmed_ != 0) --untrimmed_;
      return PooledInstance(*this, std::move(slot));
    }
    if (count_ >= options_.max_instances) {
      return std::unexpected(InstantiateError(
          base::Error{base::ErrorCode::resource_limit, base::Error::no_offset,
                      "all " + std::to_string(count_) +
                          " instances of a pool have users: wait for one, or raise "
                          "PoolOptions::max_instances"}));
    }
    ++count_;
  }
  auto slot = make();
  if (slot) return PooledInstance(*this, *std::move(slot));
  const std::lock_guard lock(mutex_);
  --count_;
  return std::unexpected(std::move(slot).error());
}

std::expected<std::unique_ptr<InstancePool::Slot>, InstantiateError> InstancePool::make() {
  auto slot = std::make_unique<Slot>();
  auto store = engine_.new_store(options_.store);
  if (!store) return std::unexpected(InstantiateError(std::move(store).error()));
  slot->store = *std::move(store);
  std::vector<runtime::Extern> imports;
  if (imports_) {
    auto made = imports_->make(*slot->store);
    if (!made) return std::unexpected(InstantiateError(std::move(made).error()));
    imports = *std::move(made);
  }
  slot->instance = TRY(runtime::instantiate(*slot->store, compiled_, imports, {}));
  if (plan_) slot->snapshot = runtime::InstanceSnapshot::take(*slot->instance, *plan_);
  return slot;
}

/// Trimming stacks asks the system, which would be half of what giving back costs: a fourth of the
/// room is for the stacks of those that were used last. Returns what has no room there.
std::unique_ptr<InstancePool::Slot> InstancePool::put(std::unique_ptr<Slot> slot) {
  const uint64_t stack_bytes = std::max<uint64_t>(options_.store.max_stack_bytes, 1);
  const uint64_t stack_room = options_.max_resident_bytes / 4;  // for two stacks of each
  const std::lock_guard lock(mutex_);
  free_resident_bytes_ += slot->resident_bytes();
  free_.push_back(std::move(slot));
  ++untrimmed_;
  if (untrimmed_ <= stack_room / 2 / stack_bytes &&
      free_resident_bytes_ <= options_.max_resident_bytes - stack_room) {
    return nullptr;
  }
  const auto oldest = free_.end() - static_cast<ptrdiff_t>(untrimmed_);
  std::unique_ptr<Slot> taken = std::move(*oldest);
  free_.erase(oldest);
  --untrimmed_;
  free_resident_bytes_ -= taken->resident_bytes();
  return taken;
}

/// Takes the slot where there is room.
bool InstancePool::put_trimmed(std::unique_ptr<Slot>& slot) {
  const uint64_t resident = slot->resident_bytes();
  const uint64_t room = options_.max_resident_bytes - options_.max_resident_bytes / 4;
  const std::lock_guard lock(mutex_);
  if (resident > room || free_resident_bytes_ > room - resident) return false;
  free_resident_bytes_ += resident;
  free_.insert(free_.end() - static_cast<ptrdiff_t>(untrimmed_), std::move(slot));
  return true;
}

void InstancePool::give(std::unique_ptr<Slot> slot) {
  if (slot->snapshot && slot->snapshot->restore() && (!imports_ || imports_->renew(*slot->store))) {
    slot = put(std::move(slot));
    if (!slot) return;
    slot->store->trim_stacks();
    if (put_trimmed(slot)) return;
  }
  // It is still counted: who is told that there is room finds it.
  slot.reset();
  const std::lock_guard lock(mutex_);
  --count_;
}

}  // namespace waxwing::engine
