// The stack that a thread's signal handlers run on when its own may be exhausted. [sigaltstack(2)]
#pragma once

#include <cstdint>

#include "base/result.h"

namespace waxwing::platform {

/// Gives the calling thread an alternate signal stack of at least 64 KiB behind a guard page, until
/// the thread ends, unless it has one already that is large enough for our handler. The first call
/// of a thread costs some microseconds, later ones nothing: a host that takes the stack away after
/// that gives up traps. Fails with `out_of_memory`. Not for signal handlers.
base::Result<> ensure_signal_stack();

/// Written by `ensure_signal_stack` alone.
/// Of the model that needs no call, in a shared library that is opened late too: a byte finds room
/// there. [ELF Handling for Thread-Local Storage]
[[gnu::tls_model("initial-exec")]] inline constinit thread_local bool signal_stack_is_ready = false;

/// Whether `ensure_signal_stack` has nothing to do in this thread. Costs a load.
inline bool has_signal_stack() { return signal_stack_is_ready; }

/// Where machine code finds that: a byte, as far from every thread's thread pointer.
intptr_t signal_stack_flag_offset();

}  // namespace waxwing::platform
