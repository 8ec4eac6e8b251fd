// Evaluation of constant expressions. [spec 3.3.10, 4.6.9]
#pragma once

#include "runtime/instance.h"

namespace waxwing::runtime {

/// The value of `expr`, which is valid in `instance`'s module; the globals that it reads have
/// theirs already. Fails with `unsupported` on an instruction that needs a GC heap.
base::Result<GlobalCell> evaluate(Instance& instance, syntax::ConstExpr expr);

}  // namespace waxwing::runtime
