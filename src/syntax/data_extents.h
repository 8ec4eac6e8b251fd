// What active data segments write where, as far as the module alone tells. [spec 4.7.2]
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "syntax/module.h"

namespace waxwing::syntax {

/// Where an active segment goes, if that is known whatever the imports are, and it is in bounds of
/// a memory that the module defines.
std::optional<uint64_t> known_place(const Module& module, const DataSegment& segment);

/// What segments write to one memory: `bytes` of [begin, end). Nothing is written where it is 0.
struct DataExtent {
  uint64_t begin = UINT64_MAX;
  uint64_t end = 0;
  uint64_t bytes = 0;
};

/// By memory; nothing where an image of each memory cannot stand for the segments: their places are
/// not known beforehand, one may trap, they write less than `min_bytes` together, they are far
/// apart, or they are for many memories.
std::optional<std::vector<DataExtent>> find_data_extents(const Module& module, uint64_t min_bytes);

}  // namespace waxwing::syntax
