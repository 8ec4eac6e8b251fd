// Locks on ranges of a file that end with the open file that holds them, however its process ends:
// the kernel's open file description locks.
#pragma once

#include "platform/file.h"

namespace waxwing::platform {

/// A range of a file, which may lie past its end. REQUIRES: begin + size below 2^63, size not 0.
struct LockRange {
  uint64_t begin = 0;
  uint64_t size = 1;
};

/// Locks `range` for `file`, open for writing, and for its duplicates, without waiting: false where
/// another open file, of this process or of another, has a part of it. Fails where the file system
/// has no locks, and with `nolck` where a lock of readers is in the way: whoever may only read the
/// file can take one, and keep it for ever. Gone when it is unlocked, or when the last duplicate is
/// closed.
FileResult<bool> try_lock(const File& file, LockRange range);

/// Ends the lock for every duplicate of `file`, a forked child's too.
FileResult<> unlock(const File& file, LockRange range);

}  // namespace waxwing::platform
