// The variables that a guest sees.
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"

namespace waxwing::cli {

/// "NAME=VALUE" of what `options` ask for: those of this process where they are inherited, then the
/// ones named, each replacing an earlier one of its name. A name without a value anywhere is left
/// out.
std::vector<std::string> guest_environment(const RunOptions& options);

}  // namespace waxwing::cli
