// Binary modules written as hexadecimal digits, so that a test shows its bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "binary/module_decoder.h"

namespace waxwing::binary {

/// The bytes of pairs of hexadecimal digits; all between them is skipped.
inline std::vector<uint8_t> hex(std::string_view text) {
  std::vector<uint8_t> bytes;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == ' ') continue;
    bytes.push_back(uint8_t(digit(text[i]) * 16 + digit(text[i + 1])));
    ++i;
  }
  return bytes;
}

inline constexpr std::string_view preamble = "00 61 73 6d 01 00 00 00 ";

inline base::Result<syntax::Module> decode_bytes(
    std::vector<uint8_t> bytes, syntax::FeatureSet features = syntax::FeatureSet::all()) {
  return decode(std::make_shared<const std::vector<uint8_t>>(std::move(bytes)), features);
}

/// Decodes a module of `sections`; offsets in it start at 8.
inline base::Result<syntax::Module> decode_sections(
    std::string_view sections, syntax::FeatureSet features = syntax::FeatureSet::all()) {
  return decode_bytes(hex(std::string(preamble) + std::string(sections)), features);
}

}  // namespace waxwing::binary
