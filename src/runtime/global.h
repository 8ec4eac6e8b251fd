// Global variables. [spec 4.2.9]
#pragma once

#include "runtime/slot.h"
#include "syntax/types.h"

namespace waxwing::runtime {

/// The value of a global: one cell, or two for v128.
struct GlobalCell {
  Slot slots[2] = {0, 0};
};

/// A global of a store; its cell lies in the instance that defines it, or in the object itself for
/// a host's.
struct Global {
  syntax::GlobalType type;  // engine-wide
  GlobalCell* cell;
  GlobalCell own_cell;
};

}  // namespace waxwing::runtime
