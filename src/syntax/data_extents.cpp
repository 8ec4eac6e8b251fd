// See data_extents.h.
#include "syntax/data_extents.h"

#include <algorithm>

#include "syntax/opcode.h"

namespace waxwing::syntax {
namespace {

/// Of an image at most so many bytes for each that a segment writes.
constexpr uint64_t max_sparseness = 4;
/// Each takes a descriptor of the host's, which has perhaps a thousand.
constexpr uint32_t max_images = 4;

}  // namespace

std::optional<uint64_t> known_place(const Module& module, const DataSegment& segment) {
  if (segment.memory.value < module.imported_memories) return std::nullopt;
  const MemoryType& type = module.memories[segment.memory];
  const std::span<const ConstInstr> instrs = module.instrs(segment.offset);
  if (instrs.size() != 1 || (instrs[0].op != Op::i32_const && instrs[0].op != Op::i64_const))
    return std::nullopt;
  const uint64_t constant = instrs[0].value.lanes<uint64_t>()[0];
  const uint64_t to = type.address == AddressType::i32 ? static_cast<uint32_t>(constant) : constant;
  const uint64_t pages = type.limits_pages.min;
  if (pages > UINT64_MAX >> type.page_size_log2) return std::nullopt;
  const uint64_t size = pages << type.page_size_log2;
  if (segment.bytes.size() > size || to > size - segment.bytes.size()) return std::nullopt;
  return to;
}

std::optional<std::vector<DataExtent>> find_data_extents(const Module& module, uint64_t min_bytes) {
  std::vector<DataExtent> extents(module.memories.size());
  for (const DataSegment& segment : module.datas) {
    if (segment.mode != SegmentMode::active) continue;
    const std::optional<uint64_t> to = known_place(module, segment);
    if (!to) return std::nullopt;
    if (segment.bytes.empty()) continue;
    DataExtent& extent = extents[segment.memory.value];
    extent.begin = std::min(extent.begin, *to);
    extent.end = std::max(extent.end, *to + segment.bytes.size());
    extent.bytes += segment.bytes.size();
  }
  uint64_t all_bytes = 0;
  uint32_t images = 0;
  for (const DataExtent& extent : extents) {
    all_bytes += extent.bytes;
    if (extent.bytes != 0 && ++images > max_images) return std::nullopt;
    if (extent.bytes != 0 && extent.end - extent.begin > extent.bytes * max_sparseness)
      return std::nullopt;
  }
  if (all_bytes < min_bytes) return std::nullopt;
  return extents;
}

}  // namespace waxwing::syntax
