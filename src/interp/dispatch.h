// Runs register code: from one instruction's handler to the next.
#pragma once

#include "interp/activation.h"

namespace waxwing::interp {

/// Runs from `start` until a handler ends the activation; why is in `start.act`.
void run(const Regs& start);

}  // namespace waxwing::interp
