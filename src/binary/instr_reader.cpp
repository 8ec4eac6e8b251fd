// Opcodes with prefixes, and the kinds of immediates that are not read in line.
#include "binary/instr_reader.h"

#include "binary/limit.h"
#include "binary/type_reader.h"
#include "syntax/limits.h"

namespace waxwing::binary {

using base::ErrorCode;
using syntax::Feature;
using syntax::ImmediateKind;
using syntax::Op;
using syntax::OpInfo;

namespace {

std::string hex(uint32_t number) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (int shift = 28; shift >= 0; shift -= 4) {
    const uint32_t digit = number >> shift & 0xf;
    if (digit != 0 || !text.empty() || shift <= 4) text += digits[digit];
  }
  return text;
}

}  // namespace

bool InstrReader::check_feature(const OpInfo& info, uint64_t offset) {
  if (features_.has(info.feature)) [[likely]]
    return true;
  reader_.fail(ErrorCode::illegal_opcode, offset, needs_feature(info.text, info.feature));
  return false;
}

bool InstrReader::next_near_end(Instr& instr) {
  if (reader_.at_end()) return false;
  instr.code_offset = position();
  return next_rare(instr);
}

bool InstrReader::next_rare(Instr& instr) {
  const uint64_t offset = reader_.position();
  const uint8_t byte = reader_.u8();
  if (syntax::is_prefix(byte)) return read_prefixed(instr, byte);
  instr.op = syntax::ops_plain[byte];
  if (instr.op == syntax::no_op) {
    reader_.fail(ErrorCode::illegal_opcode, offset, hex(byte));
    return false;
  }
  const OpInfo& info = syntax::op_info(instr.op);
  return check_feature(info, offset) && read_immediate(instr, info.immediate);
}

bool InstrReader::next_long(Instr& instr, OpcodeEntry entry) {
  if (entry.shape == Shape::rare || !features_.has(entry.feature)) return next_rare(instr);
  reader_.skip(1);
  if (entry.shape == Shape::constant) {
    base::store_le(&instr.value, entry.op == Op::i32_const ? reader_.s32() : reader_.s64());
    return reader_.ok();
  }
  if (entry.shape == Shape::block) return read_block_type(instr.block_type);
  if (entry.shape == Shape::mem_arg) return read_mem_arg(instr);
  instr.index = reader_.u32();
  return reader_.ok();
}

bool InstrReader::read_prefixed(Instr& instr, uint8_t prefix) {
  const uint64_t offset = reader_.position() - 1;
  const uint32_t code = reader_.u32();
  if (!reader_.ok()) return false;
  const std::optional<Op> op = syntax::find_op(prefix, code);
  if (!op) {
    reader_.fail(ErrorCode::illegal_opcode, offset, hex(prefix) + " " + hex(code));
    return false;
  }
  instr.op = *op;
  const OpInfo& info = syntax::op_info(*op);
  return check_feature(info, offset) && read_immediate(instr, info.immediate);
}

bool InstrReader::read_immediate(Instr& instr, ImmediateKind kind) {
  switch (kind) {
    case ImmediateKind::none: return true;
    case ImmediateKind::block: return read_block_type(instr.block_type);
    case ImmediateKind::label:
    case ImmediateKind::func:
    case ImmediateKind::type:
    case ImmediateKind::local:
    case ImmediateKind::global:
    case ImmediateKind::table:
    case ImmediateKind::data:
    case ImmediateKind::elem:
    case ImmediateKind::tag: instr.index = reader_.u32(); break;
    case ImmediateKind::memory: return read_index_of_one(instr.index, Feature::multi_memory);
    case ImmediateKind::br_table: return read_br_table(instr);
    case ImmediateKind::call_indirect:
      instr.index = reader_.u32();
      return read_index_of_one(instr.index2, Feature::reference_types);
    case ImmediateKind::mem_arg: return read_mem_arg(instr);
    case ImmediateKind::mem_arg_lane:
      if (!read_mem_arg(instr)) return false;
      instr.lane = reader_.u8();
      break;
    case ImmediateKind::lane: instr.lane = reader_.u8(); break;
    case ImmediateKind::shuffle:
    case ImmediateKind::v128: instr.value = reader_.v128(); break;
    case ImmediateKind::i32: base::store_le(&instr.value, int64_t(reader_.s32())); break;
    case ImmediateKind::i64: base::store_le(&instr.value, reader_.s64()); break;
    case ImmediateKind::f32: base::store_le(&instr.value, uint64_t(reader_.f32_bits())); break;
    case ImmediateKind::f64: base::store_le(&instr.value, reader_.f64_bits()); break;
    case ImmediateKind::heap_type: return read_heap_type(instr.heap);
    case ImmediateKind::select_types: return read_select_types(instr);
    case ImmediateKind::try_table: return read_try_table(instr);
    case ImmediateKind::field:
    case ImmediateKind::type_count:
    case ImmediateKind::type_data:
    case ImmediateKind::type_elem:
    case ImmediateKind::type_type:
    case ImmediateKind::elem_table:
    case ImmediateKind::table_table: return read_two_indices(instr);
    case ImmediateKind::cast: return read_cast(instr);
    case ImmediateKind::data_memory:
      instr.index = reader_.u32();
      return read_index_of_one(instr.index2, Feature::multi_memory);
    case ImmediateKind::memory_memory:
      return read_index_of_one(instr.index, Feature::multi_memory) &&
             read_index_of_one(instr.index2, Feature::multi_memory);
    case ImmediateKind::fence: return read_fence();
  }
  return reader_.ok();
}

bool InstrReader::read_mem_arg(Instr& instr) {
  constexpr uint32_t has_memory = 0x40;
  constexpr uint32_t end_of_flags = 0x80;
  const uint64_t offset = reader_.position();
  const uint32_t flags = reader_.u32();
  if (flags >= end_of_flags) {
    reader_.fail(ErrorCode::malformed_memop_flags, offset, std::to_string(flags));
    return false;
  }
  instr.align_log2 = uint8_t(flags & (has_memory - 1));
  instr.index = 0;
  if ((flags & has_memory) != 0) {
    if (!features_.has(Feature::multi_memory)) {
      reader_.fail(ErrorCode::malformed_memop_flags, offset,
                   needs_feature("a memory index", Feature::multi_memory));
      return false;
    }
    instr.index = reader_.u32();
  }
  instr.mem_offset = reader_.u64();
  return reader_.ok();
}

bool InstrReader::read_block_type(BlockType& type) {
  constexpr uint8_t empty_code = 0x40;
  constexpr uint8_t i32_code = 0x7f;
  constexpr uint8_t f64_code = 0x7c;
  const uint64_t offset = reader_.position();
  const uint8_t byte = reader_.peek();
  if (byte == empty_code) {
    type.kind = BlockType::Kind::empty;
    reader_.u8();
    return true;
  }
  if (byte >= f64_code && byte <= i32_code) {
    type.kind = BlockType::Kind::value;
    type.value = syntax::ValKind(i32_code - byte);
    reader_.u8();
    return true;
  }
  if (byte > empty_code && byte < f64_code) {
    syntax::FeatureSet used;
    type.kind = BlockType::Kind::value;
    type.value = TypeReader(reader_, module_, features_, used).val_type();
    return reader_.ok();
  }
  const int64_t index = reader_.s33();
  if (index < 0) reader_.fail(ErrorCode::malformed_block_type, offset);
  if (!features_.has(Feature::multi_value)) {
    reader_.fail(ErrorCode::malformed_block_type, offset,
                 needs_feature("a block with a type index", Feature::multi_value));
  }
  type.kind = BlockType::Kind::index;
  type.index = syntax::TypeIdx(uint32_t(index));
  return reader_.ok();
}

bool InstrReader::read_br_table(Instr& instr) {
  const uint64_t offset = reader_.position();
  const uint32_t count = reader_.count();
  if (!within_limit(reader_, count, syntax::max_br_table_targets, "targets", offset)) return false;
  labels_.clear();
  labels_.reserve(size_t(count) + 1);
  for (uint32_t i = 0; i <= count && reader_.ok(); ++i) labels_.push_back(reader_.u32());
  instr.labels = labels_;
  return reader_.ok();
}

bool InstrReader::read_select_types(Instr& instr) {
  syntax::FeatureSet used;
  TypeReader type_reader(reader_, module_, features_, used);
  const uint32_t count = reader_.count();
  types_.clear();
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) types_.push_back(type_reader.val_type());
  instr.types = types_;
  return reader_.ok();
}

bool InstrReader::read_try_table(Instr& instr) {
  if (!read_block_type(instr.block_type)) return false;
  const uint32_t count = reader_.count();
  catches_.clear();
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
    CatchClause clause;
    if (read_catch_clause(clause)) catches_.push_back(clause);
  }
  instr.catches = catches_;
  return reader_.ok();
}

bool InstrReader::read_catch_clause(CatchClause& clause) {
  const uint64_t offset = reader_.position();
  const uint8_t kind = reader_.u8();
  if (kind > uint8_t(CatchClause::Kind::catch_all_ref)) {
    reader_.fail(ErrorCode::malformed_catch_clause, offset, hex(kind));
    return false;
  }
  clause.kind = CatchClause::Kind(kind);
  const bool has_tag =
      clause.kind == CatchClause::Kind::catch_ || clause.kind == CatchClause::Kind::catch_ref;
  if (has_tag) clause.tag = syntax::TagIdx(reader_.u32());
  clause.label = reader_.u32();
  return reader_.ok();
}

bool InstrReader::read_heap_type(syntax::HeapType& heap) {
  syntax::FeatureSet used;
  heap = TypeReader(reader_, module_, features_, used).heap_type();
  return reader_.ok();
}

bool InstrReader::read_cast(Instr& instr) {
  constexpr uint8_t from_nullable = 1;
  constexpr uint8_t to_nullable = 2;
  const uint64_t offset = reader_.position();
  const uint8_t flags = reader_.u8();
  if ((flags & ~(from_nullable | to_nullable)) != 0) {
    reader_.fail(ErrorCode::malformed_cast_flags, offset, hex(flags));
    return false;
  }
  instr.from_nullable = (flags & from_nullable) != 0;
  instr.to_nullable = (flags & to_nullable) != 0;
  instr.index = reader_.u32();
  return read_heap_type(instr.heap) && read_heap_type(instr.heap2);
}

bool InstrReader::read_two_indices(Instr& instr) {
  instr.index = reader_.u32();
  instr.index2 = reader_.u32();
  return reader_.ok();
}

// Without `feature_of_others` the format has a reserved byte here instead of an index.
bool InstrReader::read_index_of_one(uint32_t& index, Feature feature_of_others) {
  const uint64_t offset = reader_.position();
  if (features_.has(feature_of_others)) {
    index = reader_.u32();
  } else {
    index = 0;
    if (reader_.u8() != 0) {
      reader_.fail(ErrorCode::zero_byte_expected, offset,
                   needs_feature("another index", feature_of_others));
    }
  }
  return reader_.ok();
}

bool InstrReader::read_fence() {
  const uint64_t offset = reader_.position();
  if (reader_.u8() != 0) reader_.fail(ErrorCode::zero_byte_expected, offset);
  return reader_.ok();
}

}  // namespace waxwing::binary
