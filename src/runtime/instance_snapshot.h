// Instances that are made as new after use, for the next user: what a fresh one holds is remembered
// and written back. docs/decisions.md has the costs.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "platform/page_map.h"
#include "runtime/instance.h"

namespace waxwing::runtime {

/// How the memories of a module's instances begin. Immutable, shared by threads.
class ResetPlan {
 public:
  /// Null where an instance can only be made anew: the module has a start function, imports what a
  /// guest can change (memories, tables, mutable globals) or an instance's beginning depends on, or
  /// defines a memory that other stores may have. Asks for the module's images of memories.
  static std::unique_ptr<const ResetPlan> make(std::shared_ptr<const CompiledModule> compiled);

  /// Brings a memory's first bytes back. False where it could not; then it may hold anything.
  bool restore(Memory& memory, syntax::MemIdx index) const;
  /// What the memories of an instance keep in memory after `restore`, at most.
  uint64_t resident_bytes() const { return resident_bytes_; }

 private:
  /// Of memories up to `max_remembered_bytes`: all of their pages.
  struct Beginning {
    uint64_t size_bytes = 0;  // of the memory
    platform::Buffer bytes;   // those that segments write, from `begin` on
    uint64_t begin = 0;
    bool is_remembered = false;
  };

  explicit ResetPlan(std::shared_ptr<const CompiledModule> compiled)
      : compiled_(std::move(compiled)) {}
  bool remember();
  bool copy_all(Memory& memory, const Beginning& beginning) const;
  bool copy_changed(Memory& memory, const Beginning& beginning) const;
  bool discard(Memory& memory, syntax::MemIdx index) const;

  std::shared_ptr<const CompiledModule> compiled_;
  std::vector<Beginning> beginnings_;  // by memory, all defined
  uint64_t resident_bytes_ = 0;
  platform::PageMap page_map_;
};

/// What one instance held when it was made. Used by one thread at a time.
class InstanceSnapshot {
 public:
  /// Nothing where the instance cannot be restored: it made objects of the heap, or its store has
  /// another instance, or memories, tables and mutable globals of the host's, which may come to
  /// refer to such objects; or the system has no room. `instance` was made just now with `plan`'s
  /// module.
  static std::optional<InstanceSnapshot> take(Instance& instance, const ResetPlan& plan);

  /// Makes the store and the instance as they were, whatever a guest did: memories, tables,
  /// globals, segments, and all of `Store::renew`, which has the requirements. False where that is
  /// not possible, because the host has added objects to the store or the system refuses: then
  /// neither may be used any more.
  bool restore();

  uint64_t resident_bytes() const { return plan_->resident_bytes() + table_bytes_; }

 private:
  InstanceSnapshot(Instance& instance, const ResetPlan& plan)
      : instance_(&instance), plan_(&plan) {}
  struct Counts {
    size_t funcs, memories, tables, globals, tags, instances;
    bool operator==(const Counts&) const = default;
  };
  Counts count_objects() const;
  bool is_alone() const;

  Instance* instance_;
  const ResetPlan* plan_;
  std::vector<GlobalCell> globals_;
  std::vector<platform::Buffer> tables_;
  std::vector<std::vector<Ref>> elems_;
  std::vector<base::ByteSpan> datas_;
  uint64_t table_bytes_ = 0;  // with the copies
  Counts counts_{};
};

}  // namespace waxwing::runtime
