// Declared supertypes: whether each type is what its supertype promises.
// [spec 3.2.13, 3.3.8-3.3.11]
#pragma once

#include "base/result.h"
#include "syntax/module.h"

namespace waxwing::validate {

/// Checks every type of `module` against its supertype; that this comes earlier, and how deep the
/// chain is, the decoder has checked. Linear in the size of the types.
base::Result<> validate_types(const syntax::Module& module);

}  // namespace waxwing::validate
