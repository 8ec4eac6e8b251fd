// Which callback answers for faults at which machine code: a map that signal handlers read without
// locks while any thread changes it. One for the process, because signal handlers are.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "platform/fault.h"

namespace waxwing::platform {

/// Returns whether the fault is settled: then the thread goes on with `fault.registers`, as
/// changed. Otherwise the fault is nobody's of ours, and the changes are dropped. Runs in a signal
/// handler, perhaps on several threads at once: takes no lock, allocates nothing, and returns.
using FaultCallback = bool (*)(void* context, Fault& fault);

/// A range of code whose faults are answered while this exists.
class CodeRange {
 public:
  /// No code.
  CodeRange() = default;
  CodeRange(CodeRange&& other) noexcept;
  CodeRange& operator=(CodeRange&& other) noexcept;
  /// REQUIRES: no thread runs the code any more. Thread-safe; logarithmic time; cannot fail.
  ~CodeRange();

  /// `callback(context, fault)` answers for faults whose pc lies in `code`. Thread-safe; linear
  /// time in the number of ranges. Fails with `invalid_argument` where `code` is empty or overlaps
  /// a range that is there, `out_of_memory`.
  static base::Result<CodeRange> add(std::span<const uint8_t> code, FaultCallback callback,
                                     void* context);

 private:
  explicit CodeRange(uintptr_t begin) : begin_(begin) {}
  void remove();

  uintptr_t begin_ = 0;  // 0: no code
};

/// Asks the callback of the range that `fault.registers.pc` lies in, if any. Async-signal-safe.
bool answer_fault(Fault& fault);

}  // namespace waxwing::platform
