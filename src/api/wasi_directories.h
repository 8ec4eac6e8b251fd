// The directories of a WASI configuration as the guest's descriptors have them.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "api/core.h"
#include "base/result.h"
#include "wasi/context.h"
#include "waxwing/file_system.h"
#include "waxwing/wasi.h"

namespace waxwing::api {

/// In the order of the configuration's members; times of what is not the host's are of `clocks`
/// where those are the embedder's. Fails with `invalid_argument` where a file system has no root,
/// or one that is no directory.
base::Result<std::vector<wasi::Preopen>> preopens_of(detail::StoreCore& core,
                                                     const WasiConfig& config,
                                                     const std::shared_ptr<wasi::Clocks>& clocks);

/// A directory whose paths, links and descriptors are ours and whose files are the embedder's. It
/// ends before `core`. `device` tells it from other file systems, and `now_ns` is what time is now.
std::shared_ptr<vfs::Directory> adapt(detail::StoreCore& core, std::shared_ptr<FileNode> root,
                                      uint64_t device, std::function<uint64_t()> now_ns);

}  // namespace waxwing::api
