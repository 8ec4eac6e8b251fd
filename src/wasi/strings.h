// Lists of strings as argv and environ have them.
#pragma once

#include "wasi/functions.h"

namespace waxwing::wasi {

/// Writes the strings, each with its NUL, one behind the other from `strings` on, and a pointer to
/// each from `pointers` on.
WasiResult<> put_strings(const GuestMemory& memory, const StringList& list, uint32_t pointers,
                         uint32_t strings);

StringSizes sizes_of(const StringList& list);

}  // namespace waxwing::wasi
