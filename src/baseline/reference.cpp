// References, structures and arrays: accesses are inline, allocation is the runtime's. [spec 4.6.3,
// 4.6.4, 4.6.5]
#include "abi/object_layout.h"
#include "base/check.h"
#include "baseline/func_compiler.h"

namespace waxwing::baseline {

using abi::BuiltinId;
using syntax::TrapCode;
using syntax::TypeIdx;

namespace {

/// An object's kind of value as it is on the operand stack.
ValKind unpacked(ValKind storage) { return syntax::ValType(storage).unpacked().kind(); }

}  // namespace

const abi::StructLayout& FuncCompiler::struct_layout(uint32_t type) {
  if (struct_layouts_.empty()) struct_layouts_.resize(module_.types.size());
  std::optional<abi::StructLayout>& layout = struct_layouts_[type];
  if (!layout) layout = abi::lay_out(*module_.types[TypeIdx(type)].structure());
  return *layout;
}

void FuncCompiler::trap_if_null(Gpr ref, TrapCode code) {
  masm_.test(Width::w64, ref, ref);
  masm_.trap_if(Condition::equal, code);
}

void FuncCompiler::ref_is_null() {
  Value ref = pop();
  const Gpr reg = in_gpr(ref);
  masm_.test(Width::w64, reg, reg);
  push_condition(Condition::equal);
}

void FuncCompiler::ref_eq() {
  Value rhs = pop();
  Value lhs = pop();
  const Gpr left = in_gpr(lhs);
  const Gpr right = in_gpr(rhs);
  masm_.cmp(Width::w64, left, right);
  push_condition(Condition::equal);
}

void FuncCompiler::ref_func(const Instr& instr) {
  call_builtin(BuiltinId::ref_func, {imm(instr.index)}, 0);
  push_builtin_result(ValKind::ref);
}

void FuncCompiler::ref_as_non_null() {
  Value ref = pop();
  const Reg reg = in_reg(ref);
  trap_if_null(gpr(reg), TrapCode::null_reference);
  push_ref_back(ref);
}

/// Calls a builtin that returns a new object.
void FuncCompiler::make_object(BuiltinId id, std::initializer_list<BuiltinArg> args,
                               size_t operands) {
  call_builtin(id, args, operands);
  push_builtin_result(ValKind::ref);
}

void FuncCompiler::struct_new(const Instr& instr) {
  const size_t fields = module_.types[TypeIdx(instr.index)].structure()->fields.size();
  make_object(BuiltinId::struct_new, {imm(instr.index), fields == 0 ? imm(0) : address(fields - 1)},
              fields);
}

void FuncCompiler::array_new_fixed(const Instr& instr) {
  const uint32_t count = instr.index2;
  make_object(BuiltinId::array_new_fixed,
              {imm(instr.index), count == 0 ? imm(0) : address(count - 1), imm(count)}, count);
}

// Fields and elements.

void FuncCompiler::load_field(ValKind storage, bool is_signed, const Mem& from) {
  const ValKind kind = unpacked(storage);
  const Reg result = result_reg(codegen::class_of(kind), nullptr);
  switch (storage) {
    case ValKind::i8:
      is_signed ? masm_.movsx8(Width::w32, gpr(result), from)
                : masm_.movzx8(Width::w32, gpr(result), from);
      break;
    case ValKind::i16:
      is_signed ? masm_.movsx16(Width::w32, gpr(result), from)
                : masm_.movzx16(Width::w32, gpr(result), from);
      break;
    case ValKind::i32:
    case ValKind::i64:
    case ValKind::f32:
    case ValKind::f64:
    case ValKind::v128:
    case ValKind::ref:
    case ValKind::bottom: load_reg(result, from, kind); break;
  }
  push_reg(kind, result);
}

void FuncCompiler::store_field(ValKind storage, Value& value, const Mem& to) {
  const Reg reg = in_reg(value);
  switch (storage) {
    case ValKind::i8: masm_.mov(Width::w8, to, gpr(reg)); return;
    case ValKind::i16: masm_.mov(Width::w16, to, gpr(reg)); return;
    case ValKind::i32: masm_.mov(Width::w32, to, gpr(reg)); return;
    case ValKind::ref: shade_if_marking(to); [[fallthrough]];
    case ValKind::i64:
    case ValKind::f32:
    case ValKind::f64:
    case ValKind::v128:
    case ValKind::bottom: store_reg(to, reg, storage); return;
  }
}

void FuncCompiler::struct_get(const Instr& instr) {
  Value object = pop();
  const Gpr reg = in_gpr(object);
  trap_if_null(reg, TrapCode::null_structure_reference);
  const ValKind storage =
      module_.types[TypeIdx(instr.index)].structure()->fields[instr.index2].storage.kind();
  const auto offset = static_cast<int32_t>(struct_layout(instr.index).offsets[instr.index2]);
  load_field(storage, instr.op == Op::struct_get_s, Mem(reg, offset));
}

void FuncCompiler::struct_set(const Instr& instr) {
  Value value = pop();
  Value object = pop();
  const Gpr reg = in_gpr(object);
  trap_if_null(reg, TrapCode::null_structure_reference);
  const ValKind storage =
      module_.types[TypeIdx(instr.index)].structure()->fields[instr.index2].storage.kind();
  store_field(storage, value,
              Mem(reg, static_cast<int32_t>(struct_layout(instr.index).offsets[instr.index2])));
}

/// The element's place; traps where there is none. May change the scratch register.
Mem FuncCompiler::element_mem(Value& array, Value& index, uint32_t size_log2) {
  const Gpr object = in_gpr(array);
  const Gpr position = in_gpr(index);
  trap_if_null(object, TrapCode::null_array_reference);
  masm_.cmp(Width::w32, position, Mem(object, abi::object_length));
  masm_.trap_if(Condition::above_equal, TrapCode::out_of_bounds_array);
  constexpr auto payload = static_cast<int32_t>(abi::object_payload);
  if (size_log2 <= 3) return Mem(object, position, static_cast<Scale>(size_log2), payload);
  const Gpr offset = alloc_gpr();
  masm_.mov(Width::w64, offset, position);
  masm_.shl(Width::w64, offset, static_cast<uint8_t>(size_log2));
  return Mem(object, offset, Scale::x1, payload);
}

void FuncCompiler::array_get(const Instr& instr) {
  Value index = pop();
  Value array = pop();
  const ValKind storage = module_.types[TypeIdx(instr.index)].array()->element.storage.kind();
  const Mem from = element_mem(array, index, abi::storage_size_log2(storage));
  load_field(storage, instr.op == Op::array_get_s, from);
}

void FuncCompiler::array_set(const Instr& instr) {
  Value value = pop();
  Value index = pop();
  Value array = pop();
  const ValKind storage = module_.types[TypeIdx(instr.index)].array()->element.storage.kind();
  in_reg(value);
  const Mem to = element_mem(array, index, abi::storage_size_log2(storage));
  store_field(storage, value, to);
}

void FuncCompiler::array_len() {
  Value array = pop();
  const Gpr object = in_gpr(array);
  trap_if_null(object, TrapCode::null_array_reference);
  const Reg result = result_reg(RegClass::general, &array);
  masm_.mov(Width::w32, gpr(result), Mem(object, abi::object_length));
  push_reg(ValKind::i32, result);
}

// i31.

/// A 1 below the 31 bits.
void FuncCompiler::ref_i31() {
  Value value = pop();
  const Reg source = in_reg(value);
  const Reg result = result_reg(RegClass::general, &value);
  masm_.lea(Width::w32, gpr(result), Mem(gpr(source), gpr(source), Scale::x1, 1));
  push_reg(ValKind::ref, result);
}

void FuncCompiler::i31_get(bool is_signed) {
  Value ref = pop();
  const Reg source = in_reg(ref);
  trap_if_null(gpr(source), TrapCode::null_i31_reference);
  const Reg result = result_reg(RegClass::general, &ref);
  if (result != source) masm_.mov(Width::w32, gpr(result), gpr(source));
  is_signed ? masm_.sar(Width::w32, gpr(result), 1) : masm_.shr(Width::w32, gpr(result), 1);
  push_reg(ValKind::i32, result);
}

}  // namespace waxwing::baseline
