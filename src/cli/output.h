// Where commands write what they make.
#pragma once

#include <string>

#include "base/bytes.h"
#include "cli/messages.h"

namespace waxwing::cli {

/// Writes all of `bytes` to the file `output`, or to standard output for "-". A file has all of
/// them or stays as it was.
Fallible<> write_output(const std::string& output, base::ByteSpan bytes);

}  // namespace waxwing::cli
