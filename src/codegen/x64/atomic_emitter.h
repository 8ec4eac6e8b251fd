// The code of ATOMIC rows of opcodes.def. All are sequentially consistent. [threads proposal]
#pragma once

#include <array>
#include <cstdint>

#include "codegen/x64/macro_assembler.h"
#include "syntax/access.h"
#include "syntax/opcode_table.h"

namespace waxwing::codegen::x64 {

enum class AtomicKind : uint8_t { load, store, add, sub, and_, or_, xor_, xchg, cmpxchg };

/// What an ATOMIC row does to how many bits, read from its name.
struct AtomicFacts {
  AtomicKind kind = AtomicKind::load;
  Width width = Width::w32;
};

consteval AtomicFacts read_atomic_facts(const syntax::OpInfo& info) {
  AtomicFacts facts;
  if (info.kind != syntax::OpKind::atomic) return facts;
  switch (syntax::access_bits(info.text)) {
    case 8: facts.width = Width::w8; break;
    case 16: facts.width = Width::w16; break;
    case 32: facts.width = Width::w32; break;
    case 64: facts.width = Width::w64; break;
    default: syntax::table_is_wrong("an ATOMIC row of a width that x86-64 has not");
  }
  constexpr std::string_view words[] = {".load", ".store", ".add",  ".sub",    ".and",
                                        ".or",   ".xor",   ".xchg", ".cmpxchg"};
  for (size_t i = 0; i < std::size(words); ++i) {
    if (info.text.find(words[i]) != info.text.npos) {
      facts.kind = static_cast<AtomicKind>(i);
      return facts;
    }
  }
  syntax::table_is_wrong("an ATOMIC row whose name says nothing that x86-64 can do");
  return facts;
}

inline constexpr std::array<AtomicFacts, syntax::op_count> atomic_table = []() consteval {
  std::array<AtomicFacts, syntax::op_count> table{};
  for (const syntax::OpInfo& info : syntax::op_table) {
    table[size_t(info.id)] = read_atomic_facts(info);
  }
  return table;
}();

constexpr const AtomicFacts& atomic_facts(syntax::Op op) { return atomic_table[size_t(op)]; }

/// An ATOMIC row with its operands. That the address is aligned was checked before.
///   load       `result` is any register.
///   store      changes `value`.
///   add ... xchg   the result is in rax. `value` is not rax.
///   cmpxchg    rax holds the expected value, of which the bits of the access count, and then the
///              result. `value` is the replacement, and is not rax.
/// In all but loads and stores, `value` is not scratch, and `memory` names neither rax nor
/// scratch.
struct AtomicInstr {
  syntax::Op op;
  Mem memory;
  Gpr result = Gpr::rax;
  Gpr value = Gpr::rax;
};

/// Emits it; each access is noted as one that may fault, with the trap out_of_bounds_memory.
/// Results are zero-extended to 64 bits. May change scratch and the flags; other registers keep
/// their values.
void emit_atomic(MacroAssembler& m, const AtomicInstr& instr);

}  // namespace waxwing::codegen::x64
