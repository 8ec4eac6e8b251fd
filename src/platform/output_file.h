// Files that are written whole or not at all.
#pragma once

#include <span>
#include <string_view>

#include "platform/file.h"

namespace waxwing::platform {

/// Makes `bytes` the contents of the file at `path`: they are written to a new file beside it,
/// which then takes its place, so that nobody ever sees half of them. Permissions of a file that is
/// there are kept, and a symbolic link is followed. What is no regular file, a device or a pipe, is
/// written to.
FileResult<> write_whole_file(std::string_view path, std::span<const uint8_t> bytes);

/// Writes all of `bytes` to `file`, in as many calls as that takes.
FileResult<> write_all(const File& file, std::span<const uint8_t> bytes);

}  // namespace waxwing::platform
