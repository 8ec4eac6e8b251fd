// Loads, stores and atomics. The base of memory 0 is in a register; behind a guarded memory lie
// pages that fault, and only what they do not cover is checked. [spec 4.4.5, threads proposal]
#include <array>

#include "base/check.h"
#include "baseline/func_compiler.h"
#include "codegen/x64/atomic_emitter.h"
#include "codegen/x64/memory_emitter.h"
#include "codegen/x64/pure_emitter.h"
#include "syntax/access.h"

namespace waxwing::baseline {

using codegen::x64::AtomicKind;
using codegen::x64::context_register;
using codegen::x64::memory_base_register;
using codegen::x64::RegRef;
using codegen::x64::scratch;
using syntax::AddressType;
using syntax::MemIdx;
using syntax::TrapCode;

namespace {

constexpr uint64_t max_guarded_offset = abi::guard_bytes - abi::max_access_bytes;

/// What a row of a load, store or atomic means for operands and results.
struct AccessFacts {
  ValKind result = ValKind::i32;  // of a load
  RegClass reg_class = RegClass::general;
  uint8_t size_bytes = 0;
  bool has_lane = false;
  bool is_whole = false;  // a load of a number that other instructions can read in place
};

consteval AccessFacts read_access_facts(const syntax::OpInfo& info) {
  AccessFacts facts{
      .size_bytes = static_cast<uint8_t>(1u << syntax::access_table[size_t(info.id)].align_log2)};
  if (info.signature.result_count == 1)
    facts.result = ValKind(static_cast<uint8_t>(info.signature.results[0]));
  if (info.kind == syntax::OpKind::load || info.kind == syntax::OpKind::store) {
    facts.reg_class = codegen::x64::accessed_class(info.id);
    facts.has_lane = codegen::x64::accesses_lane(info.id);
  }
  facts.is_whole = info.id == Op::i32_load || info.id == Op::i64_load || info.id == Op::f32_load ||
                   info.id == Op::f64_load;
  return facts;
}

constexpr auto access_facts = []() consteval {
  std::array<AccessFacts, syntax::op_count> table{};
  for (const syntax::OpInfo& info : syntax::op_table)
    table[size_t(info.id)] = read_access_facts(info);
  return table;
}();

}  // namespace

bool FuncCompiler::is_guarded(uint32_t memory) const {
  const syntax::MemoryType& type = module_.memories[MemIdx(memory)];
  return options_.guard_pages && type.address == AddressType::i32 &&
         type.page_size_log2 == syntax::MemoryType::usual_page_size_log2;
}

inline Mem FuncCompiler::address(const Instr& instr, Value& index, uint32_t size_bytes) {
  const bool is_usual =
      is_memory0_guarded_ && instr.index == 0 && instr.mem_offset <= max_guarded_offset;
  if (!is_usual) [[unlikely]]
    return rare_address(instr, index, size_bytes);
  return guarded_address(memory_base_register, index, static_cast<uint32_t>(instr.mem_offset));
}

inline Mem FuncCompiler::guarded_address(Gpr base, Value& index, uint32_t offset) {
  if (index.is_constant() && index.bits + offset <= INT32_MAX)
    return Mem(base, static_cast<int32_t>(index.bits + offset));
  return Mem(base, in_gpr(index), Scale::x1, static_cast<int32_t>(offset));
}

/// That in another memory, or one that is not guarded, or far away.
Mem FuncCompiler::rare_address(const Instr& instr, Value& index, uint32_t size_bytes) {
  if (!is_guarded(instr.index) || instr.mem_offset > max_guarded_offset)
    return checked_address(instr, index, size_bytes);
  Gpr base = memory_base_register;
  if (instr.index != 0) {
    base = alloc_gpr();
    masm_.mov(Width::w64, base,
              Mem(context_register, static_cast<int32_t>(layout_.memory(MemIdx(instr.index)))));
    masm_.mov(Width::w64, base, Mem(base, offsetof(abi::MemoryRecord, base)));
  }
  return guarded_address(base, index, static_cast<uint32_t>(instr.mem_offset));
}

/// Computes where the access ends, and compares that with the memory's size.
Mem FuncCompiler::checked_address(const Instr& instr, Value& index, uint32_t size_bytes) {
  const Gpr start = in_gpr(index);
  const Gpr end = alloc_gpr();
  const bool may_wrap = module_.memories[MemIdx(instr.index)].address == AddressType::i64;
  uint64_t distance = 0;
  if (__builtin_add_overflow(instr.mem_offset, uint64_t{size_bytes}, &distance)) {
    masm_.trap(TrapCode::out_of_bounds_memory);  // wherever it starts
    return Mem(memory_base_register);
  }
  if (distance <= INT32_MAX && !may_wrap) {
    masm_.lea(Width::w64, end, Mem(start, static_cast<int32_t>(distance)));
  } else if (distance <= INT32_MAX) {
    masm_.mov(Width::w64, end, start);
    masm_.add(Width::w64, end, static_cast<int32_t>(distance));
  } else {
    masm_.mov_imm(end, distance);
    masm_.add(Width::w64, end, start);
  }
  if (may_wrap) masm_.trap_if(Condition::below, TrapCode::out_of_bounds_memory);
  masm_.mov(Width::w64, scratch,
            Mem(context_register, static_cast<int32_t>(layout_.memory(MemIdx(instr.index)))));
  masm_.cmp(Width::w64, end, Mem(scratch, offsetof(abi::MemoryRecord, size_bytes)));
  masm_.trap_if(Condition::above, TrapCode::out_of_bounds_memory);
  if (instr.index == 0) {
    masm_.add(Width::w64, end, memory_base_register);
  } else {
    masm_.add(Width::w64, end, Mem(scratch, offsetof(abi::MemoryRecord, base)));
  }
  return Mem(end, -static_cast<int32_t>(size_bytes));
}

/// Whether the next instruction can take the value that a load of it would yield from memory
/// itself, as its last operand.
bool FuncCompiler::next_reads_memory(Op load) const {
  const Op next = next_op();
  const IntFacts& facts = int_table[size_t(next)];
  const bool is_int = facts.kind == IntKind::alu || facts.kind == IntKind::multiply ||
                      facts.kind == IntKind::compare || facts.kind == IntKind::eqz;
  if (load == Op::i32_load) return is_int && facts.width == Width::w32;
  if (load == Op::i64_load) return is_int && facts.width == Width::w64;
  const syntax::Signature& signature = op_info(next).signature;
  const auto type = load == Op::f32_load ? syntax::OperandType::f32 : syntax::OperandType::f64;
  return codegen::x64::reads_memory(next) && signature.params[signature.param_count - 1u] == type;
}

void FuncCompiler::compile_load(const Instr& instr) {
  const AccessFacts facts = access_facts[size_t(instr.op)];
  codegen::x64::RegRef vector = Xmm::xmm0;
  if (facts.has_lane) {
    Value lanes = pop();
    vector = reg_ref(in_reg(lanes));
  }
  Value index = pop();
  const Mem src = address(instr, index, facts.size_bytes);
  if (facts.is_whole && next_reads_memory(instr.op)) {
    pending_load_ = {.op = instr.op, .result = {}, .src = src};
    pending_offset_ = masm_.body_offset();
    pending_regs_ = locked_;
    if (index.place == Place::local && locals_[index.bits].pin != no_reg)
      pending_regs_ |= bit(locals_[index.bits].pin);
    return push({.place = Place::memory, .kind = facts.result});
  }
  const Reg result = result_reg(facts.reg_class, nullptr);
  codegen::x64::emit_load(masm_, {.op = instr.op,
                                  .result = reg_ref(result),
                                  .src = src,
                                  .vector = vector,
                                  .lane = instr.lane});
  push_reg(facts.result, result);
}

namespace {

/// The width that a store of an integer writes.
Width stored_width(uint32_t bytes) {
  return bytes == 1 ? Width::w8 : bytes == 2 ? Width::w16 : bytes == 4 ? Width::w32 : Width::w64;
}

}  // namespace

void FuncCompiler::compile_store(const Instr& instr) {
  Value value = pop();
  const uint32_t bytes = access_facts[size_t(instr.op)].size_bytes;
  const bool is_integer = value.kind == ValKind::i32 || value.kind == ValKind::i64;
  // A constant is a part of the instruction.
  if (is_integer && value.is_constant() &&
      (bytes < 8 || static_cast<int64_t>(value.bits) == static_cast<int32_t>(value.bits))) {
    Value index = pop();
    const Mem dst = address(instr, index, bytes);
    const Width width = stored_width(bytes);
    const auto bits = static_cast<uint32_t>(value.bits);
    masm_.note_fault(TrapCode::out_of_bounds_memory);
    masm_.mov(width, dst,
              static_cast<int32_t>(width == Width::w8    ? bits & 0xff
                                   : width == Width::w16 ? bits & 0xffff
                                                         : bits));
    return;
  }
  const Reg reg = in_reg(value);
  Value index = pop();
  const Mem dst = address(instr, index, bytes);
  codegen::x64::emit_store(masm_,
                           {.op = instr.op, .dst = dst, .value = reg_ref(reg), .lane = instr.lane});
}

// Atomics.

void FuncCompiler::check_alignment(const Instr& instr, Value& index, uint32_t size_bytes) {
  if (size_bytes == 1) return;
  const Gpr start = in_gpr(index);
  const auto mask = static_cast<int32_t>(size_bytes - 1);
  if (instr.mem_offset != 0 && module_.memories[MemIdx(instr.index)].address == AddressType::i64) {
    // Where the sum wraps, there is no address to be aligned.
    masm_.mov_imm(scratch, instr.mem_offset);
    masm_.add(Width::w64, scratch, start);
    masm_.trap_if(Condition::below, TrapCode::out_of_bounds_memory);
    masm_.test(Width::w32, scratch, mask);
  } else if ((instr.mem_offset & (size_bytes - 1)) == 0) {
    masm_.test(Width::w32, start, mask);
  } else {
    masm_.lea(Width::w32, scratch,
              Mem(start, static_cast<int32_t>(instr.mem_offset & (size_bytes - 1))));
    masm_.test(Width::w32, scratch, mask);
  }
  masm_.trap_if(Condition::not_equal, TrapCode::unaligned_atomic);
}

void FuncCompiler::compile_atomic(const Instr& instr) {
  const codegen::x64::AtomicFacts& facts = codegen::x64::atomic_facts(instr.op);
  const uint32_t bytes = access_facts[size_t(instr.op)].size_bytes;
  const Reg rax = reg_of(Gpr::rax);
  codegen::x64::AtomicInstr atomic{.op = instr.op, .memory = Mem(memory_base_register)};
  Value value;
  Value expected;
  if (facts.kind != AtomicKind::load) value = pop();
  if (facts.kind == AtomicKind::cmpxchg) expected = pop();
  Value index = pop();
  const bool needs_rax = facts.kind != AtomicKind::load && facts.kind != AtomicKind::store;
  if (needs_rax) take(rax);
  // A copy of its own, outside of rax.
  const auto move_away = [&](Value& operand) {
    const Reg reg = in_reg(operand);
    operand.place = Place::reg;
    operand.reg = alloc(RegClass::general);
    move_reg(operand.reg, reg);
  };
  const auto lock_of = [&](const Value& operand) -> RegSet {
    if (operand.place == Place::reg) return bit(operand.reg);
    if (operand.place != Place::local) return 0;
    const Reg cache = locals_[operand.bits].cache;
    return cache == no_reg ? 0 : bit(cache);
  };
  const auto is_in_rax = [&](const Value& operand) {
    return operand.place == Place::reg && operand.reg == rax;
  };
  if (needs_rax && is_in_rax(index)) move_away(index);
  if (needs_rax && is_in_rax(value)) move_away(value);
  if (facts.kind == AtomicKind::cmpxchg) {
    move_to_reg(expected, rax);
    // Where the expected value was is free, unless another operand is there, too.
    locked_ = bit(rax) | lock_of(value) | lock_of(index);
  }
  if (facts.kind != AtomicKind::load) {
    atomic.value = in_gpr(value);
    if (facts.kind == AtomicKind::store && !is_own(value)) {
      move_away(value);
      atomic.value = gpr(value.reg);
    }
  }
  check_alignment(instr, index, bytes);
  atomic.memory = address(instr, index, bytes);
  Reg result = rax;
  if (facts.kind == AtomicKind::load) {
    result = result_reg(RegClass::general, nullptr);
    atomic.result = gpr(result);
  }
  codegen::x64::emit_atomic(masm_, atomic);
  if (facts.kind == AtomicKind::store) return;
  push_reg(access_facts[size_t(instr.op)].result, result);
}

}  // namespace waxwing::baseline
