// Which Waxwing this is, for C and C++: while compiling by the macros, while running by the
// function.
#pragma once

#include "waxwing/export.h"

#define WAXWING_VERSION_MAJOR 0
#define WAXWING_VERSION_MINOR 1
#define WAXWING_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/// The version of the library that runs, as "0.1.0". Static; any thread may ask, at any time.
WAXWING_API const char* waxwing_version(void);

#ifdef __cplusplus
}
#endif
