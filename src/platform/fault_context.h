// The registers in the ucontext_t that the kernel hands to signal handlers. Private to the layer.
#pragma once

#include "platform/fault.h"

namespace waxwing::platform {

/// Whether this build knows the layout; where it does not, nothing else here may be called.
bool fault_context_known();

/// Both are async-signal-safe. `context` points to a ucontext_t.
FaultRegisters read_registers(const void* context);
void write_registers(const FaultRegisters& registers, void* context);

}  // namespace waxwing::platform
