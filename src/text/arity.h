// How many operands an instruction takes and leaves, for printing it folded. [spec 3.4]
#pragma once

#include <optional>
#include <span>

#include "binary/instr_reader.h"
#include "syntax/module.h"

namespace waxwing::text {

struct Arity {
  uint32_t params = 0;
  uint32_t results = 0;  // 0 too where what follows is not reached
};

/// The operands of `type`'s functions; nothing where it is no function type.
std::optional<Arity> type_arity(const syntax::Module& module, syntax::TypeIdx type);

std::optional<Arity> block_arity(const syntax::Module& module, const binary::BlockType& type);

/// Of an instruction that is neither a block's beginning nor within its frame (`else`, `end`).
/// `labels[i]` is how many operands a branch to the block at depth i, from outside, takes; nothing
/// where that, or the arity, is not known for sure. Bodies need not be valid. Constant time.
std::optional<Arity> instr_arity(const syntax::Module& module, const binary::Instr& instr,
                                 std::span<const std::optional<uint32_t>> labels);

}  // namespace waxwing::text
