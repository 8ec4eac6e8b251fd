// What a row of instructions.def says of an instruction's bytes. [Intel SDM vol. 2, 2.1, 2.3, 2.7]
#pragma once

#include <cassert>
#include <cstdint>

#include "assembler/x64/registers.h"

namespace waxwing::assembler::x64 {

/// The mandatory prefix; its number is the field pp of VEX and EVEX.
enum class Prefix : uint8_t { np, p66, pf3, pf2 };

/// The opcode map; its number is the field mmmmm of VEX and EVEX.
enum class Map : uint8_t { m0, m0f, m0f38, m0f3a };

struct Encoding {
  Prefix prefix = Prefix::np;
  Map map = Map::m0;
  uint8_t opcode = 0;
  bool w = false;              // REX.W, VEX.W or EVEX.W, whatever the width
  bool lock = false;           // the prefix 0xf0
  bool has_byte_form = false;  // the opcode is that for 8 bits, and 1 less than that of the others
  bool byte_rm = false;        // the rm operand is a byte, whatever the width
  bool is_256 = false;         // VEX.L: 256-bit vectors
  uint8_t memory_bytes = 0;    // of an EVEX row's memory operand: the unit of short displacements
};

constexpr Encoding vector(Prefix prefix, Map map, uint8_t opcode, int w) {
  return {.prefix = prefix, .map = map, .opcode = opcode, .w = w != 0};
}

constexpr Encoding ymm(Prefix prefix, Map map, uint8_t opcode, int w) {
  return {.prefix = prefix, .map = map, .opcode = opcode, .w = w != 0, .is_256 = true};
}

constexpr Encoding wide(Prefix prefix, Map map, uint8_t opcode, int w, uint8_t memory_bytes) {
  return {
      .prefix = prefix, .map = map, .opcode = opcode, .w = w != 0, .memory_bytes = memory_bytes};
}

/// REQUIRES: w32 or w64.
constexpr Encoding with_width(Encoding encoding, Width width) {
  assert(width == Width::w32 || width == Width::w64);
  encoding.w = width == Width::w64;
  return encoding;
}

}  // namespace waxwing::assembler::x64
