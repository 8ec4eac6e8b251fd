// --perf and --debug-symbols: who is told of machine code.
#pragma once

#include "cli/messages.h"
#include "cli/options.h"
#include "platform/code_listener.h"

namespace waxwing::cli {

/// The listeners that `options` ask for. A jitdump goes to the folder that the variable JITDUMPDIR
/// names, or to the current one.
Fallible<platform::CodeListeners> code_listeners(const RunOptions& options);

}  // namespace waxwing::cli
