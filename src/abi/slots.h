// Slots: the unit of 8 bytes that values take on stacks, in arrays of arguments and in transfer
// areas.
#pragma once

#include <cstdint>

#include "syntax/types.h"

namespace waxwing::abi {

constexpr uint32_t slots_of(syntax::ValKind kind) { return kind == syntax::ValKind::v128 ? 2 : 1; }

}  // namespace waxwing::abi
