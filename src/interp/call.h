// Handlers of the slow ways of calling: first calls, calls out of the instance, refused frames,
// calls that are listened to, and exceptions.
#pragma once

#include "interp/activation.h"

namespace waxwing::interp {

// See ops.def.
bool exec_refuse_enter(Regs& r);
bool exec_translate_entry(Regs& r);
bool exec_refuel(Regs& r);
bool exec_call_foreign(Regs& r);
bool exec_tail_call_foreign(Regs& r);
bool exec_call_by_type(Regs& r);
bool exec_listen_enter(Regs& r);
bool exec_listen_exit(Regs& r);
bool exec_listen_tail(Regs& r);
bool exec_throw(Regs& r);
bool exec_throw_ref(Regs& r);

}  // namespace waxwing::interp
