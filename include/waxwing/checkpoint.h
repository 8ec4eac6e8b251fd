// Calls of host functions that return again: what setjmp and longjmp are made of.
#pragma once

#include <memory>
#include <utility>

#include "waxwing/export.h"

namespace waxwing {

namespace detail {
struct Access;
struct CheckpointCore;
}  // namespace detail

/// The call of a host function by Wasm code, with all that the Wasm functions below have on their
/// stack: `Caller::checkpoint` makes one, and a later host function has the call return once more
/// by `Caller::restore`. Copies are the same one. It takes as much memory as the stack was deep,
/// and keeps alive what that refers to; a store has 4096 at most, with 64 MiB of stacks, so drop
/// those whose call has ended. The thread that uses the store copies and destroys it.
class WAXWING_API Checkpoint {
 public:
  // Copies and nothing else: one that was moved from stays what it was.
  Checkpoint(const Checkpoint&) = default;
  Checkpoint& operator=(const Checkpoint&) = default;
  ~Checkpoint() = default;

 private:
  friend struct detail::Access;
  explicit Checkpoint(std::shared_ptr<detail::CheckpointCore> core) : core_(std::move(core)) {}
  std::shared_ptr<detail::CheckpointCore> core_;
};

}  // namespace waxwing
