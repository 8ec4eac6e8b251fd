// The functions of a module as the interpreter has them: translated at their first call, shared by
// all instances and threads.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "interp/code.h"
#include "interp/interpreter.h"
#include "runtime/compiled_module.h"

namespace waxwing::interp {

/// What the first frame of an activation returns to. A return finds its distance, 0, in front.
class HaltCode {
 public:
  HaltCode();
  const Cell* entry() const { return cells_ + 2; }

 private:
  Cell cells_[2 + opcode_cells] = {};
};

/// How many slots the arguments and the results of a function take.
struct CallShape {
  uint16_t args = 0;
  uint16_t results = 0;
};

/// The interpreter's code of one module. Thread-safe.
class Code final : public runtime::ModuleCode {
 public:
  /// `compiled` must outlive the code; `entries` are null, one a defined function.
  Code(const runtime::CompiledModule& compiled, const Options& options,
       std::unique_ptr<std::atomic<const Cell*>[]> entries);
  ~Code() override;

  runtime::Outcome call(runtime::Instance& instance, syntax::FuncIdx func,
                        runtime::Slot* args_and_results) const override;

  /// The code of the function with that number among the defined ones. Translates once.
  const Cell* translate(uint32_t defined) const;
  /// The function whose code `pc` lies in, or null. Logarithmic time, takes a lock.
  const FuncCode* find(const Cell* pc) const;

  const syntax::Module& module() const { return module_; }
  bool counts_fuel() const { return options_.fuel; }

 private:
  const runtime::CompiledModule& compiled_;
  const syntax::Module& module_;
  const Options options_;
  std::unique_ptr<std::atomic<const Cell*>[]> entries_;
  std::vector<CallShape> shapes_;  // by type
  const HaltCode halt_;
  mutable std::mutex mutex_;
  mutable std::map<const Cell*, std::unique_ptr<const FuncCode>>
      funcs_;  // by the address of the first cell
};

/// Where in the module's bytes the instruction at `pc` came from.
uint64_t module_offset(const syntax::Module& module, const FuncCode& func, const Cell* pc);

}  // namespace waxwing::interp
