// A path resolved step by step beneath a directory, for systems whose kernel cannot. Private to the
// layer.
#pragma once

#include <string>
#include <string_view>

#include "platform/file.h"

namespace waxwing::platform {

/// Opens `path` beneath `root` with the results of openat2(RESOLVE_BENEATH |
/// RESOLVE_NO_MAGICLINKS), except that an escape is `perm`, and that more than 256 levels of
/// directories are `nametoolong`. REQUIRES: `path` is relative, not empty, and without NUL bytes; a
/// path that ends in a slash is not created.
FileResult<File> open_by_walk(const File& root, std::string_view path, const OpenOptions& options);

/// The target of the symbolic link `name` in the open directory, or of the link that the descriptor
/// itself is where `name` is empty. `inval` where that is no link.
FileResult<std::string> read_link_at(int directory, const char* name);

}  // namespace waxwing::platform
