// The instructions of x86-64 as methods: those of instructions.def, and what no row can say.
#pragma once

#include <cassert>
#include <cstdint>

#include "assembler/code_buffer.h"
#include "assembler/label.h"
#include "assembler/x64/encoder.h"
#include "assembler/x64/encoding.h"
#include "assembler/x64/operands.h"
#include "assembler/x64/registers.h"

namespace waxwing::assembler::x64 {

/// The ALU rows, by their digits.
enum class Alu : uint8_t {
#define ALU(NAME, FEATURE, TEXT, DIGIT) NAME = DIGIT,
#include "assembler/x64/instructions.def"
};

/// Appends instructions to a CodeBuffer. Operands are in Intel's order, the destination first, and
/// are the caller's to get right: what cannot be encoded is an assertion in debug builds. A method
/// is named as Intel does, with a `_` behind C++'s own words; `v...` is AVX or AVX-512. `..._imm32`
/// has four bytes of immediate whatever its value, at its end. Costs 1 to 3 ns an instruction. Not
/// thread-safe.
class Assembler : public Encoder {
 public:
  using Encoder::Encoder;

  // clang-format off: one line of methods a shape
#define ALU(NAME, FEATURE, TEXT, DIGIT) \
  void NAME(Width width, Gpr dst, Gpr src) { integer(byte_or_more((DIGIT) << 3), width, src, dst); } \
  void NAME(Width width, Gpr dst, const Mem& src) { integer(byte_or_more((DIGIT) << 3 | 2), width, dst, src); } \
  void NAME(Width width, const Mem& dst, Gpr src) { integer(byte_or_more((DIGIT) << 3), width, src, dst); } \
  void NAME(Width width, Gpr dst, int32_t imm) { alu_immediate({DIGIT}, width, dst, imm); } \
  void NAME(Width width, const Mem& dst, int32_t imm) { alu_immediate({DIGIT}, width, dst, imm); } \
  void NAME##_imm32(Width width, Gpr dst, int32_t imm) { long_immediate({DIGIT}, width, dst, imm); }
#define LOCK_ALU(NAME, FEATURE, TEXT, DIGIT) \
  void NAME(Width width, const Mem& dst, Gpr src) { integer({.opcode = (DIGIT) << 3, .lock = true, .has_byte_form = true}, width, src, dst); } \
  void NAME(Width width, const Mem& dst, int32_t imm) { alu_immediate({DIGIT}, width, dst, imm, true); }
#define UNARY(NAME, FEATURE, TEXT, OPCODE, DIGIT) \
  void NAME(Width width, const GprRm auto& dst) { integer({.opcode = OPCODE, .has_byte_form = true}, width, Digit{DIGIT}, dst); }
#define SHIFT(NAME, FEATURE, TEXT, DIGIT) \
  void NAME(Width width, const GprRm auto& dst, uint8_t count) { shift({DIGIT}, width, dst, count); } \
  void NAME##_cl(Width width, const GprRm auto& dst) { integer({.opcode = 0xd2, .has_byte_form = true}, width, Digit{DIGIT}, dst); }
#define SHIFT_DOUBLE(NAME, FEATURE, TEXT, OPCODE) \
  void NAME(Width width, Gpr dst, Gpr src, uint8_t count) { integer({.map = Map::m0f, .opcode = OPCODE}, width, src, dst, imm8(count)); } \
  void NAME##_cl(Width width, Gpr dst, Gpr src) { integer({.map = Map::m0f, .opcode = (OPCODE) + 1}, width, src, dst); }
#define BIT(NAME, FEATURE, TEXT, OPCODE, DIGIT) \
  void NAME(Width width, Gpr dst, Gpr bit) { integer({.map = Map::m0f, .opcode = OPCODE}, width, bit, dst); } \
  void NAME(Width width, const GprRm auto& dst, uint8_t bit) { integer({.map = Map::m0f, .opcode = 0xba}, width, Digit{DIGIT}, dst, imm8(bit)); }
#define EXTEND(NAME, FEATURE, TEXT, BYTES, PREFIX, MAP, OPCODE) \
  void NAME(Width width, Gpr dst, const GprRm auto& src) { integer({.map = Map::MAP, .opcode = OPCODE, .byte_rm = (BYTES) == 1}, width, dst, src); }
#define GPR_RM(NAME, FEATURE, TEXT, PREFIX, MAP, OPCODE) \
  void NAME(Width width, Gpr dst, const GprRm auto& src) { integer({.prefix = Prefix::PREFIX, .map = Map::MAP, .opcode = OPCODE}, width, dst, src); }
#define GPR_M(NAME, FEATURE, TEXT, MAP, OPCODE) \
  void NAME(Width width, Gpr dst, const Mem& src) { integer({.map = Map::MAP, .opcode = OPCODE}, width, dst, src); }
#define M_GPR(NAME, FEATURE, TEXT, MAP, OPCODE) \
  void NAME(Width width, const Mem& dst, Gpr src) { integer({.map = Map::MAP, .opcode = OPCODE}, width, src, dst); }
#define EXCHANGE(NAME, FEATURE, TEXT, LOCK, MAP, OPCODE) \
  void NAME(Width width, const Mem& dst, Gpr src) { integer({.map = Map::MAP, .opcode = OPCODE, .lock = LOCK, .has_byte_form = true}, width, src, dst); }
#define VEX_RVM(NAME, FEATURE, PREFIX, MAP, OPCODE) \
  void NAME(Width width, Gpr dst, Gpr lhs, const GprRm auto& rhs) { vex(with_width({.prefix = Prefix::PREFIX, .map = Map::MAP, .opcode = OPCODE}, width), dst, lhs, rhs); }
#define VEX_RMV(NAME, FEATURE, PREFIX, MAP, OPCODE) \
  void NAME(Width width, Gpr dst, const GprRm auto& src, Gpr control) { vex(with_width({.prefix = Prefix::PREFIX, .map = Map::MAP, .opcode = OPCODE}, width), dst, control, src); }
#define VEX_VM(NAME, FEATURE, DIGIT) \
  void NAME(Width width, Gpr dst, const GprRm auto& src) { vex(with_width({.map = Map::m0f38, .opcode = 0xf3}, width), Digit{DIGIT}, dst, src); }
#define VEX_RMI(NAME, FEATURE, PREFIX, MAP, OPCODE) \
  void NAME(Width width, Gpr dst, const GprRm auto& src, uint8_t imm) { vex(with_width({.prefix = Prefix::PREFIX, .map = Map::MAP, .opcode = OPCODE}, width), dst, Xmm::xmm0, src, imm8(imm)); }
#define PREFETCH(NAME, FEATURE, OPCODE, DIGIT) \
  void NAME(const Mem& src) { integer({.map = Map::m0f, .opcode = OPCODE}, Width::w32, Digit{DIGIT}, src); }
#define FIXED(NAME, FEATURE, TEXT, SIZE, BYTES) \
  void NAME() { fixed(SIZE, BYTES); }

#define SSE_RM(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Xmm dst, const XmmRm auto& src) { sse(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, src); } \
  AVX_RM(v##NAME, avx, PREFIX, MAP, OPCODE, W, BYTES)
#define SSE_RVM(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Xmm dst, const XmmRm auto& src) { sse(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, src); } \
  AVX_RVM(v##NAME, avx, PREFIX, MAP, OPCODE, W, BYTES)
#define SSE_RMI(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Xmm dst, const XmmRm auto& src, uint8_t imm) { sse(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, src, imm8(imm)); } \
  AVX_RMI(v##NAME, avx, PREFIX, MAP, OPCODE, W, BYTES)
#define SSE_RVMI(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Xmm dst, const XmmRm auto& src, uint8_t imm) { sse(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, src, imm8(imm)); } \
  AVX_RVMI(v##NAME, avx, PREFIX, MAP, OPCODE, W, BYTES)
#define SSE_LOAD(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Xmm dst, const Mem& src) { sse(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, src); } \
  void v##NAME(Xmm dst, const Mem& src) { vex(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, Xmm::xmm0, src); }
#define SSE_LOAD_HALF(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Xmm dst, const Mem& src) { sse(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, src); } \
  void v##NAME(Xmm dst, Xmm other, const Mem& src) { vex(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, other, src); }
#define SSE_RVR(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Xmm dst, Xmm src) { sse(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, src); } \
  void v##NAME(Xmm dst, Xmm lhs, Xmm rhs) { vex(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, lhs, rhs); }
#define SSE_STORE(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(const Mem& dst, Xmm src) { sse(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), src, dst); } \
  void v##NAME(const Mem& dst, Xmm src) { vex(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), src, Xmm::xmm0, dst); }
#define SSE_SHIFT(NAME, FEATURE, OPCODE, DIGIT) \
  void NAME(Xmm dst, uint8_t count) { sse(vector(Prefix::p66, Map::m0f, OPCODE, 0), Digit{DIGIT}, dst, imm8(count)); } \
  void v##NAME(Xmm dst, Xmm src, uint8_t count) { vex(vector(Prefix::p66, Map::m0f, OPCODE, 0), Digit{DIGIT}, dst, src, imm8(count)); }
#define SSE_BLEND(NAME, FEATURE, OPCODE, AVX_OPCODE, BYTES) \
  void NAME(Xmm dst, const XmmRm auto& src) { sse(vector(Prefix::p66, Map::m0f38, OPCODE, 0), dst, src); } \
  void v##NAME(Xmm dst, Xmm lhs, const XmmRm auto& rhs, Xmm mask) { vex(vector(Prefix::p66, Map::m0f3a, AVX_OPCODE, 0), dst, lhs, rhs, imm8(static_cast<int32_t>(number(mask) << 4))); }
#define SSE_INSERT(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Xmm dst, const GprRm auto& src, uint8_t lane) { sse(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, src, imm8(lane)); } \
  void v##NAME(Xmm dst, Xmm other, const GprRm auto& src, uint8_t lane) { vex(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, other, src, imm8(lane)); }
#define SSE_EXTRACT(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(const GprRm auto& dst, Xmm src, uint8_t lane) { sse(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), src, dst, imm8(lane)); } \
  void v##NAME(const GprRm auto& dst, Xmm src, uint8_t lane) { vex(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), src, Xmm::xmm0, dst, imm8(lane)); }
#define SSE_EXTRACT_MEM(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(const Mem& dst, Xmm src, uint8_t lane) { sse(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), src, dst, imm8(lane)); } \
  void v##NAME(const Mem& dst, Xmm src, uint8_t lane) { vex(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), src, Xmm::xmm0, dst, imm8(lane)); }
#define SSE_EXTRACT_REG(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Gpr dst, Xmm src, uint8_t lane) { sse(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, src, imm8(lane)); } \
  void v##NAME(Gpr dst, Xmm src, uint8_t lane) { vex(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, Xmm::xmm0, src, imm8(lane)); }
#define SSE_TO_GPR(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Gpr dst, Xmm src) { sse(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), src, dst); } \
  void v##NAME(Gpr dst, Xmm src) { vex(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), src, Xmm::xmm0, dst); }
#define SSE_FROM_GPR(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Xmm dst, Gpr src) { sse(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, src); } \
  void v##NAME(Xmm dst, Gpr src) { vex(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, Xmm::xmm0, src); }
#define SSE_MASK(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Gpr dst, Xmm src) { sse(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, src); } \
  void v##NAME(Gpr dst, Xmm src) { vex(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, Xmm::xmm0, src); }
#define SSE_CVT_TO_GPR(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Width width, Gpr dst, const XmmRm auto& src) { sse(with_width(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), width), dst, src); } \
  void v##NAME(Width width, Gpr dst, const XmmRm auto& src) { vex(with_width(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), width), dst, Xmm::xmm0, src); }
#define SSE_CVT_FROM_GPR(NAME, FEATURE, PREFIX, MAP, OPCODE) \
  void NAME(Width width, Xmm dst, const GprRm auto& src) { sse(with_width(vector(Prefix::PREFIX, Map::MAP, OPCODE, 0), width), dst, src); } \
  void v##NAME(Width width, Xmm dst, Xmm other, const GprRm auto& src) { vex(with_width(vector(Prefix::PREFIX, Map::MAP, OPCODE, 0), width), dst, other, src); }
#define AVX_RM(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Xmm dst, const XmmRm auto& src) { vex(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, Xmm::xmm0, src); }
#define AVX_RVM(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Xmm dst, Xmm lhs, const XmmRm auto& rhs) { vex(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, lhs, rhs); }
#define AVX_RMI(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Xmm dst, const XmmRm auto& src, uint8_t imm) { vex(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, Xmm::xmm0, src, imm8(imm)); }
#define AVX_RVMI(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Xmm dst, Xmm lhs, const XmmRm auto& rhs, uint8_t imm) { vex(vector(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, lhs, rhs, imm8(imm)); }

#define YMM_LOAD(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Xmm dst, const Mem& src) { vex(ymm(Prefix::PREFIX, Map::MAP, OPCODE, W), dst, Xmm::xmm0, src); }
#define YMM_STORE(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(const Mem& dst, Xmm src) { vex(ymm(Prefix::PREFIX, Map::MAP, OPCODE, W), src, Xmm::xmm0, dst); }

#define EVEX_RM(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Xmm dst, const XmmRm auto& src) { evex(wide(Prefix::PREFIX, Map::MAP, OPCODE, W, BYTES), dst, Xmm::xmm0, src); }
#define EVEX_RVM(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Xmm dst, Xmm lhs, const XmmRm auto& rhs) { evex(wide(Prefix::PREFIX, Map::MAP, OPCODE, W, BYTES), dst, lhs, rhs); }
#define EVEX_RVMI(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Xmm dst, Xmm lhs, const XmmRm auto& rhs, uint8_t imm) { evex(wide(Prefix::PREFIX, Map::MAP, OPCODE, W, BYTES), dst, lhs, rhs, imm8(imm)); }
#define EVEX_STORE(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(const Mem& dst, Xmm src) { evex(wide(Prefix::PREFIX, Map::MAP, OPCODE, W, BYTES), src, Xmm::xmm0, dst); }
#define EVEX_SHIFT(NAME, FEATURE, OPCODE, W, DIGIT) \
  void NAME(Xmm dst, const XmmRm auto& src, uint8_t count) { evex(wide(Prefix::p66, Map::m0f, OPCODE, W, 16), Digit{DIGIT}, dst, src, imm8(count)); }
#define EVEX_FROM_GPR(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Xmm dst, Gpr src) { evex(wide(Prefix::PREFIX, Map::MAP, OPCODE, W, BYTES), dst, Xmm::xmm0, src); }
#define EVEX_CVT_TO_GPR(NAME, FEATURE, PREFIX, MAP, OPCODE, W, BYTES) \
  void NAME(Width width, Gpr dst, const XmmRm auto& src) { evex(with_width(wide(Prefix::PREFIX, Map::MAP, OPCODE, W, BYTES), width), dst, Xmm::xmm0, src); }
#define EVEX_CVT_FROM_GPR(NAME, FEATURE, PREFIX, MAP, OPCODE) \
  void NAME(Width width, Xmm dst, Xmm other, const GprRm auto& src) { evex(with_width(wide(Prefix::PREFIX, Map::MAP, OPCODE, 0, width == Width::w64 ? 8 : 4), width), dst, other, src); }
#include "assembler/x64/instructions.def"
  // clang-format on

  /// An ALU row, for those who learn only at run time which.
  void alu(Alu row, Width width, Gpr dst, Gpr src) {
    integer(byte_or_more(static_cast<uint8_t>(digit_of(row).value << 3)), width, src, dst);
  }
  void alu(Alu row, Width width, Gpr dst, const Mem& src) {
    integer(byte_or_more(static_cast<uint8_t>(digit_of(row).value << 3 | 2)), width, dst, src);
  }
  void alu(Alu row, Width width, Gpr dst, int32_t imm) {
    alu_immediate(digit_of(row), width, dst, imm);
  }

  void mov(Width width, Gpr dst, Gpr src) { integer(byte_or_more(0x88), width, src, dst); }
  void mov(Width width, Gpr dst, const Mem& src) { integer(byte_or_more(0x8a), width, dst, src); }
  void mov(Width width, const Mem& dst, Gpr src) { integer(byte_or_more(0x88), width, src, dst); }
  /// A 64-bit store extends the sign of `imm`.
  void mov(Width width, const Mem& dst, int32_t imm) {
    integer(byte_or_more(0xc6), width, Digit{0}, dst, full_immediate(width, imm));
  }
  /// Loads the 64 bits of `value` in the shortest way that keeps the flags: 5 bytes where it has no
  /// more than 32 bits, 7 where it is a negative number of 32 bits, or 10.
  void mov_imm(Gpr dst, uint64_t value);

  void test(Width width, Gpr lhs, Gpr rhs) { integer(byte_or_more(0x84), width, rhs, lhs); }
  void test(Width width, const Mem& lhs, Gpr rhs) { integer(byte_or_more(0x84), width, rhs, lhs); }
  void test(Width width, Gpr lhs, int32_t imm) {
    assert(fits(width, imm));
    if (lhs == Gpr::rax) {
      accumulator(0xa8, width, imm);
    } else {
      integer(byte_or_more(0xf6), width, Digit{0}, lhs, full_immediate(width, imm));
    }
  }
  void test(Width width, const Mem& lhs, int32_t imm) {
    integer(byte_or_more(0xf6), width, Digit{0}, lhs, full_immediate(width, imm));
  }

  /// dst = src * imm
  void imul(Width width, Gpr dst, const GprRm auto& src, int32_t imm) {
    if (is_byte(imm)) {
      integer({.opcode = 0x6b}, width, dst, src, imm8(imm));
    } else {
      integer({.opcode = 0x69}, width, dst, src, full_immediate(width, imm));
    }
  }

  void xchg(Width width, Gpr lhs, Gpr rhs);
  /// Compares rdx:rax with 16 bytes aligned at 16 and, where equal, writes rcx:rbx. Feature cx16.
  void lock_cmpxchg16b(const Mem& dst) {
    integer({.map = Map::m0f, .opcode = 0xc7, .lock = true}, Width::w64, Digit{1}, dst);
  }
  /// REQUIRES: w32 or w64.
  void bswap(Width width, Gpr dst);

  /// Writes a byte of 0 or 1.
  void setcc(Condition condition, const GprRm auto& dst) {
    integer({.map = Map::m0f, .opcode = opcode_for(0x90, condition), .byte_rm = true}, Width::w32,
            Digit{0}, dst);
  }
  /// REQUIRES: not w8.
  void cmovcc(Width width, Condition condition, Gpr dst, const GprRm auto& src) {
    integer({.map = Map::m0f, .opcode = opcode_for(0x40, condition)}, width, dst, src);
  }

  void push(Gpr reg) { buffer().commit(put_opcode_reg(buffer().reserve(), Width::w32, 0x50, reg)); }
  void push(const Mem& src) { integer({.opcode = 0xff}, Width::w32, Digit{6}, src); }
  void push(int32_t imm);
  void pop(Gpr reg) { buffer().commit(put_opcode_reg(buffer().reserve(), Width::w32, 0x58, reg)); }
  void pop(const Mem& dst) { integer({.opcode = 0x8f}, Width::w32, Digit{0}, dst); }

  /// The short form where `target` is behind us and near, else the form that reaches everything.
  void jmp(Label& target) {
    if (is_near(target)) {
      jmp_short(target);
    } else {
      to_label(1, 0xe9, FixupKind::rel32, target);
    }
  }
  void jcc(Condition condition, Label& target) {
    if (is_near(target)) {
      jcc_short(condition, target);
    } else {
      to_label(2, 0x0f | uint32_t{opcode_for(0x80, condition)} << 8, FixupKind::rel32, target);
    }
  }
  /// The short form. REQUIRES (checked when `target` is bound): it is within -128 to +127 bytes of
  /// the end of the jump.
  void jmp_short(Label& target) { to_label(1, 0xeb, FixupKind::rel8, target); }
  void jcc_short(Condition condition, Label& target) {
    to_label(1, opcode_for(0x70, condition), FixupKind::rel8, target);
  }
  void jmp(const GprRm auto& target) { integer({.opcode = 0xff}, Width::w32, Digit{4}, target); }
  void call(Label& target) { to_label(1, 0xe8, FixupKind::rel32, target); }
  void call(const GprRm auto& target) { integer({.opcode = 0xff}, Width::w32, Digit{2}, target); }

  /// A call or jump by `distance` bytes from its end. Returns the position of the distance, for
  /// those who learn it later (`CodeBuffer::overwrite`): code of other buffers needs no label.
  uint32_t call_rel32(int32_t distance = 0) { return relative(0xe8, distance); }
  uint32_t jmp_rel32(int32_t distance = 0) { return relative(0xe9, distance); }

  /// `size_bytes` of instructions that do nothing, as few as can be.
  void nop(uint32_t size_bytes);
  /// Such bytes until the position is a multiple of `alignment`, a power of two.
  void align(uint32_t alignment);
  void bind(Label& label) { buffer().bind(label); }

 private:
  static constexpr bool is_byte(int32_t value) { return value == static_cast<int8_t>(value); }
  static constexpr uint8_t opcode_for(uint8_t opcode, Condition condition) {
    return static_cast<uint8_t>(opcode | static_cast<uint8_t>(condition));
  }
  static constexpr Encoding byte_or_more(uint8_t opcode) {
    return {.opcode = opcode, .has_byte_form = true};
  }

  uint32_t relative(uint8_t opcode, int32_t distance) {
    uint8_t* p = buffer().reserve();
    *p = opcode;
    base::store_le(p + 1, distance);
    buffer().commit(p + 5);
    return buffer().position() - 4;
  }

  // The form whose immediate, of any value, is the last four bytes: what is known only later is
  // overwritten there.
  void long_immediate(Digit digit, Width width, Gpr dst, int32_t imm) {
    assert(width == Width::w32 || width == Width::w64);
    integer({.opcode = 0x81}, width, digit, dst, {imm, 4});
  }

  // The form of an instruction on rax that has no ModRM: it is a byte shorter.
  void accumulator(uint8_t opcode, Width width, int32_t imm);

  template <GprRm Rm>
  [[gnu::always_inline]] void alu_immediate(Digit digit, Width width, const Rm& dst, int32_t imm,
                                            bool lock = false) {
    assert(fits(width, imm));
    if (width == Width::w8) {
      if constexpr (std::same_as<Rm, Gpr>) {
        if (dst == Gpr::rax) return accumulator(alu_accumulator(digit), width, imm);
      }
      integer({.opcode = 0x80, .lock = lock, .has_byte_form = true}, width, digit, dst, imm8(imm));
    } else if (is_byte(imm)) {
      integer({.opcode = 0x83, .lock = lock}, width, digit, dst, imm8(imm));
    } else {
      if constexpr (std::same_as<Rm, Gpr>) {
        if (dst == Gpr::rax) return accumulator(alu_accumulator(digit), width, imm);
      }
      integer({.opcode = 0x81, .lock = lock}, width, digit, dst, full_immediate(width, imm));
    }
  }
  static constexpr Digit digit_of(Alu row) { return {static_cast<uint8_t>(row)}; }
  static constexpr uint8_t alu_accumulator(Digit digit) {
    return static_cast<uint8_t>(digit.value << 3 | 4);
  }

  template <GprRm Rm>
  [[gnu::always_inline]] void shift(Digit digit, Width width, const Rm& dst, uint8_t count) {
    if (count == 1) {
      integer(byte_or_more(0xd0), width, digit, dst);
    } else {
      integer(byte_or_more(0xc0), width, digit, dst, imm8(count));
    }
  }
};

}  // namespace waxwing::assembler::x64
