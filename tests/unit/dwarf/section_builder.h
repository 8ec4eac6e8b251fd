// Sections of DWARF by hand: bytes one after the other, with lengths put in later.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "syntax/module.h"

namespace waxwing::dwarf {

class SectionBuilder {
 public:
  SectionBuilder& number(uint64_t value, size_t size_bytes) {
    for (size_t i = 0; i < size_bytes; ++i) bytes_.push_back(uint8_t(value >> (8 * i)));
    return *this;
  }
  /// LEB128 of numbers below 128 is a byte.
  SectionBuilder& bytes(std::initializer_list<int> values) {
    for (const int value : values) bytes_.push_back(uint8_t(value));
    return *this;
  }
  SectionBuilder& text(std::string_view value) {
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    bytes_.push_back(0);
    return *this;
  }
  SectionBuilder& append(const std::vector<uint8_t>& more) {
    bytes_.insert(bytes_.end(), more.begin(), more.end());
    return *this;
  }
  const std::vector<uint8_t>& done() const { return bytes_; }
  size_t size() const { return bytes_.size(); }

  /// `contents` behind their length.
  static std::vector<uint8_t> unit(const SectionBuilder& contents) {
    return SectionBuilder().number(contents.size(), 4).append(contents.done()).done();
  }

 private:
  std::vector<uint8_t> bytes_;
};

/// A module of nothing but custom sections. Its code section would begin at 100.
class ModuleBuilder {
 public:
  static constexpr uint64_t code_offset = 100;

  ModuleBuilder& section(std::string name, std::vector<uint8_t> bytes) {
    sections_.emplace_back(std::move(name), std::move(bytes));
    return *this;
  }
  /// Views of the builder's bytes.
  syntax::Module module() const {
    syntax::Module module;
    module.code_offset = code_offset;
    for (const auto& [name, bytes] : sections_)
      module.customs.push_back({.name = name, .bytes = bytes, .offset = 0});
    return module;
  }

 private:
  std::vector<std::pair<std::string, std::vector<uint8_t>>> sections_;
};

/// What a line program does: its instructions.
namespace line {

inline std::vector<uint8_t> set_address(uint32_t address) {
  return SectionBuilder().bytes({0, 5, 2}).number(address, 4).done();
}
/// Rows may be made with `special(advance, lines)`: 0 to 4 lines further.
inline int special(int advance, int lines) { return 10 + advance * 5 + lines; }
inline const std::initializer_list<int> end_sequence = {0, 1, 1};

/// The unit of a program of version 2 to 4: directory 1 is "lib", file 1 "a.c", file 2 "lib/b.c".
inline std::vector<uint8_t> old_program(int version, const SectionBuilder& instrs) {
  SectionBuilder rest;
  rest.bytes({1});                          // bytes of an instruction
  if (version >= 4) rest.bytes({1});        // operations of one
  rest.bytes({1, 0, 5, 10});                // is_stmt, line_base, line_range, opcode_base
  rest.bytes({0, 1, 1, 1, 1, 0, 0, 0, 1});  // operands
  rest.text("lib").bytes({0});
  rest.text("a.c").bytes({0, 0, 0}).text("b.c").bytes({1, 0, 0}).bytes({0});
  SectionBuilder contents;
  contents.number(uint64_t(version), 2).number(rest.size(), 4);
  return SectionBuilder::unit(contents.append(rest.done()).append(instrs.done()));
}

}  // namespace line
}  // namespace waxwing::dwarf
