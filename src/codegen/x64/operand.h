// A register of either class, as the emitters by Op take their operands.
#pragma once

#include <cstdint>

#include "codegen/call_layout.h"
#include "codegen/x64/registers.h"
#include "syntax/opcode_table.h"

namespace waxwing::codegen::x64 {

struct RegRef {
  RegClass reg_class = RegClass::general;
  uint8_t number = 0;

  constexpr RegRef() = default;
  constexpr RegRef(Gpr reg) : number(static_cast<uint8_t>(reg)) {}
  constexpr RegRef(Xmm reg) : reg_class(RegClass::vector), number(static_cast<uint8_t>(reg)) {}

  /// REQUIRES: it is of that class.
  constexpr Gpr gpr() const { return static_cast<Gpr>(number); }
  constexpr Xmm xmm() const { return static_cast<Xmm>(number); }

  constexpr bool operator==(const RegRef&) const = default;
};

/// The class of registers that values of a signature's type are in.
constexpr RegClass class_of(syntax::OperandType type) {
  using syntax::OperandType;
  return type == OperandType::f32 || type == OperandType::f64 || type == OperandType::v128
             ? RegClass::vector
             : RegClass::general;
}

/// The register of `ref` by the type that its class has.
template <RegClass reg_class>
constexpr auto reg_of(RegRef ref) {
  if constexpr (reg_class == RegClass::vector) {
    return ref.xmm();
  } else {
    return ref.gpr();
  }
}

}  // namespace waxwing::codegen::x64
