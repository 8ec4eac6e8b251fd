// The long forms of LEB128, and errors. Checks come in the order of the reference interpreter's
// decoder.
#include "binary/reader.h"

#include "base/utf8.h"

namespace waxwing::binary {

using base::ErrorCode;

void Reader::fail(ErrorCode code, uint64_t offset, std::string detail) {
  if (error_) return;
  error_ = base::Error{code, offset, std::move(detail)};
  end_ = cursor_;
}

uint8_t Reader::fail_at_end() {
  fail(ErrorCode::unexpected_end_of_section, base_offset_ + size_t(end_ - begin_));
  return 0;
}

template <unsigned bits>
uint64_t Reader::unsigned_leb() {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < bits; shift += 7) {
    const uint8_t byte = u8();
    const unsigned bits_left = bits - shift;
    if (bits_left < 7 && (byte & 0x7f) >> bits_left != 0) {
      fail(ErrorCode::integer_too_large, position() - 1);
      return 0;
    }
    value |= uint64_t(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  fail(ErrorCode::integer_too_long, position());
  return 0;
}

template <unsigned bits>
int64_t Reader::signed_leb() {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < bits; shift += 7) {
    const uint8_t byte = u8();
    const unsigned bits_left = bits - shift;
    if (bits_left < 7) {
      const uint8_t sign_bits = uint8_t(0x7f << (bits_left - 1)) & 0x7f;
      if ((byte & sign_bits) != 0 && (byte & sign_bits) != sign_bits) {
        fail(ErrorCode::integer_too_large, position() - 1);
        return 0;
      }
    }
    value |= uint64_t(byte & 0x7f) << shift;
    if (byte < 0x80) {
      const unsigned width = shift + 7;
      if (width < 64 && (byte & 0x40) != 0) value |= ~uint64_t(0) << width;
      return int64_t(value);
    }
  }
  fail(ErrorCode::integer_too_long, position());
  return 0;
}

uint32_t Reader::u32_long() { return uint32_t(unsigned_leb<32>()); }
uint64_t Reader::u64_long() { return unsigned_leb<64>(); }
int32_t Reader::s32_long() { return int32_t(signed_leb<32>()); }
int64_t Reader::s33_long() { return signed_leb<33>(); }
int64_t Reader::s64_long() { return signed_leb<64>(); }

base::ByteSpan Reader::bytes(size_t count) {
  if (count > remaining()) {
    fail_at_end();
    return {};
  }
  const base::ByteSpan span(cursor_, count);
  cursor_ += count;
  return span;
}

uint32_t Reader::number_within_rest(ErrorCode otherwise) {
  const uint64_t offset = position();
  const uint32_t number = u32();
  if (number <= remaining()) return number;
  fail(otherwise, offset,
       std::to_string(number) + " announced, " + std::to_string(remaining()) + " bytes left");
  return 0;
}

uint32_t Reader::count() { return number_within_rest(ErrorCode::unexpected_end_of_section); }

uint32_t Reader::length() { return number_within_rest(ErrorCode::length_out_of_bounds); }

std::string_view Reader::name() {
  const base::ByteSpan text = bytes(length());
  if (!base::is_utf8(text)) {
    fail(ErrorCode::malformed_utf8, position() - text.size());
    return {};
  }
  return base::as_text(text);
}

}  // namespace waxwing::binary
