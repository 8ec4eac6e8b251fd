// What the compiler knows about a value: where it is, or what it is. Values of the operand stack
// are not moved before somebody needs them in a register.
#pragma once

#include <cstdint>

#include "abi/slots.h"
#include "codegen/call_layout.h"
#include "codegen/x64/operand.h"
#include "codegen/x64/registers.h"
#include "syntax/types.h"

namespace waxwing::baseline {

using abi::slots_of;
using codegen::RegClass;
using codegen::x64::Gpr;
using codegen::x64::Xmm;
using syntax::ValKind;

/// A register of either class: general ones from 0, vector ones from 16.
using Reg = uint8_t;
inline constexpr Reg no_reg = 0xff;
inline constexpr Reg first_vector_reg = 16;

constexpr Reg reg_of(Gpr gpr) { return static_cast<Reg>(gpr); }
constexpr Reg reg_of(Xmm xmm) {
  return static_cast<Reg>(first_vector_reg + static_cast<uint8_t>(xmm));
}
constexpr Gpr gpr(Reg reg) { return static_cast<Gpr>(reg); }
constexpr Xmm xmm(Reg reg) { return static_cast<Xmm>(reg - first_vector_reg); }
constexpr RegClass class_of(Reg reg) {
  return reg < first_vector_reg ? RegClass::general : RegClass::vector;
}

constexpr codegen::x64::RegRef reg_ref(Reg reg) {
  return class_of(reg) == RegClass::general ? codegen::x64::RegRef(gpr(reg))
                                            : codegen::x64::RegRef(xmm(reg));
}

/// Free behind a call and at both ends of a function: neither a pin nor a result.
inline constexpr Gpr transfer_counter = Gpr::r10;

/// A set of registers, a bit each.
using RegSet = uint32_t;
constexpr RegSet bit(Reg reg) { return RegSet{1} << reg; }
inline constexpr RegSet general_regs = 0xffff;

/// Bytes that a value of the kind takes in memory that is not an object's.
constexpr uint32_t size_bytes(ValKind kind) {
  switch (kind) {
    case ValKind::f32: return 4;
    case ValKind::v128: return 16;
    case ValKind::i32:  // zero-extended
    case ValKind::i64:
    case ValKind::f64:
    case ValKind::ref:
    case ValKind::i8:
    case ValKind::i16:
    case ValKind::bottom: return 8;
  }
  return 8;
}
/// Beyond so many values that an instruction moves at once, they are first brought to slots in a
/// row.
inline constexpr size_t many_values = 16;

enum class Place : uint8_t {
  slot,      // in its home slot of the frame
  reg,       // in a register that is its own
  local,     // what local `bits` holds now
  constant,  // `bits`; never a v128
  memory,    // at the address of the load before this instruction, which has not happened yet: for
             // the next instruction only
  flags,     // 1 where the processor's flags say so, else 0: for the next instruction only
};

/// How the parity flag, which says that floats are unordered, changes a condition.
enum class Parity : uint8_t { ignored, must_be_clear, may_be_set };

struct Value {
  Place place = Place::slot;
  ValKind kind = ValKind::i32;
  Reg reg = no_reg;                       // Place::reg
  assembler::x64::Condition condition{};  // Place::flags
  uint32_t home = 0;                      // its slot, by its position on the stack
  uint64_t bits = 0;                      // Place::flags: the Parity

  bool is_constant() const { return place == Place::constant; }
  /// REQUIRES: place is flags.
  Parity parity() const { return static_cast<Parity>(bits); }
  void set_parity(Parity parity) { bits = static_cast<uint64_t>(parity); }
};
static_assert(sizeof(Value) == 16);  // passed in registers

}  // namespace waxwing::baseline
