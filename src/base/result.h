// The one form of failure in Waxwing: `Result<T>` holds a value or an `Error` that says what, where
// and how to mend it. A `Trap` (Wasm code failed) is a different thing and lives in
// `runtime/trap.h`.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace waxwing::base {

enum class ErrorClass : uint8_t { malformed, invalid, unlinkable, limit, host };

enum class ErrorCode : uint8_t {
#define ERROR(ID, CLASS, TEXT) ID,
#include "base/errors.def"
};

/// The class that `code` belongs to. Constant time.
ErrorClass error_class(ErrorCode code);

/// The fixed text of `code`, in the specification's words where the official suite fixes them.
std::string_view error_text(ErrorCode code);

/// A module or a call is wrong. `offset` is a byte offset from the start of the module, or
/// `no_offset`.
struct Error {
  static constexpr uint64_t no_offset = UINT64_MAX;

  ErrorCode code;
  uint64_t offset = no_offset;
  std::string detail;  // specific to this case; may be empty

  /// "invalid module: type mismatch: expected i32, found i64 (at offset 0x1f)": one line for
  /// people.
  std::string message() const;
};

template <typename T = void>
using Result = std::expected<T, Error>;

/// Builds the failure that a function of type `Result<T>` returns.
inline std::unexpected<Error> fail(ErrorCode code, std::string detail = {},
                                   uint64_t offset = Error::no_offset) {
  return std::unexpected(Error{code, offset, std::move(detail)});
}

}  // namespace waxwing::base

/// Yields the value of a `Result`, or returns its error from the enclosing function.
#define TRY(expression)                                      \
  __extension__({                                            \
    auto try_result = (expression);                          \
    if (!try_result) [[unlikely]]                            \
      return std::unexpected(std::move(try_result).error()); \
    *std::move(try_result);                                  \
  })
