// Reads the bytes of a section, which anybody may have written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/fallible.h"

namespace waxwing::dwarf {

/// A place in a section. What is read beyond the end, or of a number that is none, is 0, and `ok`
/// is false from then on.
class Cursor {
 public:
  Cursor(base::ByteSpan bytes, uint64_t offset) : bytes_(bytes) { skip(offset); }

  bool ok() const { return ok_; }
  bool at_end() const { return offset_ == bytes_.size(); }
  uint32_t offset() const { return static_cast<uint32_t>(offset_); }

  /// Little-endian, of 1 to 8 bytes.
  uint64_t number(uint64_t size_bytes);
  uint8_t byte() { return static_cast<uint8_t>(number(1)); }
  /// LEB128, of 10 bytes at most.
  uint64_t uleb();
  int64_t sleb();
  /// Up to a zero, which is passed.
  std::string_view text();
  void skip(uint64_t count);

 private:
  void fail();

  base::ByteSpan bytes_;
  size_t offset_ = 0;
  bool ok_ = true;
};

/// What both .debug_info and .debug_line consist of.
struct Extent {
  uint32_t begin = 0;
  uint32_t contents = 0;     // behind the length
  uint32_t end = 0;          // of the contents
  uint8_t offset_bytes = 4;  // of an offset in a section: 4 or 8
};

/// Reads the unit at the cursor and passes it; false where there is none that ends within the
/// section. [DWARF 5, 7.4]
bool next_extent(Cursor& cursor, uint64_t section_bytes, Extent& extent);

/// Names and paths that are longer are cut: a trace has many of them.
inline constexpr size_t max_text_bytes = 4096;

/// The text at `offset`, or its beginning; "" where there is none.
std::string_view text_at(base::ByteSpan section, uint64_t offset);

/// Adds to what a hostile module makes grow; false where it holds `limit` items already, or memory
/// is refused.
template <typename T>
bool add(std::vector<T>& items, T item, size_t limit) {
  constexpr size_t first_room = 16;
  if (items.size() >= limit) return false;
  if (items.size() == items.capacity() &&
      !base::try_reserve(items, items.empty() ? first_room : 2 * items.size())) {
    return false;
  }
  items.push_back(std::move(item));
  return true;
}

}  // namespace waxwing::dwarf
