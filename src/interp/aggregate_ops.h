// Handlers of structures, arrays and casts that call the runtime, and what the quick ones of
// exec_aggregate.h leave to them. See ops.def for their operands.
#pragma once

#include "interp/activation.h"

namespace waxwing::interp::aggregate_ops {

// The instruction is at Activation::pc.
bool struct_new_here(Regs& r);
bool struct_set_shaded(Regs& r);
bool array_set_shaded(Regs& r);
bool global_set_shaded(Regs& r);
bool ref_test_subtype(Regs& r);
bool ref_cast_subtype(Regs& r);

bool struct_new(Regs& r);
bool struct_new_default(Regs& r);
bool array_new(Regs& r);
bool array_new_default(Regs& r);
bool array_new_fixed(Regs& r);
bool array_new_data(Regs& r);
bool array_new_elem(Regs& r);
bool array_fill(Regs& r);
bool array_copy(Regs& r);
bool array_init_data(Regs& r);
bool array_init_elem(Regs& r);
bool ref_test(Regs& r);
bool ref_cast(Regs& r);
bool imported_set_ref(Regs& r);

}  // namespace waxwing::interp::aggregate_ops
