// Instructions that the runtime does for us, and those on memories and tables that need no call.
// [spec 4.6.6, 4.6.7]
#include "base/check.h"
#include "baseline/func_compiler.h"

namespace waxwing::baseline {

using abi::BuiltinId;
using codegen::x64::context_register;
using codegen::x64::scratch;
using syntax::AddressType;
using syntax::MemIdx;
using syntax::TableIdx;
using syntax::TrapCode;

ValKind FuncCompiler::kind_of_address(AddressType type) const {
  return type == AddressType::i64 ? ValKind::i64 : ValKind::i32;
}

/// A builtin returned a size or -1, as 64 bits.
void FuncCompiler::push_size(ValKind kind) {
  const Gpr reg = codegen::x64::builtin_result_gpr;
  if (kind == ValKind::i32) masm_.mov(Width::w32, reg, reg);
  push_builtin_result(kind);
}

void FuncCompiler::memory_size(uint32_t index) {
  const syntax::MemoryType& type = module_.memories[MemIdx(index)];
  const Reg result = result_reg(RegClass::general, nullptr);
  masm_.mov(Width::w64, scratch,
            Mem(context_register, static_cast<int32_t>(layout_.memory(MemIdx(index)))));
  masm_.mov(Width::w64, gpr(result), Mem(scratch, offsetof(abi::MemoryRecord, size_bytes)));
  if (type.page_size_log2 != 0) masm_.shr(Width::w64, gpr(result), type.page_size_log2);
  push_reg(kind_of_address(type.address), result);
}

/// The table's elements, with the index checked to be in them.
Gpr FuncCompiler::table_element(uint32_t table, Value& index) {
  const Gpr position = in_gpr(index);
  masm_.mov(Width::w64, scratch,
            Mem(context_register, static_cast<int32_t>(layout_.table(TableIdx(table)))));
  masm_.cmp(Width::w64, position, Mem(scratch, offsetof(abi::TableRecord, size)));
  masm_.trap_if(Condition::above_equal, TrapCode::out_of_bounds_table);
  masm_.mov(Width::w64, scratch, Mem(scratch, offsetof(abi::TableRecord, elements)));
  return position;
}

void FuncCompiler::table_get(uint32_t index) {
  Value position = pop();
  const Gpr reg = table_element(index, position);
  const Reg result = result_reg(RegClass::general, &position);
  masm_.mov(Width::w64, gpr(result), Mem(scratch, reg, Scale::x8));
  push_reg(ValKind::ref, result);
}

void FuncCompiler::memory_grow(uint32_t index) {
  call_builtin(BuiltinId::memory_grow, {imm(index), operand(0)}, 1);
  push_size(kind_of_address(module_.memories[MemIdx(index)].address));
}

void FuncCompiler::table_size(uint32_t index) {
  const Reg result = result_reg(RegClass::general, nullptr);
  masm_.mov(Width::w64, scratch,
            Mem(context_register, static_cast<int32_t>(layout_.table(TableIdx(index)))));
  masm_.mov(Width::w64, gpr(result), Mem(scratch, offsetof(abi::TableRecord, size)));
  push_reg(kind_of_address(module_.tables[TableIdx(index)].type.address), result);
}

void FuncCompiler::table_grow(uint32_t index) {
  call_builtin(BuiltinId::table_grow, {imm(index), operand(0), operand(1)}, 2);
  push_size(kind_of_address(module_.tables[TableIdx(index)].type.address));
}

void FuncCompiler::atomic_wait(BuiltinId id, const Instr& instr) {
  call_builtin(id, {imm(instr.index), operand(2), imm(instr.mem_offset), operand(1), operand(0)},
               3);
  push_builtin_result(ValKind::i32);
}

void FuncCompiler::atomic_notify(const Instr& instr) {
  call_builtin(BuiltinId::memory_atomic_notify,
               {imm(instr.index), operand(1), imm(instr.mem_offset), operand(0)}, 2);
  push_builtin_result(ValKind::i32);
}

}  // namespace waxwing::baseline
