// Wherever an operand lies, and whatever reads a comparison, the result is that of numeric/.
#include <bit>
#include <cmath>

#include "assembler.h"
#include "interp/code.h"
#include "numeric/fold.h"
#include "syntax/opcode_table.h"

namespace waxwing::interp {
namespace {

using syntax::Op;
using syntax::OperandType;

class OperandModes : public InterpTest {};

Bytes fixed(uint64_t bits, size_t size) {
  Bytes bytes;
  for (size_t i = 0; i < size; ++i) put(bytes, int(bits >> (8 * i) & 0xff));
  return bytes;
}

std::vector<Slot> samples(OperandType type) {
  if (type == OperandType::i32) return {0, 1, 7, 0x80000000, 0xffffffff};
  if (type == OperandType::i64) return {0, 3, 0x8000000000000000, ~0ull, 0x123456789ull};
  if (type == OperandType::f32) {
    return {0, std::bit_cast<uint32_t>(-0.0f), std::bit_cast<uint32_t>(1.5f),
            std::bit_cast<uint32_t>(-2.0f), 0x7fc00000};
  }
  return {0, std::bit_cast<uint64_t>(-0.0), std::bit_cast<uint64_t>(1.5),
          std::bit_cast<uint64_t>(-2.0), 0x7ff8000000000000};
}

enum Form { in_local, in_expression, in_code, form_count };

Bytes operand(OperandType type, Form form, uint32_t local, Slot bits) {
  if (form == in_code) {
    if (type == OperandType::i32) return i32_const(int32_t(uint32_t(bits)));
    if (type == OperandType::i64) return i64_const(int64_t(bits));
    const bool is_short = type == OperandType::f32;
    return code(is_short ? 0x43 : 0x44, fixed(bits, is_short ? 4 : 8));
  }
  if (form == in_local) return get(local);
  // There and back: the accumulator holds the bits.
  if (type == OperandType::i32) return code(get(local), 0xbe, 0xbc);
  if (type == OperandType::i64) return code(get(local), 0xbf, 0xbd);
  if (type == OperandType::f32) return code(get(local), 0xbc, 0xbe);
  return code(get(local), 0xbd, 0xbf);
}

constexpr uint8_t value_types[] = {i32, i64, f32, f64};

bool is_scalar_binary(const syntax::OpInfo& info) {
  return info.kind == syntax::OpKind::pure && info.prefix == 0 && info.signature.param_count == 2 &&
         info.signature.result_count == 1;
}

bool same(OperandType type, Slot a, Slot b) {
  if (type == OperandType::f32) {
    const float x = runtime::slot_f32(a);
    const float y = runtime::slot_f32(b);
    return (std::isnan(x) && std::isnan(y)) || uint32_t(a) == uint32_t(b);
  }
  if (type == OperandType::f64) {
    return (std::isnan(runtime::slot_f64(a)) && std::isnan(runtime::slot_f64(b))) || a == b;
  }
  return a == b;
}

struct Case {
  Slot a;
  Slot b;
  Bytes operands;
};

/// Every pair of samples in every pair of forms.
std::vector<Case> cases(const syntax::Signature& signature) {
  std::vector<Case> all;
  for (Slot a : samples(signature.params[0])) {
    for (Slot b : samples(signature.params[1])) {
      for (int form = 0; form < form_count * form_count; ++form) {
        all.push_back({a, b,
                       code(operand(signature.params[0], Form(form / form_count), 0, a),
                            operand(signature.params[1], Form(form % form_count), 1, b))});
      }
    }
  }
  return all;
}

numeric::Folded expected(Op op, const Case& c) {
  const base::V128 operands[] = {numeric::fold_operand(c.a), numeric::fold_operand(c.b)};
  return *numeric::fold(op, operands);
}

TEST_F(OperandModes, binary_instructions_agree_with_numeric) {
  size_t ops = 0;
  for (const syntax::OpInfo& info : syntax::op_table) {
    if (!is_scalar_binary(info)) continue;
    ++ops;
    ModuleAssembler m;
    const auto& types_of = info.signature;
    const uint32_t type =
        m.type({value_types[size_t(types_of.params[0])], value_types[size_t(types_of.params[1])]},
               {value_types[size_t(types_of.results[0])]});
    const std::vector<Case> all = cases(types_of);
    for (const Case& c : all) m.func(type, {}, code(c.operands, info.code));
    runtime::Instance& instance = add(m);
    for (uint32_t i = 0; i < all.size(); ++i) {
      const numeric::Folded folded = expected(info.id, all[i]);
      const CallResult got = call(instance, i, {all[i].a, all[i].b});
      ASSERT_EQ(got.trap.code, folded.trap) << info.text << " " << i;
      if (folded.trap != syntax::TrapCode::none) continue;
      ASSERT_TRUE(same(types_of.results[0], got.slots[0], base::load_le<Slot>(&folded.values[0])))
          << info.text << " " << i;
    }
  }
  EXPECT_EQ(ops, 76u);
}

TEST_F(OperandModes, comparisons_agree_with_numeric_in_what_they_are_fused_with) {
  for (const syntax::OpInfo& info : syntax::op_table) {
    if (!is_scalar_binary(info) || !is_comparison(info.id)) continue;
    ModuleAssembler m;
    const uint32_t type = m.type({value_types[size_t(info.signature.params[0])],
                                  value_types[size_t(info.signature.params[1])]},
                                 {i32});
    const std::vector<Case> all = cases(info.signature);
    constexpr uint32_t readers = 5;
    for (const Case& c : all) {
      const Bytes compare = code(c.operands, info.code);
      const Bytes yes = i32_const(1);
      const Bytes no = i32_const(0);
      m.func(type, {}, code(compare, 0x04, i32, yes, 0x05, no, 0x0b));
      m.func(type, {}, code(0x02, no_result, compare, 0x0d, 0, no, 0x0f, 0x0b, yes));
      m.func(type, {}, code(0x02, no_result, compare, 0x45, 0x0d, 0, yes, 0x0f, 0x0b, no));
      m.func(type, {}, code(yes, no, compare, 0x1b));
      // A conditional branch that carries a value from above another one.
      m.func(type, {}, code(0x02, i32, no, yes, compare, 0x0d, 0, 0x1a, 0x0b));
    }
    runtime::Instance& instance = add(m);
    for (uint32_t i = 0; i < all.size() * readers; ++i) {
      const Case& c = all[i / readers];
      const Slot want = base::load_le<Slot>(&expected(info.id, c).values[0]);
      ASSERT_EQ(value(instance, i, {c.a, c.b}), want) << info.text << " " << i;
    }
  }
}

}  // namespace
}  // namespace waxwing::interp
