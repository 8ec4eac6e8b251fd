// Reads sizes and skips what they span.
#include "binary/section_list.h"

#include <algorithm>

#include "binary/reader.h"

namespace waxwing::binary {

std::vector<SectionPlace> list_sections(base::ByteSpan module) {
  constexpr size_t header_size_bytes = 8;
  std::vector<SectionPlace> sections;
  Reader reader(module.subspan(std::min(header_size_bytes, module.size())), header_size_bytes);
  while (!reader.at_end()) {
    SectionPlace place{.header_offset = reader.position()};
    const uint8_t id = reader.u8();
    place.size_bytes = reader.u32();
    place.offset = reader.position();
    if (!reader.ok() || id >= section_id_count || place.size_bytes > reader.remaining()) break;
    place.id = SectionId(id);
    reader.skip(size_t(place.size_bytes));
    sections.push_back(place);
  }
  return sections;
}

std::vector<uint64_t> list_body_offsets(base::ByteSpan contents) {
  std::vector<uint64_t> offsets;
  Reader reader(contents);
  const uint32_t count = reader.count();
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t size_bytes = reader.length();
    if (!reader.ok()) break;
    offsets.push_back(reader.position());
    reader.skip(size_bytes);
  }
  return offsets;
}

}  // namespace waxwing::binary
