// Short copies and fills of memory 0 without a call of the runtime: what programs with many small
// records and strings do most.
#pragma once

#include "codegen/x64/macro_assembler.h"

namespace waxwing::codegen::x64 {

/// The quick path of the builtin memory_copy, whose arguments are where builtins have theirs:
/// returns where both memories are memory 0 and at most `max_quick_bytes` within its bounds are
/// copied; goes to `otherwise` in all other cases, with the arguments as they were. `record` is
/// where the context has memory 0's MemoryRecord.
void write_quick_copy(MacroAssembler& m, const Mem& record, Label& otherwise);
/// The same for memory_fill.
void write_quick_fill(MacroAssembler& m, const Mem& record, Label& otherwise);

inline constexpr int32_t max_quick_bytes = 64;

}  // namespace waxwing::codegen::x64
