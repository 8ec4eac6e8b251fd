// Binary modules from sections and bodies that tests write as hexadecimal digits.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "binary/module_decoder.h"
#include "validate/module_validator.h"

namespace waxwing::validate {

using Bytes = std::vector<uint8_t>;

/// The bytes of pairs of hexadecimal digits; blanks are skipped.
inline Bytes hex(std::string_view text) {
  Bytes bytes;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == ' ') continue;
    bytes.push_back(uint8_t(digit(text[i]) * 16 + digit(text[i + 1])));
    ++i;
  }
  return bytes;
}

inline void append(Bytes& to, const Bytes& bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

inline void append_number(Bytes& to, uint32_t number) {
  for (; number >= 0x80; number >>= 7) to.push_back(uint8_t(number | 0x80));
  to.push_back(uint8_t(number));
}

class ModuleBuilder {
 public:
  /// Appends a section of `items`, each in hexadecimal digits.
  ModuleBuilder& section(uint8_t id, const std::vector<std::string_view>& items) {
    Bytes content;
    append_number(content, uint32_t(items.size()));
    for (std::string_view item : items) append(content, hex(item));
    return raw_section(id, content);
  }

  /// A section that is no list of items.
  ModuleBuilder& raw_section(uint8_t id, const Bytes& content) {
    bytes_.push_back(id);
    append_number(bytes_, uint32_t(content.size()));
    append(bytes_, content);
    return *this;
  }

  /// The code section: bodies of locals and instructions, without the final `end`.
  ModuleBuilder& code(const std::vector<std::pair<Bytes, Bytes>>& bodies) {
    Bytes content;
    append_number(content, uint32_t(bodies.size()));
    for (const auto& [locals, instrs] : bodies) {
      append_number(content, uint32_t(locals.size() + instrs.size() + 1));
      append(content, locals);
      append(content, instrs);
      content.push_back(0x0b);
    }
    return raw_section(10, content);
  }

  const Bytes& bytes() const { return bytes_; }

  base::Result<syntax::Module> decode(
      syntax::FeatureSet features = syntax::FeatureSet::all()) const {
    return binary::decode(std::make_shared<const Bytes>(bytes_), features);
  }

 private:
  Bytes bytes_ = hex("00 61 73 6d 01 00 00 00");
};

/// The module that function bodies are tried in: something of everything. The function under test
/// is the last, `tested_func`.
inline constexpr uint32_t tested_func = 3;

inline ModuleBuilder house(std::string_view tested_type, const Bytes& locals, const Bytes& body) {
  ModuleBuilder builder;
  builder.section(1, {
                         "60 00 00",                 // 0: []
                         "60 01 7f 01 7f",           // 1: [i32] -> [i32]
                         "5f 03 7f 01 78 01 7e 00",  // 2: struct (mut i32) (mut i8) i64
                         "5e 7f 01",                 // 3: array (mut i32)
                         "5e 78 00",                 // 4: array i8
                         "5e 70 01",                 // 5: array (mut funcref)
                         "5f 01 64 00 00",           // 6: struct (ref 0)
                         "5e 64 00 01",              // 7: array (mut (ref 0))
                         "60 00 01 7f",              // 8: [] -> [i32]
                         "60 02 7f 7e 00",           // 9: [i32 i64]
                         "60 01 7f 00",              // 10: [i32]
                         "60 00 01 7e",              // 11: [] -> [i64]
                         "60 00 02 7f 64 69",        // 12: [] -> [i32 (ref exn)]
                     });
  builder.section(3, {"00", "01", "08", tested_type});
  builder.section(4, {"70 00 0a", "6f 00 0a", "70 04 0a"});  // funcref, externref, 64-bit funcref
  builder.section(5, {"00 01", "04 01"});                    // 32-bit, 64-bit
  builder.section(13, {"00 0a"});                            // [i32]
  builder.section(6, {"7f 01 41 00 0b", "7f 00 41 00 0b"});  // (mut i32), i32
  builder.section(9, {"01 00 01 00"});                       // passive: function 0
  builder.raw_section(12, hex("01"));
  builder.code(
      {{hex("00"), {}}, {hex("00"), hex("20 00")}, {hex("00"), hex("41 00")}, {locals, body}});
  builder.section(11, {"01 00"});
  return builder;
}

}  // namespace waxwing::validate
