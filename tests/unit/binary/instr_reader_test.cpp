#include "binary/instr_reader.h"

#include <gtest/gtest.h>
#include <map>

#include "hex.h"

namespace waxwing::binary {
namespace {

using base::ErrorCode;
using syntax::Feature;
using syntax::FeatureSet;
using syntax::ImmediateKind;
using syntax::Op;
using syntax::OpInfo;

constexpr uint64_t module_offset = 0x40;

/// A module with two equal structure types, so that 1 is not canonical.
const syntax::Module& types_module() {
  static const syntax::Module module = *decode_sections("01 05 02 5f 00 5f 00");
  return module;
}

/// Immediates for an instruction of `kind`, one byte a number where there is a choice.
std::string_view sample_immediate(ImmediateKind kind) {
  static const std::map<ImmediateKind, std::string_view> samples = {
      {ImmediateKind::none, ""},
      {ImmediateKind::block, "40"},
      {ImmediateKind::br_table, "02 01 02 03"},
      {ImmediateKind::call_indirect, "05 06"},
      {ImmediateKind::mem_arg, "02 07"},
      {ImmediateKind::mem_arg_lane, "02 07 03"},
      {ImmediateKind::lane, "09"},
      {ImmediateKind::shuffle, "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f"},
      {ImmediateKind::v128, "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f"},
      {ImmediateKind::i32, "7f"},
      {ImmediateKind::i64, "7f"},
      {ImmediateKind::f32, "01 02 03 04"},
      {ImmediateKind::f64, "01 02 03 04 05 06 07 08"},
      {ImmediateKind::heap_type, "01"},
      {ImmediateKind::select_types, "01 7f"},
      {ImmediateKind::try_table, "40 02 00 04 05 02 06"},
      {ImmediateKind::field, "05 06"},
      {ImmediateKind::type_count, "05 06"},
      {ImmediateKind::type_data, "05 06"},
      {ImmediateKind::type_elem, "05 06"},
      {ImmediateKind::type_type, "05 06"},
      {ImmediateKind::cast, "01 05 6e 01"},
      {ImmediateKind::data_memory, "05 06"},
      {ImmediateKind::elem_table, "05 06"},
      {ImmediateKind::memory_memory, "05 06"},
      {ImmediateKind::table_table, "05 06"},
      {ImmediateKind::fence, "00"},
  };
  const auto found = samples.find(kind);
  return found == samples.end() ? "05" : found->second;  // one index
}

std::vector<uint8_t> encode(const OpInfo& info, std::string_view immediate) {
  std::vector<uint8_t> code;
  if (info.prefix == 0) {
    code.push_back(uint8_t(info.code));
  } else {
    code = {info.prefix, uint8_t((info.code & 0x7f) | 0x80), uint8_t(info.code >> 7)};
  }
  for (uint8_t byte : hex(immediate)) code.push_back(byte);
  return code;
}

struct Read {
  Instr instr;
  bool ok = false;
  std::optional<base::Error> error;
  uint32_t position = 0;
};

/// Reads one instruction. `labels` and its kin die with the reader, so a caller that looks at them
/// makes its own.
Read read_one(const std::vector<uint8_t>& code, FeatureSet features = FeatureSet::all()) {
  InstrReader reader(types_module(), features, code, module_offset);
  Read read;
  read.ok = reader.next(read.instr);
  read.error = reader.error();
  read.position = reader.position();
  return read;
}

TEST(instr_reader_table, every_instruction_is_read_whole_and_needs_all_its_bytes) {
  for (const OpInfo& info : syntax::op_table) {
    const std::vector<uint8_t> code = encode(info, sample_immediate(info.immediate));
    std::vector<uint8_t> longer = code;
    longer.resize(code.size() + 16, 0x01);
    for (const std::vector<uint8_t>& bytes : {code, longer}) {
      const Read read = read_one(bytes);
      ASSERT_TRUE(read.ok) << info.text << ": " << read.error->message();
      EXPECT_EQ(read.instr.op, info.id) << info.text;
      EXPECT_EQ(read.position, code.size()) << info.text;
    }
    for (size_t size = 1; size < code.size(); ++size) {
      const Read cut = read_one({code.begin(), code.begin() + ptrdiff_t(size)});
      EXPECT_FALSE(cut.ok) << info.text;
      ASSERT_TRUE(cut.error) << info.text;
    }
  }
}

TEST(instr_reader_table, a_feature_that_is_off_makes_its_opcodes_illegal) {
  for (const OpInfo& info : syntax::op_table) {
    FeatureSet features = FeatureSet::all();
    features.set(info.feature, false);
    const Read read = read_one(encode(info, sample_immediate(info.immediate)), features);
    ASSERT_FALSE(read.ok) << info.text;
    EXPECT_EQ(read.error->code, ErrorCode::illegal_opcode) << info.text;
    EXPECT_EQ(read.error->offset, module_offset) << info.text;
  }
  FeatureSet features = FeatureSet::defaults();
  features.set(Feature::wide_arithmetic, false);
  const Read read = read_one(hex("fc 13"), features);
  EXPECT_EQ(read.error->detail, "i64.add128 needs the feature wide-arithmetic");
}

TEST(instr_reader_immediate, indices_and_numbers_of_any_length) {
  EXPECT_EQ(read_one(hex("20 05 0b 0b")).instr.index, 5u);
  EXPECT_EQ(read_one(hex("20 85 80 00")).instr.index, 5u);
  EXPECT_EQ(read_one(hex("10 ff ff ff ff 0f")).instr.index, 0xffffffffu);
  EXPECT_EQ(read_one(hex("41 7f 0b 0b")).instr.i32(), 0xffffffffu);
  EXPECT_EQ(read_one(hex("41 c0 00 0b")).instr.i32(), 64u);
  EXPECT_EQ(read_one(hex("41 80 80 80 80 78")).instr.i32(), 0x80000000u);
  EXPECT_EQ(read_one(hex("42 40 0b 0b")).instr.i64(), uint64_t(-64));
  EXPECT_EQ(read_one(hex("42 80 80 80 80 80 80 80 80 80 7f")).instr.i64(), uint64_t(1) << 63);
  EXPECT_EQ(read_one(hex("44 01 02 03 04 05 06 07 08")).instr.i64(), 0x0807060504030201u);
  const Read indirect = read_one(hex("11 05 06"));
  EXPECT_EQ(indirect.instr.index, 5u);
  EXPECT_EQ(indirect.instr.index2, 6u);
}

TEST(instr_reader_immediate, mem_arg) {
  const Read plain = read_one(hex("28 02 07"));
  EXPECT_EQ(plain.instr.align_log2, 2);
  EXPECT_EQ(plain.instr.index, 0u);
  EXPECT_EQ(plain.instr.mem_offset, 7u);
  const Read far = read_one(hex("28 03 80 80 80 80 10"));
  EXPECT_EQ(far.instr.mem_offset, uint64_t(1) << 32);
  const Read other = read_one(hex("28 42 05 87 01"));
  EXPECT_EQ(other.instr.align_log2, 2);
  EXPECT_EQ(other.instr.index, 5u);
  EXPECT_EQ(other.instr.mem_offset, 0x87u);
  const Read lane = read_one(hex("fd 54 42 05 08 09"));
  EXPECT_EQ(lane.instr.index, 5u);
  EXPECT_EQ(lane.instr.mem_offset, 8u);
  EXPECT_EQ(lane.instr.lane, 9);
}

TEST(instr_reader_immediate, block_types) {
  EXPECT_EQ(read_one(hex("02 40")).instr.block_type.kind, BlockType::Kind::empty);
  EXPECT_EQ(read_one(hex("02 40 0b 0b")).instr.block_type.kind, BlockType::Kind::empty);
  const Read value = read_one(hex("03 7c 0b 0b"));
  EXPECT_EQ(value.instr.block_type.kind, BlockType::Kind::value);
  EXPECT_EQ(value.instr.block_type.value, syntax::f64_type);
  const Read reference = read_one(hex("03 64 01 0b"));
  EXPECT_EQ(reference.instr.block_type.value,
            syntax::ValType::ref(false, syntax::HeapType(syntax::TypeIdx(0u))));
  for (std::string_view code : {"04 00", "04 00 0b 0b", "04 80 00"}) {
    const Read index = read_one(hex(code));
    EXPECT_EQ(index.instr.block_type.kind, BlockType::Kind::index) << code;
    EXPECT_EQ(index.instr.block_type.index, syntax::TypeIdx(0u)) << code;
  }
  EXPECT_EQ(read_one(hex("04 e3 00")).instr.block_type.index, syntax::TypeIdx(99u));
}

TEST(instr_reader_immediate, lists_hold_until_the_next_read) {
  const std::vector<uint8_t> code =
      hex("0e 02 07 80 01 09  1c 02 7f 7e  1f 40 03 00 04 05 02 06 03 07");
  InstrReader reader(types_module(), FeatureSet::all(), code, module_offset);
  Instr instr;
  ASSERT_TRUE(reader.next(instr));
  EXPECT_EQ(std::vector<uint32_t>(instr.labels.begin(), instr.labels.end()),
            (std::vector<uint32_t>{7, 128, 9}));
  ASSERT_TRUE(reader.next(instr));
  EXPECT_EQ(instr.code_offset, 6u);
  ASSERT_EQ(instr.types.size(), 2u);
  EXPECT_EQ(instr.types[1], syntax::i64_type);
  ASSERT_TRUE(reader.next(instr));
  ASSERT_EQ(instr.catches.size(), 3u);
  EXPECT_EQ(instr.catches[0].tag, syntax::TagIdx(4u));
  EXPECT_EQ(instr.catches[0].label, 5u);
  EXPECT_EQ(instr.catches[2].kind, CatchClause::Kind::catch_all_ref);
  EXPECT_FALSE(reader.next(instr));
  EXPECT_TRUE(reader.at_end());
  EXPECT_FALSE(reader.error());
}

TEST(instr_reader_immediate, casts_and_heap_types_are_canonical) {
  const Read cast = read_one(hex("fb 18 03 05 6e 01"));
  EXPECT_TRUE(cast.instr.from_nullable);
  EXPECT_TRUE(cast.instr.to_nullable);
  EXPECT_EQ(cast.instr.index, 5u);
  EXPECT_EQ(cast.instr.heap, syntax::HeapType(syntax::AbstractHeap::any));
  EXPECT_EQ(cast.instr.heap2, syntax::HeapType(syntax::TypeIdx(0u)));
}

TEST(instr_reader_error, names_what_is_wrong_and_where) {
  struct Row {
    std::string_view code;
    ErrorCode error;
    uint64_t offset;
  };
  constexpr Row rows[] = {
      {"ff", ErrorCode::illegal_opcode, 0},
      {"1d 40", ErrorCode::illegal_opcode, 0},
      {"fd 80 80 04", ErrorCode::illegal_opcode, 0},
      {"fc 80 80 80 80 80 00", ErrorCode::integer_too_long, 6},
      {"41 80 80 80 80 10", ErrorCode::integer_too_large, 5},
      {"28 80 01 00", ErrorCode::malformed_memop_flags, 1},
      {"28 80 02 00", ErrorCode::malformed_memop_flags, 1},
      {"02 41 00", ErrorCode::malformed_value_type, 1},
      {"02 c0 7f", ErrorCode::malformed_block_type, 1},
      {"d0 40", ErrorCode::malformed_heap_type, 1},
      {"d0 02", ErrorCode::unknown_type, 1},
      {"1f 40 01 04 00", ErrorCode::malformed_catch_clause, 3},
      {"fb 18 04 00 6e 6e", ErrorCode::malformed_cast_flags, 2},
      {"fe 03 01", ErrorCode::zero_byte_expected, 2},
      {"0e ff ff ff ff 0f", ErrorCode::unexpected_end_of_section, 1},
  };
  for (const Row& row : rows) {
    const Read read = read_one(hex(row.code));
    ASSERT_TRUE(read.error) << row.code;
    EXPECT_FALSE(read.ok);
    EXPECT_EQ(read.error->code, row.error) << row.code << ": " << read.error->message();
    EXPECT_EQ(read.error->offset, module_offset + row.offset) << row.code;
  }
}

TEST(instr_reader_error, is_sticky) {
  const std::vector<uint8_t> code = hex("ff 01 01 01 01");
  InstrReader reader(types_module(), FeatureSet::all(), code, 0);
  Instr instr;
  EXPECT_FALSE(reader.next(instr));
  EXPECT_FALSE(reader.next(instr));
  EXPECT_TRUE(reader.error());
}

TEST(instr_reader_error, indices_of_others_need_their_features) {
  FeatureSet features = FeatureSet::all();
  features.set(Feature::multi_memory, false);
  EXPECT_TRUE(read_one(hex("3f 00 0b 0b"), features).ok);
  EXPECT_EQ(read_one(hex("3f 01 0b 0b"), features).error->code, ErrorCode::zero_byte_expected);
  EXPECT_EQ(read_one(hex("28 42 00 00"), features).error->code, ErrorCode::malformed_memop_flags);
  features.set(Feature::reference_types, false);
  EXPECT_EQ(read_one(hex("11 00 01 0b"), features).error->code, ErrorCode::zero_byte_expected);
}

}  // namespace
}  // namespace waxwing::binary
