// Tables of 32-bit distances, through which code jumps by an index.
#pragma once

#include <span>

#include "assembler/code_buffer.h"
#include "assembler/label.h"

namespace waxwing::assembler {

/// Appends one entry a target, aligned at 4 bytes, and binds `table` to the first. An entry holds
/// the distance from `table` to its target in bytes, signed; targets may be bound later. Code adds
/// the entry, sign-extended, to the address of `table`, and jumps there: it needs no relocation.
void put_jump_table(CodeBuffer& buffer, Label& table, std::span<Label* const> targets);

}  // namespace waxwing::assembler
