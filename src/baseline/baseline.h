// The baseline compiler: one pass over validated code to machine code. [codegen/call_layout.h,
// abi/]
#pragma once

#include <memory>

#include "abi/code_image.h"
#include "abi/lazy_code.h"
#include "base/result.h"
#include "base/stop_flag.h"
#include "codegen/code_object.h"
#include "codegen/x64/cpu_features.h"
#include "syntax/module.h"

namespace waxwing::baseline {

struct Options {
  codegen::x64::CpuFeatures features;
  /// 32-bit memories have guard pages behind them, and faults become traps; otherwise every access
  /// is checked.
  bool guard_pages = true;
  /// For tests: values have this many registers of each class at most, locals none. 0: all.
  uint32_t max_registers = 0;
  /// Functions count their calls and the iterations of their loops: abi::FuncCounters.
  bool counters = false;
  /// Functions count what they use of the store's fuel: binary/fuel.h.
  bool fuel = false;
  /// Functions tell the store's listener of their calls: runtime/listener.h.
  bool listeners = false;
  /// Float arithmetic yields no NaN but the canonical one: numeric/nans.h.
  bool canonicalize_nans = false;
  /// Threads that compile, the caller's included; fewer where the module is small, or the system
  /// refuses more.
  uint32_t threads = 1;
  /// Where not null: told how many of all functions are done, now and then and at the end. Called
  /// by the thread that called `compile`; `done` never falls.
  void (*progress)(void* context, size_t done, size_t total) = nullptr;
  void* progress_context = nullptr;
  /// Bytes of machine code that functions may have together.
  uint64_t max_code_bytes = UINT64_MAX;
  /// Ends the work of all threads.
  const base::StopFlag* stop = nullptr;
};

/// The code of all functions of a validated module, the same for any number of threads. Takes time
/// in proportion to the module's size. Errors: out_of_memory, limit; of several functions' errors
/// that of the first one; or that the work was stopped.
base::Result<abi::CodeImage> compile(const syntax::Module& module, const Options& options);

/// A module whose functions are compiled when they are first called.
struct LazyModule {
  abi::CodeImage stubs;
  std::unique_ptr<abi::PieceCompiler> compiler;
};

/// Compiles nothing yet. Functions call one another by VmContext::code_ptrs. REQUIRES: the
/// validated module outlives the result. Errors: out_of_memory, limit.
base::Result<LazyModule> compile_lazily(const syntax::Module& module, const Options& options);

}  // namespace waxwing::baseline
