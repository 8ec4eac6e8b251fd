// See atomic_emitter.h. Loads of x86-64 need no more than to be one instruction; all others are
// locked. [Intel SDM vol. 3, 9.2]
#include "codegen/x64/atomic_emitter.h"

#include <cassert>

namespace waxwing::codegen::x64 {
namespace {

constexpr Gpr result_gpr = Gpr::rax;

void note_fault(MacroAssembler& m) { m.note_fault(syntax::TrapCode::out_of_bounds_memory); }

void load(MacroAssembler& m, Width width, Gpr dst, const Mem& src) {
  note_fault(m);
  switch (width) {
    case Width::w8: return m.movzx8(Width::w32, dst, src);
    case Width::w16: return m.movzx16(Width::w32, dst, src);
    case Width::w32:
    case Width::w64: return m.mov(width, dst, src);
  }
}

// Clears what is above `width` bits of the result.
void extend_result(MacroAssembler& m, Width width) {
  switch (width) {
    case Width::w8: return m.movzx8(Width::w32, result_gpr, result_gpr);
    case Width::w16: return m.movzx16(Width::w32, result_gpr, result_gpr);
    case Width::w32: return m.mov(Width::w32, result_gpr, result_gpr);
    case Width::w64: return;
  }
}

// Has swapped rax and the memory: 32 bits cleared the upper ones.
void extend_exchanged(MacroAssembler& m, Width width) {
  if (width == Width::w8 || width == Width::w16) extend_result(m, width);
}

void exchange_add(MacroAssembler& m, Width width, const AtomicInstr& instr, bool negate) {
  m.mov(Width::w64, result_gpr, instr.value);
  if (negate) m.neg(Width::w64, result_gpr);
  note_fault(m);
  m.lock_xadd(width, instr.memory, result_gpr);
  extend_exchanged(m, width);
}

void exchange(MacroAssembler& m, Width width, const AtomicInstr& instr) {
  m.mov(Width::w64, result_gpr, instr.value);
  note_fault(m);
  m.xchg(width, instr.memory, result_gpr);
  extend_exchanged(m, width);
}

// Computes the new value from the one that was read until nobody wrote in between.
template <typename Operation>
void compute_and_exchange(MacroAssembler& m, Width width, const AtomicInstr& instr,
                          Operation operation) {
  assert(instr.value != scratch);
  Label again;
  load(m, width, result_gpr, instr.memory);
  m.bind(again);
  m.mov(Width::w64, scratch, result_gpr);
  operation(scratch, instr.value);
  note_fault(m);
  m.lock_cmpxchg(width, instr.memory, scratch);
  m.jcc_short(Condition::not_equal, again);
}

void compare_exchange(MacroAssembler& m, Width width, const AtomicInstr& instr) {
  note_fault(m);
  m.lock_cmpxchg(width, instr.memory, instr.value);
  extend_result(m, width);
}

void store(MacroAssembler& m, Width width, const AtomicInstr& instr) {
  note_fault(m);
  m.xchg(width, instr.memory, instr.value);
}

}  // namespace

void emit_atomic(MacroAssembler& m, const AtomicInstr& instr) {
  assert(syntax::op_info(instr.op).kind == syntax::OpKind::atomic);
  const auto [kind, width] = atomic_facts(instr.op);
  assert(kind == AtomicKind::load || kind == AtomicKind::store || instr.value != result_gpr);
  switch (kind) {
    case AtomicKind::load: return load(m, width, instr.result, instr.memory);
    case AtomicKind::store: return store(m, width, instr);
    case AtomicKind::add: return exchange_add(m, width, instr, false);
    case AtomicKind::sub: return exchange_add(m, width, instr, true);
    case AtomicKind::and_:
      return compute_and_exchange(m, width, instr,
                                  [&m](Gpr a, Gpr b) { m.and_(Width::w64, a, b); });
    case AtomicKind::or_:
      return compute_and_exchange(m, width, instr, [&m](Gpr a, Gpr b) { m.or_(Width::w64, a, b); });
    case AtomicKind::xor_:
      return compute_and_exchange(m, width, instr,
                                  [&m](Gpr a, Gpr b) { m.xor_(Width::w64, a, b); });
    case AtomicKind::xchg: return exchange(m, width, instr);
    case AtomicKind::cmpxchg: return compare_exchange(m, width, instr);
  }
}

}  // namespace waxwing::codegen::x64
