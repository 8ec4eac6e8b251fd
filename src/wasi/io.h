// Reading and writing a descriptor: one vectored system call where it need not wait.
#pragma once

#include <type_traits>
#include <utility>

#include "wasi/call.h"

namespace waxwing::wasi {

/// How long to wait for what cannot be waited for.
constexpr uint64_t try_again_ns = 10'000'000;

enum class Direction : uint8_t { read, write };

/// Waits, interruptibly, until `descriptor` can be read or written, which may turn out not to be
/// so. `again` where the guest has it as non-blocking and it cannot.
WasiResult<> wait_for(Call& call, Descriptor& descriptor, Direction direction);

/// What `operation` answers, which is called again after a wait where it was `again` and the
/// guest's descriptor blocks.
template <typename Operation>
auto until_ready(Call& call, Descriptor& descriptor, Direction direction, Operation operation)
    -> WasiResult<typename std::invoke_result_t<Operation>::value_type> {
  for (;;) {
    auto result = operation();
    if (result) return *std::move(result);
    const bool must_wait = result.error() == platform::FileError::again &&
                           descriptor.blocking != Blocking::never && !descriptor.is_nonblocking();
    if (!must_wait) {
      if (call.store.has_trap()) call.outcome = runtime::Outcome::trapped;  // an embedder's file
      return fail(to_errno(result.error()));
    }
    TRY(wait_for(call, descriptor, direction));
  }
}

/// Reads once into `buffers`; 0 bytes are the end of the file, or no buffer at all. Where the
/// descriptor has nothing yet and is not the guest's as non-blocking, waits, interruptibly. The
/// caller has checked the rights.
WasiResult<uint32_t> read_from(Call& call, Descriptor& descriptor, ReadBuffers& buffers);

/// The same for writing. What the quota does not allow is left out; `dquot` where that is all. A
/// blocking connection takes all, or less before it fails; a datagram goes whole, or not
/// (`msgsize`).
WasiResult<uint32_t> write_to(Call& call, Descriptor& descriptor, WriteBuffers& buffers);

/// Shortens `buffers` to what may still be written to `file`; `dquot` where that is nothing.
WasiResult<> limit_by_quota(Call& call, const Descriptor& file, WriteBuffers& buffers);

}  // namespace waxwing::wasi
