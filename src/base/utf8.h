// UTF-8 as the names of a module must be. [spec 5.2.4; RFC 3629]
#pragma once

#include "base/bytes.h"

namespace waxwing::base {

/// The size of the longest well-formed beginning of `bytes`. Linear time.
size_t utf8_prefix(ByteSpan bytes);

/// Whether `bytes` is well-formed UTF-8: shortest forms, no surrogates, nothing above U+10FFFF.
/// Linear time.
bool is_utf8(ByteSpan bytes);

}  // namespace waxwing::base
