// The interpreter, tier T0: the oracle of the other tiers and the engine of hosts that forbid
// machine code.
#pragma once

#include <memory>

#include "base/result.h"
#include "runtime/compiled_module.h"

namespace waxwing::interp {

/// What translated code does besides what the module says.
struct Options {
  /// It counts what it uses of the store's fuel: binary/fuel.h.
  bool fuel = false;
  /// It tells the store's listener of its calls: runtime/listener.h.
  bool listeners = false;
  /// Float arithmetic yields no NaN but the canonical one: numeric/nans.h.
  bool canonicalize_nans = false;
};

/// Code for a validated module whose types have their engine-wide ids: each function is translated
/// at its first call. `compiled` must outlive the result, which may be shared by threads. Costs one
/// word a function; fails where there is no memory for them.
base::Result<std::unique_ptr<const runtime::ModuleCode>> load(
    const runtime::CompiledModule& compiled, const Options& options = {});

}  // namespace waxwing::interp
