// Offers WASI to the modules of a linker.
#pragma once

#include <memory>

#include "base/result.h"
#include "runtime/linker.h"
#include "wasi/context.h"

namespace waxwing::wasi {

/// Defines the functions of WASI preview 1 as `wasi_snapshot_preview1` and, with the layouts of the
/// snapshot before, as `wasi_unstable`. They keep `context` alive. Fails where a name is taken.
base::Result<> add_to_linker(runtime::Linker& linker, runtime::Store& store,
                             const std::shared_ptr<Context>& context);

}  // namespace waxwing::wasi
