// A cursor over bytes that reads the primitive values of the binary format. [spec 5.1-5.2]
#pragma once

#include <bit>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/v128.h"

namespace waxwing::binary {

/// Errors are sticky: the first one is kept with its absolute offset, no bytes remain after it, and
/// every later read gives 0 or nothing. Numbers are read as the specification's LEB128: a
/// representation of more bytes than the type needs is too long, unused bits that are not the
/// sign's are too large. A small value; copying it forks the cursor.
class Reader {
 public:
  /// `bytes` lie at `base_offset` in their module.
  explicit Reader(base::ByteSpan bytes, uint64_t base_offset = 0)
      : begin_(bytes.data()),
        cursor_(bytes.data()),
        end_(bytes.data() + bytes.size()),
        base_offset_(base_offset) {}

  bool ok() const { return !error_.has_value(); }
  const std::optional<base::Error>& error() const { return error_; }
  /// Moves the error out. REQUIRES: !ok()
  base::Error take_error() { return std::move(*error_); }

  bool at_end() const { return cursor_ == end_; }
  size_t remaining() const { return size_t(end_ - cursor_); }
  /// Bytes read so far.
  size_t index() const { return size_t(cursor_ - begin_); }
  /// The absolute offset of the next byte: base offset + index.
  uint64_t position() const { return base_offset_ + index(); }
  /// The next byte, which stays unread; 0 at the end.
  uint8_t peek() const { return at_end() ? uint8_t(0) : *cursor_; }

  uint8_t u8() {
    if (cursor_ == end_) [[unlikely]]
      return fail_at_end();
    return *cursor_++;
  }
  uint32_t u32() {
    if (cursor_ != end_ && *cursor_ < 0x80) [[likely]]
      return *cursor_++;
    const Medium number = medium();
    return number.width != 0 ? number.bits : u32_long();
  }
  uint64_t u64() {
    if (cursor_ != end_ && *cursor_ < 0x80) [[likely]]
      return *cursor_++;
    const Medium number = medium();
    return number.width != 0 ? number.bits : u64_long();
  }
  int32_t s32() {
    const Medium number = medium();
    return number.width != 0 ? number.sign_extended() : s32_long();
  }
  int64_t s33() { return s33_long(); }
  int64_t s64() {
    const Medium number = medium();
    return number.width != 0 ? number.sign_extended() : s64_long();
  }

  uint32_t f32_bits() { return fixed<uint32_t>(); }
  uint64_t f64_bits() { return fixed<uint64_t>(); }
  base::V128 v128() { return fixed<base::V128>(); }

  /// The next `count` bytes; where fewer remain, an error and nothing.
  base::ByteSpan bytes(size_t count);
  /// How many things of at least one byte each follow: no more than the bytes that remain, else
  /// "unexpected end of section or function".
  uint32_t count();
  /// How many bytes follow: no more than remain, else "length out of bounds".
  uint32_t length();
  /// A length and as many bytes of UTF-8.
  std::string_view name();
  /// What is left, which stays unread.
  base::ByteSpan unread() const { return {cursor_, remaining()}; }

  /// REQUIRES: size <= remaining()
  void skip(size_t size) { cursor_ += size; }

  /// Keeps the error unless there is one already, and ends the bytes here.
  void fail(base::ErrorCode code, uint64_t offset, std::string detail = {});

 private:
  template <typename T>
  T fixed() {
    if (remaining() < sizeof(T)) [[unlikely]] {
      fail_at_end();
      return T{};
    }
    const T value = base::load_le<T>(cursor_);
    cursor_ += sizeof(T);
    return value;
  }

  /// The low `width` bits of a number, as they are encoded.
  struct Medium {
    uint32_t bits = 0;
    unsigned width = 0;

    int32_t sign_extended() const { return int32_t(bits << (32 - width)) >> (32 - width); }
  };

  /// Reads a number of one to four bytes, which has room in all types. Where it is longer, or the
  /// end is near, reads nothing and gives a width of 0.
  Medium medium() {
    constexpr size_t longest = 4;
    if (remaining() < longest) return {};
    const uint32_t word = base::load_le<uint32_t>(cursor_);
    const uint32_t stops = ~word & 0x80808080u;
    if (stops == 0) return {};
    const uint32_t groups = word & (stops ^ (stops - 1)) & 0x7f7f7f7fu;
    const uint32_t pairs = (groups & 0x007f007fu) | (groups & 0x7f007f00u) >> 1;
    const unsigned size = unsigned(std::countr_zero(stops) + 1) / 8;
    cursor_ += size;
    return {(pairs & 0x3fffu) | pairs >> 16 << 14, size * 7};
  }

  template <unsigned bits>
  uint64_t unsigned_leb();
  template <unsigned bits>
  int64_t signed_leb();

  uint32_t u32_long();
  uint64_t u64_long();
  int32_t s32_long();
  int64_t s33_long();
  int64_t s64_long();
  uint32_t number_within_rest(base::ErrorCode otherwise);
  /// "unexpected end of section or function"; returns 0.
  uint8_t fail_at_end();

  const uint8_t* begin_;
  const uint8_t* cursor_;
  const uint8_t* end_;
  uint64_t base_offset_;
  std::optional<base::Error> error_;
};

}  // namespace waxwing::binary
