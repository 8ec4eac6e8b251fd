// Instances of one module for users that come and go: each finds an instance as new, most often one
// that another used before.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/engine.h"
#include "runtime/instance.h"
#include "runtime/instance_snapshot.h"

namespace waxwing::engine {

/// Where the imports of pooled instances come from. Thread-safe: slots are made and given back by
/// any thread.
class ImportSource {
 public:
  virtual ~ImportSource() = default;
  /// Makes what an instance in `store`, which has nothing, imports: one for each of the module's.
  /// What they keep for a user is the host's to renew. Where it makes instances, memories, tables
  /// or mutable globals in the store, none of it is used again.
  virtual base::Result<std::vector<runtime::Extern>> make(runtime::Store& store) = 0;
  /// An instance's user is gone, and another may have the same imports next. False where these
  /// cannot serve another: then the next one's are made.
  virtual bool renew(runtime::Store& store) {
    (void)store;
    return true;
  }
};

struct PoolOptions {
  size_t max_instances = 1000;  // at a time, with and without a user
  /// What instances without a user may keep in memory: their memories, tables and stacks.
  uint64_t max_resident_bytes = uint64_t{256} << 20;
  runtime::StoreLimits store;
};

class InstancePool;

/// An instance with a store of its own, until this ends. As a store, used by one thread at a time;
/// any thread may end it.
class PooledInstance {
 public:
  PooledInstance(PooledInstance&& other) noexcept = default;
  PooledInstance& operator=(PooledInstance&& other) noexcept;
  /// Gives the instance back, which is made as new then and not when it is taken.
  /// REQUIRES: none of its calls runs, and the host holds none of its objects or `Roots`.
  ~PooledInstance();

  runtime::Instance& instance() const { return *slot_->instance; }
  runtime::Store& store() const { return *slot_->store; }

 private:
  friend class InstancePool;
  struct Slot {
    std::unique_ptr<runtime::Store> store;
    runtime::Instance* instance = nullptr;
    std::optional<runtime::InstanceSnapshot> snapshot;
    /// What it keeps in memory without a user, once its stacks are trimmed.
    uint64_t resident_bytes() const;
  };
  PooledInstance(InstancePool& pool, std::unique_ptr<Slot> slot)
      : pool_(&pool), slot_(std::move(slot)) {}
  void give();

  InstancePool* pool_;
  std::unique_ptr<Slot> slot_;
};

/// A bounded number of instances. What a guest can change is as new for each user: where it cannot
/// be written back (`runtime::ResetPlan` has the cases), the instance is made anew. Thread-safe. A
/// child of fork may use it where no other thread of the parent did at that moment.
class InstancePool {
 public:
  /// `engine` and `imports` (null: the module has none) must outlive the pool.
  InstancePool(const Engine& engine, std::shared_ptr<const runtime::CompiledModule> compiled,
               ImportSource* imports, const PoolOptions& options);
  /// REQUIRES: all instances were given back.
  ~InstancePool();
  InstancePool(const InstancePool&) = delete;
  InstancePool& operator=(const InstancePool&) = delete;

  /// An instance as `instantiate` makes it, start function and all. Fails as that does, and with
  /// `resource_limit` where all instances have users.
  std::expected<PooledInstance, runtime::InstantiateError> take();

  /// Whether instances are used again.
  bool can_reset() const { return plan_ != nullptr; }
  /// How many wait for a user.
  size_t free_count() const;

 private:
  friend class PooledInstance;
  using Slot = PooledInstance::Slot;
  std::expected<std::unique_ptr<Slot>, runtime::InstantiateError> make();
  std::unique_ptr<Slot> put(std::unique_ptr<Slot> slot);
  bool put_trimmed(std::unique_ptr<Slot>& slot);
  void give(std::unique_ptr<Slot> slot);

  const Engine& engine_;
  std::shared_ptr<const runtime::CompiledModule> compiled_;
  ImportSource* imports_;
  const PoolOptions options_;
  std::unique_ptr<const runtime::ResetPlan> plan_;  // or null
  mutable std::mutex mutex_;                        // guards the rest
  std::vector<std::unique_ptr<Slot>> free_;         // the last was used last
  size_t untrimmed_ = 0;              // so many at the end of free_ have all of their stacks yet
  size_t count_ = 0;                  // with and without users
  uint64_t free_resident_bytes_ = 0;  // the sum of resident_bytes()
};

}  // namespace waxwing::engine
