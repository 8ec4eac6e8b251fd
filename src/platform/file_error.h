// How an operation on a file fails: a plain name, for callers that answer programs rather than
// people.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "base/result.h"

namespace waxwing::platform {

/// The ids of file_errors.def, which are WASI's names. A path that would leave its directory is
/// `perm`.
enum class FileError : uint16_t {
#define FILE_ERROR(ID, ERRNO, TEXT) ID,
#include "platform/file_errors.def"
};

template <typename T = void>
using FileResult = std::expected<T, FileError>;

/// What the operating system calls `error`, for people.
std::string_view file_error_text(FileError error);

/// An `Error` for people from a failure on the file that they named `what`: `not_found`,
/// `out_of_memory`, else `io_error`.
base::Error describe(FileError error, std::string_view what);

}  // namespace waxwing::platform
