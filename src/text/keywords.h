// The words that the text format knows: instructions from opcodes.def, and all the others. [spec 6]
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "syntax/opcode.h"

namespace waxwing::text {

/// The instruction written as `text`; of rows that share a text ("select") the first. Constant
/// time.
std::optional<syntax::Op> find_op(std::string_view text);

/// Whether `text` is an instruction or any other word of the format.
bool is_keyword(std::string_view text);

/// "did you mean i32.add?" for a word that is none; "" where nothing is near.
/// For errors only: it looks at all words.
std::string suggest_keyword(std::string_view text);

}  // namespace waxwing::text
