// Where the sections of a module lie, for tools that show them. [spec 5.5.2]
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace waxwing::binary {

enum class SectionId : uint8_t {
  custom,
  type,
  import,
  func,
  table,
  memory,
  global,
  export_,
  start,
  elem,
  code,
  data,
  data_count,
  tag,
};
inline constexpr size_t section_id_count = 14;

/// The text format's words where it has some.
inline constexpr std::array<std::string_view, section_id_count> section_id_texts = {
    "custom", "type",  "import", "func", "table", "memory",    "global",
    "export", "start", "elem",   "code", "data",  "datacount", "tag",
};

struct SectionPlace {
  SectionId id = SectionId::custom;
  uint64_t header_offset = 0;  // of the id
  uint64_t offset = 0;         // of the contents
  uint64_t size_bytes = 0;     // of the contents
};

/// The sections of `module`, up to the first that has no known id or is cut off. Linear in their
/// number.
std::vector<SectionPlace> list_sections(base::ByteSpan module);

/// For each entry of a code section's `contents` the offset in `contents` at which it begins,
/// behind its size: where its locals are. Up to the first that is cut off.
std::vector<uint64_t> list_body_offsets(base::ByteSpan contents);

}  // namespace waxwing::binary
