// The functions that AssemblyScript imports where it has no WASI: abort, trace, seed.
#pragma once

#include <memory>
#include <string_view>

#include "imports/helpers.h"

namespace waxwing::imports {

/// What they need.
struct AssemblyScript {
  std::shared_ptr<wasi::Context> context;
  bool abort_message = true;
  TraceOutput trace = TraceOutput::standard_error;
};

/// Its `data` is an AssemblyScript. Null where there is no such function.
runtime::HostCode find_assemblyscript(std::string_view name, const syntax::FuncType& type);

}  // namespace waxwing::imports
