// Validation: decides whether a decoded module is valid, and learns what compilers want to know
// about its functions. [spec 3]
#pragma once

#include <functional>
#include <span>

#include "base/result.h"
#include "binary/instr_reader.h"
#include "syntax/module.h"
#include "validate/func_scratch.h"
#include "validate/module_context.h"

namespace waxwing::validate {

/// Validates all of `module`, which was decoded with `features`; fills its `hints` and adds to its
/// `features_used`. On one thread; time is linear in the module's size. Errors are invalid or
/// limit, or malformed where only a function's instructions show it, or say that the work was
/// stopped.
base::Result<> validate(syntax::Module& module, syntax::FeatureSet features,
                        const base::StopFlag* stop = nullptr);

/// The first half of `validate`: everything but function bodies.
base::Result<ModuleContext> validate_declarations(const syntax::Module& module,
                                                  syntax::FeatureSet features,
                                                  const base::StopFlag* stop = nullptr);

/// Validates the body of `func`; `scratch` gets the hints. Several threads may do this for one
/// context, each with a scratch of its own, in any order. REQUIRES: `func` is not imported
base::Result<> validate_function(const ModuleContext& context, syntax::FuncIdx func,
                                 FuncScratch& scratch);

/// What validation knows behind one instruction, valid during the call that hands it over.
struct ValidatedStep {
  const binary::Instr& instr;
  std::span<const syntax::ValType> operands;  // of all open blocks, the top last
  bool is_unreachable = false;                // any operands may be under the block's own
};
using StepObserver = std::function<void(const ValidatedStep&)>;

/// The same, slowly, telling `observe` of each instruction that was valid.
base::Result<> observe_function(const ModuleContext& context, syntax::FuncIdx func,
                                FuncScratch& scratch, const StepObserver& observe);

}  // namespace waxwing::validate
