// Decodes constant expressions into `Module::const_instrs`. [spec 3.3.10, 5.4.9]
#pragma once

#include "binary/reader.h"
#include "syntax/module.h"

namespace waxwing::binary {

/// Reads one expression with its `end`. Types are left to validation. An instruction that no
/// constant expression may have goes into `not_constant`, if that is empty, and reading goes on:
/// what is malformed behind it counts more.
syntax::ConstExpr decode_const_expr(Reader& reader, syntax::Module& module,
                                    syntax::FeatureSet features,
                                    std::optional<base::Error>& not_constant);

}  // namespace waxwing::binary
