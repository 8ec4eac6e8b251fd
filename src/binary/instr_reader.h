// Reads function bodies one instruction at a time: opcode and immediates, by the immediate's kind.
// [spec 5.4]
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/v128.h"
#include "binary/reader.h"
#include "syntax/module.h"
#include "syntax/opcode_table.h"

namespace waxwing::binary {

/// The type of a block: nothing, one result, or the function type at an index. [spec 5.4.1]
struct BlockType {
  enum class Kind : uint8_t { empty, value, index };

  Kind kind = Kind::empty;
  syntax::ValType value;  // Kind::value
  syntax::TypeIdx index;  // Kind::index, not made canonical; may be out of range until validated
};

struct CatchClause {
  enum class Kind : uint8_t { catch_, catch_ref, catch_all, catch_all_ref };

  Kind kind = Kind::catch_;
  syntax::TagIdx tag;  // catch_ and catch_ref
  uint32_t label = 0;
};

/// One decoded instruction. Which members count depends on the immediate's kind; the others hold
/// anything.
struct Instr {
  syntax::Op op = syntax::Op::unreachable;
  uint8_t lane = 0;            // lane, mem_arg_lane
  uint8_t align_log2 = 0;      // mem_arg, mem_arg_lane
  bool from_nullable = false;  // cast
  bool to_nullable = false;    // cast
  uint32_t code_offset = 0;    // of the opcode within the body
  uint32_t index = 0;  // the first index: label, func, type, local, global, table, memory (of a
                       // mem_arg too), destination, data, elem, tag
  uint32_t index2 =
      0;  // the second: table of call_indirect, source, field, data, elem, memory; or count
  uint64_t mem_offset = 0;  // mem_arg, mem_arg_lane
  BlockType block_type;     // block, try_table
  syntax::HeapType heap;    // heap_type; cast: from
  syntax::HeapType heap2;   // cast: to
  base::V128 value{};       // constants in the low bytes; shuffle: the lanes
  std::span<const uint32_t>
      labels;  // br_table: targets, the default last. Valid until the next read
  std::span<const syntax::ValType> types;  // select_types. Valid until the next read
  std::span<const CatchClause> catches;    // try_table. Valid until the next read

  uint32_t i32() const { return base::load_le<uint32_t>(&value); }
  uint64_t i64() const { return base::load_le<uint64_t>(&value); }
};

struct OpcodeEntry;

/// A cursor over one body. Not thread-safe; cheap to make. Errors are sticky: after one, `next`
/// returns false.
class InstrReader {
 public:
  /// `code` lies at `module_offset` in `module`, which gives features and canonical types and must
  /// outlive the reader.
  InstrReader(const syntax::Module& module, syntax::FeatureSet features, base::ByteSpan code,
              uint64_t module_offset)
      : module_(module), features_(features), reader_(code, module_offset) {}

  /// Reads the next instruction into `instr`; false at the end of the bytes or after an error.
  bool next(Instr& instr);

  bool at_end() const { return reader_.at_end(); }
  /// Bytes read so far.
  uint32_t position() const { return uint32_t(reader_.index()); }
  const std::optional<base::Error>& error() const { return reader_.error(); }

  /// What is left; a caller that reads some of it by itself then skips as much.
  base::ByteSpan unread() const { return reader_.unread(); }
  /// REQUIRES: size <= unread().size()
  void skip(size_t size) { reader_.skip(size); }

 private:
  // The forms of `next` that are not in line; `instr.code_offset` and, but for the first two,
  // `instr.op` are set.
  bool next_near_end(Instr& instr);
  bool next_rare(Instr& instr);
  bool next_long(Instr& instr, OpcodeEntry entry);
  // One function for each kind of immediate; false after an error.
  bool read_prefixed(Instr& instr, uint8_t prefix);
  bool read_immediate(Instr& instr, syntax::ImmediateKind kind);
  bool read_mem_arg(Instr& instr);
  bool read_block_type(BlockType& type);
  bool read_br_table(Instr& instr);
  bool read_select_types(Instr& instr);
  bool read_try_table(Instr& instr);
  bool read_catch_clause(CatchClause& clause);
  bool read_heap_type(syntax::HeapType& heap);
  bool read_cast(Instr& instr);
  bool read_two_indices(Instr& instr);
  bool read_index_of_one(uint32_t& index, syntax::Feature feature_of_others);
  bool read_fence();
  bool check_feature(const syntax::OpInfo& info, uint64_t offset);

  const syntax::Module& module_;
  syntax::FeatureSet features_;
  Reader reader_;
  std::vector<uint32_t> labels_;
  std::vector<syntax::ValType> types_;
  std::vector<CatchClause> catches_;
};

/// Whether an `end` of its own belongs to `op`, or a `delegate` instead.
constexpr bool opens_block(syntax::Op op) {
  using syntax::Op;
  return op == Op::block || op == Op::loop || op == Op::if_ || op == Op::try_table ||
         op == Op::try_;
}

/// Whether `op` ends the innermost open block.
constexpr bool closes_block(syntax::Op op) {
  return op == syntax::Op::end || op == syntax::Op::delegate;
}

/// Whether `op` goes on with another part of the innermost open block.
constexpr bool continues_block(syntax::Op op) {
  using syntax::Op;
  return op == Op::else_ || op == Op::catch_ || op == Op::catch_all;
}

/// What follows an opcode of one byte; `rare` stands for all else, and for what is no instruction.
enum class Shape : uint8_t { none, index, constant, mem_arg, block, rare };

/// One entry for each first byte. Most instructions are short: each number in them takes one byte.
struct OpcodeEntry {
  syntax::Op op = syntax::no_op;
  Shape shape = Shape::rare;
  syntax::Feature feature = syntax::Feature::mvp;
  /// A short instruction has the expected ones of the checked bits in the two bytes behind the
  /// opcode.
  uint16_t checked_bits = 0;
  uint16_t expected_bits = 0;
};

consteval OpcodeEntry make_opcode_entry(const syntax::OpInfo& info) {
  using syntax::ImmediateKind;
  const ImmediateKind kind = info.immediate;
  OpcodeEntry entry{.op = info.id, .feature = info.feature};
  if (kind == ImmediateKind::none) {
    entry.shape = Shape::none;
  } else if (kind == ImmediateKind::block) {
    entry.shape = Shape::block;
    entry.checked_bits = 0xff;
    entry.expected_bits = 0x40;  // no parameters, no results
  } else if (kind == ImmediateKind::mem_arg) {
    entry.shape = Shape::mem_arg;
    entry.checked_bits = 0x80c0;
  } else if (kind == ImmediateKind::i32 || kind == ImmediateKind::i64) {
    entry.shape = Shape::constant;
    entry.checked_bits = 0x80;
  } else if (kind == ImmediateKind::label || kind == ImmediateKind::func ||
             kind == ImmediateKind::type || kind == ImmediateKind::local ||
             kind == ImmediateKind::global || kind == ImmediateKind::table) {
    entry.shape = Shape::index;
    entry.checked_bits = 0x80;
  }
  return entry;
}

consteval std::array<OpcodeEntry, 256> make_opcode_entries() {
  std::array<OpcodeEntry, 256> entries{};
  for (const syntax::OpInfo& info : syntax::op_table) {
    if (info.prefix == 0) entries[info.code] = make_opcode_entry(info);
  }
  return entries;
}

inline constexpr std::array<OpcodeEntry, 256> opcode_entries = make_opcode_entries();

// Reading is bound by branches that cannot be predicted; so there is one for all that is not short,
// and then few.
inline bool InstrReader::next(Instr& instr) {
  constexpr size_t longest_short = 3;
  if (reader_.remaining() < longest_short) [[unlikely]]
    return next_near_end(instr);
  instr.code_offset = position();
  const uint8_t* const bytes = reader_.unread().data();
  const OpcodeEntry entry = opcode_entries[bytes[0]];
  const uint32_t operands = base::load_le<uint16_t>(bytes + 1);
  instr.op = entry.op;
  const uint32_t unexpected = (operands ^ entry.expected_bits) & entry.checked_bits;
  if ((unexpected | uint32_t(!features_.has(entry.feature))) != 0) return next_long(instr, entry);
  if (entry.shape == Shape::none) {
    reader_.skip(1);
    return true;
  }
  if (entry.shape == Shape::mem_arg) {
    instr.index = 0;
    instr.align_log2 = uint8_t(operands);
    instr.mem_offset = operands >> 8;
    reader_.skip(3);
    return true;
  }
  if (entry.shape == Shape::rare) return next_rare(instr);
  // An index, a constant or an empty block: all are set, and which one counts need not be asked.
  instr.index = uint8_t(operands);
  instr.block_type.kind = BlockType::Kind::empty;
  base::store_le(&instr.value, int64_t(uint64_t(operands) << 57) >> 57);
  reader_.skip(2);
  return true;
}

}  // namespace waxwing::binary
