// Archives as directories: what `--tar` mounts.
#pragma once

#include <memory>

#include "base/result.h"
#include "platform/file_contents.h"
#include "vfs/object.h"

namespace waxwing::vfs {

/// The root of what a tar archive (not compressed) holds, for reading only; `device` is the number
/// by which programs tell file systems apart. Later members replace earlier ones; devices and FIFOs
/// are left out. Fails with `invalid_argument` where this is no such archive, or a member's name
/// leads out of it. Links may lead anywhere, and are not followed there. Thread-safe.
base::Result<std::shared_ptr<Directory>> open_tar(platform::FileContents contents,
                                                  uint64_t device = 1);

}  // namespace waxwing::vfs
