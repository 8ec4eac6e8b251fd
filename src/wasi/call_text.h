// Calls of WASI's functions in words, as strace has them. For who looks at programs; nothing is
// changed, and a guest that lies about its memory is told of as it is.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "runtime/slot.h"
#include "wasi/guest_memory.h"

namespace waxwing::wasi {

/// Slots of arguments that a function has at most.
inline constexpr size_t max_argument_slots = 9;

/// A call, by the names that the linker has for its function.
struct CallView {
  std::string_view module;  // wasi_snapshot_preview1 or wasi_unstable
  std::string_view function;
  std::span<const runtime::Slot> args;  // as they were before the call
  GuestMemory memory;
};

/// Whether it is a function of WASI, of which the others have something to say.
bool is_wasi(std::string_view module, std::string_view function);
/// Whether it may wait for somebody.
bool may_wait(std::string_view function);

/// "fd_write(fd=1, iovs=[{ptr=0x400,len=6,"hello\n"}])". At most some hundred bytes for each
/// argument.
std::string call_text(const CallView& call);
/// "0 (success) nwritten=6" or "8 (badf)"; `result` is what the function returned, and the memory
/// as it is after that.
std::string result_text(const CallView& call, runtime::Slot result);

}  // namespace waxwing::wasi
