// What the words of a signature mean where an instruction stands. [spec 3.4]
#pragma once

#include "syntax/opcode_table.h"
#include "syntax/types.h"

namespace waxwing::syntax {

/// The type of an operand or result of an instruction whose immediate names a memory or table with
/// indices of type `addr`, and a table with elements of type `elem`.
constexpr ValType operand_type(OperandType type, ValType addr, ValType elem) {
  switch (type) {
    case OperandType::i32: return i32_type;
    case OperandType::i64: return i64_type;
    case OperandType::f32: return f32_type;
    case OperandType::f64: return f64_type;
    case OperandType::v128: return v128_type;
    case OperandType::addr: return addr;
    case OperandType::elem: return elem;
  }
  return ValKind::bottom;
}

}  // namespace waxwing::syntax
