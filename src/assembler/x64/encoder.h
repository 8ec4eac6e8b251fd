// Writes one instruction of each of the three encodings.
// [Intel SDM vol. 2, 2.2.1 REX, 2.3 VEX, 2.7 EVEX]
#pragma once

#include <cassert>
#include <cstdint>

#include "assembler/code_buffer.h"
#include "assembler/x64/encoding.h"
#include "assembler/x64/operands.h"
#include "base/bytes.h"

namespace waxwing::assembler::x64 {

/// The part of the assembler that rows are expanded upon. Encodings are constants where it is
/// called: all that depends on them and on the operands' types is decided when Waxwing is compiled,
/// what depends on registers' numbers is computed without branches.
class Encoder {
 public:
  explicit Encoder(CodeBuffer& buffer) : buffer_(buffer) {}

  CodeBuffer& buffer() { return buffer_; }

 protected:
  /// An integer instruction: reg is a Gpr or a Digit.
  template <typename Reg, GprRm Rm>
  [[gnu::always_inline]] void integer(Encoding e, Width width, Reg reg, const Rm& rm,
                                      Immediate imm = {}) {
    assert(width != Width::w8 || e.has_byte_form);
    uint8_t* p = buffer_.reserve();
    *p = 0x66;
    p += width == Width::w16;
    if (e.lock) *p++ = 0xf0;
    p = put_prefix(p, e.prefix);
    const unsigned rex = rex_of(width == Width::w64 || e.w, number(reg), rm_extension(rm));
    const bool names_byte =
        (width == Width::w8 && (is_low_byte_by_rex(reg) || is_low_byte_by_rex(rm))) ||
        (e.byte_rm && is_low_byte_by_rex(rm));
    *p = static_cast<uint8_t>(rex);
    p += rex != 0x40 || names_byte;
    p = put_map(p, e.map);
    *p++ = static_cast<uint8_t>(e.opcode | (e.has_byte_form && width != Width::w8));
    buffer_.commit(put_immediate(put_rm(p, number(reg), rm, imm.size_bytes), imm));
  }

  /// An instruction of SSE, or any other with a fixed REX.W: reg and rm are of any kind.
  template <typename Reg, typename Rm>
  [[gnu::always_inline]] void sse(Encoding e, Reg reg, const Rm& rm, Immediate imm = {}) {
    assert(is_legacy(reg) && is_legacy(rm));
    uint8_t* p = put_prefix(buffer_.reserve(), e.prefix);
    const unsigned rex = rex_of(e.w, number(reg), rm_extension(rm));
    *p = static_cast<uint8_t>(rex);
    p += rex != 0x40;
    p = put_map(p, e.map);
    *p++ = e.opcode;
    buffer_.commit(put_immediate(put_rm(p, number(reg), rm, imm.size_bytes), imm));
  }

  /// A VEX instruction; `v` is the operand in vvvv, or xmm0 where there is none.
  template <typename Reg, typename V, typename Rm>
  [[gnu::always_inline]] void vex(Encoding e, Reg reg, V v, const Rm& rm, Immediate imm = {}) {
    assert(is_legacy(reg) && is_legacy(v) && is_legacy(rm));
    uint8_t* p = buffer_.reserve();
    const unsigned r = number(reg) >> 3;
    const unsigned xb = rm_extension(rm);
    const unsigned low =
        (~number(v) & 15) << 3 | unsigned{e.is_256} << 2 | static_cast<unsigned>(e.prefix);
    const uint32_t long_form = 0xc4 | (~(r << 2 | xb) & 7) << 13 |
                               static_cast<unsigned>(e.map) << 8 |
                               (unsigned{e.w} << 7 | low) << 16 | uint32_t{e.opcode} << 24;
    const uint32_t short_form = 0xc5 | ((~r & 1) << 7 | low) << 8 | uint32_t{e.opcode} << 16;
    const bool is_short = e.map == Map::m0f && !e.w && xb == 0;
    base::store_le(p, is_short ? short_form : long_form);
    p += is_short ? 3 : 4;
    buffer_.commit(put_immediate(put_rm(p, number(reg), rm, imm.size_bytes), imm));
  }

  /// An EVEX instruction of 128 bits, without mask and broadcast; `v` as for VEX.
  template <typename Reg, typename V, typename Rm>
  [[gnu::always_inline]] void evex(Encoding e, Reg reg, V v, const Rm& rm, Immediate imm = {}) {
    uint8_t* p = buffer_.reserve();
    const unsigned r = number(reg);
    const unsigned xb = rm_extension(rm);
    const unsigned p0 =
        (~(r >> 3) & 1) << 7 | (~xb & 3) << 5 | (~(r >> 4) & 1) << 4 | static_cast<unsigned>(e.map);
    const unsigned p1 =
        unsigned{e.w} << 7 | (~number(v) & 15) << 3 | 4 | static_cast<unsigned>(e.prefix);
    const unsigned p2 = (~(number(v) >> 4) & 1) << 3;
    base::store_le(p, 0x62 | p0 << 8 | p1 << 16 | p2 << 24);
    p[4] = e.opcode;
    p += 5;
    if constexpr (std::same_as<Rm, Mem>) {
      p = put_rm(p, r, rm.compressed(e.memory_bytes), imm.size_bytes);
    } else {
      p = put_rm(p, r, rm, imm.size_bytes);
    }
    buffer_.commit(put_immediate(p, imm));
  }

  /// The opcode that holds a register in its low three bits. REQUIRES: width is not w8.
  [[gnu::always_inline]] uint8_t* put_opcode_reg(uint8_t* p, Width width, uint8_t opcode, Gpr reg) {
    assert(width != Width::w8);
    *p = 0x66;
    p += width == Width::w16;
    const unsigned rex = rex_of(width == Width::w64, 0, rm_extension(reg));
    *p = static_cast<uint8_t>(rex);
    p += rex != 0x40;
    *p++ = static_cast<uint8_t>(opcode | (number(reg) & 7));
    return p;
  }

  /// The low `size_bytes` of `bytes`, lowest first.
  [[gnu::always_inline]] void fixed(uint32_t size_bytes, uint32_t bytes) {
    uint8_t* p = buffer_.reserve();
    base::store_le(p, bytes);
    buffer_.commit(p + size_bytes);
  }

  /// An opcode and the distance to `label` behind it.
  void to_label(uint32_t opcode_bytes, uint32_t opcode, FixupKind kind, Label& label) {
    uint8_t* p = buffer_.reserve();
    base::store_le(p, opcode);
    p += opcode_bytes;
    base::store_le(p, uint32_t{0});
    const int32_t field_bytes = kind == FixupKind::rel8 ? 1 : 4;
    buffer_.refer(label, kind, buffer_.position_of(p), -field_bytes);
    buffer_.commit(p + field_bytes);
  }

  /// Whether `label` is behind us and within a byte's reach of an instruction of 2 bytes here.
  bool is_near(const Label& label) const {
    return label.is_bound() && buffer_.position() + 2 - label.position() <= 128;
  }

 private:
  static unsigned rex_of(bool w, unsigned reg, unsigned extension) {
    return 0x40 | unsigned{w} << 3 | reg >> 3 << 2 | extension;
  }

  [[gnu::always_inline]] static uint8_t* put_prefix(uint8_t* p, Prefix prefix) {
    constexpr uint8_t bytes[] = {0, 0x66, 0xf3, 0xf2};
    *p = bytes[static_cast<unsigned>(prefix)];
    return p + (prefix != Prefix::np);
  }

  [[gnu::always_inline]] static uint8_t* put_map(uint8_t* p, Map map) {
    if (map == Map::m0) return p;
    *p++ = 0x0f;
    if (map == Map::m0f) return p;
    *p++ = map == Map::m0f38 ? 0x38 : 0x3a;
    return p;
  }

  [[gnu::always_inline]] static uint8_t* put_immediate(uint8_t* p, Immediate imm) {
    if (imm.size_bytes != 0) base::store_le(p, imm.value);
    return p + imm.size_bytes;
  }

  template <typename Reg>
    requires(!std::same_as<Reg, Mem>)
  [[gnu::always_inline]] static uint8_t* put_rm(uint8_t* p, unsigned reg, const Reg& rm, uint32_t) {
    *p = static_cast<uint8_t>(0xc0 | (reg & 7) << 3 | (number(rm) & 7));
    return p + 1;
  }

  [[gnu::always_inline]] uint8_t* put_rm(uint8_t* p, unsigned reg, const Mem& mem,
                                         uint32_t trailing_bytes) {
    base::store_le(p, mem.tail() | (reg & 7) << 3);
    if (mem.label() != nullptr) [[unlikely]] {
      buffer_.refer(*mem.label(), FixupKind::rel32, buffer_.position_of(p + 1),
                    -4 - static_cast<int32_t>(trailing_bytes));
    }
    return p + mem.tail_size();
  }

  CodeBuffer& buffer_;
};

}  // namespace waxwing::assembler::x64
