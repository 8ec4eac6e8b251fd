#include "assembler/x64/assembler.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace waxwing::assembler::x64 {

void Assembler::mov_imm(Gpr dst, uint64_t value) {
  if (value == static_cast<uint32_t>(value)) {
    uint8_t* p = put_opcode_reg(buffer().reserve(), Width::w32, 0xb8, dst);
    base::store_le(p, static_cast<uint32_t>(value));
    buffer().commit(p + 4);
  } else if (const auto number = static_cast<int64_t>(value);
             number == static_cast<int32_t>(number)) {
    integer({.opcode = 0xc7}, Width::w64, Digit{0}, dst, {static_cast<int32_t>(number), 4});
  } else {
    uint8_t* p = put_opcode_reg(buffer().reserve(), Width::w64, 0xb8, dst);
    base::store_le(p, value);
    buffer().commit(p + 8);
  }
}

void Assembler::xchg(Width width, Gpr lhs, Gpr rhs) {
  const bool has_short_form =
      width != Width::w8 && (lhs == Gpr::rax || rhs == Gpr::rax) && lhs != rhs;
  if (has_short_form) {
    const Gpr other = lhs == Gpr::rax ? rhs : lhs;
    buffer().commit(put_opcode_reg(buffer().reserve(), width, 0x90, other));
  } else {
    integer(byte_or_more(0x86), width, lhs, rhs);
  }
}

void Assembler::bswap(Width width, Gpr dst) {
  assert(width == Width::w32 || width == Width::w64);
  uint8_t* p = buffer().reserve();
  const bool is_high = number(dst) >= 8;
  *p = static_cast<uint8_t>(0x40 | unsigned{width == Width::w64} << 3 | unsigned{is_high});
  p += width == Width::w64 || is_high;
  *p++ = 0x0f;
  *p++ = static_cast<uint8_t>(0xc8 | (number(dst) & 7));
  buffer().commit(p);
}

void Assembler::push(int32_t imm) {
  uint8_t* p = buffer().reserve();
  *p = is_byte(imm) ? 0x6a : 0x68;
  base::store_le(p + 1, imm);
  buffer().commit(p + (is_byte(imm) ? 2 : 5));
}

void Assembler::accumulator(uint8_t opcode, Width width, int32_t imm) {
  uint8_t* p = buffer().reserve();
  *p = 0x66;
  p += width == Width::w16;
  *p = 0x48;
  p += width == Width::w64;
  *p++ = static_cast<uint8_t>(opcode | (width != Width::w8));
  base::store_le(p, imm);
  buffer().commit(p + full_immediate(width, imm).size_bytes);
}

void Assembler::nop(uint32_t size_bytes) {
  // The forms that Intel recommends. [Intel SDM vol. 2B, NOP]
  static constexpr uint8_t forms[9][9] = {
      {0x90},
      {0x66, 0x90},
      {0x0f, 0x1f, 0x00},
      {0x0f, 0x1f, 0x40, 0x00},
      {0x0f, 0x1f, 0x44, 0x00, 0x00},
      {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
      {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
      {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
      {0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
  };
  while (size_bytes != 0 && !buffer().has_failed()) {
    const uint32_t size = std::min(size_bytes, 9u);
    buffer().put_bytes({forms[size - 1], size});
    size_bytes -= size;
  }
}

void Assembler::align(uint32_t alignment) {
  CHECK(std::has_single_bit(alignment));
  nop(-buffer().position() & (alignment - 1));
}

}  // namespace waxwing::assembler::x64
