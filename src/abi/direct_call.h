// Calls between C++ and Wasm code that move nothing: with the first two registers of C's arguments
// taken by a context and by code or a host function's data, those that follow are the registers of
// Wasm code's arguments, and its first result is where C's is. [System V ABI 3.2.3]
#pragma once

#include <cstdint>

#include "syntax/types.h"

namespace waxwing::abi {

struct VmContext;

inline constexpr uint32_t max_direct_integers = 4;  // references too
inline constexpr uint32_t max_direct_floats = 8;

/// Counts the arguments of a direct call.
class DirectArguments {
 public:
  constexpr void add(syntax::ValKind kind) {
    using syntax::ValKind;
    const bool is_float = kind == ValKind::f32 || kind == ValKind::f64;
    if (kind == ValKind::v128)
      fits_ = false;
    else
      ++(is_float ? floats_ : integers_);
  }
  constexpr bool fit() const {
    return fits_ && integers_ <= max_direct_integers && floats_ <= max_direct_floats;
  }

 private:
  uint32_t integers_ = 0;
  uint32_t floats_ = 0;
  bool fits_ = true;
};

/// Whether functions of that type can be called directly, in both directions. Linear time.
constexpr bool is_direct(const syntax::FuncType& type) {
  if (type.results.size() > 1) return false;
  if (!type.results.empty() && type.results[0].kind() == syntax::ValKind::v128) return false;
  DirectArguments arguments;
  for (const syntax::ValType param : type.params) arguments.add(param.kind());
  return arguments.fit();
}

/// CodeStubs::enter_direct: a whole call of the host's, begun and, unless it fails, ended. Calls
/// `code`, a function of a type that `is_direct`, in `context`'s instance. Arguments: integers as
/// uint64_t, an i32 zero-extended, references by their bits; f32 as float, f64 as double. Then
/// ExecutionState::failure tells whether the result is one. Checks no stack limit: prologues do.
template <typename Result, typename... Args>
using DirectEntry = Result (*)(VmContext* context, const void* code, Args... args);

/// FuncRecord::thunk: a host function with arguments and result in the same way, called from code
/// in `context`'s instance. An i32 is returned zero-extended. To fail it writes
/// ExecutionState::failure and returns anything. It must not throw.
template <typename Result, typename... Args>
using DirectThunk = Result (*)(VmContext* context, void* host_data, Args... args);

}  // namespace waxwing::abi
