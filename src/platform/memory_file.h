// Files that are nothing but memory.
#pragma once

#include <cstddef>

#include "platform/file.h"

namespace waxwing::platform {

/// An empty file in memory, which the system knows as `name`; not open, with errno set, where the
/// host refuses.
File make_memory_file(const char* name);

/// As ftruncate, which kills the process where its limit is lower. False, with errno set, where it
/// fails.
bool grow_memory_file(const File& file, size_t size_bytes);

}  // namespace waxwing::platform
