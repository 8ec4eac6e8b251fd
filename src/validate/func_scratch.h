// What the validation of one function works with and leaves behind; reused from function to
// function, so that none of them allocates.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "syntax/module.h"
#include "validate/operand_stack.h"

namespace waxwing::validate {

/// The type of a block: no parameters and one result at most, or a function type.
struct BlockSignature {
  const syntax::FuncType* type = nullptr;
  syntax::ValType single = syntax::ValKind::bottom;  // the result if `type` is null; bottom: none

  std::span<const syntax::ValType> params() const {
    if (type) return type->params;
    return {};
  }
  std::span<const syntax::ValType> results() const {
    if (type) return type->results;
    return {&single, single.kind() == syntax::ValKind::bottom ? size_t(0) : size_t(1)};
  }
};

/// An open block. [spec A.4]
struct ControlFrame {
  syntax::Op op = syntax::Op::block;  // that opened it, or its else_, catch_ or catch_all; block
                                      // for the function itself
  bool unreachable = false;
  uint32_t height = 0;           // of the operands under the block
  uint32_t initialized = 0;      // length of the list of initialized locals at its start
  uint32_t last_br_table = ~0u;  // code offset of the br_table that checked this label last
  BlockSignature signature;

  /// The types that a branch to it takes.
  std::span<const syntax::ValType> label() const {
    return op == syntax::Op::loop ? signature.params() : signature.results();
  }
};

/// A loop whose end is still to come, and what the code around it did before it.
struct OpenLoop {
  uint32_t index = 0;  // into FuncScratch::loops
  syntax::LoopHints outer;
};

/// Locals that the fast path of validation knows, at most: their numbers take one byte.
inline constexpr size_t max_quick_locals = 128;

/// Results are those of the last `validate_function`; `used` gathers over all of them. One thread
/// at a time.
struct FuncScratch {
  syntax::FuncHints hints;  // first_loop and first_local are 0
  std::vector<syntax::LoopHints> loops;
  syntax::FeatureSet used;
  /// How much each of the first locals is used.
  std::span<const uint16_t> weights() const {
    return std::span(local_weights).subspan(1, hints.local_count);
  }

  // Work space.
  OperandStack operands;
  std::vector<ControlFrame> frames;
  std::vector<OpenLoop> open_loops;
  // By the number of a local plus one: types and uses of the first locals. What uses no local
  // counts as a use of the type in front of them; as many as the fast path may ask for are there.
  std::vector<syntax::ValType> near_locals;
  std::vector<uint16_t> local_weights;
  std::vector<syntax::ValType> field_types;  // of a structure, unpacked
  std::vector<uint32_t> run_ends;            // prefix sums of FuncBody::locals, behind parameters
  std::vector<uint8_t> is_initialized;       // by local; counts for types without a default only
  std::vector<uint32_t> initialized;         // the locals set there, in order
};

}  // namespace waxwing::validate
