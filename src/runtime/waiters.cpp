// memory.atomic.wait and notify. [threads proposal]
#include "runtime/waiters.h"

#include "platform/clock.h"

namespace waxwing::runtime {

using syntax::TrapCode;

namespace {

/// Longer timeouts never pass.
constexpr int64_t max_timeout_ns = int64_t(1'000'000'000) * 3600 * 24 * 365 * 100;

bool holds(const uint8_t* address, uint32_t size_bytes, uint64_t expected) {
  // atomic_ref takes no const object before C++26; nothing is written.
  uint8_t* place = const_cast<uint8_t*>(address);
  if (size_bytes == 4) {
    return std::atomic_ref(*reinterpret_cast<uint32_t*>(place)).load() == uint32_t(expected);
  }
  return std::atomic_ref(*reinterpret_cast<uint64_t*>(place)).load() == expected;
}

}  // namespace

void Memory::Waiters::Queue::append(Waiter& waiter) {
  waiter.previous = last;
  waiter.next = nullptr;
  (last ? last->next : first) = &waiter;
  last = &waiter;
}

void Memory::Waiters::Queue::remove(Waiter& waiter) {
  (waiter.previous ? waiter.previous->next : first) = waiter.next;
  (waiter.next ? waiter.next->previous : last) = waiter.previous;
}

Memory::WaitResult Memory::wait(uint64_t address, uint32_t size_bytes, uint64_t expected,
                                int64_t timeout_ns, const Sleeper& sleeper) {
  std::optional<uint64_t> deadline_ns;
  if (timeout_ns >= 0 && timeout_ns < max_timeout_ns)
    deadline_ns = platform::monotonic_ns() + static_cast<uint64_t>(timeout_ns);

  std::unique_lock lock(waiters_->mutex);
  if (!holds(base() + address, size_bytes, expected)) return WaitResult::not_equal;
  Waiters::Queue& queue = waiters_->queue(address);
  Waiters::Waiter waiter;
  waiter.address = address;
  waiter.wake = &sleeper.wake;
  queue.append(waiter);
  for (;;) {
    const uint32_t seen = sleeper.wake.count();
    if (waiter.is_woken) return WaitResult::woken;
    const bool is_stopped = sleeper.stop.load() == nullptr;
    if (is_stopped || (deadline_ns && platform::monotonic_ns() >= *deadline_ns)) {
      queue.remove(waiter);
      return is_stopped ? WaitResult::interrupted : WaitResult::timed_out;
    }
    lock.unlock();
    sleeper.wake.sleep(seen, deadline_ns);
    lock.lock();
  }
}

uint32_t Memory::notify(uint64_t address, uint32_t count) {
  if (!waiters_) return 0;
  const std::lock_guard lock(waiters_->mutex);
  Waiters::Queue& queue = waiters_->queue(address);
  uint32_t woken = 0;
  for (Waiters::Waiter* waiter = queue.first; waiter && woken < count;) {
    Waiters::Waiter* next = waiter->next;
    if (waiter->address == address) {
      queue.remove(*waiter);
      waiter->is_woken = true;
      waiter->wake->wake();
      ++woken;
    }
    waiter = next;
  }
  return woken;
}

/// The effective address of an atomic instruction, checked.
std::expected<uint64_t, TrapCode> Memory::atomic_address(uint64_t index, uint64_t offset,
                                                         uint32_t size_bytes) const {
  uint64_t address = 0;
  const bool wraps = __builtin_add_overflow(index, offset, &address);
  if (!wraps && address % size_bytes != 0) return std::unexpected(TrapCode::unaligned_atomic);
  if (wraps || !contains(address, size_bytes))
    return std::unexpected(TrapCode::out_of_bounds_memory);
  return address;
}

std::expected<uint32_t, TrapCode> Memory::atomic_wait(const WaitRequest& request,
                                                      const Sleeper& sleeper) {
  const auto address = atomic_address(request.index, request.offset, request.size_bytes);
  if (!address) return std::unexpected(address.error());
  if (!type_.is_shared) return std::unexpected(TrapCode::expected_shared_memory);
  const WaitResult result =
      wait(*address, request.size_bytes, request.expected, request.timeout_ns, sleeper);
  if (result == WaitResult::interrupted) return std::unexpected(TrapCode::interrupted);
  return uint32_t(result);
}

std::expected<uint32_t, TrapCode> Memory::atomic_notify(uint64_t index, uint64_t offset,
                                                        uint32_t count) {
  const auto address = atomic_address(index, offset, sizeof(uint32_t));
  if (!address) return std::unexpected(address.error());
  return notify(*address, count);
}

}  // namespace waxwing::runtime
