// What an instance holds at one moment, to make others like it: in other stores, of other threads.
// An instance that took long to get ready is made once and copied then.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "platform/memory_image.h"
#include "runtime/instance.h"

namespace waxwing::runtime {

/// Memories, tables, globals and dropped segments of one instance. Immutable, shared by threads.
/// Takes as much memory as the instance's memories have bytes that are not zero, which instances
/// made of it share until they write.
class InstanceImage {
 public:
  /// Fails with `unsupported` where the instance shares what can change (imported memories, tables
  /// and mutable globals, shared memories), or holds references to what lies outside of it: objects
  /// of the heap, the host's, functions of others that it does not import. Fails with
  /// `out_of_memory`. REQUIRES: no call runs in the store.
  static base::Result<std::shared_ptr<const InstanceImage>> capture(Instance& instance);

  const std::shared_ptr<const CompiledModule>& compiled() const { return compiled_; }

  /// An instance with what was captured: no segment is written, no start function runs. Imports and
  /// errors as of runtime::instantiate.
  std::expected<Instance*, InstantiateError> instantiate(Store& store,
                                                         std::span<const Extern> imports,
                                                         std::string name) const;

 private:
  struct CapturedMemory {
    uint64_t size_pages = 0;
    platform::MemoryImage bytes;
  };

  explicit InstanceImage(std::shared_ptr<const CompiledModule> compiled)
      : compiled_(std::move(compiled)) {}
  base::Result<> capture_memories(const Instance& instance);
  base::Result<> capture_tables(Instance& instance);
  base::Result<> capture_globals(Instance& instance);
  base::Result<> fill(Instance& instance) const;

  std::shared_ptr<const CompiledModule> compiled_;
  std::vector<CapturedMemory> memories_;
  // References without their store: null, an i31, or a function by its index.
  std::vector<std::vector<uint64_t>> tables_;
  std::vector<GlobalCell> globals_;  // references in them are such too
  std::vector<bool> dropped_elems_;
  std::vector<bool> dropped_datas_;
};

/// Gives an instance the state of another one, before anybody sees it.
using Fill = std::function<base::Result<>(Instance&)>;
/// `instantiate` with `fill` in the place of segments and the start function. Where it fails, the
/// store holds nothing more than before.
std::expected<Instance*, InstantiateError> instantiate_filled(
    Store& store, std::shared_ptr<const CompiledModule> compiled, std::span<const Extern> imports,
    std::string name, const Fill& fill);

}  // namespace waxwing::runtime
