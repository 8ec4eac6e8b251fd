// Typed values at the border between host and Wasm.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "runtime/func.h"
#include "runtime/slot.h"
#include "runtime/store.h"
#include "syntax/types.h"

namespace waxwing::runtime {

/// A value with its type. References keep their bits in the first slot; whoever keeps one to an
/// object of the heap over the next call keeps it in `Roots` as well.
struct Value {
  syntax::ValType type;
  Slot slots[2] = {0, 0};
};

/// Whether the value is one of that type, engine-wide.
bool has_type(Store& store, const Value& value, syntax::ValType type);

/// Calls `func` with checked arguments; the results are typed by the function's type. Fails with an
/// Error where arguments do not fit (count, type), with a Trap where the call trapped; a Wasm
/// exception that nobody caught is a trap of code uncaught_exception.
std::expected<std::vector<Value>, std::variant<base::Error, Trap>> call(
    Store& store, Func& func, std::span<const Value> args);

/// The value as the text format writes constants: "42", "-1.5", "nan:0x200000", "0x... 0x..." for
/// v128 as i32x4, "null", "ref.i31 5", "ref.extern 1" for a host's value, else
/// "ref.struct", "ref.func" and the like by its static type, or "ref".
std::string to_string(const Value& value);
/// Reads a number of `type` (i32, i64, f32, f64, v128 as 4 i32 separated by commas) from text, or
/// says what is wrong.
base::Result<Value> parse_value(syntax::ValType type, std::string_view text);

}  // namespace waxwing::runtime
