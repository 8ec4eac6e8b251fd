// The sections of DWARF that source lines are found in.
#pragma once

#include "base/bytes.h"
#include "syntax/module.h"

namespace waxwing::dwarf {

/// Views of custom sections; empty where the module has none of that name.
struct Sections {
  base::ByteSpan abbrev;
  base::ByteSpan addr;
  base::ByteSpan info;
  base::ByteSpan line;
  base::ByteSpan line_str;
  base::ByteSpan ranges;
  base::ByteSpan rnglists;
  base::ByteSpan str;
  base::ByteSpan str_offsets;

  static Sections of(const syntax::Module& module);
};

/// Whether an address is one of code: what was left out by the linker is at 0, -1 or -2, and no
/// code section is larger than this.
constexpr bool is_code_address(uint64_t address) { return address != 0 && address < 0xfffffffe; }

}  // namespace waxwing::dwarf
