// Bytes for memories that somebody else gives: the embedder.
#pragma once

#include <cstdint>
#include <optional>

namespace waxwing::runtime {

/// Called by any thread that makes, grows or ends a memory, and trusted: what it says it has given
/// is the memory's until `release`.
class MemoryAllocator {
 public:
  struct Request {
    uint64_t min_bytes = 0;
    uint64_t max_bytes = 0;  // more is never asked for
    bool is_shared = false;
  };
  struct Block {
    uint8_t* base = nullptr;
    uint64_t reserved_bytes = 0;  // how far the memory can grow
    void* data = nullptr;         // whatever helps to find it again
    bool is_zeroed = false;       // all of it is, until the memory writes to it
  };

  virtual ~MemoryAllocator() = default;
  /// A block of which the first `min_bytes` can be used; nothing where there is none.
  virtual std::optional<Block> allocate(const Request& request) = 0;
  /// Whether [old_bytes, new_bytes), which is within the block, can be used from now on.
  virtual bool grow(const Block& block, uint64_t old_bytes, uint64_t new_bytes) = 0;
  /// Once for each block that was allocated.
  virtual void release(const Block& block) = 0;
};

}  // namespace waxwing::runtime
