// See data_images.h.
#include "runtime/data_images.h"

#include <algorithm>

#include "platform/virtual_memory.h"
#include "syntax/opcode.h"

namespace waxwing::runtime {
namespace {

using syntax::DataSegment;
using syntax::Module;
using syntax::Op;
using syntax::SegmentMode;

/// Copying less takes no longer than what a mapping costs.
constexpr uint64_t min_bytes = 64u << 10;
/// Of an image at most so many bytes for each that a segment writes.
constexpr uint64_t max_sparseness = 4;
/// Each takes a descriptor of the host's, which has perhaps a thousand.
constexpr uint32_t max_images = 4;

/// What segments write to one memory.
struct Extent {
  uint64_t begin = UINT64_MAX;
  uint64_t end = 0;
  uint64_t bytes = 0;
};

/// By memory; nothing where images cannot stand for the segments.
std::optional<std::vector<Extent>> find_extents(const Module& module) {
  std::vector<Extent> extents(module.memories.size());
  for (const DataSegment& segment : module.datas) {
    if (segment.mode != SegmentMode::active) continue;
    const std::optional<uint64_t> to = known_place(module, segment);
    if (!to) return std::nullopt;
    if (segment.bytes.empty()) continue;
    Extent& extent = extents[segment.memory.value];
    extent.begin = std::min(extent.begin, *to);
    extent.end = std::max(extent.end, *to + segment.bytes.size());
    extent.bytes += segment.bytes.size();
  }
  uint64_t all_bytes = 0;
  uint32_t images = 0;
  for (const Extent& extent : extents) {
    all_bytes += extent.bytes;
    if (extent.bytes != 0 && ++images > max_images) return std::nullopt;
    if (extent.bytes != 0 && extent.end - extent.begin > extent.bytes * max_sparseness)
      return std::nullopt;
  }
  if (all_bytes < min_bytes) return std::nullopt;
  return extents;
}

base::Result<DataImage> make_image(const Module& module, syntax::MemIdx memory,
                                   const Extent& extent) {
  const uint64_t begin = extent.begin / platform::page_size() * platform::page_size();
  platform::MemoryImage image =
      TRY(platform::MemoryImage::create(platform::round_up_to_page(extent.end - begin)));
  for (const DataSegment& segment : module.datas) {
    if (segment.mode != SegmentMode::active || segment.memory != memory) continue;
    const std::optional<uint64_t> to = known_place(module, segment);
    if (to && !segment.bytes.empty()) TRY(image.write(*to - begin, segment.bytes));
  }
  return DataImage{.memory = memory, .offset = begin, .image = std::move(image)};
}

std::vector<DataImage> make_images(const Module& module) {
  const std::optional<std::vector<Extent>> extents = find_extents(module);
  if (!extents) return {};
  std::vector<DataImage> images;
  for (uint32_t i = 0; i < extents->size(); ++i) {
    if ((*extents)[i].bytes == 0) continue;
    auto image = make_image(module, syntax::MemIdx(i), (*extents)[i]);
    if (!image) return {};
    images.push_back(*std::move(image));
  }
  return images;
}

}  // namespace

std::optional<uint64_t> known_place(const Module& module, const DataSegment& segment) {
  if (segment.memory.value < module.imported_memories) return std::nullopt;
  const syntax::MemoryType& type = module.memories[segment.memory];
  const std::span<const syntax::ConstInstr> instrs = module.instrs(segment.offset);
  if (instrs.size() != 1 || (instrs[0].op != Op::i32_const && instrs[0].op != Op::i64_const))
    return std::nullopt;
  const uint64_t constant = instrs[0].value.lanes<uint64_t>()[0];
  const uint64_t to =
      type.address == syntax::AddressType::i32 ? static_cast<uint32_t>(constant) : constant;
  const uint64_t pages = type.limits_pages.min;
  if (pages > UINT64_MAX >> type.page_size_log2) return std::nullopt;
  const uint64_t size = pages << type.page_size_log2;
  if (segment.bytes.size() > size || to > size - segment.bytes.size()) return std::nullopt;
  return to;
}

const std::vector<DataImage>& DataImages::find(const Module& module) const {
  static const std::vector<DataImage> none;
  if (!was_asked_.load(std::memory_order_relaxed) && !was_asked_.exchange(true)) return none;
  std::call_once(once_, [&] { images_ = make_images(module); });
  return images_;
}

}  // namespace waxwing::runtime
