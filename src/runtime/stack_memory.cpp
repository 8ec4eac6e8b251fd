// See stack_memory.h.
#include "runtime/stack_memory.h"

#include <array>
#include <mutex>
#include <utility>

namespace waxwing::runtime {
namespace {

constexpr size_t kept_stacks = 16;

}  // namespace

/// Stacks that nobody uses. Never waits: where another thread is at it (or was, in the parent of a
/// fork), there are none.
class StackShelf {
 public:
  /// Lives until the process ends: stores of static storage duration may end after anything else.
  static StackShelf& instance() {
    static StackShelf& shelf = *new StackShelf;
    return shelf;
  }

  bool take(StackMemory& wanted, size_t size) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return false;
    for (size_t i = count_; i-- > 0;) {
      StackMemory& stack = stacks_[i];
      if (stack.memory_.size() != size || stack.guard_bytes_ != wanted.guard_bytes_ ||
          stack.growth_ != wanted.growth_)
        continue;
      std::swap(wanted.memory_, stack.memory_);
      std::swap(stack, stacks_[--count_]);
      return true;
    }
    return false;
  }

  /// Leaves it where there is no room.
  void give(StackMemory& stack) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock || count_ == stacks_.size()) return;
    StackMemory& place = stacks_[count_++];
    std::swap(place.memory_, stack.memory_);
    place.guard_bytes_ = stack.guard_bytes_;
    place.growth_ = stack.growth_;
  }

 private:
  std::mutex mutex_;
  std::array<StackMemory, kept_stacks> stacks_;  // the first count_
  size_t count_ = 0;
};

StackMemory& StackMemory::operator=(StackMemory&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(guard_bytes_, other.guard_bytes_);
  std::swap(growth_, other.growth_);
  return *this;
}

StackMemory::~StackMemory() {
  if (memory_.data() && trim()) StackShelf::instance().give(*this);
}

bool StackMemory::trim() {
  const size_t size = memory_.size() - guard_bytes_;
  if (!memory_.data() || size <= kept_bytes) return true;
  const size_t offset = growth_ == Growth::down ? guard_bytes_ : guard_bytes_ + kept_bytes;
  return memory_.reset(offset, size - kept_bytes).has_value();
}

base::Result<StackMemory> StackMemory::take(size_t guard_bytes, size_t size_bytes, Growth growth) {
  StackMemory stack({}, guard_bytes, growth);
  if (StackShelf::instance().take(stack, guard_bytes + size_bytes)) return stack;
  auto memory = TRY(platform::Reservation::reserve(guard_bytes + size_bytes));
  // Costs no memory until frames are written.
  TRY(memory.commit(guard_bytes, size_bytes));
  stack.memory_ = std::move(memory);
  return stack;
}

}  // namespace waxwing::runtime
