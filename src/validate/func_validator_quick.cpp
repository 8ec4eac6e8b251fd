// The fast path: frequent instructions are checked straight from their bytes, as long as they look
// as usual. All else, errors too, is left to the slow path.
#include <algorithm>
#include <bit>

#include "base/bytes.h"
#include "binary/short_number.h"
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

/// What is checked at once: some 30 us, or some ms where each instruction has 1,000 operands.
constexpr size_t quick_bytes = 4096;

constexpr uint8_t empty_block = 0x40;
constexpr uint8_t i32_code = 0x7f;
constexpr uint8_t f64_code = 0x7c;

}  // namespace

const QuickRow* quick_rows_for(const syntax::Module& module) {
  const bool has_memory32 = !module.memories.empty() &&
                            module.memories[syntax::MemIdx(0u)].address == syntax::AddressType::i32;
  return has_memory32 ? quick_rows_memory32.data() : quick_rows_no_memory32.data();
}

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

/// Calls the slow path's handler of an instruction of `size` bytes at `at`, with the reader behind
/// it. False after an error.
inline bool FuncValidator::quick_handler(const uint8_t* at, uint32_t size, syntax::Op op) {
  instr_.op = op;
  instr_.code_offset = uint32_t(at - code_.data());
  skip_to(at + size);
  return handlers[size_t(op)](*this);
}

/// Checks a plain instruction whose eight bytes are `word`. Others than those of locals use what
/// stands in front of the first local, which is there for that.
[[gnu::always_inline]] inline bool FuncValidator::quick_plain(const QuickRow& row, uint64_t word) {
  const uint32_t second_byte = uint8_t(word >> 8);
  const uint32_t local = second_byte & row.number_mask;
  const size_t place = local + row.is_local;
  const ValType type = scratch_.near_locals[place];
  Exchange exchange = row.exchange;
  exchange.top |= type.bits() & row.takes_local;
  exchange.result |= type.bits() & row.gives_local;
  const bool is_usual = is_plain(type) & (second_byte <= row.max_second_byte);
  if (!scratch_.operands.exchange(exchange, is_usual)) return false;
  weigh(place);
  note_write(local, row.writes_local);
  return true;
}

bool FuncValidator::run_quickly() {
  const base::ByteSpan bytes = reader_.unread();
  if (bytes.size() < quick_lookahead) return true;
  const uint8_t* at = bytes.data();
  // Now and then somebody must look whether the work goes on.
  const uint8_t* const last = at + std::min(bytes.size() - quick_lookahead, quick_bytes);
  const QuickRow* const rows = quick_rows_;
  const QuickRow* next = &rows[*at];
  while (at <= last) {
    const QuickRow& row = *next;
    const uint64_t word = base::load_le<uint64_t>(at);
    // From one row to the next is the longest way of all: a guess at the size, which is nearly
    // always right, and the next opcode from a register make it short.
    uint32_t bits = row.usual_bits;
    if ((word & row.goes_on) != 0) [[unlikely]] {
      const uint64_t ends = ~word & row.other_ends;
      if (ends == 0) [[unlikely]]
        break;
      bits = uint32_t(std::countr_zero(ends)) + 1;
    }
    next = &rows[uint8_t(word >> bits)];
    const uint32_t size = bits / 8;
    if (row.form == QuickForm::plain) [[likely]] {
      if (!quick_plain(row, word)) break;
    } else if (row.form == QuickForm::block && !quick_block_type(at[1])) {
      break;
    } else {
      if (row.form == QuickForm::index) instr_.index = binary::short_number(word >> 8, size - 1);
      if (!quick_handler(at, size, row.op)) return false;
    }
    at += size;
  }
  skip_to(at);
  return true;
}

}  // namespace waxwing::validate
