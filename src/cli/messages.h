// How commands fail and speak: exit codes, and messages that say what happened, where, and how to
// mend it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "runtime/trap.h"

namespace waxwing::cli {

/// What the process exits with where the guest does not choose.
namespace exit_code {
inline constexpr int success = 0;
inline constexpr int output_failed = 1;
inline constexpr int script_failed = 1;
inline constexpr int usage = 2;
inline constexpr int out_of_fuel = 123;
inline constexpr int timed_out = 124;
inline constexpr int cannot_load = 126;  // or validate, or link
inline constexpr int not_found = 127;
inline constexpr int trapped = 134;
}  // namespace exit_code

/// Why a command could not do its work. `what` is told behind "waxwing: ", `hint` (may be empty)
/// in a line of its own.
struct Failure {
  int exit_code = 0;
  std::string what;
  std::string hint;
};

template <typename T = void>
using Fallible = std::expected<T, Failure>;

inline std::unexpected<Failure> fail(int exit_code, std::string what, std::string hint = {}) {
  return std::unexpected(Failure{exit_code, std::move(what), std::move(hint)});
}

/// `error` about what the user named `subject`: a module, a directory, an option.
Failure failure_of(std::string_view subject, const base::Error& error);

/// A trap of the module `subject`, with its backtrace. REQUIRES: its code is not `exit`.
Failure failure_of(std::string_view subject, const runtime::Trap& trap);

/// Tells the user on standard error, in one write.
void report(const Failure& failure);
/// The same for what stops nothing.
void warn(std::string_view what);
/// The same for what was asked for.
void note(std::string_view what);

/// Writes all of `text` to standard output. A reader that went away is a failure without words.
Fallible<> print(std::string_view text);

}  // namespace waxwing::cli
