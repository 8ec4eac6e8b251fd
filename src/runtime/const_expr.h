// Evaluation of constant expressions. [spec 3.3.10, 4.6.9]
#pragma once

#include "runtime/instance.h"

namespace waxwing::runtime {

/// The value of `expr`, which is valid in `instance`'s module; the globals that it reads have
/// theirs already. Fails with `resource_limit` where objects do not fit into the heap.
base::Result<GlobalCell> evaluate(Instance& instance, syntax::ConstExpr expr);

}  // namespace waxwing::runtime
