// Checks UTF-8 byte by byte, eight ASCII bytes at a time. [RFC 3629, section 4]
#include "base/utf8.h"

namespace waxwing::base {
namespace {

struct Form {
  size_t length;  // bytes in all; 0 where the lead byte is wrong
  // The range of the second byte excludes long forms, surrogates and what is above U+10FFFF.
  uint8_t second_min;
  uint8_t second_max;
};

Form form_of(uint8_t lead) {
  if (lead < 0x80) return {1, 0, 0};
  if (lead < 0xc2) return {0, 0, 0};
  if (lead < 0xe0) return {2, 0x80, 0xbf};
  if (lead == 0xe0) return {3, 0xa0, 0xbf};
  if (lead == 0xed) return {3, 0x80, 0x9f};
  if (lead < 0xf0) return {3, 0x80, 0xbf};
  if (lead == 0xf0) return {4, 0x90, 0xbf};
  if (lead < 0xf4) return {4, 0x80, 0xbf};
  if (lead == 0xf4) return {4, 0x80, 0x8f};
  return {0, 0, 0};
}

}  // namespace

size_t utf8_prefix(ByteSpan bytes) {
  size_t i = 0;
  while (i < bytes.size()) {
    if (i + 8 <= bytes.size() && !(load_le<uint64_t>(&bytes[i]) & 0x8080808080808080u)) {
      i += 8;
      continue;
    }
    const Form form = form_of(bytes[i]);
    if (form.length == 0 || form.length > bytes.size() - i) return i;
    if (form.length > 1 && (bytes[i + 1] < form.second_min || bytes[i + 1] > form.second_max))
      return i;
    for (size_t k = 2; k < form.length; ++k) {
      if ((bytes[i + k] & 0xc0) != 0x80) return i;
    }
    i += form.length;
  }
  return i;
}

bool is_utf8(ByteSpan bytes) { return utf8_prefix(bytes) == bytes.size(); }

}  // namespace waxwing::base
