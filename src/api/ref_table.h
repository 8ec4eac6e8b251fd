// References that the host holds: roots for the collector, counted.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/gc_heap.h"

namespace waxwing::detail {
struct StoreCore;

/// What copies of one public Ref share.
struct RefCell {
  std::atomic<uint32_t> count = 1;
  std::shared_ptr<StoreCore> store;
  std::optional<size_t> root;  // its place in the store's RefTable; none for a function
};
}  // namespace waxwing::detail

namespace waxwing::api {

/// The roots of one store. Used by the store's thread.
class RefTable {
 public:
  explicit RefTable(runtime::GcHeap& heap) { roots_.emplace(heap); }

  size_t add(runtime::Slot bits);
  /// Does nothing after `close`.
  void remove(size_t root);
  /// Lets go of all: before the heap ends.
  void close() { roots_.reset(); }

 private:
  std::optional<runtime::Roots> roots_;
  std::vector<size_t> free_;
};

}  // namespace waxwing::api
