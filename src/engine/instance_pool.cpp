// See instance_pool.h.
#include "engine/instance_pool.h"

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

uint64_t InstancePool::resident_bytes(const Slot& slot) const {
  return slot.snapshot->resident_bytes() + 2 * runtime::StackMemory::kept_bytes;
}

std::expected<PooledInstance, InstantiateError> InstancePool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      std::unique_ptr<Slot> slot = std::move(free_.back());
      free_.pop_back();
      free_resident_bytes_ -= resident_bytes(*slot);
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

void InstancePool::give(std::unique_ptr<Slot> slot) {
  const bool is_new =
      slot->snapshot && slot->snapshot->restore() && (!imports_ || imports_->renew(*slot->store));
  {
    const std::lock_guard lock(mutex_);
    const uint64_t resident = is_new ? resident_bytes(*slot) : 0;
    if (is_new && resident <= options_.max_resident_bytes - free_resident_bytes_) {
      free_resident_bytes_ += resident;
      free_.push_back(std::move(slot));
      return;
    }
  }
  // It is still counted: who is told that there is room finds it.
  slot.reset();
  const std::lock_guard lock(mutex_);
  --count_;
}

}  // namespace waxwing::engine
