// Decodes the "name" custom section. [spec 7.4.1]
#pragma once

#include "base/bytes.h"
#include "syntax/module.h"

namespace waxwing::binary {

/// Fills `module.names` from the contents of a "name" section. What is malformed there is left out:
/// the rest of its subsection if its structure is broken, one name if it is not UTF-8, not of a
/// function of `module`, or out of order. REQUIRES: all functions of `module` are known. Linear
/// time.
void decode_name_section(base::ByteSpan contents, syntax::Module& module);

}  // namespace waxwing::binary
