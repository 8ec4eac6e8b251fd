// Appends the primitive values of the binary format, each in its shortest form. [spec 5.2]
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace waxwing::text {

/// A growing run of bytes. Its users bound it: it holds a small multiple of the text read.
class ByteWriter {
 public:
  void u8(uint8_t byte) { bytes_.push_back(byte); }
  void u32(uint32_t value) { u64(value); }
  void u64(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(uint8_t(value | 0x80));
    bytes_.push_back(uint8_t(value));
  }
  void s64(int64_t value) {
    for (; value < -0x40 || value >= 0x40; value >>= 7) bytes_.push_back(uint8_t(value | 0x80));
    bytes_.push_back(uint8_t(value & 0x7f));
  }
  /// The bytes of `value` as they lie in memory.
  template <typename T>
  void fixed(const T& value) {
    const size_t at = bytes_.size();
    bytes_.resize(at + sizeof(T));
    base::store_le(&bytes_[at], value);
  }
  void raw(base::ByteSpan bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void raw(std::string_view text) { raw(base::as_bytes(text)); }
  /// A size, and as many bytes: a name, or the contents of a section.
  void sized(base::ByteSpan bytes) {
    u64(bytes.size());
    raw(bytes);
  }
  void sized(std::string_view text) { sized(base::as_bytes(text)); }
  void sized(const ByteWriter& other) { sized(other.span()); }

  size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  void clear() { bytes_.clear(); }
  /// Drops all but the first `size` bytes.
  void truncate(size_t size) { bytes_.resize(size); }
  base::ByteSpan span() const { return bytes_; }
  base::ByteSpan span_from(size_t begin) const { return span().subspan(begin); }
  std::vector<uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace waxwing::text
