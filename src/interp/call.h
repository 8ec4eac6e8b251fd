// The slow ways of calling: first calls, calls out of the instance, and what unwinds frames.
#pragma once

#include "interp/activation.h"

namespace waxwing::interp {

/// Translates the function with the number `defined` among the defined ones and returns its code; null on failure, with the
/// trap in the store.
[[gnu::noinline]] const Cell* translate_entry(const Activation& act, uint32_t defined);

/// The stack has no room for the frame at `fp`, or the call was asked to stop: traps at the call.
[[gnu::noinline]] bool refuse_enter(Regs& r);

/// Calls a function of the host or of another instance. The instruction is `length` cells long and ends with span and delta.
[[gnu::noinline]] bool call_foreign(Regs& r, runtime::Func& func, Slot* fp, size_t length);

/// The same as a tail call: the arguments lie at `r.fp`, `span` slots are used there, and it returns to `back`.
[[gnu::noinline]] bool tail_call_foreign(Regs& r, runtime::Func& func, const Cell* back, uint32_t span);

[[gnu::noinline]] bool is_subtype(const Activation& act, runtime::TypeId sub, runtime::TypeId super);

/// tag i32, from i32, count i16 (slots of the payload).
[[gnu::noinline]] bool exec_throw(Regs& r);
/// s: the exnref.
[[gnu::noinline]] bool exec_throw_ref(Regs& r);

}  // namespace waxwing::interp
