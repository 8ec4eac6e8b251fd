// Where arguments and results of a call by the register convention are: the first ones of each
// class in registers, the others in the store's transfer slots. The same for all ISAs, but for how
// many registers there are. A transfer slot holds what a slot of the array ABI does: an i32
// zero-extended, an f32 below anything.
#pragma once

#include <cstdint>

#include "abi/slots.h"
#include "syntax/types.h"

namespace waxwing::codegen {

enum class RegClass : uint8_t { general, vector };

/// Floats and vectors are in vector registers, all else in general ones.
constexpr RegClass class_of(syntax::ValKind kind) {
  using syntax::ValKind;
  return kind == ValKind::f32 || kind == ValKind::f64 || kind == ValKind::v128 ? RegClass::vector
                                                                               : RegClass::general;
}

/// Where one value is: the `index`-th register for its class, or the transfer slots from `index`
/// on.
struct ValuePlace {
  RegClass reg_class = RegClass::general;
  bool in_register = false;
  uint32_t index = 0;
};

/// Hands out places to values in their order. Arguments: CallLayout(8, 8). Results: CallLayout(4,
/// 4).
class CallLayout {
 public:
  constexpr CallLayout(uint32_t general, uint32_t vector) : left_{general, vector}, given_{0, 0} {}

  constexpr ValuePlace next(syntax::ValKind kind) {
    const RegClass reg_class = class_of(kind);
    const auto i = static_cast<uint32_t>(reg_class);
    if (given_[i] < left_[i]) return {reg_class, true, given_[i]++};
    const uint32_t slot = transfer_slots_;
    transfer_slots_ += abi::slots_of(kind);
    return {reg_class, false, slot};
  }
  /// How many transfer slots were handed out.
  constexpr uint32_t transfer_slots() const { return transfer_slots_; }

 private:
  uint32_t left_[2];
  uint32_t given_[2];
  uint32_t transfer_slots_ = 0;
};

}  // namespace waxwing::codegen
