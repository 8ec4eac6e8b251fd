// The names of machine code for GDB and LLDB, which ask for them by two symbols of this process.
// [GDB manual, "JIT Compilation Interface"]
#pragma once

#include "platform/code_listener.h"

namespace waxwing::platform {

/// Keeps an ELF file with a symbol for each part of the code in memory until the code goes, or the
/// listener. Its size is that of the names and some 24 bytes for each.
std::shared_ptr<CodeListener> make_gdb_symbols();

}  // namespace waxwing::platform
