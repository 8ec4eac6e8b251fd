// Bodies are counted, since each has at least its `end`.
#include "text/source_map.h"

#include "binary/section_list.h"

namespace waxwing::text {

std::optional<size_t> SourceMap::find(base::ByteSpan module, uint64_t offset) const {
  for (const binary::SectionPlace& section : binary::list_sections(module)) {
    const bool is_inside = offset >= section.offset && offset < section.offset + section.size_bytes;
    if (section.id != binary::SectionId::code || !is_inside) continue;
    const std::vector<uint64_t> bodies = binary::list_body_offsets(
        module.subspan(size_t(section.offset), size_t(section.size_bytes)));
    size_t following = 0;  // the first body behind the offset
    while (following < bodies.size() && section.offset + bodies[following] <= offset) ++following;
    if (following == 0) return std::nullopt;
    const uint64_t body_offset = offset - section.offset - bodies[following - 1];
    std::optional<size_t> found;
    size_t count = 0;  // of functions up to the place
    for (size_t i = 0; i < places_.size() && count <= following; ++i) {
      if (i == 0 || places_[i].func != places_[i - 1].func) ++count;
      if (count == following && places_[i].body_offset <= body_offset) {
        found = places_[i].text_offset;
      }
    }
    return found;
  }
  return std::nullopt;
}

}  // namespace waxwing::text
