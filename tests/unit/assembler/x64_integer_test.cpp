// Every integer row of instructions.def, and what assembler.h adds by hand, against llvm-mc.
#include "x64_oracle.h"

namespace waxwing::assembler::x64 {
namespace {

// clang-format off
#define EMIT(CALL) []([[maybe_unused]] Assembler& a, [[maybe_unused]] const Operands& o) { a.CALL; }
#define ALU(NAME, FEATURE, TEXT, DIGIT) \
  {TEXT " {r0}, {r1}", any_width, width_size, EMIT(NAME(o.width, o.r0, o.r1))}, \
  {TEXT " {r0}, {m}", any_width, width_size, EMIT(NAME(o.width, o.r0, o.mem))}, \
  {TEXT " {m}, {r0}", any_width, width_size, EMIT(NAME(o.width, o.mem, o.r0))}, \
  {TEXT " {r0}, {I}", any_width, width_size, EMIT(NAME(o.width, o.r0, o.imm))}, \
  {TEXT " {m}, {I}", any_width, width_size, EMIT(NAME(o.width, o.mem, o.imm))},
#define LOCK_ALU(NAME, FEATURE, TEXT, DIGIT) \
  {TEXT " {m}, {r0}", any_width, width_size, EMIT(NAME(o.width, o.mem, o.r0))}, \
  {TEXT " {m}, {I}", any_width, width_size, EMIT(NAME(o.width, o.mem, o.imm))},
#define UNARY(NAME, FEATURE, TEXT, OPCODE, DIGIT) \
  {TEXT " {r0}", any_width, width_size, EMIT(NAME(o.width, o.r0))}, \
  {TEXT " {m}", any_width, width_size, EMIT(NAME(o.width, o.mem))},
#define SHIFT(NAME, FEATURE, TEXT, DIGIT) \
  {TEXT " {r0}, {i}", any_width, width_size, EMIT(NAME(o.width, o.r0, o.byte))}, \
  {TEXT " {m}, {i}", any_width, width_size, EMIT(NAME(o.width, o.mem, o.byte))}, \
  {TEXT " {r0}, cl", any_width, width_size, EMIT(NAME##_cl(o.width, o.r0))}, \
  {TEXT " {m}, cl", any_width, width_size, EMIT(NAME##_cl(o.width, o.mem))},
#define SHIFT_DOUBLE(NAME, FEATURE, TEXT, OPCODE) \
  {TEXT " {r0}, {r1}, {i}", full_widths, width_size, EMIT(NAME(o.width, o.r0, o.r1, o.byte))}, \
  {TEXT " {r0}, {r1}, cl", full_widths, width_size, EMIT(NAME##_cl(o.width, o.r0, o.r1))},
#define BIT(NAME, FEATURE, TEXT, OPCODE, DIGIT) \
  {TEXT " {r0}, {r1}", full_widths, width_size, EMIT(NAME(o.width, o.r0, o.r1))}, \
  {TEXT " {r0}, {i}", full_widths, width_size, EMIT(NAME(o.width, o.r0, o.byte))}, \
  {TEXT " {m}, {i}", full_widths, width_size, EMIT(NAME(o.width, o.mem, o.byte))},
#define EXTEND(NAME, FEATURE, TEXT, BYTES, PREFIX, MAP, OPCODE) \
  {(BYTES) == 1 ? TEXT " {r0}, {b1}" : (BYTES) == 2 ? TEXT " {r0}, {h1}" : TEXT " {r0}, {d1}", \
   (BYTES) == 4 ? w64 : full_widths, BYTES, EMIT(NAME(o.width, o.r0, o.r1))}, \
  {TEXT " {r0}, {m}", (BYTES) == 4 ? w64 : full_widths, BYTES, EMIT(NAME(o.width, o.r0, o.mem))},
#define GPR_RM(NAME, FEATURE, TEXT, PREFIX, MAP, OPCODE) \
  {TEXT " {r0}, {r1}", full_widths, width_size, EMIT(NAME(o.width, o.r0, o.r1))}, \
  {TEXT " {r0}, {m}", full_widths, width_size, EMIT(NAME(o.width, o.r0, o.mem))},
#define GPR_M(NAME, FEATURE, TEXT, MAP, OPCODE) \
  {TEXT " {r0}, {m}", full_widths, no_size, EMIT(NAME(o.width, o.r0, o.mem))},
#define M_GPR(NAME, FEATURE, TEXT, MAP, OPCODE) \
  {TEXT " {m}, {r0}", w16 | full_widths, width_size, EMIT(NAME(o.width, o.mem, o.r0))},
#define EXCHANGE(NAME, FEATURE, TEXT, LOCK, MAP, OPCODE) \
  {TEXT " {m}, {r0}", any_width, width_size, EMIT(NAME(o.width, o.mem, o.r0))},
#define VEX_RVM(NAME, FEATURE, PREFIX, MAP, OPCODE) \
  {#NAME " {r0}, {r1}, {r2}", full_widths, width_size, EMIT(NAME(o.width, o.r0, o.r1, o.r2))}, \
  {#NAME " {r0}, {r1}, {m}", full_widths, width_size, EMIT(NAME(o.width, o.r0, o.r1, o.mem))},
#define VEX_RMV(NAME, FEATURE, PREFIX, MAP, OPCODE) \
  {#NAME " {r0}, {r1}, {r2}", full_widths, width_size, EMIT(NAME(o.width, o.r0, o.r1, o.r2))}, \
  {#NAME " {r0}, {m}, {r2}", full_widths, width_size, EMIT(NAME(o.width, o.r0, o.mem, o.r2))},
#define VEX_VM(NAME, FEATURE, DIGIT) \
  {#NAME " {r0}, {r1}", full_widths, width_size, EMIT(NAME(o.width, o.r0, o.r1))}, \
  {#NAME " {r0}, {m}", full_widths, width_size, EMIT(NAME(o.width, o.r0, o.mem))},
#define VEX_RMI(NAME, FEATURE, PREFIX, MAP, OPCODE) \
  {#NAME " {r0}, {r1}, {i}", full_widths, width_size, EMIT(NAME(o.width, o.r0, o.r1, o.byte))}, \
  {#NAME " {r0}, {m}, {i}", full_widths, width_size, EMIT(NAME(o.width, o.r0, o.mem, o.byte))},
#define PREFETCH(NAME, FEATURE, OPCODE, DIGIT) {#NAME " {m}", w32, 1, EMIT(NAME(o.mem))},
#define FIXED(NAME, FEATURE, TEXT, SIZE, BYTES) {TEXT, w32, no_size, EMIT(NAME())},

constexpr Case integer_cases[] = {
#include "assembler/x64/instructions.def"
};

#define CONDITION(NAME, TEXT) \
  {"set" TEXT " {b0}", w32, 1, EMIT(setcc(Condition::NAME, o.r0))}, \
  {"set" TEXT " {m}", w32, 1, EMIT(setcc(Condition::NAME, o.mem))}, \
  {"cmov" TEXT " {r0}, {r1}", w16 | full_widths, width_size, EMIT(cmovcc(o.width, Condition::NAME, o.r0, o.r1))}, \
  {"cmov" TEXT " {r0}, {m}", w16 | full_widths, width_size, EMIT(cmovcc(o.width, Condition::NAME, o.r0, o.mem))},

constexpr Case hand_written_cases[] = {
  CONDITION(overflow, "o") CONDITION(no_overflow, "no") CONDITION(below, "b") CONDITION(above_equal, "ae")
  CONDITION(equal, "e") CONDITION(not_equal, "ne") CONDITION(below_equal, "be") CONDITION(above, "a")
  CONDITION(sign, "s") CONDITION(no_sign, "ns") CONDITION(parity, "p") CONDITION(no_parity, "np")
  CONDITION(less, "l") CONDITION(greater_equal, "ge") CONDITION(less_equal, "le") CONDITION(greater, "g")
  {"mov {r0}, {r1}", any_width, width_size, EMIT(mov(o.width, o.r0, o.r1))},
  {"mov {r0}, {m}", any_width, width_size, EMIT(mov(o.width, o.r0, o.mem))},
  {"mov {m}, {r0}", any_width, width_size, EMIT(mov(o.width, o.mem, o.r0))},
  {"mov {m}, {I}", any_width, width_size, EMIT(mov(o.width, o.mem, o.imm))},
  {"mov {d0}, {i}", w32, no_size, EMIT(mov_imm(o.r0, o.byte))},
  {"mov {q0}, -1{i}", w32, no_size, EMIT(mov_imm(o.r0, static_cast<uint64_t>(o.byte < 10 ? -10 - o.byte : o.byte < 100 ? -100 - o.byte : -1000 - o.byte)))},
  {"movabs {q0}, 0x7{i}00000000", w32, no_size, EMIT(mov_imm(o.r0, std::stoull("0x7" + std::to_string(o.byte) + "00000000", nullptr, 16)))},
  {"test {r0}, {r1}", any_width, width_size, EMIT(test(o.width, o.r0, o.r1))},
  {"test {m}, {r0}", any_width, width_size, EMIT(test(o.width, o.mem, o.r0))},
  {"test {r0}, {I}", any_width, width_size, EMIT(test(o.width, o.r0, o.imm))},
  {"test {m}, {I}", any_width, width_size, EMIT(test(o.width, o.mem, o.imm))},
  {"imul {r0}, {r1}, {I}", w16 | full_widths, width_size, EMIT(imul(o.width, o.r0, o.r1, o.imm))},
  {"imul {r0}, {m}, {I}", w16 | full_widths, width_size, EMIT(imul(o.width, o.r0, o.mem, o.imm))},
  {"xchg {r0}, {r1}", any_width, width_size, EMIT(xchg(o.width, o.r0, o.r1))},
  {"lock cmpxchg16b {m}", w32, 16, EMIT(lock_cmpxchg16b(o.mem))},
  {"bswap {r0}", full_widths, no_size, EMIT(bswap(o.width, o.r0))},
  {"push {q0}", w32, no_size, EMIT(push(o.r0))},
  {"push {m}", w32, 8, EMIT(push(o.mem))},
  {"push {I}", w32, no_size, EMIT(push(o.imm))},
  {"pop {q0}", w32, no_size, EMIT(pop(o.r0))},
  {"pop {m}", w32, 8, EMIT(pop(o.mem))},
  {"jmp {q0}", w32, no_size, EMIT(jmp(o.r0))},
  {"jmp {m}", w32, 8, EMIT(jmp(o.mem))},
  {"call {q0}", w32, no_size, EMIT(call(o.r0))},
  {"call {m}", w32, 8, EMIT(call(o.mem))},
};
// clang-format on

TEST(x64_integer, encodes_every_shape_as_llvm_mc_does) {
  Oracle oracle;
  oracle.add(integer_cases, 40);
  oracle.add(hand_written_cases, 40);
  oracle.compare();
}

}  // namespace
}  // namespace waxwing::assembler::x64
