// The memory of stacks, which stores use one after the other: mapping it anew would be most of what
// a store costs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/result.h"
#include "platform/virtual_memory.h"

namespace waxwing::runtime {

/// Committed memory behind pages that fault. When it ends, the process keeps a few of each size for
/// the next taker, with the pages near the end that is used first. What they hold is whatever
/// the last user left there: frames that no guest can read before it wrote them. Thread-safe but
/// for one object.
class StackMemory {
 public:
  /// The end that is used first, whose pages stay.
  enum class Growth : uint8_t { up, down };

  StackMemory() = default;
  StackMemory(StackMemory&& other) noexcept = default;
  StackMemory& operator=(StackMemory&& other) noexcept;
  ~StackMemory();

  /// `guard_bytes` that fault, then `size_bytes`: multiples of the page size. Fails with
  /// `out_of_memory`.
  static base::Result<StackMemory> take(size_t guard_bytes, size_t size_bytes, Growth growth);

  /// What stays in memory of a stack that nobody uses; more than most guests ever use.
  static constexpr size_t kept_bytes = size_t{64} << 10;
  /// Gives all pages back but the `kept_bytes` that are used first. Not while frames are there.
  bool trim();

  uint8_t* begin() const { return memory_.data() + guard_bytes_; }
  uint8_t* end() const { return memory_.data() + memory_.size(); }

 private:
  StackMemory(platform::Reservation memory, size_t guard_bytes, Growth growth)
      : memory_(std::move(memory)), guard_bytes_(guard_bytes), growth_(growth) {}

  friend class StackShelf;
  platform::Reservation memory_;
  size_t guard_bytes_ = 0;
  Growth growth_ = Growth::up;
};

}  // namespace waxwing::runtime
