// See page_map.h. [proc_pid_pagemap(5), madvise(2)]
#include "platform/page_map.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "platform/posix.h"

namespace waxwing::platform {
namespace {

std::atomic_ref<uint64_t> mark_of(const Reservation& wiped) {
  return std::atomic_ref<uint64_t>(*reinterpret_cast<uint64_t*>(wiped.data()));
}

}  // namespace

void PageMap::open() {
  auto wiped = Reservation::reserve(page_size());
  if (!wiped || !wiped->commit(0, wiped->size())) return;
  if (::madvise(wiped->data(), wiped->size(), MADV_WIPEONFORK) != 0) return;
  wiped_ = *std::move(wiped);
  (void)open_again();
}

/// Never waits: the lock may have been held in the parent.
bool PageMap::open_again() const {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return false;
  if (mark_of(wiped_).load(std::memory_order_acquire) != 0) return true;
  File file = File::own(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return false;
  // Nobody reads the old one: the mark was never set in this process.
  file_ = std::move(file);
  mark_of(wiped_).store(1, std::memory_order_release);
  return true;
}

bool PageMap::read(const uint8_t* begin, std::span<uint64_t> pages) const {
  if (!wiped_.data()) return false;
  if (mark_of(wiped_).load(std::memory_order_acquire) == 0 && !open_again()) return false;
  const size_t bytes = pages.size_bytes();
  const auto offset =
      static_cast<off_t>(reinterpret_cast<uintptr_t>(begin) / page_size() * sizeof(uint64_t));
  const ssize_t got =
      retry_interrupted([&] { return ::pread(file_.descriptor(), pages.data(), bytes, offset); });
  return got >= 0 && static_cast<size_t>(got) == bytes;
}

}  // namespace waxwing::platform
