// The values in scripts: arguments of actions, and patterns of results.
#pragma once

#include "text/cursor.h"
#include "text/script.h"

namespace waxwing::text {

/// Reads "(i32.const 1)", "(ref.null func)", "(ref.extern 1)" and their kin. What is none of them
/// is an error of the cursor.
ValuePattern parse_argument(Cursor& cursor);

/// Reads one of these, or what stands for several values: "(f32.const nan:canonical)",
/// "(ref.func)",
/// "(either (i32.const 0) (i32.const 1))".
ResultPattern parse_result(Cursor& cursor);

}  // namespace waxwing::text
