// What active data segments write to the memories that a module defines, ready to be mapped: an
// instance takes microseconds, whatever its memory holds. [spec 4.7.2]
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
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

/// Where an active segment goes, if that is known whatever the imports are, and it is in bounds of
/// a memory that the module defines.
std::optional<uint64_t> known_place(const syntax::Module& module,
                                    const syntax::DataSegment& segment);

/// The images of one module, made when it is instantiated for the second time: one instance alone
/// is better off with copies. Thread-safe.
class DataImages {
 public:
  /// What all active segments of `module`, which is always the same, write to memories that were
  /// not written to. Empty where segments must be copied one by one: their places are not known
  /// beforehand, one may trap, they are small or far apart, they are for many memories, or the host
  /// has no room.
  const std::vector<DataImage>& find(const syntax::Module& module) const;

 private:
  mutable std::atomic<bool> was_asked_ = false;
  mutable std::once_flag once_;
  mutable std::vector<DataImage> images_;
};

}  // namespace waxwing::runtime
