// waxwing dump --stage=asm: the machine code of the baseline compiler.
#pragma once

#include "cli/messages.h"
#include "cli/module_file.h"
#include "cli/options.h"

namespace waxwing::cli {

/// Compiles the module of `source` and prints the code of its functions, or of one.
Fallible<> dump_asm(const DumpOptions& options, const ModuleSource& source);

}  // namespace waxwing::cli
