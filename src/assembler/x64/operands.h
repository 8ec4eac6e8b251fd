// What instructions work on: registers, memory, immediates. [Intel SDM vol. 2, 2.1.3 to 2.1.5]
#pragma once

#include <cassert>
#include <concepts>
#include <cstdint>

#include "assembler/label.h"
#include "assembler/x64/registers.h"

namespace waxwing::assembler::x64 {

/// An operand in memory, kept as the bytes that encode it, so that encoders copy and do not decide.
class Mem {
 public:
  /// [base + disp]
  constexpr explicit Mem(Gpr base, int32_t disp = 0) : disp_(disp) {
    const unsigned low = number(base) & 7;
    rex_xb_ = static_cast<uint8_t>(number(base) >> 3);
    if (low == 4) {  // rsp and r12 need a SIB byte without an index
      encode(base, 0x24, displacement_form(low), disp);
    } else {
      encode(base, no_sib, displacement_form(low), disp);
    }
  }

  /// [base + index * scale + disp]. REQUIRES: index is not rsp.
  constexpr Mem(Gpr base, Gpr index, Scale scale, int32_t disp = 0) : disp_(disp) {
    assert(index != Gpr::rsp);
    const unsigned low = number(base) & 7;
    rex_xb_ = static_cast<uint8_t>(number(base) >> 3 | number(index) >> 3 << 1);
    encode(base, sib(scale, index, low), displacement_form(low), disp);
  }

  /// [index * scale + disp], in 32 bits of displacement. REQUIRES: index is not rsp.
  static constexpr Mem scaled(Gpr index, Scale scale, int32_t disp) {
    assert(index != Gpr::rsp);
    Mem mem;
    mem.disp_ = disp;
    mem.rex_xb_ = static_cast<uint8_t>(number(index) >> 3 << 1);
    mem.set_tail(0x04, sib(scale, index, 5), disp, 4);
    return mem;
  }

  /// [base + disp] with four bytes of displacement whatever its value, except in EVEX. Without an
  /// immediate they are the last four: what is known only later is overwritten there.
  static constexpr Mem with_disp32(Gpr base, int32_t disp) {
    Mem mem;
    mem.disp_ = disp;
    mem.rex_xb_ = static_cast<uint8_t>(number(base) >> 3);
    const unsigned low = number(base) & 7;
    mem.set_tail(0x80 | low, low == 4 ? 0x24 : no_sib, disp, 4);
    return mem;
  }

  /// The bytes at `label`, by their distance from the instruction. `label` outlives the operand,
  /// and is in place until it is bound.
  static constexpr Mem at(Label& label) {
    Mem mem;
    mem.label_ = &label;
    mem.set_tail(0x05, no_sib, 0, 4);
    return mem;
  }

  /// This operand for an EVEX instruction, whose short displacements count in `unit_bytes`. [2.7.5]
  constexpr Mem compressed(uint32_t unit_bytes) const {
    const unsigned mod = static_cast<unsigned>(tail_ >> 6 & 3);
    const bool has_base = mod != 0;
    const auto unit = static_cast<int32_t>(unit_bytes);
    if (!has_base || disp_ == 0) return *this;  // disp8 of 0 is 0 in every unit
    Mem mem = *this;
    const auto modrm = static_cast<uint8_t>(tail_ & 0x3f);
    const unsigned sib_byte = (modrm & 7) == 4 ? static_cast<unsigned>(tail_ >> 8 & 0xff) : no_sib;
    if (disp_ % unit == 0 && fits_in_8(disp_ / unit)) {
      mem.set_tail(modrm | 0x40, sib_byte, disp_ / unit, 1);
    } else {
      mem.set_tail(modrm | 0x80, sib_byte, disp_, 4);
    }
    return mem;
  }

  /// ModRM (its reg field 0), SIB and displacement, lowest byte first; `tail_size` of them count.
  constexpr uint64_t tail() const { return tail_; }
  constexpr uint32_t tail_size() const { return tail_size_; }
  /// Bit 3 of the index (as bit 1) and of the base (as bit 0).
  constexpr unsigned rex_xb() const { return rex_xb_; }
  /// What a rip-relative operand refers to; else null. The field is at byte 1 of the tail.
  constexpr Label* label() const { return label_; }

 private:
  static constexpr unsigned no_sib = 0x100;

  constexpr Mem() = default;

  static constexpr bool fits_in_8(int32_t value) { return value == static_cast<int8_t>(value); }
  static constexpr unsigned sib(Scale scale, Gpr index, unsigned low_base) {
    return static_cast<unsigned>(scale) << 6 | (number(index) & 7) << 3 | low_base;
  }

  // The mod field: 0 no displacement (which rbp and r13 cannot do without), 1 one byte, 2 four.
  constexpr unsigned displacement_form(unsigned low_base) const {
    if (disp_ == 0 && low_base != 5) return 0;
    return fits_in_8(disp_) ? 1 : 2;
  }

  constexpr void encode(Gpr base, unsigned sib_byte, unsigned mod, int32_t disp) {
    const unsigned rm = sib_byte == no_sib ? number(base) & 7 : 4;
    const unsigned disp_bytes = mod == 2 ? 4 : mod;
    set_tail(static_cast<uint8_t>(mod << 6 | rm), sib_byte, disp, disp_bytes);
  }

  constexpr void set_tail(unsigned modrm, unsigned sib_byte, int32_t disp, unsigned disp_bytes) {
    const uint64_t field = static_cast<uint32_t>(disp);
    const bool has_sib = sib_byte != no_sib;
    tail_ = modrm | (has_sib ? uint64_t{sib_byte} << 8 | field << 16 : field << 8);
    tail_size_ = static_cast<uint8_t>((has_sib ? 2 : 1) + disp_bytes);
  }

  uint64_t tail_ = 0;
  Label* label_ = nullptr;
  int32_t disp_ = 0;
  uint8_t tail_size_ = 0;
  uint8_t rex_xb_ = 0;
};

/// The digit that stands in place of a register in ModRM: a part of the opcode.
struct Digit {
  uint8_t value;
};

constexpr unsigned number(Digit digit) { return digit.value; }

template <typename T>
concept GprRm = std::same_as<T, Gpr> || std::same_as<T, Mem>;
template <typename T>
concept XmmRm = std::same_as<T, Xmm> || std::same_as<T, Mem>;

/// The register's bits above the three that ModRM holds, as REX.B and (EVEX) X take them.
constexpr unsigned rm_extension(Gpr reg) { return number(reg) >> 3; }
constexpr unsigned rm_extension(Xmm reg) {
  return (number(reg) >> 3 & 1) | (number(reg) >> 4) << 1;
}
constexpr unsigned rm_extension(const Mem& mem) { return mem.rex_xb(); }

/// Whether the register has the name of a low byte only with a REX prefix.
constexpr bool is_low_byte_by_rex(Gpr reg) { return number(reg) >= 4; }
template <typename T>
constexpr bool is_low_byte_by_rex(const T&) {
  return false;
}

/// Whether instructions without EVEX can name the register.
constexpr bool is_legacy(Xmm reg) { return number(reg) < 16; }
template <typename T>
constexpr bool is_legacy(const T&) {
  return true;
}

/// Trailing bytes of an instruction: the low `size_bytes` of `value`.
struct Immediate {
  int32_t value = 0;
  uint32_t size_bytes = 0;
};

/// Whether an immediate of `width` holds `value`, with or without sign.
constexpr bool fits(Width width, int32_t value) {
  switch (width) {
    case Width::w8: return value >= INT8_MIN && value <= UINT8_MAX;
    case Width::w16: return value >= INT16_MIN && value <= UINT16_MAX;
    case Width::w32:
    case Width::w64: return true;
  }
  return false;
}

constexpr Immediate imm8(int32_t value) { return {value, 1}; }

/// An immediate of `width`; 32 bits, to be sign-extended, for 64.
constexpr Immediate full_immediate(Width width, int32_t value) {
  return {value, width == Width::w8 ? 1u : width == Width::w16 ? 2u : 4u};
}

}  // namespace waxwing::assembler::x64
