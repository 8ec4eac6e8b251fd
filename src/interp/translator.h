// Wasm -> register code, one function in one pass over its validated body.
#pragma once

#include "interp/code.h"
#include "interp/interpreter.h"
#include "runtime/compiled_module.h"

namespace waxwing::interp {

/// Translates a defined function of a validated module. Linear time in the size of its body.
/// Thread-safe.
FuncCode translate(const runtime::CompiledModule& compiled, syntax::FuncIdx func,
                   const Options& options = {});

}  // namespace waxwing::interp
