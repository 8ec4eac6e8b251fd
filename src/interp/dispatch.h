// Runs register code: from one instruction's handler to the next.
#pragma once

#include "interp/activation.h"

namespace waxwing::interp {

/// The address of the handler of `opcode`: what an instruction begins with.
uint64_t handler_address(Cell opcode);
/// All of them, by opcode.
const void* handler_addresses();

/// Runs from `start` until a handler ends the activation; why is in `start.act`.
void run(const Regs& start);

}  // namespace waxwing::interp
