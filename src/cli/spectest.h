// The module "spectest", which scripts of the official suite import from.
#pragma once

#include "base/result.h"
#include "runtime/linker.h"

namespace waxwing::cli {

/// Defines it, with objects of `store`. Its print functions write a line to standard output where
/// `prints`, else nothing.
base::Result<> define_spectest(runtime::Linker& linker, runtime::Store& store, bool prints);

}  // namespace waxwing::cli
