// Wasm -> register code, one function in one pass over its validated body.
#pragma once

#include "interp/code.h"
#include "syntax/module.h"

namespace waxwing::interp {

/// Translates a defined function of a validated module. Linear time in the size of its body.
/// Thread-safe.
FuncCode translate(const syntax::Module& module, syntax::FuncIdx func);

}  // namespace waxwing::interp
