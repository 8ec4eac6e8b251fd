// Address space and heap memory whose size a guest decides: all of it can be refused without harm.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"

namespace waxwing::platform {

/// The size of the operating system's pages in bytes: a power of two, 4 KiB to 64 KiB.
size_t page_size();

/// Rounds up to a multiple of `page_size()`. REQUIRES: the result fits size_t.
size_t round_up_to_page(size_t size_bytes);

/// The most address space that this process may have, in bytes; UINT64_MAX where there is no limit.
uint64_t address_space_limit();

/// A range of address space, released at destruction. Reserving is cheap at any size (nothing is
/// charged to memory before it is committed); an access to bytes that are not committed faults. Not
/// thread-safe, except that disjoint ranges may be committed from several threads.
class Reservation {
 public:
  Reservation() = default;
  Reservation(Reservation&& other) noexcept;
  Reservation& operator=(Reservation&& other) noexcept;
  ~Reservation();

  /// Reserves at least `size_bytes` (rounded up to pages; 0 gives an empty reservation),
  /// page-aligned and inaccessible. Fails with `out_of_memory` where address space is exhausted or
  /// limited.
  static base::Result<Reservation> reserve(size_t size_bytes);

  /// Makes [offset, offset + size_bytes) readable and writable, and zero where it was not committed
  /// before. Both are multiples of the page size and in bounds (`invalid_argument` otherwise).
  /// Fails with `out_of_memory`, changing nothing that was committed.
  base::Result<> commit(size_t offset, size_t size_bytes);

  /// Gives the range's memory back and makes it inaccessible again. Arguments as for `commit`.
  base::Result<> decommit(size_t offset, size_t size_bytes);

  /// Makes a committed range zero again, giving its memory back where the system can. Arguments as
  /// for `commit`; not for ranges with an image.
  base::Result<> reset(size_t offset, size_t size_bytes);

  /// As `reset`, but a range of images has their bytes again; fails with `unsupported`, changing
  /// nothing, where the system cannot.
  base::Result<> discard(size_t offset, size_t size_bytes);

  /// Its first byte; null where empty. Stable over moves.
  uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  Reservation(uint8_t* data, size_t size) : data_(data), size_(size) {}
  bool contains_pages(size_t offset, size_t size_bytes) const;
  void release();

  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

/// Bytes on the heap that can be refused, and are above 512 GiB (allocators of sanitizers abort
/// there): for what a guest sizes and pages do not suit.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();

  /// Zeroed bytes, aligned for any scalar. Fails with `out_of_memory`.
  static base::Result<Buffer> allocate(size_t size_bytes);

  /// Grows or shrinks in place or by moving; bytes that are added have no definite value. Fails
  /// with `out_of_memory`, changing nothing.
  base::Result<> resize(size_t size_bytes);

  uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  std::span<uint8_t> bytes() const { return {data_, size_}; }

 private:
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace waxwing::platform
