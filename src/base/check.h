// Assertions: a CHECK that fails means Waxwing itself is wrong, never its input or the guest.
#pragma once

namespace waxwing::base {

/// Prints `what` and the place to standard error and aborts. Never returns.
[[noreturn]] void check_failed(const char* what, const char* file, int line);

}  // namespace waxwing::base

/// Always on: stops the process where an invariant of ours is broken.
#define CHECK(condition) \
  ((condition) ? void() : ::waxwing::base::check_failed(#condition, __FILE__, __LINE__))

/// Marks what a correct program cannot reach.
#define UNREACHABLE() ::waxwing::base::check_failed("unreachable", __FILE__, __LINE__)
