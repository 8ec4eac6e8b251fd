// Faults in our machine code become what its CodeRange makes of them; all others stay the host's.
// Nothing is installed before it is asked for. [sigaction(2)]
#pragma once

#include "base/result.h"

namespace waxwing::platform {

/// Installs handlers of SIGSEGV, SIGBUS, SIGILL and SIGFPE for the rest of the process's life; the
/// library must not be unloaded after that. What was installed before gets every signal that is not
/// a fault in a CodeRange, as the system would have delivered it, except that a handler that did
/// not ask for the alternate stack runs there too. Whoever installs a handler later must pass on
/// what it does not want. Each thread that runs code needs `ensure_signal_stack`. Thread-safe; only
/// the first call does anything. Fails with `unsupported` on an unknown ISA.
base::Result<> install_fault_handler();

/// For hosts that own the handlers: what theirs calls first, with its arguments (`info` is a
/// siginfo_t, `context` a ucontext_t). Whether the fault was one in a CodeRange and is settled: the
/// handler then returns. Its action has SA_SIGINFO and SA_ONSTACK. Async-signal-safe.
bool handle_fault(int signal, const void* info, void* context);

}  // namespace waxwing::platform
