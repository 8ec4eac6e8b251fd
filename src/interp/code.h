// Register code: what the translator makes of a function and the handlers run. Operands are slots
// of the frame, the accumulator (the result of an earlier instruction, still in a register) or
// constants in the code.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "syntax/opcode.h"
#include "syntax/types.h"

namespace waxwing::interp {

/// The unit of register code. An instruction begins with its handler's address, in `opcode_cells`
/// cells. While it runs, pc points to the last of them, so that operands are at pc[1], pc[2], ...;
/// between instructions pc points to the first.
using Cell = uint16_t;
inline constexpr uint32_t opcode_cells = 4;

/// Where the operands of an instruction are: s = slot, a = accumulator, k = constant in the code.
enum class Mode : uint8_t { s, a, ss = 0, as, sa, sk, ak, ks, ka };
inline constexpr uint32_t mode_count = 16;

/// The same operands, but the result goes to the accumulator alone: its only reader takes it from
/// there.
constexpr Mode unstored(Mode mode) { return Mode(uint8_t(mode) | 8); }

/// The mode of a load, store or atomic that takes any memory, any offset and any address type.
inline constexpr Mode any_memory = Mode(7);
/// The mode of a load whose address is a constant.
inline constexpr Mode constant_address = Mode(2);

enum class IOp : uint16_t {
#define IOP(ID) ID,
#include "interp/ops.def"
};

inline constexpr uint32_t own_op_count = 0
#define IOP(ID) +1
#include "interp/ops.def"
    ;

/// Comparisons are the rows from i32.eqz to f64.ge; each has fused branches as well.
inline constexpr syntax::Op first_comparison = syntax::Op::i32_eqz;
inline constexpr syntax::Op last_comparison = syntax::Op::f64_ge;
inline constexpr uint32_t comparison_count =
    uint32_t(last_comparison) - uint32_t(first_comparison) + 1;

constexpr bool is_comparison(syntax::Op op) {
  return op >= first_comparison && op <= last_comparison;
}

inline constexpr uint32_t branch_base = own_op_count + uint32_t(syntax::op_count) * mode_count;
inline constexpr uint32_t opcode_count = branch_base + comparison_count * (2 * mode_count);

/// The opcodes of a row of opcodes.def, a mode each.
constexpr Cell opcode(syntax::Op op, Mode mode) {
  return static_cast<Cell>(own_op_count + uint32_t(op) * mode_count + uint32_t(mode));
}
constexpr Cell opcode(IOp op) { return static_cast<Cell>(op); }
/// Branches where `comparison` comes to `sense`.
constexpr Cell branch_opcode(syntax::Op comparison, bool sense, Mode mode) {
  const uint32_t index = uint32_t(comparison) - uint32_t(first_comparison);
  return static_cast<Cell>(branch_base + (index * 2 + (sense ? 1 : 0)) * mode_count +
                           uint32_t(mode));
}

/// Where the code of an instruction that may trap, call or throw begins, and where that instruction
/// is in the module.
struct SourcePoint {
  uint32_t cell;
  uint32_t body_offset;
};

/// One catch clause over a range of cells: on a match the payload goes to `slot` and execution goes
/// on at `target`. Or a delegate: the search goes on at the handler `target`.
struct Handler {
  uint32_t first_cell = 0;  // inclusive
  uint32_t end_cell = 0;    // exclusive
  uint32_t target = 0;
  uint32_t slot = 0;      // of the first payload value
  uint32_t ref_slot = 0;  // of the exnref, if `with_ref`
  syntax::TagIdx tag;     // unless `any_tag`
  bool any_tag = false;
  bool with_ref = false;
  bool is_delegate = false;
};

/// A translated function. Immutable once published.
struct FuncCode {
  syntax::FuncIdx func;
  uint32_t header_slot = 0;  // holds the return address
  std::vector<Cell> cells;
  std::vector<SourcePoint> points;  // by rising cell
  std::vector<Handler> handlers;    // innermost first
};

}  // namespace waxwing::interp
