// What scripts say of values, beside the values of the runtime.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "runtime/value.h"
#include "text/script.h"

namespace waxwing::cli {

/// The argument that `pattern` writes. REQUIRES: it is exact.
runtime::Value to_value(const text::ValuePattern& pattern);

/// Whether `values` are what `expected` allows: as many, each of the right type and bits.
/// References are what they point to, not what their types say. `values` are `store`'s.
bool matches(runtime::Store& store, std::span<const text::ResultPattern> expected,
             std::span<const runtime::Value> values);

/// "(i32.const 1) (either (ref.null) (ref.func))", as a script writes them; "nothing" for none.
std::string to_string(std::span<const text::ResultPattern> patterns);
std::string to_string(std::span<const runtime::Value> values);

/// The trap that the suite calls `text`: the one with the longest name that `text` begins with, for
/// the suite adds details. TrapCode::none where there is no such trap.
syntax::TrapCode trap_called(std::string_view text);

}  // namespace waxwing::cli
