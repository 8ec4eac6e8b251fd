// The instructions of WebAssembly as one enumeration, in the order of opcodes.def.
#pragma once

#include <cstddef>
#include <cstdint>

namespace waxwing::syntax {

enum class Op : uint16_t {
#define OP(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) ID,
#include "syntax/opcodes.def"
};

inline constexpr size_t op_count = 0
#define OP(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE) +1
#include "syntax/opcodes.def"
    ;

}  // namespace waxwing::syntax
