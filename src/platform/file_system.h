// What is to be known of the file system that a file is on. [statfs(2)]
#pragma once

#include "platform/file.h"

namespace waxwing::platform {

/// Whether a write to `file` through a shared mapping shows in its times, once the system wrote it
/// to the disk at the latest: not so in memory (tmpfs, ramfs), nor where another machine or
/// another process keeps the file (NFS, SMB, 9P, FUSE). False where the system does not tell.
bool shows_mapped_writes(const File& file);

}  // namespace waxwing::platform
