// The registers of x86-64, widths and conditions, by the numbers that instructions hold.
// [Intel SDM vol. 2, 2.2.1 and B.1]
#pragma once

#include <cstdint>

namespace waxwing::assembler::x64 {

// clang-format off: the numbers are plain in rows

/// A general-purpose register at any width: with 8 bits, 4 to 7 are spl, bpl, sil, dil.
enum class Gpr : uint8_t {
  rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi,
  r8, r9, r10, r11, r12, r13, r14, r15,
};

/// A vector register. Those from xmm16 on exist for the EVEX rows alone.
enum class Xmm : uint8_t {
  xmm0, xmm1, xmm2, xmm3, xmm4, xmm5, xmm6, xmm7,
  xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15,
  xmm16, xmm17, xmm18, xmm19, xmm20, xmm21, xmm22, xmm23,
  xmm24, xmm25, xmm26, xmm27, xmm28, xmm29, xmm30, xmm31,
};

/// Bits of an integer operand. Writing 32 clears the upper half of a register, 8 and 16 keep the
/// rest.
enum class Width : uint8_t { w8, w16, w32, w64 };

/// What an index register is multiplied by.
enum class Scale : uint8_t { x1, x2, x4, x8 };

/// `above` and `below` compare without sign, `greater` and `less` with it. After ucomiss and its
/// like: `above` is "greater", `parity` "unordered".
enum class Condition : uint8_t {
  overflow, no_overflow, below, above_equal,
  equal, not_equal, below_equal, above,
  sign, no_sign, parity, no_parity,
  less, greater_equal, less_equal, greater,
};

// clang-format on

/// The condition that holds where `condition` does not.
constexpr Condition inverse(Condition condition) {
  return static_cast<Condition>(static_cast<uint8_t>(condition) ^ 1);
}

/// The condition of b ? a that says what `condition` says of a ? b. REQUIRES: one that compares.
constexpr Condition swapped(Condition condition) {
  switch (condition) {
    case Condition::below: return Condition::above;
    case Condition::above: return Condition::below;
    case Condition::above_equal: return Condition::below_equal;
    case Condition::below_equal: return Condition::above_equal;
    case Condition::less: return Condition::greater;
    case Condition::greater: return Condition::less;
    case Condition::less_equal: return Condition::greater_equal;
    case Condition::greater_equal: return Condition::less_equal;
    case Condition::equal:
    case Condition::not_equal:
    case Condition::overflow:
    case Condition::no_overflow:
    case Condition::sign:
    case Condition::no_sign:
    case Condition::parity:
    case Condition::no_parity: return condition;
  }
  return condition;
}

constexpr unsigned number(Gpr reg) { return static_cast<unsigned>(reg); }
constexpr unsigned number(Xmm reg) { return static_cast<unsigned>(reg); }

}  // namespace waxwing::assembler::x64
