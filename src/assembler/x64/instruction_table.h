// instructions.def read back: which names there are, and what processor each needs.
#pragma once

#include <string_view>

#include "assembler/x64/features.h"

namespace waxwing::assembler::x64 {

struct InstructionInfo {
  std::string_view name;  // the method's; rows of one name differ in their operands
  Feature feature;
};

/// Every row once. The AVX twin that an SSE row makes, `v` before its name, needs `avx`.
inline constexpr InstructionInfo instruction_table[] = {
#define ROW(NAME, FEATURE, ...) {#NAME, Feature::FEATURE},
#include "assembler/x64/instructions.def"
};

}  // namespace waxwing::assembler::x64
