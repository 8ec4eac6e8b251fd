// Numbers and texts, with every length checked.
#include "dwarf/cursor.h"

#include <cstring>

namespace waxwing::dwarf {

namespace {
constexpr unsigned max_leb_bytes = 10;
constexpr uint8_t more_bit = 0x80;
constexpr uint64_t low_bits = 0x7f;
constexpr uint8_t sign_bit = 0x40;
constexpr unsigned bits_a_byte = 7;
constexpr unsigned all_bits = 64;
}  // namespace

void Cursor::fail() {
  ok_ = false;
  offset_ = bytes_.size();
}

void Cursor::skip(uint64_t count) {
  if (count > bytes_.size() - offset_) return fail();
  offset_ += count;
}

uint64_t Cursor::number(uint64_t size_bytes) {
  uint64_t value = 0;
  if (size_bytes > sizeof value || size_bytes > bytes_.size() - offset_) {
    fail();
    return 0;
  }
  std::memcpy(&value, bytes_.data() + offset_, size_bytes);
  offset_ += size_bytes;
  return value;
}

uint64_t Cursor::uleb() {
  uint64_t value = 0;
  for (unsigned i = 0; i < max_leb_bytes && offset_ < bytes_.size(); ++i) {
    const uint8_t byte = bytes_[offset_++];
    value |= (byte & low_bits) << (bits_a_byte * i);
    if ((byte & more_bit) == 0) return value;
  }
  fail();
  return 0;
}

int64_t Cursor::sleb() {
  const size_t begin = offset_;
  uint64_t value = uleb();
  if (!ok_) return 0;
  const size_t bits = bits_a_byte * (offset_ - begin);
  const bool is_negative = (bytes_[offset_ - 1] & sign_bit) != 0;
  if (is_negative && bits < all_bits) value |= ~uint64_t{0} << bits;
  return static_cast<int64_t>(value);
}

std::string_view Cursor::text() {
  const std::string_view rest = base::as_text(bytes_.subspan(offset_));
  const size_t size = rest.find('\0');
  if (size == std::string_view::npos) {
    fail();
    return {};
  }
  offset_ += size + 1;
  return rest.substr(0, size);
}

std::string_view text_at(base::ByteSpan section, uint64_t offset) {
  if (offset >= section.size()) return {};
  const std::string_view text = base::as_text(section.subspan(offset)).substr(0, max_text_bytes);
  return text.substr(0, text.find('\0'));
}

bool next_extent(Cursor& cursor, uint64_t section_bytes, Extent& extent) {
  constexpr uint64_t is_64_bit = 0xffffffff;
  if (cursor.at_end()) return false;
  extent.begin = cursor.offset();
  extent.offset_bytes = 4;
  uint64_t size = cursor.number(4);
  if (size == is_64_bit) {
    extent.offset_bytes = 8;
    size = cursor.number(8);
  }
  extent.contents = cursor.offset();
  if (!cursor.ok() || size > section_bytes - extent.contents) return false;
  cursor.skip(size);
  extent.end = cursor.offset();
  return true;
}

}  // namespace waxwing::dwarf
