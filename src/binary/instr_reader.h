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

 private:
  // One function for each kind of immediate that `next` does not read itself; false after an error.
  bool read_rare_opcode(Instr& instr, uint8_t byte);
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

/// How `InstrReader::next` goes on after an opcode of one byte; `rare` is all that is not read in
/// line.
enum class OpcodeForm : uint8_t { none, index, i32, i64, mem_arg, rare };

struct OpcodeEntry {
  syntax::Op op = syntax::no_op;
  OpcodeForm form = OpcodeForm::rare;
  syntax::Feature feature = syntax::Feature::mvp;
};

consteval OpcodeForm opcode_form(syntax::ImmediateKind kind) {
  using syntax::ImmediateKind;
  if (kind == ImmediateKind::none) return OpcodeForm::none;
  if (kind == ImmediateKind::i32) return OpcodeForm::i32;
  if (kind == ImmediateKind::i64) return OpcodeForm::i64;
  if (kind == ImmediateKind::mem_arg) return OpcodeForm::mem_arg;
  const bool is_index = kind == ImmediateKind::label || kind == ImmediateKind::func ||
                        kind == ImmediateKind::type || kind == ImmediateKind::local ||
                        kind == ImmediateKind::global || kind == ImmediateKind::table;
  return is_index ? OpcodeForm::index : OpcodeForm::rare;
}

consteval std::array<OpcodeEntry, 256> make_opcode_entries() {
  std::array<OpcodeEntry, 256> entries{};
  for (const syntax::OpInfo& info : syntax::op_table) {
    if (info.prefix == 0) entries[info.code] = {info.id, opcode_form(info.immediate), info.feature};
  }
  return entries;
}

inline constexpr std::array<OpcodeEntry, 256> opcode_entries = make_opcode_entries();

inline bool InstrReader::next(Instr& instr) {
  if (reader_.at_end()) [[unlikely]]
    return false;
  instr.code_offset = position();
  const uint8_t byte = reader_.u8();
  const OpcodeEntry entry = opcode_entries[byte];
  instr.op = entry.op;
  if (!features_.has(entry.feature)) [[unlikely]]
    return read_rare_opcode(instr, byte);
  switch (entry.form) {
    case OpcodeForm::none: return true;
    case OpcodeForm::index: instr.index = reader_.u32(); break;
    case OpcodeForm::i32: base::store_le(&instr.value, uint64_t(uint32_t(reader_.s32()))); break;
    case OpcodeForm::i64: base::store_le(&instr.value, uint64_t(reader_.s64())); break;
    case OpcodeForm::mem_arg:
      if (reader_.peek() >= 0x40) [[unlikely]]
        return read_mem_arg(instr);
      instr.align_log2 = reader_.u8();
      instr.index = 0;
      instr.mem_offset = reader_.u64();
      break;
    case OpcodeForm::rare: return read_rare_opcode(instr, byte);
  }
  return reader_.ok();
}

}  // namespace waxwing::binary
