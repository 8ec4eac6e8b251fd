// Where in a program's source an instruction comes from.
#pragma once

#include <cstdint>
#include <string>

namespace waxwing::dwarf {

struct Location {
  std::string function;  // may be empty
  std::string file;      // as the compiler noted it, in its directory; may be empty
  uint32_t line = 0;     // from 1; 0 where no line stands for the instruction
  uint32_t column = 0;   // from 1, in bytes; 0 where it is not known
};

}  // namespace waxwing::dwarf
