// What active data segments write to the memories that a module defines, ready to be mapped: an
// instance takes microseconds, whatever its memory holds. [spec 4.7.2]
#pragma once

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include "platform/memory_image.h"
#include "syntax/module.h"

namespace waxwing::runtime {

/// The bytes of one memory from `offset` on, whole pages of the host.
struct DataImage {
  syntax::MemIdx memory;
  uint64_t offset;
  platform::MemoryImage image;
};

/// The images of one module: given, or made when it is instantiated for the second time, since one
/// instance alone is better off with copies. Thread-safe.
class DataImages {
 public:
  /// Takes those that a file holds, for the first instance too; none: they are made. REQUIRES:
  /// nobody has asked for images yet.
  void give(std::vector<DataImage> images) {
    is_given_ = !images.empty();
    images_ = std::move(images);
  }

  /// What all active segments of `module`, which is always the same, write to memories that were
  /// not written to. Empty where segments must be copied one by one: their places are not known
  /// beforehand, one may trap, they are small or far apart, they are for many memories, or the host
  /// has no room or too few files.
  const std::vector<DataImage>& find(const syntax::Module& module) const;

 private:
  bool is_given_ = false;
  mutable std::atomic<bool> was_asked_ = false;
  mutable std::once_flag once_;
  mutable std::vector<DataImage> images_;
};

}  // namespace waxwing::runtime
