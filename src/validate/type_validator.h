// Declared supertypes: whether each type is what its supertype promises.
// [spec 3.2.13, 3.3.8-3.3.11]
#pragma once

#include "base/result.h"
#include "base/stop_flag.h"
#include "syntax/module.h"

namespace waxwing::validate {

/// Checks every type of `module` against its supertype; that this comes earlier, and how deep the
/// chain is, the decoder has checked. Linear in the size of the types; stops between two.
base::Result<> validate_types(const syntax::Module& module, const base::StopFlag* stop = nullptr);

}  // namespace waxwing::validate
