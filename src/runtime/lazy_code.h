// Machine code that grows by a function when one is called that has none yet. Any thread may be the
// one that compiles, while others run, fault, and walk frames.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "abi/lazy_code.h"
#include "platform/code_memory.h"

namespace waxwing::runtime {

/// A function that has code; never changes. Offsets are the text's.
struct LazyFunc {
  uint32_t index = 0;  // from the first defined one
  abi::CodeFunc code;  // alone of its image: its tables are these
  std::vector<abi::CodeSite> sites;
  std::vector<abi::CodeHandler> handlers;
};

class LazyCode {
 public:
  /// The text's stubs are in `memory` already, whose first published byte is the text's.
  LazyCode(platform::CodeMemory memory, std::unique_ptr<abi::PieceCompiler> compiler, size_t funcs);

  /// The function whose code has that offset, or null. Logarithmic time; async-signal-safe.
  const LazyFunc* find(uint32_t offset) const;

  /// The function's code, which is compiled if nobody has done so; waits where another thread is
  /// about it. Errors: of the compiler, `implementation_limit` where the text is full,
  /// `unsupported` or `out_of_memory` of the host. Another call tries again.
  base::Result<const LazyFunc*> compile(uint32_t func);

 private:
  enum class State : uint8_t { none, busy, done };

  base::Result<const LazyFunc*> publish(uint32_t func, abi::CodePiece piece);

  const std::unique_ptr<abi::PieceCompiler> compiler_;
  const std::unique_ptr<std::unique_ptr<const LazyFunc>[]> funcs_;  // by rising place
  std::atomic<size_t> count_ = 0;                                   // of funcs_
  std::mutex mutex_;                                                // of what follows
  std::condition_variable is_settled_;
  platform::CodeMemory memory_;
  const uint8_t* const text_;
  std::vector<State> states_;          // by function
  std::vector<const LazyFunc*> done_;  // by function
};

}  // namespace waxwing::runtime
