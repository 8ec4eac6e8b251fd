// Every PURE row with a vector computes what numeric/ says, with every set of features, whichever
// registers it gets, and changes no other.
#include "codegen/x64/vector_emitter.h"

#include <bit>
#include <gtest/gtest.h>
#include <span>
#include <string_view>
#include <vector>

#include "codegen/x64/pure_emitter.h"
#include "numeric/fold.h"
#include "x64_machine.h"

namespace waxwing::codegen::x64 {
namespace {

using syntax::Op;
using syntax::OperandType;

constexpr uint32_t special32[] = {
    0,          0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000,
    0x7fa00001, 0xffc00123, 0x7f800001, 0x00000001, 0x80000001, 0x007fffff, 0x00800000, 0x7f7fffff,
    0x3f000000, 0x3fc00000, 0x40200000, 0xbf000001, 0x3effffff, 0x4b000001, 0x4b7fffff, 0xbf7fffff,
    0x4effffff, 0x4f000000, 0x4f000001, 0xcf000000, 0xcf000001, 0x4f7fffff, 0x4f800000, 0x5effffff,
    0xffffffff, 0x7fffffff, 0x80000081, 0x01000001, 0xffffff80, 0x0000ffff, 0x80008000, 0x7fff8000};
constexpr uint64_t special64[] = {0,
                                  0x8000000000000000,
                                  0x3ff0000000000000,
                                  0xbff0000000000000,
                                  0x7ff0000000000000,
                                  0xfff0000000000000,
                                  0x7ff8000000000000,
                                  0xfff8000000000000,
                                  0x7ff4000000000001,
                                  0xfff8000000000123,
                                  0x0000000000000001,
                                  0x000fffffffffffff,
                                  0x7fefffffffffffff,
                                  0x3fe0000000000000,
                                  0x4004000000000000,
                                  0xbfe0000000000001,
                                  0xbfefffffffffffff,
                                  0x41dfffffffc00000,
                                  0x41dfffffffffffff,
                                  0x41e0000000000000,
                                  0xc1e0000000000000,
                                  0xc1e00000001fffff,
                                  0xc1e0000000200000,
                                  0x41efffffffe00000,
                                  0x41effffffff00000,
                                  0x41f0000000000000,
                                  0x47efffffefffffff,
                                  0x380fffffffffffff,
                                  0xffffffffffffffff,
                                  0x7fffffffffffffff,
                                  0x00000000ffffffff,
                                  0xffffffff00000000};
constexpr uint16_t special16[] = {0, 1, 0x7fff, 0x8000, 0xffff, 0x8001, 0x00ff, 0xff00, 0x0080};
constexpr uint8_t special8[] = {0, 1, 0x7f, 0x80, 0xff, 0x81, 0x0f, 0xf0, 0x40};
constexpr uint32_t canonical32[] = {0x7fc00000, 0xffc00000, 0, 0x80000000, 0x3f800000, 0xc0400000};
constexpr uint64_t canonical64[] = {0x7ff8000000000000, 0xfff8000000000000, 0,
                                    0x8000000000000000, 0x3ff0000000000000, 0xc008000000000000};

template <typename T, size_t N>
V128 lanes_from(const T (&values)[N], Random& random) {
  std::array<T, 16 / sizeof(T)> lanes;
  for (T& lane : lanes) lane = values[random.next() % N];
  return V128::from_lanes(lanes);
}

V128 random_bits(Random& random) {
  return V128::from_lanes(std::array{random.next(), random.next()});
}

V128 random_floats(Random& random) {
  std::array<float, 4> lanes;
  for (float& lane : lanes) {
    lane = static_cast<float>(static_cast<int64_t>(random.next())) *
           std::bit_cast<float>(static_cast<uint32_t>(random.next() % 80 + 60) << 23);
  }
  return V128::from_lanes(lanes);
}

V128 random_doubles(Random& random) {
  std::array<double, 2> lanes;
  for (double& lane : lanes) {
    lane = static_cast<double>(static_cast<int64_t>(random.next())) *
           std::bit_cast<double>((random.next() % 80 + 950) << 52);
  }
  return V128::from_lanes(lanes);
}

V128 random_vector(Random& random) {
  switch (random.next() % 12) {
    case 0: return lanes_from(special8, random);
    case 1: return lanes_from(special16, random);
    case 2:
    case 3: return lanes_from(special32, random);
    case 4:
    case 5: return lanes_from(special64, random);
    case 6: return random_floats(random);
    case 7: return random_doubles(random);
    case 8: return lanes_from(canonical32, random);
    case 9: return lanes_from(canonical64, random);
    default: return random_bits(random);
  }
}

/// Registers of an instruction, by their places in the lists below.
struct Pattern {
  uint8_t result;
  std::array<uint8_t, 3> operands;
};

constexpr Pattern patterns[] = {
    {0, {1, 2, 3}}, {0, {0, 1, 2}}, {0, {1, 0, 2}}, {0, {1, 2, 0}}, {0, {1, 1, 2}}, {0, {1, 2, 1}},
    {0, {2, 1, 1}}, {0, {0, 0, 1}}, {0, {0, 1, 0}}, {0, {1, 0, 0}}, {0, {0, 0, 0}}, {0, {1, 1, 1}},
    {3, {4, 5, 1}}, {3, {3, 4, 5}}, {4, {5, 4, 3}}, {3, {5, 4, 3}}, {5, {1, 3, 4}}, {1, {3, 5, 0}}};
constexpr Gpr pattern_gprs[] = {Gpr::rax, Gpr::rcx, Gpr::rdx, Gpr::r13, Gpr::rsi, Gpr::r8};
constexpr Xmm pattern_xmms[] = {Xmm::xmm0, Xmm::xmm1, Xmm::xmm5, Xmm::xmm13, Xmm::xmm8, Xmm::xmm12};

RegRef pattern_register(RegClass reg_class, uint8_t place) {
  if (reg_class == RegClass::vector) return pattern_xmms[place];
  return pattern_gprs[place];
}

PureInstr instr_of(Op op, const Pattern& pattern) {
  const PureFacts& facts = pure_facts(op);
  PureInstr instr{.op = op, .result = pattern_register(facts.result, pattern.result)};
  for (size_t i = 0; i < facts.operand_count; ++i) {
    instr.operands[i] = pattern_register(facts.operands[i], pattern.operands[i]);
  }
  return instr;
}

bool is_vector_row(Op op) {
  if (!pure_facts(op).is_emitted) return false;
  const syntax::Signature& signature = syntax::op_info(op).signature;
  return signature.results[0] == OperandType::v128 || signature.params[0] == OperandType::v128;
}

uint8_t lane_count_of(std::string_view text) {
  if (text.starts_with("i8x16")) return 16;
  if (text.starts_with("i16x8")) return 8;
  return text.starts_with("i32x4") || text.starts_with("f32x4") ? 4 : 2;
}

size_t size_of(OperandType type) {
  if (type == OperandType::v128) return 16;
  return type == OperandType::i32 || type == OperandType::f32 ? 4 : 8;
}

/// The value that a row reads in a register, or leaves there: the lowest bytes. An i32 that it
/// leaves is looked at with its upper half.
V128 operand_of(const Registers& registers, RegRef reg, OperandType type) {
  V128 value{};
  if (reg.reg_class == RegClass::general) {
    value = numeric::fold_operand(registers.gprs[number(reg.gpr())]);
  } else {
    value = registers.xmms[number(reg.xmm())];
  }
  std::fill(value.bytes.begin() + static_cast<ptrdiff_t>(size_of(type)), value.bytes.end(), 0);
  return value;
}

V128 result_of(const Registers& registers, RegRef reg, OperandType type) {
  return operand_of(registers, reg, type == OperandType::i32 ? OperandType::i64 : type);
}

template <typename T>
struct NanBits;
template <>
struct NanBits<uint32_t> {
  static constexpr uint32_t infinity = 0x7f800000, quiet = 0x00400000, sign = 0x80000000;
};
template <>
struct NanBits<uint64_t> {
  static constexpr uint64_t infinity = 0x7ff0000000000000, quiet = 0x0008000000000000,
                            sign = 0x8000000000000000;
};

template <typename T>
bool is_nan(T bits) {
  return (bits & ~NanBits<T>::sign) > NanBits<T>::infinity;
}
template <typename T>
bool is_canonical(T bits) {
  return (bits & ~NanBits<T>::sign) == (NanBits<T>::infinity | NanBits<T>::quiet);
}
template <typename T>
bool has_other_nan(const V128& vector) {
  return std::ranges::any_of(vector.lanes<T>(), [](T x) { return is_nan(x) && !is_canonical(x); });
}

/// Lanes are equal, or quiet NaNs; canonical ones unless `may_differ`.
template <typename T>
bool agree_as_floats(const V128& expected, const V128& got, bool may_differ) {
  for (size_t i = 0; i < 16 / sizeof(T); ++i) {
    const T x = expected.lanes<T>()[i];
    const T y = got.lanes<T>()[i];
    if (x == y) continue;
    if (!is_nan(x) || !is_nan(y) || (y & NanBits<T>::quiet) == 0) return false;
    if (!may_differ && !is_canonical(y)) return false;
  }
  return true;
}

/// Whether NaNs that the row yields are those of arithmetic, which may differ. [spec 4.3.3]
bool is_arithmetic(std::string_view text) {
  for (const char* name :
       {"add", "sub", "mul", "div", "sqrt", "ceil", "floor", "trunc", "nearest",
        "demote_f64x2_zero", "promote_low_f32x4", "relaxed_madd", "relaxed_nmadd"}) {
    if (text.substr(6) == name) return text.starts_with("f32x4") || text.starts_with("f64x2");
  }
  return false;
}

bool agrees(std::string_view text, const V128& expected, const V128& got,
            std::span<const V128> operands) {
  if (expected == got) return true;
  if (!is_arithmetic(text)) return false;
  const bool is_demotion = text.ends_with("demote_f64x2_zero");
  const bool is_promotion = text.ends_with("promote_low_f32x4");
  const bool is_32 = text.starts_with("f32x4");
  bool may_differ = false;
  for (const V128& operand : operands) {
    may_differ |= is_32 != is_demotion && !is_promotion ? has_other_nan<uint32_t>(operand)
                                                        : has_other_nan<uint64_t>(operand);
    if (is_promotion) may_differ |= has_other_nan<uint32_t>(operand);
  }
  return is_32 ? agree_as_floats<uint32_t>(expected, got, may_differ)
               : agree_as_floats<uint64_t>(expected, got, may_differ);
}

std::string text_of(const V128& value) {
  std::string text;
  for (const uint8_t byte : value.bytes) {
    constexpr char digits[] = "0123456789abcdef";
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

/// One instruction in one piece of code.
struct Piece {
  PureInstr instr;
  FeatureLevel level;
  size_t number;
  int count = -1;  // a shift's, where it is a constant
};

/// Runs the piece on `before` and compares. Returns whether all is right.
bool check(const X64Machine& machine, const Piece& piece, const Registers& before) {
  const PureInstr& instr = piece.instr;
  const syntax::OpInfo& info = syntax::op_info(instr.op);
  const PureFacts& facts = pure_facts(instr.op);
  std::array<V128, 4> operands{};
  size_t operand_count = facts.operand_count;
  for (size_t i = 0; i < operand_count; ++i) {
    operands[i] = operand_of(before, instr.operands[i], info.signature.params[i]);
  }
  if (piece.count >= 0) operands[1] = numeric::fold_operand(static_cast<uint32_t>(piece.count));
  if (facts.has_lane) operands[operand_count++] = numeric::fold_operand(instr.lane);
  if (facts.has_lanes) operands[operand_count++] = instr.lanes;
  const std::span<const V128> given(operands.data(), operand_count);
  const auto expected = numeric::fold(instr.op, given);
  if (!expected) return false;
  Registers after = before;
  machine.run(piece.number, after);
  const V128 got = result_of(after, instr.result, info.signature.results[0]);
  const std::string changed = wrongly_changed(before, after, instr.result);
  const bool right = agrees(info.text, expected->values[0], got, given) && changed.empty();
  EXPECT_TRUE(right) << info.text << " with " << level_name(piece.level) << ", registers "
                     << int{instr.result.number} << " = " << int{instr.operands[0].number} << ", "
                     << int{instr.operands[1].number} << ", " << int{instr.operands[2].number}
                     << ", lane " << int{instr.lane} << ": of " << text_of(operands[0]) << ", "
                     << text_of(operands[1]) << ", " << text_of(operands[2]) << " yields "
                     << text_of(got) << ", not " << text_of(expected->values[0]) << "; changes "
                     << changed;
  return right;
}

Registers random_registers(Random& random, size_t round) {
  Registers registers = random.registers();
  for (V128& xmm : registers.xmms) xmm = random_vector(random);
  // All counts, with anything above them; and any numbers.
  for (uint64_t& gpr : registers.gprs) {
    if (round % 2 == 0) gpr = (gpr & ~uint64_t{0xff}) | (round / 2 & 0xff);
  }
  return registers;
}

bool check_often(const X64Machine& machine, const Piece& piece, size_t rounds, Random& random) {
  for (size_t round = 0; round < rounds; ++round) {
    if (!check(machine, piece, random_registers(random, round))) return false;
  }
  return true;
}

TEST(vector_emitter, each_row_computes_what_numeric_says) {
  X64Machine machine;
  std::vector<Piece> pieces;
  size_t rows = 0;
  const auto add = [&](const PureInstr& instr, FeatureLevel level) {
    const size_t number = machine.add(level, [&](MacroAssembler& m) { emit_pure(m, instr); });
    pieces.push_back({instr, level, number});
  };
  for (const syntax::OpInfo& info : syntax::op_table) {
    if (!is_vector_row(info.id) || pure_facts(info.id).has_lanes) continue;
    ++rows;
    const uint8_t lanes = pure_facts(info.id).has_lane ? lane_count_of(info.text) : 1;
    for (const FeatureLevel level : feature_levels) {
      for (const Pattern& pattern : patterns) {
        PureInstr instr = instr_of(info.id, pattern);
        for (instr.lane = 0; instr.lane < lanes; ++instr.lane) add(instr, level);
      }
    }
  }
  EXPECT_EQ(rows, 232u);
  if (!machine.load()) GTEST_SKIP() << "this host does not run code for x86-64";
  Random random(1);
  for (const Piece& piece : pieces) {
    const bool has_gpr = pure_facts(piece.instr.op).operands[1] == RegClass::general &&
                         pure_facts(piece.instr.op).operand_count > 1;
    check_often(machine, piece, has_gpr && !pure_facts(piece.instr.op).has_lane ? 512 : 96, random);
  }
}

TEST(vector_emitter, shifts_by_constants_take_every_count) {
  X64Machine machine;
  std::vector<Piece> pieces;
  size_t rows = 0;
  for (const syntax::OpInfo& info : syntax::op_table) {
    if (!is_vector_shift(info.id)) continue;
    ++rows;
    for (const FeatureLevel level : feature_levels) {
      for (int count = 0; count < 256; ++count) {
        for (const Pattern& pattern : {Pattern{0, {1}}, Pattern{0, {0}}, Pattern{3, {4}}}) {
          const PureInstr instr = instr_of(info.id, pattern);
          const size_t number = machine.add(level, [&](MacroAssembler& m) {
            VectorEmitter(m).shift(info.id, instr.result.xmm(), instr.operands[0].xmm(),
                                   static_cast<uint8_t>(count));
          });
          pieces.push_back({instr, level, number, count});
        }
      }
    }
  }
  EXPECT_EQ(rows, 12u);
  if (!machine.load()) GTEST_SKIP() << "this host does not run code for x86-64";
  Random random(2);
  for (const Piece& piece : pieces) check_often(machine, piece, 8, random);
}

TEST(vector_emitter, flags_of_tests_say_what_the_rows_yield) {
  X64Machine machine;
  std::vector<Piece> pieces;
  for (const syntax::OpInfo& info : syntax::op_table) {
    if (!is_vector_test(info.id)) continue;
    for (const FeatureLevel level : feature_levels) {
      for (const Pattern& pattern : {Pattern{0, {0}}, Pattern{5, {3}}}) {
        const PureInstr instr = instr_of(info.id, pattern);
        const size_t number = machine.add(level, [&](MacroAssembler& m) {
          const Condition condition = VectorEmitter(m).test_flags(info.id, instr.operands[0].xmm());
          m.mov_imm(instr.result.gpr(), 0);
          m.setcc(condition, instr.result.gpr());
        });
        pieces.push_back({instr, level, number});
      }
    }
  }
  EXPECT_EQ(pieces.size(), 5 * 2 * std::size(feature_levels));
  if (!machine.load()) GTEST_SKIP() << "this host does not run code for x86-64";
  Random random(4);
  for (const Piece& piece : pieces) {
    check_often(machine, piece, 200, random);
    EXPECT_TRUE(check(machine, piece, Registers{}));
  }
}

/// Lanes of units of some bytes, which the emitter has instructions for.
V128 lanes_of_units(unsigned unit_bytes, unsigned lane_limit, Random& random) {
  V128 lanes{};
  for (unsigned i = 0; i < 16; i += unit_bytes) {
    const auto unit = static_cast<unsigned>(random.next() % (lane_limit / unit_bytes));
    for (unsigned j = 0; j < unit_bytes; ++j) {
      lanes.bytes[i + j] = static_cast<uint8_t>(unit * unit_bytes + j);
    }
  }
  return lanes;
}

template <typename F>
V128 lanes_by(F f) {
  V128 lanes{};
  for (unsigned i = 0; i < 16; ++i) lanes.bytes[i] = static_cast<uint8_t>(f(i));
  return lanes;
}

/// Units in turn from two operands, of which the second begins at `other`.
V128 interleaved(unsigned unit, unsigned first, unsigned other) {
  return lanes_by([&](unsigned i) {
    return first + i / unit / 2 * unit + i % unit + (i / unit % 2 == 0 ? 0 : other);
  });
}

std::vector<V128> shuffles_with_an_instruction() {
  std::vector<V128> all;
  for (const unsigned unit : {1u, 2u, 4u, 8u}) {
    for (const unsigned first : {0u, 8u}) {
      all.push_back(interleaved(unit, first, 16));
      all.push_back(interleaved(unit, first, 0));
    }
  }
  for (unsigned n = 0; n < 16; ++n) {
    all.push_back(lanes_by([&](unsigned i) { return i + n; }));
    all.push_back(lanes_by([&](unsigned i) { return (i + n) % 16; }));
  }
  for (unsigned order = 0; order < 256; ++order) {
    const auto field = [&](unsigned i) { return order >> 2 * (i % 4) & 3; };
    all.push_back(lanes_by([&](unsigned i) { return field(i / 4) * 4 + i % 4; }));
    all.push_back(
        lanes_by([&](unsigned i) { return field(i / 4) * 4 + i % 4 + (i < 8 ? 0 : 16); }));
    all.push_back(lanes_by([&](unsigned i) { return i < 8 ? field(i / 2) * 2 + i % 2 : i; }));
    all.push_back(lanes_by([&](unsigned i) { return i < 8 ? i : field(i / 2) * 2 + i % 2 + 8; }));
    all.push_back(lanes_by([&](unsigned i) { return i + (order >> i / 2 & 1) * 16; }));
  }
  for (unsigned place = 0; place < 4; ++place) {
    for (unsigned source = 0; source < 4; ++source) {
      all.push_back(
          lanes_by([&](unsigned i) { return i / 4 == place ? 16 + source * 4 + i % 4 : i; }));
    }
  }
  return all;
}

std::vector<V128> many_shuffles(Random& random) {
  std::vector<V128> all = shuffles_with_an_instruction();
  for (unsigned lane = 0; lane < 16; ++lane)
    all.push_back(lanes_by([&](unsigned) { return lane; }));
  for (unsigned i = 0; i < 100; ++i) {
    for (const unsigned unit : {1u, 2u, 4u, 8u}) {
      all.push_back(lanes_of_units(unit, 32, random));
      all.push_back(lanes_of_units(unit, 16, random));
    }
    const uint64_t mask = random.next();
    all.push_back(lanes_by([&](unsigned j) { return j + (mask >> j & 1) * 16; }));
    V128 one_off = all[i];
    one_off.bytes[random.next() % 16] = static_cast<uint8_t>(random.next() % 32);
    all.push_back(one_off);
  }
  const size_t count = all.size();
  for (size_t i = 0; i < count; ++i) {
    all.push_back(lanes_by([&](unsigned j) { return all[i].bytes[j] ^ 16u; }));
  }
  return all;
}

TEST(vector_emitter, shuffles_move_lanes) {
  X64Machine machine;
  std::vector<Piece> pieces;
  Random random(3);
  constexpr Pattern shuffle_patterns[] = {{0, {1, 2}}, {0, {0, 1}}, {0, {1, 0}}, {0, {1, 1}},
                                          {0, {0, 0}}, {3, {4, 5}}, {3, {3, 5}}, {3, {5, 3}}};
  for (const V128& lanes : many_shuffles(random)) {
    for (const FeatureLevel level : feature_levels) {
      for (const Pattern& pattern : shuffle_patterns) {
        PureInstr instr = instr_of(Op::i8x16_shuffle, pattern);
        instr.lanes = lanes;
        const size_t number = machine.add(level, [&](MacroAssembler& m) { emit_pure(m, instr); });
        pieces.push_back({instr, level, number});
      }
    }
  }
  if (!machine.load()) GTEST_SKIP() << "this host does not run code for x86-64";
  for (const Piece& piece : pieces) {
    ASSERT_TRUE(check(machine, piece, random.registers())) << text_of(piece.instr.lanes);
  }
}

/// Bytes of the code of an instruction, its constants included.
size_t size_of(const CpuFeatures& features, const PureInstr& instr) {
  MacroAssembler m(features);
  emit_pure(m, instr);
  CodeObject object;
  EXPECT_TRUE(m.finish(object));
  return object.text.size();
}

TEST(vector_emitter, known_shuffles_are_one_instruction) {
  CpuFeatures avx;
  avx.add(Feature::avx);
  PureInstr instr = instr_of(Op::i8x16_shuffle, patterns[0]);
  for (const V128& lanes : shuffles_with_an_instruction()) {
    instr.lanes = lanes;
    EXPECT_LE(size_of(avx, instr), 6u) << text_of(lanes);
  }
}

TEST(vector_emitter, the_best_instruction_is_taken) {
  CpuFeatures avx512;
  for (const Feature feature : {Feature::avx, Feature::avx2, Feature::gfni, Feature::avx512f,
                                Feature::avx512dq, Feature::avx512_bitalg}) {
    avx512.add(feature);
  }
  for (const Op op : {Op::i64x2_mul, Op::i64x2_abs, Op::i8x16_popcnt, Op::f32x4_convert_i32x4_u,
                      Op::f64x2_convert_low_i32x4_u, Op::v128_not}) {
    EXPECT_LE(size_of(avx512, instr_of(op, patterns[0])), 7u) << syntax::op_info(op).text;
  }
  EXPECT_LE(size_of(avx512, instr_of(Op::v128_bitselect, patterns[1])), 7u);
  EXPECT_LE(size_of(avx512, instr_of(Op::v128_bitselect, patterns[2])), 7u);
  EXPECT_LE(size_of(avx512, instr_of(Op::v128_bitselect, patterns[3])), 7u);
}

}  // namespace
}  // namespace waxwing::codegen::x64
