// Memories whose bytes the embedder gives.
#pragma once

#include <cstdint>
#include <optional>

namespace waxwing {

/// Gives linear memories their bytes, in place of address space that Waxwing reserves: to put them
/// in a pool, in huge pages, in a file, or where something else looks into them. It is called by
/// any thread that makes, grows or ends a memory, by several at once too, must not throw and not
/// use the store. What it gives is the guest's to write to, from the first byte to the last that is
/// in use, and nobody else's memory.
class MemoryAllocator {
 public:
  struct Request {
    uint64_t min_bytes = 0;  // to begin with
    uint64_t max_bytes = 0;  // more will not be asked for
    bool is_shared = false;  // among threads
  };

  struct Block {
    /// Not null, and a multiple of alignof(std::max_align_t), also where no byte is asked for. It
    /// stays where it is until it is released.
    uint8_t* base = nullptr;
    /// At least Request::min_bytes. The memory never grows beyond; `grow` is asked before it does.
    uint64_t reserved_bytes = 0;
    void* data = nullptr;  // whatever helps to find it again
    /// Whether all of it is zero; else the bytes that come into use are zeroed.
    bool is_zeroed = false;
  };

  virtual ~MemoryAllocator() = default;
  /// A block of which [0, min_bytes) can be read and written. Nothing where there is none: making
  /// the memory fails with `out_of_memory`. What is no block of that size is released at once, and
  /// making fails with `invalid_argument`.
  virtual std::optional<Block> allocate(const Request& request) noexcept = 0;
  /// Whether [old_bytes, new_bytes) can be used from now on. Where not, `memory.grow` yields -1.
  virtual bool grow(const Block& block, uint64_t old_bytes, uint64_t new_bytes) noexcept = 0;
  /// Once for each block, when its memory has ended: with its store, at the latest.
  virtual void release(const Block& block) noexcept = 0;
};

}  // namespace waxwing
