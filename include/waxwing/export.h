// What the library shows of itself, whichever way it is linked.
#pragma once

/// Marks what programs may use of libwaxwing.so; all else is hidden in it.
#define WAXWING_API __attribute__((visibility("default")))
