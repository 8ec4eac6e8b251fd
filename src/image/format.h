// The header of an image and its table of sections: all that lies at a fixed place. Numbers are
// little-endian, as on all hosts. [docs/cache.md, "The file"]
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "abi/code_image.h"
#include "base/bytes.h"
#include "cache/checksum.h"
#include "cache/digest.h"
#include "syntax/module.h"

namespace waxwing::image {

enum class SectionId : uint32_t {
#define SECTION(ID, ITEM) ID,
#include "image/sections.def"
};

/// The first section that is no metadata.
inline constexpr SectionId first_content = SectionId::bodies;

inline constexpr size_t section_count = 0
#define SECTION(ID, ITEM) +1
#include "image/sections.def"
    ;

/// Of items of each section.
inline constexpr std::array<uint32_t, section_count> item_bytes = {
#define SECTION(ID, ITEM) sizeof(ITEM),
#include "image/sections.def"
};

// What lies in an image is stored and used as it is: no byte without a value, no alignment of more
// than 8, and a size that a change of the structure cannot change unseen.
#define SECTION(ID, ITEM)                             \
  static_assert(std::is_trivially_copyable_v<ITEM> && \
                std::has_unique_object_representations_v<ITEM> && alignof(ITEM) <= 8);
#include "image/sections.def"
static_assert(sizeof(syntax::FuncBody) == 16 && sizeof(syntax::LocalRun) == 8);
static_assert(sizeof(syntax::FuncHints) == 32 && sizeof(syntax::LoopHints) == 16);
static_assert(sizeof(syntax::FuncName) == 12 && sizeof(abi::CodeFunc) == 20);
static_assert(sizeof(abi::CodeHandler) == 16 && sizeof(abi::CodeSite) == 8);

/// Where text and memory begin is a multiple of it: what x86-64 maps.
inline constexpr uint64_t page_bytes = 4096;

constexpr uint64_t alignment_of(SectionId id) {
  return id == SectionId::text || id == SectionId::memory ? page_bytes : 8;
}

/// Of the section `compat`, whose lines are compared one by one.
inline constexpr uint64_t max_compat_bytes = 16u << 10;

struct SectionPlace {
  uint32_t id = 0;
  uint32_t zero = 0;
  uint64_t offset = 0;
  uint64_t size_bytes = 0;
};
static_assert(sizeof(SectionPlace) == 24);

struct Header {
  static constexpr std::array<uint8_t, 8> right_magic = {'\x7f', 'W', 'A', 'X', 'W', 'I', 'N', 'G'};

  std::array<uint8_t, 8> magic = right_magic;
  uint32_t format = 0;                // format_version
  uint32_t sections = section_count;  // that follow the header
  uint64_t metadata_checksum = 0;     // XXH3-64 of all metadata behind it
  cache::Digest signature;            // HMAC-SHA-256 of all bytes behind it; zeros where not signed
  uint64_t content_checksum = 0;      // XXH3-64 of all behind the metadata
  uint64_t file_bytes = 0;
  uint64_t metadata_bytes = 0;  // header and table included
  cache::Digest module_digest;
  uint32_t is_signed = 0;  // 0 or 1
  uint32_t zero = 0;
  std::array<SectionPlace, section_count> table = {};
};
static_assert(offsetof(Header, table) == 120);
static_assert(sizeof(Header) == 120 + 24 * section_count);
static_assert(std::has_unique_object_representations_v<Header>);

inline constexpr size_t checksum_begins = offsetof(Header, signature);
inline constexpr size_t signature_begins = offsetof(Header, content_checksum);

/// The first byte behind `offset` that is a multiple of `alignment`.
constexpr uint64_t aligned(uint64_t offset, uint64_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

/// Where a section of `size_bytes` begins that follows one which ends at `end`; sections of no
/// bytes need no alignment. So the sizes tell all places.
constexpr uint64_t place_of_section(SectionId id, uint64_t end, uint64_t size_bytes) {
  return size_bytes == 0 && id != first_content ? end : aligned(end, alignment_of(id));
}

/// What Header::metadata_checksum is of `image`, whose header says where metadata end.
inline uint64_t metadata_checksum(const Header& header, base::ByteSpan image) {
  return cache::checksum(image.first(header.metadata_bytes).subspan(checksum_begins));
}

}  // namespace waxwing::image
