// Whether two decoded modules are the same, whatever their encodings.
#pragma once

#include <string>

#include "syntax/module.h"

namespace waxwing::tests {

/// What differs first between the modules, or "". Custom sections of names and branch hints are
/// left out: their contents depend on the encoding. REQUIRES: both were decoded in the same way.
std::string difference(const syntax::Module& left, const syntax::Module& right);

}  // namespace waxwing::tests
