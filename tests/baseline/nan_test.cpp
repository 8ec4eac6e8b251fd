// Tests of code whose NaNs are canonical: every PURE row that yields floats, in every way to
// execute code, against the row's meaning.
#include <array>

#include "numeric/fold.h"
#include "numeric/nans.h"
#include "world.h"

namespace waxwing::baseline {
namespace {

using base::V128;
using numeric::OpenNans;
using syntax::OperandType;
using syntax::OpInfo;

constexpr uint32_t f32_values[] = {0x7fc00000, 0xffc00000, 0x7fa00000, 0xff800001, 0x7fc12345,
                                   0x7f800000, 0xff800000, 0x80000000, 0x3f800000, 0xc0490fdb};
constexpr uint64_t f64_values[] = {0x7ff8000000000000, 0xfff8000000000000, 0x7ff4000000000000,
                                   0xfff0000000000001, 0x7ff8123456789abc, 0x7ff0000000000000,
                                   0xfff0000000000000, 0x8000000000000000, 0x3ff0000000000000,
                                   0xc00921fb54442d18};
constexpr size_t value_count = std::size(f32_values);

bool yields_floats(const OpInfo& info) {
  if (info.kind != syntax::OpKind::pure || info.immediate != syntax::ImmediateKind::none)
    return false;
  if (info.signature.result_count != 1) return false;
  const OperandType result = info.signature.results[0];
  const bool is_vector = info.text.starts_with("f32x4.") || info.text.starts_with("f64x2.");
  return result == OperandType::f32 || result == OperandType::f64 || is_vector;
}

std::string_view type_word(OperandType type) {
  constexpr std::string_view words[] = {"i32", "i64", "f32", "f64", "v128"};
  return words[static_cast<size_t>(type)];
}

syntax::ValType val_type(OperandType type) {
  constexpr syntax::ValType types[] = {syntax::i32_type, syntax::i64_type, syntax::f32_type,
                                       syntax::f64_type, syntax::v128_type};
  return types[static_cast<size_t>(type)];
}

/// An operand of a type, of which numbers tell different ones apart.
V128 operand(OperandType type, std::string_view shape, size_t number) {
  const auto value = [number](size_t i) { return (number + i * 3) % value_count; };
  switch (type) {
    case OperandType::i32:
    case OperandType::f32: return numeric::fold_operand(f32_values[value(0)]);
    case OperandType::i64:
    case OperandType::f64: return numeric::fold_operand(f64_values[value(0)]);
    case OperandType::v128: break;
    case OperandType::addr:
    case OperandType::elem: return {};
  }
  if (shape.starts_with("f64x2"))
    return V128::from_lanes(std::array{f64_values[value(0)], f64_values[value(1)]});
  return V128::from_lanes(std::array{f32_values[value(0)], f32_values[value(1)],
                                     f32_values[value(2)], f32_values[value(3)]});
}

std::string_view operand_shape(const OpInfo& info) {
  // The two that change the shape.
  if (info.id == syntax::Op::f32x4_demote_f64x2_zero) return "f64x2";
  if (info.id == syntax::Op::f64x2_promote_low_f32x4) return "f32x4";
  return info.text;
}

std::string constant(OperandType type, const V128& bits) {
  const auto low = base::load_le<uint64_t>(&bits);
  const auto low32 = std::to_string(static_cast<uint32_t>(low));
  switch (type) {
    case OperandType::i32: return "(i32.const " + low32 + ")";
    case OperandType::i64: return "(i64.const " + std::to_string(low) + ")";
    case OperandType::f32: return "(f32.reinterpret_i32 (i32.const " + low32 + "))";
    case OperandType::f64: return "(f64.reinterpret_i64 (i64.const " + std::to_string(low) + "))";
    case OperandType::v128:
      return "(v128.const i64x2 " + std::to_string(low) + " " +
             std::to_string(base::load_le<uint64_t>(bits.bytes.data() + 8)) + ")";
    case OperandType::addr:
    case OperandType::elem: break;
  }
  return {};
}

/// What the row computes, with canonical NaNs where it does not say which.
V128 expected(const OpInfo& info, std::span<const V128> operands) {
  const V128 result = numeric::fold(info.id, operands)->values[0];
  switch (numeric::open_nans(info.id)) {
    case OpenNans::none: return result;
    case OpenNans::f32x4: return numeric::canonicalize_lanes<float>(result);
    case OpenNans::f64x2: return numeric::canonicalize_lanes<double>(result);
    case OpenNans::f32:
    case OpenNans::f64: break;
  }
  return numeric::fold_operand(
      numeric::canonicalize_bits(info.id, base::load_le<uint64_t>(&result)));
}

std::vector<V128> operands_of(const OpInfo& info, size_t number) {
  std::vector<V128> operands;
  for (size_t i = 0; i < info.signature.param_count; ++i) {
    operands.push_back(operand(info.signature.params[i], operand_shape(info), number));
    number /= value_count;
  }
  return operands;
}

size_t combinations(const OpInfo& info) {
  constexpr size_t of_arity[] = {1, value_count, value_count * value_count, 300};
  return of_arity[info.signature.param_count];
}

/// The instruction on its parameters, and on constants.
std::string functions(const OpInfo& info) {
  const std::string text(info.text);
  const std::string result = " (result " + std::string(type_word(info.signature.results[0])) + ")";
  std::string params, gets;
  for (size_t i = 0; i < info.signature.param_count; ++i) {
    params += " (param " + std::string(type_word(info.signature.params[i])) + ")";
    gets += " (local.get " + std::to_string(i) + ")";
  }
  std::string wat =
      "(func (export \"" + text + "\")" + params + result + "(" + text + gets + "))\n";
  for (size_t number = 0; number < combinations(info); number += 7) {
    wat += "(func (export \"" + text + " " + std::to_string(number) + "\")" + result + "(" + text;
    const std::vector<V128> operands = operands_of(info, number);
    for (size_t i = 0; i < operands.size(); ++i)
      wat += " " + constant(info.signature.params[i], operands[i]);
    wat += "))\n";
  }
  return wat;
}

std::vector<Way> deterministic_ways() {
  std::vector<Way> ways = all_ways();
  for (Way& way : ways) way.config.codegen.canonicalize_nans = true;
  return ways;
}

class Nans : public WorldTest {
 protected:
  Nans() : WorldTest(runtime::StoreLimits{}) {}

  V128 call_export(const std::string& name, std::span<const runtime::Value> arguments) {
    const auto found = last_->find_export(name);
    const auto results = runtime::call(*store_, *std::get<runtime::Func*>(*found), arguments);
    if (!results || results->size() != 1) {
      ADD_FAILURE() << name;
      return {};
    }
    const runtime::Value& value = results->front();
    if (value.type == syntax::f32_type)
      return numeric::fold_operand(static_cast<uint32_t>(value.slots[0]));
    if (value.type != syntax::v128_type) return numeric::fold_operand(value.slots[0]);
    return V128::from_lanes(std::array<uint64_t, 2>{value.slots[0], value.slots[1]});
  }
};

INSTANTIATE_TEST_SUITE_P(ways, Nans, testing::ValuesIn(deterministic_ways()),
                         [](const auto& way) { return way.param.name; });

TEST_P(Nans, of_arithmetic_are_canonical_and_others_are_left_alone) {
  std::string wat = "(module\n";
  for (const OpInfo& info : syntax::op_table) {
    if (yields_floats(info)) wat += functions(info);
  }
  ASSERT_TRUE(add("m", wat + ")"));
  for (const OpInfo& info : syntax::op_table) {
    if (!yields_floats(info)) continue;
    for (size_t number = 0; number < combinations(info); ++number) {
      const std::vector<V128> operands = operands_of(info, number);
      const V128 right = expected(info, operands);
      std::vector<runtime::Value> arguments;
      for (size_t i = 0; i < operands.size(); ++i) {
        arguments.push_back({.type = val_type(info.signature.params[i]),
                             .slots = {base::load_le<uint64_t>(&operands[i]),
                                       base::load_le<uint64_t>(operands[i].bytes.data() + 8)}});
      }
      const std::string name(info.text);
      ASSERT_EQ(call_export(name, arguments).bytes, right.bytes) << name << " " << number;
      if (number % 7 == 0) {
        ASSERT_EQ(call_export(name + " " + std::to_string(number), {}).bytes, right.bytes)
            << name << " of constants, " << number;
      }
    }
  }
}

TEST_P(Nans, are_canonical_wherever_the_result_goes) {
  ASSERT_TRUE(add("m", R"((module (memory 1)
    (func (export "local") (param i32) (result i32) (local $x f32) (local $y f64)
      (local.set $x (f32.reinterpret_i32 (i32.const 0xffc12345)))
      (loop $l
        (local.set $x (f32.add (local.get $x) (f32.const 1)))
        (local.set $y (f64.promote_f32 (local.get $x)))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (f64.store (i32.const 8) (local.get $y))
      (i32.reinterpret_f32 (local.get $x)))
    (func (export "stored") (result i64) (i64.load (i32.const 8)))
    (func (export "from_memory") (result i64)
      (i64.store (i32.const 16) (i64.const 0xfff0000000000001))
      (i64.reinterpret_f64 (f64.mul (f64.const 2) (f64.load (i32.const 16)))))))"));
  EXPECT_EQ(run("local", {3}), std::to_string(0x7fc00000));
  EXPECT_EQ(run("stored"), std::to_string(0x7ff8000000000000));
  EXPECT_EQ(run("from_memory"), std::to_string(0x7ff8000000000000));
}

TEST(open_nans, are_those_of_arithmetic) {
  using syntax::Op;
  EXPECT_EQ(numeric::open_nans(Op::f32_add), OpenNans::f32);
  EXPECT_EQ(numeric::open_nans(Op::f64_promote_f32), OpenNans::f64);
  EXPECT_EQ(numeric::open_nans(Op::f32x4_relaxed_nmadd), OpenNans::f32x4);
  EXPECT_EQ(numeric::open_nans(Op::f64x2_promote_low_f32x4), OpenNans::f64x2);
  for (const Op op : {Op::f32_neg, Op::f64_abs, Op::f32_copysign, Op::f32x4_pmin, Op::f64x2_pmax,
                      Op::i32x4_add, Op::i32_add, Op::f32_reinterpret_i32, Op::f32x4_splat,
                      Op::f32x4_eq, Op::f32_load, Op::f32_const}) {
    EXPECT_EQ(numeric::open_nans(op), OpenNans::none) << syntax::op_info(op).text;
  }
  size_t count = 0;
  for (const numeric::OpenNans open : numeric::open_nans_table) count += open != OpenNans::none;
  // 11 of each shape, 4 conversions between widths, 4 relaxed ones of each vector.
  EXPECT_EQ(count, 4 * 11u + 4 + 2 * 4);
}

}  // namespace
}  // namespace waxwing::baseline
