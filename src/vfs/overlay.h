// A directory whose changes stay in memory: what `--overlay` mounts.
#pragma once

#include <memory>

#include "vfs/memory.h"

namespace waxwing::vfs {

/// The directory `lower` and all in it, which is never changed: what changes is kept in memory. Of
/// files that is what was written, in pages, and of directories the names that came and went; both
/// cost what `options` says, and so does each file or directory of `lower` of which something has
/// changed. Files are of other devices than in `lower`, which `options.device` sets apart from
/// those of other overlays. Positions of `lower`'s readers are less than 2^63: it is no overlay
/// itself. Where somebody else changes `lower` meanwhile, files show some of both, or are `noent`
/// or `io`, and a name that goes may be told twice. Threads may share it as a directory in memory.
std::shared_ptr<Directory> make_overlay(std::shared_ptr<Directory> lower,
                                        const MemoryOptions& options = {});

}  // namespace waxwing::vfs
