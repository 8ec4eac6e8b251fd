// Files without a name, to hand bytes to another program, to take bytes from one that is not
// trusted, and to map code from.
#pragma once

#include <cstdint>
#include <span>

#include "platform/file.h"

namespace waxwing::platform {

/// An empty file in memory, open for reading and writing, which the system knows as `name`.
FileResult<File> make_sealable_file(const char* name);

/// The same with `bytes` in it, at their start. `fbig` where this process may write no file of that
/// size.
FileResult<File> make_sealable_file(const char* name, std::span<const uint8_t> bytes);

/// From now on nobody changes the file's bytes or its size, whoever has it open. Fails with `busy`
/// where somebody has mapped it for writing, and with `perm` or `inval` where `file` was not made
/// by `make_sealable_file`.
FileResult<> seal(const File& file);

/// A file in memory of these bytes, sealed: what is mapped from it stays as it is.
FileResult<File> make_sealed_file(const char* name, std::span<const uint8_t> bytes);

}  // namespace waxwing::platform
