// Whether a module that was read from an image is one that validation could have left.
#pragma once

#include <string_view>

#include "syntax/module.h"

namespace waxwing::image {

/// What is wrong with the structure of `module`, in a word; "" where every index is in range, every
/// type is one, and every constant expression has the operands that it takes. It is not validated
/// again: values may have types that do not fit. Linear time in what a module declares; bodies,
/// names and hints are not looked at.
std::string_view structure_fault(const syntax::Module& module);

}  // namespace waxwing::image
