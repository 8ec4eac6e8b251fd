// The fast path: frequent instructions are checked straight from their bytes, as long as they look
// as usual. All else, errors too, is left to the slow path.
#include <bit>

#include "base/bytes.h"
#include "validate/func_validator.h"
#include "validate/quick_rows.h"

namespace waxwing::validate {

using syntax::ValKind;
using syntax::ValType;

namespace {

/// Whether a local of this type is always set, and takes one slot: one test for
/// `is_defaultable() && !is_vec()`, of the types that a local can have.
constexpr bool is_plain(ValType type) { return (type.bits() & 0x14) != 0x04; }

static_assert(is_plain(syntax::i32_type) && is_plain(syntax::f64_type));
static_assert(is_plain(syntax::funcref) && is_plain(syntax::exnref));
static_assert(!is_plain(syntax::v128_type));
static_assert(!is_plain(ValType::ref(false, syntax::AbstractHeap::any)));
static_assert(!is_plain(ValType::ref(false, syntax::HeapType(syntax::TypeIdx(12345u)))));

/// The ends of LEB128 numbers among four bytes: the top bit of each byte that ends one.
uint32_t number_ends(const uint8_t* bytes) {
  return ~base::load_le<uint32_t>(bytes) & 0x8080'8080u;
}

/// The size of the number whose `number_ends` are these. REQUIRES: ends != 0
uint32_t number_size(uint32_t ends) { return uint32_t(std::countr_zero(ends) + 1) / 8; }

/// The LEB128 number of `size` bytes, four at most.
uint32_t number_value(const uint8_t* bytes, uint32_t size) {
  if (size == 1) [[likely]]
    return *bytes;
  const uint32_t used = base::load_le<uint32_t>(bytes) & ~0u >> (32 - 8 * size);
  return (used & 0x7f) | (used & 0x7f00) >> 1 | (used & 0x7f'0000) >> 2 | (used & 0x7f00'0000) >> 3;
}

constexpr uint8_t empty_block = 0x40;
constexpr uint8_t i32_code = 0x7f;
constexpr uint8_t f64_code = 0x7c;

}  // namespace

/// The block type of one byte; false if it is of another form.
inline bool FuncValidator::quick_block_type(uint8_t code) {
  binary::BlockType& type = instr_.block_type;
  if (code == empty_block) {
    type.kind = binary::BlockType::Kind::empty;
    return true;
  }
  if (code < f64_code || code > i32_code) return false;
  type.kind = binary::BlockType::Kind::value;
  type.value = ValKind(i32_code - code);
  return true;
}

inline bool FuncValidator::quick_local_get(uint32_t local) {
  if (local >= near_count_) return false;
  const ValType type = scratch_.near_locals[local];
  if (!is_plain(type)) return false;
  weigh(local);
  scratch_.operands.push_scalar(type);
  return true;
}

/// What local.set and local.tee have in common: the operand stays.
inline bool FuncValidator::quick_local_set(uint32_t local) {
  if (local >= near_count_) return false;
  const ValType type = scratch_.near_locals[local];
  if (!is_plain(type) || !scratch_.operands.top_is(type)) return false;
  weigh(local);
  note_write(local);
  return true;
}

bool FuncValidator::run_quickly() {
  const base::ByteSpan bytes = reader_.unread();
  if (bytes.size() < quick_lookahead) return true;
  const uint8_t* read = bytes.data();  // the reader is here
  const uint8_t* const last = read + (bytes.size() - quick_lookahead);
  const uint8_t* at = read;
  const bool has_memory32 = memory0_ == syntax::i32_type;
  OperandStack& operands = scratch_.operands;
  while (at <= last) {
    const QuickRow& row = quick_rows[*at];
    const uint8_t* const number = at + row.fixed_size;
    const uint32_t ends = number_ends(number) | row.number_end;
    if (ends == 0) [[unlikely]]
      break;
    const uint32_t size = number_size(ends);
    const uint8_t* const next = at + row.other_size + size;
    bool done = false;
    switch (row.form) {
      case QuickForm::none: break;
      case QuickForm::exchange: done = operands.exchange(row.exchange); break;
      case QuickForm::access:
        done = at[1] <= row.align_log2 && has_memory32 && operands.exchange(row.exchange);
        break;
      case QuickForm::local_get: done = quick_local_get(number_value(number, size)); break;
      case QuickForm::local_set:
        done = quick_local_set(number_value(number, size));
        if (done) operands.drop_scalars(1);
        break;
      case QuickForm::local_tee: done = quick_local_set(number_value(number, size)); break;
      case QuickForm::block:
        if (!quick_block_type(at[1])) break;
        [[fallthrough]];
      case QuickForm::handler:
        instr_.op = row.op;
        instr_.index = number_value(number, size);
        instr_.code_offset = reader_.position() + uint32_t(at - read);
        reader_.skip(size_t(next - read));
        read = next;
        if (!handlers[size_t(row.op)](*this)) return false;
        done = true;
        break;
    }
    if (!done) break;
    at = next;
  }
  reader_.skip(size_t(at - read));
  return true;
}

}  // namespace waxwing::validate
