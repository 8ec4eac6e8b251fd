#include "runtime/const_expr.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "runtime/aggregate.h"
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

/// Runs the instructions of one expression. Its operands are roots; each takes two slots.
class Evaluation {
 public:
  explicit Evaluation(Instance& instance) : instance_(instance), roots_(*instance.data.heap) {}

  base::Result<> run(const ConstInstr& instr);
  GlobalCell result() { return pop(); }

 private:
  static constexpr size_t cell_slots = 2;

  void push(GlobalCell value) {
    roots_.slots.insert(roots_.slots.end(), value.slots, value.slots + cell_slots);
  }
  GlobalCell pop() {
    std::vector<Slot>& slots = roots_.slots;
    CHECK(slots.size() >= cell_slots);
    const GlobalCell value = {{slots[slots.size() - 2], slots[slots.size() - 1]}};
    slots.resize(slots.size() - cell_slots);
    return value;
  }
  /// The topmost operands, the deepest first.
  std::span<const Slot> top(size_t count) const {
    CHECK(roots_.slots.size() >= count * cell_slots);
    return std::span(roots_.slots).last(count * cell_slots);
  }
  base::Result<> make_struct(const ConstInstr& instr);
  base::Result<> make_array(const ConstInstr& instr);
  /// Replaces `count` operands by the object; null is the error that there is no room.
  base::Result<> finish(const Object* object, size_t count, const ConstInstr& instr);

  Instance& instance_;
  Roots roots_;
};

base::Result<> Evaluation::finish(const Object* object, size_t count, const ConstInstr& instr) {
  if (!object) {
    return base::fail(base::ErrorCode::resource_limit,
                      "the objects of a store may take " +
                          std::to_string(instance_.store().limits().max_heap_bytes) +
                          " bytes together, and " + std::string(op_info(instr.op).text) +
                          " in a constant expression needs more",
                      instr.offset);
  }
  roots_.slots.resize(roots_.slots.size() - count * cell_slots);
  push(one_slot(reinterpret_cast<Slot>(object)));
  return {};
}

base::Result<> Evaluation::make_struct(const ConstInstr& instr) {
  const TypeInfo& type = *instance_.compiled().type_infos[syntax::TypeIdx(instr.index)];
  Object* object = new_struct(*instance_.data.heap, type);
  if (instr.op == Op::struct_new_default) return finish(object, 0, instr);
  const size_t count = type.fields.size();
  const Slot* value = top(count).data();
  for (size_t i = 0; object && i < count; ++i, value += cell_slots)
    store_value(object->at(type.fields[i].offset), type.fields[i].kind, value);
  return finish(object, count, instr);
}

base::Result<> Evaluation::make_array(const ConstInstr& instr) {
  const TypeInfo& type = *instance_.compiled().type_infos[syntax::TypeIdx(instr.index)];
  GcHeap& heap = *instance_.data.heap;
  if (instr.op == Op::array_new_fixed) {
    Object* array = new_array(heap, type, instr.count);
    const Slot* value = top(instr.count).data();
    for (uint32_t i = 0; array && i < instr.count; ++i, value += cell_slots)
      fill_elements(*array, type, i, 1, value);
    return finish(array, instr.count, instr);
  }
  const auto length = uint32_t(top(1)[0]);
  Object* array = new_array(heap, type, length);
  if (instr.op == Op::array_new_default) return finish(array, 1, instr);
  if (array) fill_elements(*array, type, 0, length, top(2).data());
  return finish(array, 2, instr);
}

base::Result<> Evaluation::run(const ConstInstr& instr) {
  if (std::optional<GlobalCell> value = leaf(instance_, instr)) {
    push(*value);
    return {};
  }
  if (instr.op == Op::struct_new || instr.op == Op::struct_new_default) return make_struct(instr);
  if (instr.op == Op::array_new || instr.op == Op::array_new_default ||
      instr.op == Op::array_new_fixed) {
    return make_array(instr);
  }
  if (instr.op == Op::ref_i31) {
    push(one_slot(Ref::from_i31(uint32_t(pop().slots[0])).bits()));
    return {};
  }
  // The same bits in both hierarchies.
  if (instr.op == Op::any_convert_extern || instr.op == Op::extern_convert_any) return {};
  const Slot right = pop().slots[0];
  const std::optional<Slot> value = arithmetic(instr.op, pop().slots[0], right);
  CHECK(value.has_value());
  push(one_slot(*value));
  return {};
}

}  // namespace

base::Result<GlobalCell> evaluate(Instance& instance, syntax::ConstExpr expr) {
  const std::span<const ConstInstr> instrs = instance.module().instrs(expr);
  if (instrs.size() == 1) {
    if (std::optional<GlobalCell> value = leaf(instance, instrs[0])) return *value;
  }
  Evaluation evaluation(instance);
  for (const ConstInstr& instr : instrs) TRY(evaluation.run(instr));
  return evaluation.result();
}

}  // namespace waxwing::runtime
