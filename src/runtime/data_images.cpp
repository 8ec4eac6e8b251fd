// See data_images.h.
#include "runtime/data_images.h"

#include <algorithm>

#include "platform/virtual_memory.h"
#include "syntax/data_extents.h"

namespace waxwing::runtime {
namespace {

/// Copying less takes no longer than what an image costs.
constexpr uint64_t min_bytes = 64u << 10;

using syntax::DataSegment;
using syntax::Module;
using syntax::SegmentMode;

base::Result<DataImage> make_image(const Module& module, syntax::MemIdx memory,
                                   const syntax::DataExtent& extent) {
  const uint64_t begin = extent.begin / platform::page_size() * platform::page_size();
  platform::MemoryImage image =
      TRY(platform::MemoryImage::create(platform::round_up_to_page(extent.end - begin)));
  for (const DataSegment& segment : module.datas) {
    if (segment.mode != SegmentMode::active || segment.memory != memory) continue;
    const std::optional<uint64_t> to = syntax::known_place(module, segment);
    if (to && !segment.bytes.empty()) TRY(image.write(*to - begin, segment.bytes));
  }
  return DataImage{.memory = memory, .offset = begin, .image = std::move(image)};
}

std::vector<DataImage> make_images(const Module& module) {
  const std::optional<std::vector<syntax::DataExtent>> extents =
      syntax::find_data_extents(module, min_bytes);
  if (!extents) return {};
  std::vector<DataImage> images;
  for (uint32_t i = 0; i < extents->size(); ++i) {
    if ((*extents)[i].bytes == 0) continue;
    auto image = make_image(module, syntax::MemIdx(i), (*extents)[i]);
    if (!image || !image->image.may_stay_open()) return {};
    images.push_back(*std::move(image));
  }
  return images;
}

}  // namespace

const std::vector<DataImage>& DataImages::find(const Module& module) const {
  static const std::vector<DataImage> none;
  if (is_given_) return images_;
  if (!was_asked_.load(std::memory_order_relaxed) && !was_asked_.exchange(true)) return none;
  std::call_once(once_, [&] { images_ = make_images(module); });
  return images_;
}

}  // namespace waxwing::runtime
