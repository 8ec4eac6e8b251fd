// Calls that leave the instance, refused frames, and the search for a handler of an exception.
// [spec 4.6.10, 4.6.11]
#include "interp/call.h"

#include <algorithm>
#include <utility>

#include "abi/handler_cost.h"
#include "interp/dispatch.h"
#include "interp/exec_control.h"
#include "interp/function_table.h"
#include "runtime/handler_search.h"
#include "runtime/listener.h"

namespace waxwing::interp {
namespace {

using runtime::ListenedCall;
using runtime::Outcome;

/// Makes the caller of the current frame current: pc is within its call, whose return address is
/// `back`.
void pop_frame(Regs& r, const Cell* back) {
  r.fp -= read_cells<uint32_t>(back - 2);
  r.pc = back - 1;
}

/// Whether the running instruction is `op`.
bool is_instruction(const Regs& r, IOp op) {
  return read_cells<uint64_t>(r.pc - (opcode_cells - 1)) == handler_address(opcode(op));
}

/// ListenedCall::offset_at.
uint64_t offset_at(const runtime::Instance& instance, const void* pc) {
  const auto& code = static_cast<const Code&>(*instance.compiled().code);
  const auto* const cell = static_cast<const Cell*>(pc);
  const FuncCode* const func = code.find(cell);
  return func ? module_offset(code.module(), *func, cell) : 0;
}

/// The frame at `fp` calls where `pc` is.
void note_place(const Regs& r, const Slot* fp, const Cell* pc) {
  r.act->instance->store().listened()->note_pc(fp, pc);
}

/// A call of a foreign function: its frame, and where it returns to.
struct ForeignFrame {
  Slot* slots;
  const Cell* back;
};

/// What an activation goes on with after a foreign call, as checkpoints have it.
enum StateWord : uint8_t { state_frame, state_slots, state_back, state_activation, state_words };

uint64_t body_bytes(runtime::Store& /*store*/, std::span<const uint64_t> state) {
  const Activation& act = *reinterpret_cast<const Activation*>(state[state_activation]);
  const Slot* fp = reinterpret_cast<const Slot*>(state[state_frame]);
  const Cell* pc = reinterpret_cast<const Cell*>(state[state_back]) - 1;
  uint64_t sum = 0;
  while (const FuncCode* const func = act.code->find(pc)) {
    sum += runtime::cost_to_go_on(act.code->module(), func->func);
    const Cell* const back = reinterpret_cast<const Cell*>(fp[func->header_slot]);
    fp -= read_cells<uint32_t>(back - 2);
    pc = back - 1;
  }
  return sum;
}

/// `base`: where the activation's part of the stack begins. The call may return in another frame.
Outcome call_with_checkpoints(Regs& r, runtime::Func& func, ForeignFrame& frame, Slot* base) {
  runtime::Store& store = r.act->instance->store();
  uint64_t state[state_words];
  state[state_frame] = reinterpret_cast<uint64_t>(r.fp);
  state[state_slots] = reinterpret_cast<uint64_t>(frame.slots);
  state[state_back] = reinterpret_cast<uint64_t>(frame.back);
  state[state_activation] = reinterpret_cast<uint64_t>(r.act);
  runtime::ForeignCall call(store, func,
                            {.slots = frame.slots,
                             .stack = {base, r.stack->top},
                             .state = state,
                             .body_bytes = &body_bytes});
  const Outcome outcome = store.call(func, frame.slots, r.act->instance);
  if (outcome != Outcome::trapped || !call.resume()) return outcome;
  r.fp = reinterpret_cast<Slot*>(state[state_frame]);
  frame = {.slots = reinterpret_cast<Slot*>(state[state_slots]),
           .back = reinterpret_cast<const Cell*>(state[state_back])};
  return Outcome::returned;
}

/// The store's stack is free from `top` on while a call that began at the current frame runs.
Outcome call_with_top(Regs& r, runtime::Func& func, ForeignFrame& frame, Slot* top) {
  runtime::Store& store = r.act->instance->store();
  if (top > r.stack->end) return store.set_trap(syntax::TrapCode::call_stack_exhausted);
  if (r.stack->native.listening != 0) note_place(r, r.fp, r.pc);
  Slot* const saved_top = r.stack->top;
  r.stack->top = top;
  const Outcome outcome = store.limits().has_checkpoints
                              ? call_with_checkpoints(r, func, frame, saved_top)
                              : store.call(func, frame.slots, r.act->instance);
  r.stack->top = saved_top;
  return outcome;
}

/// Puts a caught exception's payload into the handler's slots.
void deliver(Regs& r, const Handler& handler, runtime::Exception* exception) {
  if (!handler.any_tag) std::ranges::copy(exception->payload(), r.fp + handler.slot);
  if (handler.with_ref) r.fp[handler.ref_slot] = runtime::Ref(exception).bits();
}

/// The innermost handler of `func` for an exception that is thrown at `cell`, or null.
const Handler* find_handler(const Regs& r, const FuncCode& func, uint32_t cell,
                            const runtime::Tag* tag) {
  size_t next = 0;
  while (next < func.handlers.size()) {
    const Handler& handler = func.handlers[next++];
    if (cell < handler.first_cell || cell >= handler.end_cell) continue;
    if (handler.is_delegate)
      next = handler.target;
    else if (handler.any_tag || r.act->data->tags[handler.tag.value] == tag)
      return &handler;
  }
  return nullptr;
}

/// Finds the innermost handler from the current instruction outwards; without one the activation
/// ends. [spec 4.6.11]
bool unwind(Regs& r, runtime::Exception* exception) {
  const Cell* const thrown_at = r.pc;
  Slot* const thrown_fp = r.fp;
  const auto stop = [&] {
    r.pc = thrown_at;
    r.fp = thrown_fp;
    return trap(r, syntax::TrapCode::none);
  };
  runtime::HandlerSearch search(r.act->instance->store());
  while (const FuncCode* func = r.act->code->find(r.pc)) {
    const size_t clauses = func->handlers.size();
    const uint64_t cost = r.act->code->counts_fuel() ? abi::handler_cost(clauses) : 0;
    if (!search.enter(clauses, cost)) return stop();
    const auto cell = static_cast<uint32_t>(r.pc - func->cells.data());
    if (const Handler* handler = find_handler(r, *func, cell, exception->tag)) {
      // The handler may be a loop's label, and nothing else in the loop a branch.
      if (interrupt_requested(r)) return stop();
      if (r.stack->native.listening != 0) {
        r.act->instance->store().listened()->abort_inner(ListenedCall::Frame::interpreted, r.fp);
      }
      deliver(r, *handler, exception);
      r.pc = func->cells.data() + handler->target;
      return true;
    }
    pop_frame(r, reinterpret_cast<const Cell*>(r.fp[func->header_slot]));
  }
  r.act->instance->store().pending_exception = exception;
  r.pc = thrown_at;
  r.fp = thrown_fp;
  return stop_with(r, Activation::Stop::threw, syntax::TrapCode::none);
}

/// Takes the exception that a foreign call left in the store.
bool unwind_foreign(Regs& r) {
  runtime::Store& store = r.act->instance->store();
  runtime::Exception* exception = std::exchange(store.pending_exception, nullptr);
  if (exception) return unwind(r, exception);
  static_cast<void>(store.set_trap(syntax::TrapCode::host_error, "it threw no exception"));
  return trap(r, syntax::TrapCode::none);
}

/// Whether the tail call that `pc` is at finds nothing to call.
bool tail_call_traps(const Regs& r) {
  const auto address = read_cells<uint64_t>(r.pc);
  const Cell* const operands = r.pc + opcode_cells;
  if (address == handler_address(opcode(IOp::return_call_ref))) return r.fp[operands[0]] == 0;
  if (address != handler_address(opcode(IOp::return_call_indirect))) return false;
  syntax::TrapCode code = syntax::TrapCode::none;
  const runtime::Func* const func = table_func(r, operands, code);
  const runtime::TypeId expected = r.act->data->type_ids[read_cells<uint32_t>(operands)];
  return !func || !r.act->instance->store().types().is_subtype(func->type_id(), expected);
}

/// Goes on after a foreign call: where it returns to, in a handler, or out of the activation.
bool after_foreign(Regs& r, Outcome outcome, const ForeignFrame& frame) {
  switch (outcome) {
    case Outcome::trapped: return trap(r, syntax::TrapCode::none);
    case Outcome::threw: return unwind_foreign(r);
    case Outcome::returned: break;
  }
  // What the result is, an integer or a float or a vector, only the next instruction knows.
  // Without results, the slots may be where the stack ends.
  Slot result[2] = {0, 0};
  const ptrdiff_t room = r.stack->end - frame.slots;
  if (room >= 2) [[likely]]
    std::copy_n(frame.slots, 2, result);
  else if (room == 1)
    result[0] = frame.slots[0];
  r.acc = result[0];
  r.vec = load_slot<Vec>(result);
  r.pc = frame.back;
  return true;
}

}  // namespace

bool exec_translate_entry(Regs& r) {
  r.pc = r.act->code->translate(r.act->callee);
  return true;
}

bool exec_refuse_enter(Regs& r) {
  pop_frame(r, reinterpret_cast<const Cell*>(r.acc));
  if (r.act->instance->store().check_interrupt()) return trap(r, syntax::TrapCode::none);
  return trap(r, syntax::TrapCode::call_stack_exhausted);
}

bool exec_refuel(Regs& r) {
  r.pc = r.act->pc;
  if (!r.act->instance->store().refuel()) return trap(r, syntax::TrapCode::none);
  r.pc += 3;
  return true;
}

bool exec_call_foreign(Regs& r) {
  const Cell* back = reinterpret_cast<const Cell*>(r.acc);
  r.pc = r.act->pc;
  ForeignFrame frame{.slots = r.fp + read_cells<uint32_t>(back - 2), .back = back};
  const Outcome outcome = call_with_top(r, *r.act->func, frame, frame.slots + r.act->span);
  return after_foreign(r, outcome, frame);
}

bool exec_tail_call_foreign(Regs& r) {
  const Cell* back = reinterpret_cast<const Cell*>(r.acc);
  ForeignFrame frame{.slots = r.fp, .back = back};
  pop_frame(r, back);
  const Outcome outcome = call_with_top(r, *r.act->func, frame, frame.slots + r.act->span);
  return after_foreign(r, outcome, frame);
}

bool exec_call_by_type(Regs& r) {
  r.pc = r.act->pc;
  syntax::TrapCode code = syntax::TrapCode::none;
  runtime::Func* func = table_func(r, r.pc + 1, code);
  if (!func) return trap(r, code);
  const runtime::TypeId expected = r.act->data->type_ids[read_cells<uint32_t>(r.pc + 1)];
  if (!r.act->instance->store().types().is_subtype(func->type_id(), expected)) {
    return trap(r, syntax::TrapCode::indirect_call_type_mismatch);
  }
  const bool is_tail_call = is_instruction(r, IOp::return_call_indirect);
  return is_tail_call ? tail_call_func(r, *func, r.pc + 5) : call_func(r, *func, 8);
}

bool exec_listen_enter(Regs& r) {
  if (r.stack->native.listening != 0) {
    // The accumulator still has the return address; an activation has no caller here.
    const Cell* const back = reinterpret_cast<const Cell*>(r.acc);
    if (read_cells<uint64_t>(back) != handler_address(opcode(IOp::halt)))
      note_place(r, r.fp - read_cells<uint32_t>(back - 2), back - 1);
    const StackInUse in_use(r, r.pc[3]);
    runtime::Instance& instance = *r.act->instance;
    instance.store().listened()->enter({.instance = &instance,
                                        .func = syntax::FuncIdx(read_cells<uint32_t>(r.pc + 1)),
                                        .frame = ListenedCall::Frame::interpreted,
                                        .address = r.fp,
                                        .offset_at = &offset_at},
                                       r.fp);
  }
  r.pc += 4;
  return true;
}

bool exec_listen_exit(Regs& r) {
  if (r.stack->native.listening != 0) {
    const uint32_t from = read_cells<uint32_t>(r.pc + 1);
    const StackInUse in_use(r, from + r.pc[3]);
    r.act->instance->store().listened()->exit(ListenedCall::Frame::interpreted, r.fp, r.fp + from);
  }
  r.pc += 4;
  return true;
}

bool exec_listen_tail(Regs& r) {
  r.pc += 1;
  if (r.stack->native.listening == 0) return true;
  if (!tail_call_traps(r))
    r.act->instance->store().listened()->exit(ListenedCall::Frame::interpreted, r.fp, nullptr);
  return true;
}

bool exec_throw(Regs& r) {
  runtime::Tag& tag = *r.act->data->tags[read_cells<uint32_t>(r.pc + 1)];
  const uint32_t from = read_cells<uint32_t>(r.pc + 3);
  runtime::Exception* exception = nullptr;
  {
    const StackInUse in_use(r, from + r.pc[5]);
    exception = r.act->instance->store().new_exception(tag, r.fp + from);
  }
  return exception ? unwind(r, exception) : trap(r, syntax::TrapCode::heap_exhausted);
}

bool exec_throw_ref(Regs& r) {
  runtime::Exception* exception = runtime::Ref::from_bits(r.fp[r.pc[1]]).exception();
  if (!exception) return trap(r, syntax::TrapCode::null_exception_reference);
  return unwind(r, exception);
}

}  // namespace waxwing::interp
