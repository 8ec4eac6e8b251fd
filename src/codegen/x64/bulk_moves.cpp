// Each size from a power of two to the next is two or four moves that overlap in the middle. All is
// loaded before anything is stored, so ranges may overlap.
#include "codegen/x64/bulk_moves.h"

#include <cstddef>

#include "abi/vm_context.h"

namespace waxwing::codegen::x64 {

namespace {

constexpr Gpr memories = builtin_argument_gprs[0];
constexpr Gpr to = builtin_argument_gprs[1];
constexpr Gpr from_or_value = builtin_argument_gprs[2];
constexpr Gpr length = builtin_argument_gprs[3];
constexpr Gpr end = Gpr::rax;

/// Memory 0, and few bytes: then the scratch register holds the memory's size.
void check_length(MacroAssembler& m, const Mem& record, Label& otherwise) {
  m.test(Width::w64, memories, memories);
  m.jcc(Condition::not_equal, otherwise);
  m.cmp(Width::w64, length, max_quick_bytes);
  m.jcc(Condition::above, otherwise);
  m.mov(Width::w64, scratch, record);
  m.mov(Width::w64, scratch, Mem(scratch, offsetof(abi::MemoryRecord, size_bytes)));
}

void check_range(MacroAssembler& m, Gpr start, Label& otherwise) {
  m.mov(Width::w64, end, start);
  m.add(Width::w64, end, length);
  m.jcc(Condition::below, otherwise);
  m.cmp(Width::w64, end, scratch);
  m.jcc(Condition::above, otherwise);
}

/// The last `size` bytes of the range at `start`.
Mem tail(Gpr start, int32_t size) { return Mem(start, length, Scale::x1, -size); }

}  // namespace

void write_quick_copy(MacroAssembler& m, const Mem& record, Label& otherwise) {
  constexpr Gpr from = from_or_value;
  constexpr Gpr low = Gpr::rax;
  constexpr Gpr high = scratch;
  Label up_to_32;
  Label up_to_16;
  Label up_to_7;
  Label up_to_3;
  Label done;
  check_length(m, record, otherwise);
  check_range(m, to, otherwise);
  check_range(m, from, otherwise);
  m.add(Width::w64, to, memory_base_register);
  m.add(Width::w64, from, memory_base_register);
  m.cmp(Width::w32, length, 16);
  m.jcc(Condition::below_equal, up_to_16);
  m.cmp(Width::w32, length, 32);
  m.jcc(Condition::below_equal, up_to_32);
  m.load(Xmm::xmm0, Mem(from), 16);
  m.load(Xmm::xmm1, Mem(from, 16), 16);
  m.load(Xmm::xmm2, tail(from, 32), 16);
  m.load(Xmm::xmm3, tail(from, 16), 16);
  m.store(Mem(to), Xmm::xmm0, 16);
  m.store(Mem(to, 16), Xmm::xmm1, 16);
  m.store(tail(to, 32), Xmm::xmm2, 16);
  m.store(tail(to, 16), Xmm::xmm3, 16);
  m.ret();
  m.bind(up_to_32);
  m.load(Xmm::xmm0, Mem(from), 16);
  m.load(Xmm::xmm1, tail(from, 16), 16);
  m.store(Mem(to), Xmm::xmm0, 16);
  m.store(tail(to, 16), Xmm::xmm1, 16);
  m.ret();
  m.bind(up_to_16);
  m.cmp(Width::w32, length, 8);
  m.jcc(Condition::below, up_to_7);
  m.mov(Width::w64, low, Mem(from));
  m.mov(Width::w64, high, tail(from, 8));
  m.mov(Width::w64, Mem(to), low);
  m.mov(Width::w64, tail(to, 8), high);
  m.ret();
  m.bind(up_to_7);
  m.cmp(Width::w32, length, 4);
  m.jcc(Condition::below, up_to_3);
  m.mov(Width::w32, low, Mem(from));
  m.mov(Width::w32, high, tail(from, 4));
  m.mov(Width::w32, Mem(to), low);
  m.mov(Width::w32, tail(to, 4), high);
  m.ret();
  m.bind(up_to_3);
  m.test(Width::w32, length, length);
  m.jcc(Condition::equal, done);
  // First, middle and last byte, of which some may be the same.
  m.movzx8(Width::w32, low, Mem(from));
  m.movzx8(Width::w32, high, tail(from, 1));
  m.mov(Width::w64, memories, length);
  m.shr(Width::w32, memories, 1);
  m.movzx8(Width::w32, from, Mem(from, memories, Scale::x1));
  m.mov(Width::w8, Mem(to, memories, Scale::x1), from);
  m.mov(Width::w8, Mem(to), low);
  m.mov(Width::w8, tail(to, 1), high);
  m.bind(done);
  m.ret();
}

void write_quick_fill(MacroAssembler& m, const Mem& record, Label& otherwise) {
  constexpr Gpr value = from_or_value;
  Label up_to_32;
  Label up_to_15;
  Label up_to_7;
  Label up_to_3;
  Label done;
  check_length(m, record, otherwise);
  check_range(m, to, otherwise);
  m.add(Width::w64, to, memory_base_register);
  m.movzx8(Width::w32, value, value);
  m.mov_imm(scratch, 0x0101010101010101);
  m.imul(Width::w64, value, scratch);
  m.cmp(Width::w32, length, 16);
  m.jcc(Condition::below, up_to_15);
  m.movq(Xmm::xmm0, value);
  m.punpcklqdq(Xmm::xmm0, Xmm::xmm0);
  m.cmp(Width::w32, length, 32);
  m.jcc(Condition::below_equal, up_to_32);
  m.store(Mem(to, 16), Xmm::xmm0, 16);
  m.store(tail(to, 32), Xmm::xmm0, 16);
  m.bind(up_to_32);
  m.store(Mem(to), Xmm::xmm0, 16);
  m.store(tail(to, 16), Xmm::xmm0, 16);
  m.ret();
  m.bind(up_to_15);
  m.cmp(Width::w32, length, 8);
  m.jcc(Condition::below, up_to_7);
  m.mov(Width::w64, Mem(to), value);
  m.mov(Width::w64, tail(to, 8), value);
  m.ret();
  m.bind(up_to_7);
  m.cmp(Width::w32, length, 4);
  m.jcc(Condition::below, up_to_3);
  m.mov(Width::w32, Mem(to), value);
  m.mov(Width::w32, tail(to, 4), value);
  m.ret();
  m.bind(up_to_3);
  m.test(Width::w32, length, length);
  m.jcc(Condition::equal, done);
  m.mov(Width::w8, Mem(to), value);
  m.mov(Width::w8, tail(to, 1), value);
  m.shr(Width::w32, length, 1);
  m.mov(Width::w8, Mem(to, length, Scale::x1), value);
  m.bind(done);
  m.ret();
}

}  // namespace waxwing::codegen::x64
