// Every PURE row on floats and conversions computes what numeric/ says, with every set of features,
// whichever registers it gets, and changes no other.
#include "codegen/x64/float_emitter.h"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <optional>
#include <span>
#include <vector>

#include "codegen/x64/pure_emitter.h"
#include "numeric/fold.h"
#include "x64_machine.h"

namespace waxwing::codegen::x64 {
namespace {

using base::V128;
using syntax::Op;
using syntax::OperandType;

constexpr uint32_t special32[] = {
    0,          0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000,
    0x7fa00001, 0xffc00123, 0x7f800001, 0x00000001, 0x80000001, 0x007fffff, 0x00800000, 0x7f7fffff,
    0x3f000000, 0x3fc00000, 0x40200000, 0xbf000001, 0x3effffff, 0x4b000001, 0x4b7fffff, 0xbf7fffff,
    0x4effffff, 0x4f000000, 0x4f000001, 0xcf000000, 0xcf000001, 0x4f7fffff, 0x4f800000, 0x5effffff,
    0x5f000000, 0xdf000000, 0xdf000001, 0x5f7fffff, 0x5f800000, 0x5f800001, 0x34000000, 0xc0200000};
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
                                  0x7ff0000000000001,
                                  0x0000000000000001,
                                  0x8000000000000001,
                                  0x000fffffffffffff,
                                  0x0010000000000000,
                                  0x7fefffffffffffff,
                                  0x3fe0000000000000,
                                  0x3ff8000000000000,
                                  0x4004000000000000,
                                  0xbfe0000000000001,
                                  0x3fdfffffffffffff,
                                  0xbfefffffffffffff,
                                  0x41dfffffffc00000,
                                  0x41dfffffffffffff,
                                  0x41e0000000000000,
                                  0xc1e0000000000000,
                                  0xc1e0000000100000,
                                  0xc1e00000001fffff,
                                  0xc1e0000000200000,
                                  0xc1e0000000200001,
                                  0x41efffffffe00000,
                                  0x41efffffffffffff,
                                  0x41f0000000000000,
                                  0x43dfffffffffffff,
                                  0x43e0000000000000,
                                  0xc3e0000000000000,
                                  0xc3e0000000000001,
                                  0x43efffffffffffff,
                                  0x43f0000000000000,
                                  0x47efffffefffffff,
                                  0x47efffffe0000000,
                                  0x3690000000000001,
                                  0x36a0000000000000,
                                  0x380fffffffffffff};
constexpr uint64_t special_integers[] = {0,
                                         1,
                                         UINT64_MAX,
                                         INT64_MAX,
                                         uint64_t{1} << 63,
                                         (uint64_t{1} << 63) + 1,
                                         (uint64_t{1} << 63) + 1024,
                                         (uint64_t{1} << 63) + 1025,
                                         (uint64_t{1} << 63) + 3072,
                                         (uint64_t{1} << 63) + (uint64_t{1} << 39),
                                         (uint64_t{1} << 63) + (uint64_t{1} << 39) + 1,
                                         (uint64_t{1} << 63) + (uint64_t{3} << 39),
                                         (uint64_t{1} << 63) + (uint64_t{3} << 39) - 1,
                                         UINT64_MAX - 1023,
                                         UINT64_MAX - 1024,
                                         (uint64_t{1} << 53) + 1,
                                         (uint64_t{1} << 53) + 3,
                                         (uint64_t{1} << 24) + 1,
                                         (uint64_t{1} << 24) + 3,
                                         0x7fffffff,
                                         0x80000000,
                                         0xffffffff,
                                         0xffffff80,
                                         0x7fffffbf,
                                         0x7fffffc0,
                                         uint64_t{1} << 32};

constexpr size_t random_operands = 24;

/// Operands of a type, as 64 bits.
std::vector<uint64_t> operands_of(OperandType type, Random& random) {
  std::vector<uint64_t> values;
  const bool is_32 = type == OperandType::i32 || type == OperandType::f32;
  if (type == OperandType::f32) values.assign(std::begin(special32), std::end(special32));
  if (type == OperandType::f64) values.assign(std::begin(special64), std::end(special64));
  if (values.empty()) values.assign(std::begin(special_integers), std::end(special_integers));
  for (size_t i = 0; i < random_operands; ++i) {
    values.push_back(random.next());
    // Floats near the bounds of conversions.
    const double near = std::ldexp(static_cast<double>(random.next()), static_cast<int>(i) - 22);
    if (type == OperandType::f32)
      values.push_back(std::bit_cast<uint32_t>(static_cast<float>(near)));
    if (type == OperandType::f64) values.push_back(std::bit_cast<uint64_t>(-near));
  }
  for (uint64_t& value : values) {
    if (is_32) value &= UINT32_MAX;
  }
  return values;
}

/// The registers of an instruction's result and operands, by their places in a list of registers of
/// the class.
struct Pattern {
  uint8_t result;
  std::array<uint8_t, 2> operands;
};

constexpr Pattern patterns[] = {{0, {1, 2}}, {0, {0, 1}}, {0, {1, 0}}, {0, {1, 1}}, {0, {0, 0}},
                                {3, {4, 5}}, {3, {3, 1}}, {4, {5, 4}}, {1, {3, 0}}, {5, {5, 5}}};
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

bool is_scalar(Op op) {
  const syntax::Signature& signature = syntax::op_info(op).signature;
  if (!pure_facts(op).is_emitted || signature.results[0] == OperandType::v128) return false;
  return signature.params[0] != OperandType::v128;
}

uint64_t bits_of(const V128& value) { return value.lanes<uint64_t>()[0]; }

struct NanBits {
  uint64_t exponent;
  uint64_t quiet;
  uint64_t fraction;
};

constexpr NanBits nan_bits(OperandType type) {
  if (type == OperandType::f32) return {0x7f800000, 0x00400000, 0x007fffff};
  return {0x7ff0000000000000, 0x0008000000000000, 0x000fffffffffffff};
}

bool is_float(OperandType type) { return type == OperandType::f32 || type == OperandType::f64; }

bool is_nan_of(OperandType type, uint64_t value) {
  const NanBits bits = nan_bits(type);
  return is_float(type) && (value & bits.exponent) == bits.exponent && (value & bits.fraction) != 0;
}

bool is_canonical_nan(OperandType type, uint64_t value) {
  const NanBits bits = nan_bits(type);
  return is_nan_of(type, value) && (value & bits.fraction) == bits.quiet;
}

/// Rows that work on bits, NaNs too.
bool keeps_nans(Op op) {
  switch (static_cast<uint32_t>(op)) {
    case uint32_t(Op::f32_abs):
    case uint32_t(Op::f32_neg):
    case uint32_t(Op::f32_copysign):
    case uint32_t(Op::f64_abs):
    case uint32_t(Op::f64_neg):
    case uint32_t(Op::f64_copysign):
    case uint32_t(Op::f32_reinterpret_i32):
    case uint32_t(Op::f64_reinterpret_i64): return true;
    default: return false;
  }
}

/// Whether `got` is a result that the specification allows where numeric/ says `expected`. NaNs of
/// arithmetic are quiet, and canonical unless an operand is another NaN. [spec 4.3.3]
bool agrees(Op op, uint64_t expected, uint64_t got, std::span<const V128> operands) {
  const syntax::Signature& signature = syntax::op_info(op).signature;
  const OperandType type = signature.results[0];
  if (!is_nan_of(type, expected) || keeps_nans(op)) return expected == got;
  if (!is_nan_of(type, got) || (got & nan_bits(type).quiet) == 0) return false;
  if (is_canonical_nan(type, got)) return true;
  for (size_t i = 0; i < operands.size(); ++i) {
    const uint64_t operand = bits_of(operands[i]);
    if (is_nan_of(signature.params[i], operand) && !is_canonical_nan(signature.params[i], operand))
      return true;
  }
  return false;
}

void put(Registers& registers, RegRef reg, OperandType type, uint64_t value, Random& random) {
  if (reg.reg_class == RegClass::general) {
    registers.gpr(reg.gpr()) = value;
    return;
  }
  // Above a float may be anything.
  if (type == OperandType::f32) value |= random.next() << 32;
  registers.xmm(reg.xmm()) = V128::from_lanes(std::array{value, random.next()});
}

uint64_t get(Registers& registers, RegRef reg, OperandType type) {
  if (reg.reg_class == RegClass::general) return registers.gpr(reg.gpr());
  const uint64_t bits = bits_of(registers.xmm(reg.xmm()));
  return type == OperandType::f32 ? bits & UINT32_MAX : bits;
}

/// One row in one piece of code.
struct Piece {
  Op op;
  FeatureLevel level;
  Pattern pattern;
  size_t number;
};

/// Runs the piece on `values` and compares. Returns whether all is right.
bool check(const X64Machine& machine, const Piece& piece, std::span<const uint64_t> values,
           Random& random) {
  const syntax::OpInfo& info = syntax::op_info(piece.op);
  const PureInstr instr = instr_of(piece.op, piece.pattern);
  Registers before = random.registers();
  std::array<V128, 2> operands{};
  for (size_t i = 0; i < values.size(); ++i) {
    put(before, instr.operands[i], info.signature.params[i], values[i], random);
  }
  for (size_t i = 0; i < values.size(); ++i) {  // as they are where registers are the same
    operands[i] = numeric::fold_operand(get(before, instr.operands[i], info.signature.params[i]));
  }
  const std::span<const V128> given(operands.data(), values.size());
  const auto expected = numeric::fold(piece.op, given);
  if (!expected) return false;
  Registers after = before;
  machine.run(piece.number, after);
  const std::string changed = wrongly_changed(before, after, instr.result);
  const uint64_t got = get(after, instr.result, info.signature.results[0]);
  bool right = after.trap == static_cast<uint32_t>(expected->trap);
  if (right && after.trap == 0) {
    right = agrees(piece.op, bits_of(expected->values[0]), got, given) && changed.empty();
  }
  EXPECT_TRUE(right) << info.text << " with " << level_name(piece.level) << ", pattern "
                     << int{piece.pattern.result} << int{piece.pattern.operands[0]}
                     << int{piece.pattern.operands[1]} << std::hex << ": of "
                     << bits_of(operands[0]) << ", " << bits_of(operands[1]) << " yields " << got
                     << " trap " << after.trap << ", not " << bits_of(expected->values[0])
                     << " trap " << static_cast<uint32_t>(expected->trap) << "; changes "
                     << changed;
  return right;
}

void check_piece(const X64Machine& machine, const Piece& piece, Random& random) {
  const syntax::Signature& signature = syntax::op_info(piece.op).signature;
  const std::vector<uint64_t> first = operands_of(signature.params[0], random);
  if (signature.param_count == 1) {
    for (const uint64_t a : first) {
      if (!check(machine, piece, std::array{a}, random)) return;
    }
    return;
  }
  const std::vector<uint64_t> second = operands_of(signature.params[1], random);
  for (const uint64_t a : first) {
    for (const uint64_t b : second) {
      if (!check(machine, piece, std::array{a, b}, random)) return;
    }
  }
}

TEST(float_emitter, each_row_computes_what_numeric_says) {
  X64Machine machine;
  std::vector<Piece> pieces;
  for (const syntax::OpInfo& info : syntax::op_table) {
    if (!is_scalar(info.id)) continue;
    for (const FeatureLevel level : feature_levels) {
      for (const Pattern& pattern : patterns) {
        const size_t number = machine.add(
            level, [&](MacroAssembler& m) { emit_pure(m, instr_of(info.id, pattern)); });
        pieces.push_back({info.id, level, pattern, number});
      }
    }
  }
  EXPECT_GE(pieces.size(), 70u * 30);
  if (!machine.load()) GTEST_SKIP() << "this host does not run code for x86-64";
  Random random(1);
  for (const Piece& piece : pieces) check_piece(machine, piece, random);
}

TEST(float_emitter, operands_in_memory_are_operands) {
  X64Machine machine;
  std::vector<Piece> pieces;
  for (const syntax::OpInfo& info : syntax::op_table) {
    const Op op = info.id;
    if (!is_scalar(op) || !reads_memory(op)) continue;
    for (const FeatureLevel level : feature_levels) {
      for (const Pattern& pattern : {Pattern{0, {1, 2}}, Pattern{3, {3, 5}}}) {
        const PureInstr instr = instr_of(op, pattern);
        const size_t number = machine.add(
            level, [&](MacroAssembler& m) { emit_pure_from(m, instr, Mem(Gpr::rbx, 1)); });
        pieces.push_back({op, level, pattern, number});
      }
    }
  }
  EXPECT_EQ(pieces.size(), 22 * std::size(feature_levels) * 2);
  if (!machine.load()) GTEST_SKIP() << "this host does not run code for x86-64";
  Random random(2);
  for (const Piece& piece : pieces) {
    const syntax::Signature& signature = syntax::op_info(piece.op).signature;
    const PureInstr instr = instr_of(piece.op, piece.pattern);
    for (const uint64_t a : operands_of(signature.params[0], random)) {
      for (const uint64_t b : operands_of(signature.params[0], random)) {
        std::array<uint8_t, 9> memory{};  // not aligned
        std::memcpy(&memory[1], &b, 8);
        Registers before = random.registers();
        put(before, instr.operands[0], signature.params[0], a, random);
        before.gpr(Gpr::rbx) = reinterpret_cast<uintptr_t>(memory.data());
        const std::array operands{numeric::fold_operand(a), numeric::fold_operand(b)};
        const auto given = std::span(operands).last(signature.param_count);
        const auto expected = numeric::fold(piece.op, given);
        Registers after = before;
        machine.run(piece.number, after);
        ASSERT_TRUE(agrees(piece.op, bits_of(expected->values[0]),
                           get(after, instr.result, signature.results[0]), given))
            << syntax::op_info(piece.op).text << " with " << level_name(piece.level) << std::hex
            << " of " << a << ", " << b;
        ASSERT_EQ(wrongly_changed(before, after, instr.result), "");
      }
    }
  }
}

/// r8 = whether a branch on `flags` would be taken.
void materialize(MacroAssembler& m, FloatCondition flags) {
  Label yes, no;
  m.mov_imm(Gpr::r8, 1);
  switch (flags.parity) {
    case FloatCondition::Parity::ignored: break;
    case FloatCondition::Parity::clear: m.jcc(Condition::parity, no); break;
    case FloatCondition::Parity::or_set: m.jcc(Condition::parity, yes); break;
  }
  m.jcc(flags.condition, yes);
  m.bind(no);
  m.mov_imm(Gpr::r8, 0);
  m.bind(yes);
}

TEST(float_emitter, flags_of_comparisons_say_what_numeric_says) {
  X64Machine machine;
  std::vector<Piece> pieces;
  for (uint32_t i = uint32_t(Op::f32_eq); i <= uint32_t(Op::f64_ge); ++i) {
    for (const FeatureLevel level : feature_levels) {
      for (const bool in_memory : {false, true}) {
        const auto op = static_cast<Op>(i);
        const size_t number = machine.add(level, [&](MacroAssembler& m) {
          FloatEmitter emitter(m);
          materialize(m, in_memory ? emitter.compare_flags(op, Xmm::xmm2, Mem(Gpr::rbx))
                                   : emitter.compare_flags(op, Xmm::xmm2, Xmm::xmm9));
        });
        pieces.push_back({op, level, {}, number});
      }
    }
  }
  if (!machine.load()) GTEST_SKIP() << "this host does not run code for x86-64";
  Random random(3);
  for (const Piece& piece : pieces) {
    const OperandType type = syntax::op_info(piece.op).signature.params[0];
    for (const uint64_t a : operands_of(type, random)) {
      for (const uint64_t b : operands_of(type, random)) {
        Registers registers = random.registers();
        put(registers, Xmm::xmm2, type, a, random);
        put(registers, Xmm::xmm9, type, b, random);
        registers.gpr(Gpr::rbx) = reinterpret_cast<uintptr_t>(&b);
        machine.run(piece.number, registers);
        const std::array operands{numeric::fold_operand(a), numeric::fold_operand(b)};
        ASSERT_EQ(registers.gpr(Gpr::r8), bits_of(numeric::fold(piece.op, operands)->values[0]))
            << syntax::op_info(piece.op).text << " with " << level_name(piece.level) << std::hex
            << " of " << a << ", " << b;
      }
    }
  }
}

}  // namespace
}  // namespace waxwing::codegen::x64
