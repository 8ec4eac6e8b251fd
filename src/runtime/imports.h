// Whether what is given fits what a module imports. [spec 3.5.10-3.5.16, 4.7.2]
#pragma once

#include "runtime/instance.h"

namespace waxwing::runtime {

/// Checks count, kinds and types of `imports`, one for each of `compiled`'s, with tables and
/// memories as large as they are now. Fails with `incompatible_import`, or `invalid_argument` where
/// there are too few or too many.
base::Result<> check_imports(const CompiledModule& compiled, std::span<const Extern> imports);

}  // namespace waxwing::runtime
