// Module -> text. [spec 6]
#pragma once

#include <string>

#include "base/result.h"
#include "syntax/module.h"

namespace waxwing::text {

enum class CodeStyle : uint8_t {
  flat,    // an instruction a line
  folded,  // expressions in parentheses, as far as it is known what belongs together
};

/// The longest text that is printed, in bytes; small modules may mean very long ones.
inline constexpr size_t max_text_size = size_t(2) << 30;

struct PrintOptions {
  CodeStyle style = CodeStyle::flat;
  bool names = true;  // of the name section, as identifiers
};

/// The text of `module`, which was decoded with TypeIndices::as_written (else equal types are all
/// printed as the first of them) and need not be valid. Assembling the text gives the same module
/// in canonical encoding; printing that again gives the same text. Without names in the name
/// section that are malformed or of nothing, which are lost. An error where a function's bytes are
/// no well-nested instructions, or where the text would be longer than max_text_size. Linear time,
/// but for n log n in the number of names.
base::Result<std::string> print(const syntax::Module& module, const PrintOptions& options = {});

}  // namespace waxwing::text
