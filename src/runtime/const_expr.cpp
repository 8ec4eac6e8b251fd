// A stack machine for the few instructions of constant expressions.
#include "runtime/const_expr.h"

#include <bit>

#include "base/check.h"
#include "syntax/opcode_table.h"

namespace waxwing::runtime {
namespace {

using syntax::ConstInstr;
using syntax::Op;

GlobalCell one_slot(Slot slot) { return {{slot, 0}}; }

GlobalCell read_global(const Instance& instance, uint32_t index) {
  const uint32_t imported = instance.module().imported_globals;
  if (index < imported) return *instance.data.imported_globals[index]->cell;
  return instance.data.globals[index - imported];
}

/// The value of an instruction without operands, or nothing.
std::optional<GlobalCell> leaf(Instance& instance, const ConstInstr& instr) {
  const auto lanes = instr.value.lanes<uint64_t>();
  if (instr.op == Op::i32_const || instr.op == Op::f32_const) return one_slot(uint32_t(lanes[0]));
  if (instr.op == Op::i64_const || instr.op == Op::f64_const) return one_slot(lanes[0]);
  if (instr.op == Op::v128_const) return GlobalCell{{lanes[0], lanes[1]}};
  if (instr.op == Op::ref_null) return one_slot(0);
  if (instr.op == Op::ref_func)
    return one_slot(Ref(&instance.func(syntax::FuncIdx(instr.index))).bits());
  if (instr.op == Op::global_get) return read_global(instance, instr.index);
  return std::nullopt;
}

/// The value of extended arithmetic on `left` and `right`, or nothing.
std::optional<Slot> arithmetic(Op op, Slot left, Slot right) {
  if (op == Op::i32_add) return uint32_t(left + right);
  if (op == Op::i32_sub) return uint32_t(left - right);
  if (op == Op::i32_mul) return uint32_t(left * right);
  if (op == Op::i64_add) return left + right;
  if (op == Op::i64_sub) return left - right;
  if (op == Op::i64_mul) return left * right;
  return std::nullopt;
}

}  // namespace

base::Result<GlobalCell> evaluate(Instance& instance, syntax::ConstExpr expr) {
  const std::span<const ConstInstr> instrs = instance.module().instrs(expr);
  if (instrs.size() == 1) {
    if (std::optional<GlobalCell> value = leaf(instance, instrs[0])) return *value;
  }
  std::vector<GlobalCell> stack;
  for (const ConstInstr& instr : instrs) {
    if (std::optional<GlobalCell> value = leaf(instance, instr)) {
      stack.push_back(*value);
      continue;
    }
    const size_t depth = stack.size();
    const std::optional<Slot> result =
        depth < 2 ? std::nullopt
                  : arithmetic(instr.op, stack[depth - 2].slots[0], stack[depth - 1].slots[0]);
    if (!result) {
      return base::fail(base::ErrorCode::unsupported,
                        std::string(op_info(instr.op).text) +
                            " in a constant expression (this version has no GC heap)",
                        instr.offset);
    }
    stack.pop_back();
    stack.back() = one_slot(*result);
  }
  CHECK(stack.size() == 1);
  return stack.back();
}

}  // namespace waxwing::runtime
