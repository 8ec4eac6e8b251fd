// Reports a broken invariant of ours and stops the process.
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace waxwing::base {

void check_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "waxwing: internal error: %s at %s:%d\n", what, file, line);
  std::abort();
}

}  // namespace waxwing::base
