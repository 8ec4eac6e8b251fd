// Functions that tell of their calls: runtime/listener.h. What is told lies in memory as the array
// ABI has it, and no register changes; where nobody listens, one comparison is all.
#include "baseline/func_compiler.h"

namespace waxwing::baseline {

using abi::BuiltinId;
using codegen::x64::context_register;
using codegen::x64::scratch;
using codegen::x64::scratch_xmm;

void FuncCompiler::listen(ColdCode::Kind kind, Gpr state) {
  masm_.mov(Width::w64, state, Mem(context_register, offsetof(abi::VmContext, state)));
  masm_.cmp(Width::w32, Mem(state, offsetof(abi::ExecutionState, listening)), 0);
  ColdCode& cold = add_cold(kind);
  masm_.jcc(Condition::not_equal, cold.entry);
  masm_.bind(cold.back);
}

/// Puts the arguments of a function that begins where its operand stack is, which is empty; many
/// lie in order already. Leaves their address in the scratch register.
void FuncCompiler::lay_out_arguments() {
  const bool are_many = type_->params.size() > many_values;
  uint32_t slot = 0;
  for (uint32_t i = 0; i < type_->params.size(); ++i) {
    const Local& local = locals_[i];
    const Mem to = are_many ? local_mem(local) : slot_mem(slot);
    if (local.pin != no_reg) {
      store_reg(to, local.pin, local.kind);
    } else if (!are_many) {
      masm_.load(scratch_xmm, local_mem(local), size_bytes(local.kind));
      masm_.store(to, scratch_xmm, size_bytes(local.kind));
    }
    slot += slots_of(local.kind);
  }
  masm_.lea(Width::w64, scratch, are_many ? local_mem(locals_[0]) : slot_mem(0));
}

void FuncCompiler::emit_listen(ColdCode& cold) {
  if (cold.kind == ColdCode::Kind::listen_enter) {
    lay_out_arguments();
    masm_.call_builtin(BuiltinId::listen_enter);
  } else if (cold.kind == ColdCode::Kind::listen_exit) {
    // Several results are in memory already.
    if (type_->results.size() == 1) {
      const ValKind kind = type_->results[0].kind();
      store_reg(slot_mem(0), single_reg(kind), kind);
    }
    masm_.lea(Width::w64, scratch, slot_mem(0));
    masm_.call_builtin(BuiltinId::listen_exit);
  } else {
    // The scratch register holds the callee.
    masm_.sub(Width::w64, Gpr::rsp, 16);
    masm_.mov(Width::w64, Mem(Gpr::rsp), scratch);
    masm_.set(scratch, 0);
    masm_.call_builtin(BuiltinId::listen_exit);
    masm_.mov(Width::w64, scratch, Mem(Gpr::rsp));
    masm_.add(Width::w64, Gpr::rsp, 16);
  }
  masm_.jmp(cold.back);
}

}  // namespace waxwing::baseline
