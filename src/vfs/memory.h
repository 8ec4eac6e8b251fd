// A file system in memory: what `--tmpfs` mounts.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "platform/clock.h"
#include "vfs/object.h"

namespace waxwing::vfs {

struct MemoryOptions {
  /// Of contents in pages of 4 KiB, and 768 for each name, besides its bytes and those of a link's
  /// target; what goes beyond is `nospc`. No file is larger. 1 TiB at most.
  uint64_t max_bytes = uint64_t{256} << 20;
  /// The number by which programs tell file systems apart.
  uint64_t device = 1;
  std::function<uint64_t()> now_ns = &platform::realtime_ns;  // of the times of files
};

/// The root of a new, empty file system, which lives as long as anything of it is open. Threads may
/// use directories and files of it at once, each its own.
std::shared_ptr<Directory> make_memory_directory(const MemoryOptions& options = {});

}  // namespace waxwing::vfs
