// One instruction as text: its row's word and its immediates. [spec 6.5]
#pragma once

#include "binary/instr_reader.h"
#include "text/func_scope.h"
#include "text/type_printer.h"

namespace waxwing::text {

/// Appends `instr` to the printer's output, as "br_if 0 (;@1;)" or "block $label (result i32)". For
/// an instruction that opens a block, `scope` has not opened it yet; that is done here, with the
/// operands that a branch to it takes. Any index is printed, whether it exists or not.
void append_instr(TypePrinter& types, FuncScope& scope, const binary::Instr& instr);

}  // namespace waxwing::text
