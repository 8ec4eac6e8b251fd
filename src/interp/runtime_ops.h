// Handlers of RUNTIME rows. Layout: d (present though there may be no result), operands, then index
// i32, index2 i32, offset i64.
#pragma once

#include "interp/activation.h"

namespace waxwing::interp::runtime_ops {

bool table_get(Regs& r);
bool table_set(Regs& r);
bool table_size(Regs& r);
bool table_grow(Regs& r);
bool table_fill(Regs& r);
bool table_copy(Regs& r);
bool table_init(Regs& r);
bool elem_drop(Regs& r);
bool memory_size(Regs& r);
bool memory_grow(Regs& r);
bool memory_fill(Regs& r);
bool memory_copy(Regs& r);
bool memory_init(Regs& r);
bool data_drop(Regs& r);
bool memory_atomic_notify(Regs& r);
bool memory_atomic_wait32(Regs& r);
bool memory_atomic_wait64(Regs& r);
bool atomic_fence(Regs& r);

/// d, func i32.
bool ref_func(Regs& r);

}  // namespace waxwing::interp::runtime_ops
