// The version of the library; include/waxwing/version.h has the only copy of the numbers.
#include "waxwing/version.h"

namespace {

#define WAXWING_QUOTED(text) #text
#define WAXWING_DOTTED(major, minor, patch) \
  WAXWING_QUOTED(major) "." WAXWING_QUOTED(minor) "." WAXWING_QUOTED(patch)

constexpr char version[] =
    WAXWING_DOTTED(WAXWING_VERSION_MAJOR, WAXWING_VERSION_MINOR, WAXWING_VERSION_PATCH);

}  // namespace

const char* waxwing_version() { return version; }
