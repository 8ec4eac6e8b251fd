// --trace=calls: shows each call between the host and Wasm code, with its arguments and results.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/linker.h"
#include "runtime/value.h"

namespace waxwing::cli {

/// Writes to standard error, a line a call and a line a return, indented by nesting.
class CallTracer : public std::enable_shared_from_this<CallTracer> {
 public:
  /// Replaces what the imports of `compiled` find in `linker` where it is a host function, by one
  /// that tells of its calls. REQUIRES: `linker` allows shadowing
  base::Result<> wrap_host_funcs(runtime::Linker& linker, runtime::Store& store,
                                 const runtime::CompiledModule& compiled);

  void show_call(std::string_view name, std::span<const runtime::Value> args);
  void show_results(std::span<const runtime::Value> results);
  /// The call came back without results: `why` says how.
  void show_failure(std::string_view why);

 private:
  struct WrappedFunc;
  static runtime::Outcome call_wrapped(void* data, runtime::Caller& caller, runtime::Slot* slots);
  void show(std::string_view text) const;

  size_t depth_ = 0;
};

}  // namespace waxwing::cli
