// One call of a WASI function.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "platform/poll.h"
#include "runtime/store.h"
#include "wasi/context.h"
#include "wasi/guest_memory.h"

namespace waxwing::wasi {

/// What a function may use. It returns an error number to the guest or, with `outcome` set, ends
/// the guest.
struct Call {
  Context& context;
  GuestMemory memory;
  runtime::Store& store;
  runtime::Outcome outcome = runtime::Outcome::returned;
};

/// Waits as `platform::poll` does, until `deadline_ns` of the host's monotonic clock at the latest;
/// null waits for ever. An interruption of the store ends it: then it fails with `intr`, and the
/// call's outcome is a trap.
WasiResult<platform::PollOutcome> wait(Call& call, std::span<platform::PollItem> items,
                                       std::optional<uint64_t> deadline_ns);

}  // namespace waxwing::wasi
