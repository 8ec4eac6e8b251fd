// Creation and growth: address space is reserved once, pages are committed as the memory grows.
#include "runtime/memory.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string>

#include "runtime/waiters.h"
#include "syntax/limits.h"

namespace waxwing::runtime {
namespace {

using base::ErrorCode;

/// More than any host gives; below it, sums do not overflow.
constexpr uint64_t max_bytes = uint64_t(1) << 47;
/// What a 64-bit memory reserves where nothing bounds it sooner.
constexpr uint64_t usual_reservation_64 = uint64_t(1) << 40;
constexpr uint64_t index_space_32 = uint64_t(1) << 32;
/// Of what an allocator gives: atomics take 8, what hosts look at through pointers this.
constexpr uintptr_t block_alignment = alignof(std::max_align_t);

/// In bytes; `max_bytes` stands for all that is more.
uint64_t saturated_bytes(uint64_t pages, const syntax::MemoryType& type) {
  return pages > max_bytes >> type.page_size_log2 ? max_bytes : pages << type.page_size_log2;
}

uint64_t pages_allowed(const syntax::MemoryType& type) {
  const uint64_t most = syntax::max_pages(type);
  return std::min(type.limits_pages.max.value_or(most), most);
}

/// Address space for `type`, of which at least `min_bytes`, less than what is wanted only where the
/// host refuses more.
base::Result<platform::Reservation> reserve(const syntax::MemoryType& type, uint64_t min_bytes,
                                            uint64_t budget_bytes) {
  uint64_t useful = std::min(saturated_bytes(pages_allowed(type), type), budget_bytes);
  if (type.address == syntax::AddressType::i32) {
    if (auto guarded = platform::Reservation::reserve(Memory::reserved_bytes_32)) return guarded;
    useful = std::min(useful, index_space_32);
  } else {
    useful = std::min(useful, usual_reservation_64);
  }
  // One page at least, so that the base is an address.
  const uint64_t least = std::max(min_bytes, page_size_bytes);
  for (uint64_t size = std::max(useful, least); size > least;
       size = std::max(size / 2 / page_size_bytes * page_size_bytes, least)) {
    if (auto smaller = platform::Reservation::reserve(size)) return smaller;
  }
  return platform::Reservation::reserve(least);
}

base::Result<> check_type(const syntax::MemoryType& type) {
  const syntax::Limits& limits = type.limits_pages;
  const uint64_t most = syntax::max_pages(type);
  if (limits.min > most || limits.max.value_or(0) > most) {
    return base::fail(ErrorCode::memory_size, "(memory " + to_string(type) + ")");
  }
  const bool is_usual = type.page_size_log2 == syntax::MemoryType::usual_page_size_log2;
  if (!is_usual && type.page_size_log2 != 0) {
    return base::fail(ErrorCode::page_size, "(memory " + to_string(type) + ")");
  }
  if (limits.max && limits.min > *limits.max) {
    return base::fail(ErrorCode::min_greater_than_max, "(memory " + to_string(type) + ")");
  }
  if (type.is_shared && !limits.max) return base::fail(ErrorCode::shared_memory_needs_max);
  return {};
}

}  // namespace

bool ResourceBudget::take_memory(uint64_t size_bytes) {
  uint64_t left = memory_bytes_left_.load(std::memory_order_relaxed);
  do {
    if (size_bytes > left) return false;
  } while (!memory_bytes_left_.compare_exchange_weak(left, left - size_bytes,
                                                     std::memory_order_relaxed));
  if (!limiter_ || limiter_({.kind = ResourceRequest::Kind::memory_bytes,
                             .used = max_memory_bytes_ - left,
                             .wanted = size_bytes}))
    return true;
  give_memory(size_bytes);
  return false;
}

void ResourceBudget::give_memory(uint64_t size_bytes) {
  memory_bytes_left_.fetch_add(size_bytes, std::memory_order_relaxed);
}

bool ResourceBudget::take_table(uint64_t elements) {
  if (elements > table_elements_left_) return false;
  const uint64_t used = max_table_elements_ - table_elements_left_;
  table_elements_left_ -= elements;
  if (!limiter_ ||
      limiter_({.kind = ResourceRequest::Kind::table_elements, .used = used, .wanted = elements}))
    return true;
  give_table(elements);
  return false;
}

void ResourceBudget::give_table(uint64_t elements) { table_elements_left_ += elements; }

Memory::Memory(const syntax::MemoryType& type, std::shared_ptr<ResourceBudget> budget)
    : type_(type),
      budget_(std::move(budget)),
      waiters_(type.is_shared ? std::make_unique<Waiters>() : nullptr) {}

Memory::~Memory() {
  if (source_) source_->release(block_);
  budget_->give_memory(size_bytes());
}

base::Result<> Memory::reserve_bytes(uint64_t min_bytes) {
  reservation_ = TRY(reserve(type_, min_bytes, budget_->max_memory_bytes()));
  record_.base = reservation_.data();
  if (min_bytes == 0) return {};
  return reservation_.commit(0, platform::round_up_to_page(min_bytes));
}

/// Guests are hostile and embedders err: what would let code leave the block is found out here.
base::Result<> Memory::take_bytes(uint64_t min_bytes) {
  const std::shared_ptr<MemoryAllocator>& allocator = budget_->allocator();
  if (!allocator) return reserve_bytes(min_bytes);
  const uint64_t most = std::min(saturated_bytes(pages_allowed(type_), type_), max_bytes);
  const auto block = allocator->allocate({.min_bytes = min_bytes,
                                          .max_bytes = std::min(most, budget_->max_memory_bytes()),
                                          .is_shared = type_.is_shared});
  const auto wrong = [](ErrorCode code, const std::string& what) {
    return base::fail(code, "the embedder's allocator of memories gave " + what);
  };
  const std::string wanted = std::to_string(min_bytes) + " bytes";
  if (!block) return wrong(ErrorCode::out_of_memory, "no memory of " + wanted);
  source_ = allocator;  // it gets the block back, whatever that is
  block_ = *block;
  const auto address = reinterpret_cast<uintptr_t>(block->base);
  if (address == 0) return wrong(ErrorCode::invalid_argument, "a null pointer");
  if (address % block_alignment != 0) {
    return wrong(ErrorCode::invalid_argument,
                 "an address that is no multiple of " + std::to_string(block_alignment));
  }
  if (block->reserved_bytes < min_bytes) {
    return wrong(ErrorCode::invalid_argument,
                 std::to_string(block->reserved_bytes) + " bytes for a memory of " + wanted);
  }
  if (block->reserved_bytes > UINTPTR_MAX - address)
    return wrong(ErrorCode::invalid_argument, "more bytes than there are addresses");
  record_.base = block->base;
  if (!block->is_zeroed) std::memset(block->base, 0, min_bytes);
  return {};
}

base::Result<std::unique_ptr<Memory>> Memory::create(const syntax::MemoryType& type,
                                                     std::shared_ptr<ResourceBudget> budget) {
  TRY(check_type(type));
  const uint64_t pages = type.limits_pages.min;
  const uint64_t min_bytes = saturated_bytes(pages, type);
  if (min_bytes >= max_bytes) {
    return base::fail(ErrorCode::out_of_memory,
                      "a memory of " + std::to_string(pages) + " pages of " +
                          std::to_string(uint64_t(1) << type.page_size_log2) + " bytes");
  }
  if (!budget->take_memory(min_bytes)) {
    return base::fail(ErrorCode::resource_limit,
                      "a memory starts with " + std::to_string(min_bytes) + " bytes (" +
                          std::to_string(pages) + " pages), and the memories of a store may take " +
                          std::to_string(budget->max_memory_bytes()) +
                          " bytes together: raise that limit (waxwing run --max-memory)");
  }
  std::unique_ptr<Memory> memory(new Memory(type, std::move(budget)));
  // What was taken is given back at its end.
  memory->record_.size_bytes.store(min_bytes, std::memory_order_release);
  TRY(memory->take_bytes(min_bytes));
  return memory;
}

bool Memory::can_guard(size_t count) {
  static std::atomic<size_t> known_count = 0;
  const bool has_limit = platform::address_space_limit() != UINT64_MAX;
  if (!has_limit && count <= known_count.load(std::memory_order_relaxed)) return true;
  if (count > SIZE_MAX / reserved_bytes_32) return false;
  if (!platform::Reservation::reserve(count * reserved_bytes_32)) return false;
  if (!has_limit) known_count.store(count, std::memory_order_relaxed);
  return true;
}

syntax::MemoryType Memory::current_type() const {
  syntax::MemoryType type = type_;
  type.limits_pages.min = size_pages();
  return type;
}

int64_t Memory::grow(uint64_t delta_pages) {
  const int64_t old_pages = try_grow(delta_pages);
  if (const auto& tell = budget_->observer()) [[unlikely]] {
    const uint64_t used =
        old_pages < 0 ? size_bytes() : static_cast<uint64_t>(old_pages) << type_.page_size_log2;
    tell({.kind = ResourceRequest::Kind::memory_bytes,
          .used = used,
          .wanted = saturated_bytes(delta_pages, type_)},
         old_pages >= 0);
  }
  return old_pages;
}

int64_t Memory::try_grow(uint64_t delta_pages) {
  const std::lock_guard lock(grow_mutex_);
  const uint64_t old_bytes = size_bytes();
  const uint64_t old_pages = old_bytes >> type_.page_size_log2;
  const uint64_t reserved_pages = reserved_bytes() >> type_.page_size_log2;
  const uint64_t most = std::min(pages_allowed(type_), reserved_pages);
  if (old_pages > most || delta_pages > most - old_pages) return -1;
  const uint64_t delta_bytes = delta_pages << type_.page_size_log2;
  if (delta_bytes == 0) return int64_t(old_pages);
  if (!budget_->take_memory(delta_bytes)) return -1;
  if (!commit(old_bytes, old_bytes + delta_bytes)) {
    budget_->give_memory(delta_bytes);
    return -1;
  }
  record_.size_bytes.store(old_bytes + delta_bytes, std::memory_order_release);
  return int64_t(old_pages);
}

bool Memory::commit(uint64_t old_bytes, uint64_t new_bytes) {
  if (source_) {
    if (!source_->grow(block_, old_bytes, new_bytes)) return false;
    if (!block_.is_zeroed) std::memset(base() + old_bytes, 0, new_bytes - old_bytes);
    return true;
  }
  // What lies behind the end of a page of the host that is in use was committed with it.
  const uint64_t committed = platform::round_up_to_page(old_bytes);
  const uint64_t wanted = platform::round_up_to_page(new_bytes);
  return reservation_.commit(committed, wanted - committed).has_value();
}

base::Result<> Memory::map_image(uint64_t offset, const platform::MemoryImage& image) {
  if (!source_) {
    TRY(image.map(reservation_, offset));
    has_image_ = true;
    return {};
  }
  platform::Reservation mapped = TRY(platform::Reservation::reserve(image.size()));
  TRY(mapped.commit(0, mapped.size()));
  TRY(image.map(mapped, 0));
  std::memcpy(base() + offset, mapped.data(),
              std::min<uint64_t>(image.size(), size_bytes() - offset));
  return {};
}

base::Result<> Memory::discard() {
  if (!source_) return reservation_.discard(0, platform::round_up_to_page(size_bytes()));
  std::memset(base(), 0, size_bytes());
  return {};
}

base::Result<> Memory::shrink(uint64_t new_bytes) {
  const uint64_t old_bytes = size_bytes();
  if (source_) {
    std::memset(base() + new_bytes, 0, old_bytes - new_bytes);
  } else {
    const uint64_t kept = platform::round_up_to_page(new_bytes);
    TRY(reservation_.decommit(kept, platform::round_up_to_page(old_bytes) - kept));
  }
  record_.size_bytes.store(new_bytes, std::memory_order_release);
  budget_->give_memory(old_bytes - new_bytes);
  return {};
}

}  // namespace waxwing::runtime
