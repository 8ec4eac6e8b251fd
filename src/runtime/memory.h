// Linear memories. [spec 4.2.8, 4.5.3]
#pragma once

#include <atomic>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "abi/vm_context.h"
#include "base/result.h"
#include "platform/memory_image.h"
#include "platform/virtual_memory.h"
#include "runtime/memory_allocator.h"
#include "runtime/stop_word.h"
#include "syntax/trap.h"
#include "syntax/types.h"

namespace waxwing::runtime {

/// Of a memory whose type says nothing else.
inline constexpr uint64_t page_size_bytes = uint64_t(1) << syntax::MemoryType::usual_page_size_log2;

/// What a memory or a table is about to take.
struct ResourceRequest {
  enum class Kind : uint8_t { memory_bytes, table_elements };

  Kind kind;
  uint64_t used;    // by all memories, or all tables, of the store
  uint64_t wanted;  // more
};

/// Watches what a store may hold; memories and tables ask before they grow. Not thread-safe, but
/// `take_memory` may be called under a shared memory's lock.
class ResourceBudget {
 public:
  /// Whether a request within the limits may be granted, by an embedder; must not throw, nor use
  /// the store. Called by any thread that grows a shared memory.
  using Limiter = std::function<bool(const ResourceRequest&)>;

  explicit ResourceBudget(uint64_t max_memory_bytes, uint64_t max_table_elements)
      : max_memory_bytes_(max_memory_bytes),
        max_table_elements_(max_table_elements),
        memory_bytes_left_(max_memory_bytes),
        table_elements_left_(max_table_elements) {}
  /// Whether that much was left; then it is taken.
  bool take_memory(uint64_t size_bytes);
  void give_memory(uint64_t size_bytes);
  bool take_table(uint64_t elements);
  void give_table(uint64_t elements);

  /// Told how memories grew by `wanted` bytes from `used`, or that they did not; must not throw,
  /// nor use the store. Called as the limiter is, with no lock held.
  using Observer = std::function<void(const ResourceRequest&, bool is_granted)>;
  /// REQUIRES: nothing was taken yet.
  void set_observer(Observer observer) { observer_ = std::move(observer); }
  const Observer& observer() const { return observer_; }

  /// REQUIRES: nothing was taken yet.
  void set_limiter(Limiter limiter) { limiter_ = std::move(limiter); }

  /// Who gives memories their bytes; null: they reserve address space. REQUIRES: as above.
  void set_allocator(std::shared_ptr<MemoryAllocator> allocator) {
    allocator_ = std::move(allocator);
  }
  const std::shared_ptr<MemoryAllocator>& allocator() const { return allocator_; }

  uint64_t max_memory_bytes() const { return max_memory_bytes_; }
  uint64_t used_memory_bytes() const {
    return max_memory_bytes_ - memory_bytes_left_.load(std::memory_order_relaxed);
  }
  uint64_t max_table_elements() const { return max_table_elements_; }

 private:
  const uint64_t max_memory_bytes_;
  const uint64_t max_table_elements_;
  std::atomic<uint64_t> memory_bytes_left_;
  uint64_t table_elements_left_;
  Limiter limiter_;
  std::shared_ptr<MemoryAllocator> allocator_;
  Observer observer_;
};

/// A linear memory. 32-bit ones reserve 4 GiB and a guard, so that the base never moves; larger or
/// unreservable ones reserve what their maximum, the budget and the host allow. Those of a budget
/// with an allocator are a block of that, which has no guard. Shared memories may be used by
/// several threads.
class Memory {
 public:
  /// 4 GiB of index and the largest offset that needs no check of its own.
  static constexpr uint64_t reserved_bytes_32 = (uint64_t(1) << 32) + abi::guard_bytes;

  /// Whether the host gives address space for so many 32-bit memories with guards at once. What it
  /// once gave it is not asked for again, where it sets this process no limit: asking takes some
  /// microseconds. Thread-safe.
  static bool can_guard(size_t count);

  /// All bytes are zero. Fails with `memory_size` or `min_greater_than_max` where the type is
  /// wrong, `resource_limit` where the budget refuses, `out_of_memory` where the host does, or the
  /// allocator, `invalid_argument` where that gives what is no block of that size.
  static base::Result<std::unique_ptr<Memory>> create(const syntax::MemoryType& type,
                                                      std::shared_ptr<ResourceBudget> budget);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  const syntax::MemoryType& type() const { return type_; }
  /// The type as another module sees it now: the current size is the minimum. [spec 3.5.13]
  syntax::MemoryType current_type() const;
  /// Never changes.
  uint8_t* base() const { return record_.base; }
  /// Only grows. An atomic load: cheap.
  uint64_t size_bytes() const { return record_.size_bytes.load(std::memory_order_acquire); }
  /// The address space behind base() that accesses may meet; never changes.
  size_t reserved_bytes() const { return source_ ? block_.reserved_bytes : reservation_.size(); }
  /// Whether an allocator gave the bytes.
  bool is_allocated() const { return source_ != nullptr; }
  /// What code reads. Its address never changes.
  abi::MemoryRecord& record() { return record_; }
  uint64_t size_pages() const { return size_bytes() >> type_.page_size_log2; }

  /// Whether every access at base() + (32-bit index) + (offset below 64 MiB) that is out of bounds
  /// faults. A memory with pages of one byte may end within a page of the host.
  bool is_guarded() const {
    return type_.address == syntax::AddressType::i32 && reservation_.size() >= reserved_bytes_32 &&
           type_.page_size_log2 == syntax::MemoryType::usual_page_size_log2;
  }

  /// Grows by `delta_pages` of the type's size. Returns the old size in pages, or -1 where the
  /// limit, the budget or the OS refuses; never traps. Invalidates no base address. Thread-safe for
  /// shared memories. [spec 4.5.3]
  int64_t grow(uint64_t delta_pages);

  /// Puts an image into the memory from `offset` (a multiple of the host's page size) on; where an
  /// allocator gave the bytes, its bytes are copied. Fails as MemoryImage::map. REQUIRES: the image
  /// ends within the memory's last page.
  base::Result<> map_image(uint64_t offset, const platform::MemoryImage& image);
  /// Whether `discard` brings one back.
  bool has_image() const { return has_image_; }

  /// Makes the memory as small as it was, for its next user: what lay behind is gone.
  /// REQUIRES: `size_bytes` <= size_bytes(); no code runs that has the memory, and it is not
  /// shared.
  base::Result<> shrink(uint64_t size_bytes);
  /// Gives back all pages in use: they are zero, or the image's. Fails as Reservation::discard.
  base::Result<> discard();

  /// Whether [address, address + length) lies within the memory; no overflow.
  bool contains(uint64_t address, uint64_t length) const {
    const uint64_t size = size_bytes();
    return length <= size && address <= size - length;
  }

  /// What `memory.atomic.wait` came to. [threads proposal]
  enum class WaitResult : uint32_t { woken = 0, not_equal = 1, timed_out = 2, interrupted = 3 };

  /// Waits at `address` (in bounds, aligned) while it holds `expected` (`size_bytes` 4 or 8) for
  /// `timeout_ns`, negative for ever. Ends with `interrupted` where `sleeper.stop` is or becomes
  /// null. REQUIRES: the memory is shared.
  WaitResult wait(uint64_t address, uint32_t size_bytes, uint64_t expected, int64_t timeout_ns,
                  const Sleeper& sleeper);
  /// Wakes at most `count` waiters at `address`; returns how many.
  uint32_t notify(uint64_t address, uint32_t count);
  /// The instructions, whose effective address is `index` + `offset`: what they yield, or the trap;
  /// `interrupted` where the wait ended so. `request.expected` may have more bits than are
  /// compared.
  struct WaitRequest {
    uint64_t index;
    uint64_t offset;
    uint32_t size_bytes;
    uint64_t expected;
    int64_t timeout_ns;
  };
  std::expected<uint32_t, syntax::TrapCode> atomic_wait(const WaitRequest& request,
                                                        const Sleeper& sleeper);
  std::expected<uint32_t, syntax::TrapCode> atomic_notify(uint64_t index, uint64_t offset,
                                                          uint32_t count);

 private:
  struct Waiters;
  std::expected<uint64_t, syntax::TrapCode> atomic_address(uint64_t index, uint64_t offset,
                                                           uint32_t size_bytes) const;
  Memory(const syntax::MemoryType& type, std::shared_ptr<ResourceBudget> budget);
  base::Result<> take_bytes(uint64_t min_bytes);
  base::Result<> reserve_bytes(uint64_t min_bytes);
  bool commit(uint64_t old_bytes, uint64_t new_bytes);

  int64_t try_grow(uint64_t delta_pages);

  syntax::MemoryType type_;
  std::shared_ptr<ResourceBudget> budget_;
  platform::Reservation reservation_;
  std::shared_ptr<MemoryAllocator> source_;  // of `block_`, instead of a reservation
  MemoryAllocator::Block block_;
  abi::MemoryRecord record_;
  bool has_image_ = false;
  std::mutex grow_mutex_;
  std::unique_ptr<Waiters> waiters_;  // of a shared memory
};

}  // namespace waxwing::runtime
