// Calls: arguments go to where the convention has them, all else that a call destroys to memory
// first. [spec 4.6.10]
#include <algorithm>
#include <array>
#include <bit>
#include <tuple>
#include <utility>

#include "baseline/func_compiler.h"

namespace waxwing::baseline {

using abi::FuncRecord;
using codegen::CallLayout;
using codegen::TargetKind;
using codegen::ValuePlace;
using codegen::x64::argument_gprs;
using codegen::x64::argument_xmms;
using codegen::x64::builtin_argument_gprs;
using codegen::x64::context_register;
using codegen::x64::result_gprs;
using codegen::x64::result_xmms;
using codegen::x64::scratch;
using codegen::x64::scratch_xmm;
using syntax::FuncIdx;
using syntax::FuncType;
using syntax::TrapCode;
using syntax::TypeIdx;

/// Moves registers to registers as if at once. The scratch register stays as it is.
void FuncCompiler::parallel_move(std::span<Move> moves) {
  size_t left = moves.size();
  while (left != 0) {
    RegSet sources = 0;
    for (size_t i = 0; i < left; ++i) {
      if (moves[i].dst != moves[i].src) sources |= bit(moves[i].src);
    }
    bool progress = false;
    for (size_t i = 0; i < left;) {
      if (moves[i].dst != moves[i].src && (sources & bit(moves[i].dst)) != 0) {
        ++i;
        continue;
      }
      move_reg(moves[i].dst, moves[i].src);
      moves[i] = moves[--left];
      progress = true;
    }
    if (progress || left == 0) continue;
    // Only cycles are left: one exchange shortens one by one.
    const Move move = moves[0];
    if (class_of(move.dst) == RegClass::general) {
      masm_.xchg(Width::w64, gpr(move.dst), gpr(move.src));
    } else {
      masm_.move(scratch_xmm, xmm(move.dst));
      masm_.move(xmm(move.dst), xmm(move.src));
      masm_.move(xmm(move.src), scratch_xmm);
    }
    for (size_t i = 1; i < left; ++i) {
      if (moves[i].src == move.dst) {
        moves[i].src = move.src;
      } else if (moves[i].src == move.src) {
        moves[i].src = move.dst;
      }
    }
    moves[0] = moves[--left];
  }
}

void FuncCompiler::load_transfer_pointer() {
  masm_.mov(Width::w64, scratch, Mem(context_register, offsetof(abi::VmContext, state)));
  masm_.mov(Width::w64, scratch, Mem(scratch, offsetof(abi::ExecutionState, transfer)));
}

void FuncCompiler::add_transfer(const TransferRun& values) {
  if (!transfers_.empty()) {
    TransferRun& last = transfers_.back();
    if (values.slot == last.slot + last.count &&
        values.transfer_slot == last.transfer_slot + last.count) {
      last.count += values.count;
      return;
    }
  }
  transfers_.push_back(values);
}

void FuncCompiler::copy_transfers(Direction direction, Gpr counter) {
  if (transfers_.empty()) return;
  load_transfer_pointer();
  for (const TransferRun& run : transfers_) {
    const SlotRow frame = slot_row(run.slot);
    const SlotRow transfer = {scratch, static_cast<int32_t>(run.transfer_slot * 8)};
    if (direction == Direction::to_transfer) {
      copy_slots(transfer, frame, run.count, counter);
    } else {
      copy_slots(frame, transfer, run.count, counter);
    }
  }
  transfers_.clear();
}

/// Everything that a call destroys is saved, but for its `args` arguments, the top of the stack.
void FuncCompiler::prepare_call(size_t args) {
  flush(stack_.size() - args);
  save_pins();
}

/// Arguments beyond the registers; changes the scratch register.
void FuncCompiler::place_transfer_args(const FuncType& type) {
  if (type.params.size() <= std::min(argument_gprs.size(), argument_xmms.size())) return;
  CallLayout layout(argument_gprs.size(), argument_xmms.size());
  const size_t first = stack_.size() - type.params.size();
  if (type.params.size() > many_values) {
    settle_top(type.params.size());
    for (size_t i = 0; i < type.params.size(); ++i) {
      const Value& value = stack_[first + i];
      const ValuePlace place = layout.next(value.kind);
      if (!place.in_register) add_transfer({value.home, place.index, slots_of(value.kind)});
    }
    return copy_transfers(Direction::to_transfer, alloc_gpr());
  }
  bool has_pointer = false;
  for (size_t i = 0; i < type.params.size(); ++i) {
    const Value& value = stack_[first + i];
    const ValuePlace place = layout.next(type.params[i].kind());
    if (place.in_register) continue;
    if (!has_pointer) load_transfer_pointer();
    has_pointer = true;
    const Mem to(scratch, static_cast<int32_t>(place.index * 8));
    Reg from = reg_of(scratch_xmm);
    if (value.place == Place::reg) {
      from = value.reg;
    } else if (value.is_constant()) {
      masm_.load(scratch_xmm, masm_.constant(value.bits), 8);
    } else if (value.place == Place::slot) {
      masm_.load(scratch_xmm, slot_mem(value.home), size_bytes(value.kind));
    } else {
      const Local& local = locals_[value.bits];
      if (local.pin != no_reg && (valid_pins_ & bit(local.pin)) != 0) {
        from = local.pin;
      } else {
        masm_.load(scratch_xmm, local_mem(local), size_bytes(value.kind));
      }
    }
    if (class_of(from) == RegClass::general) {
      masm_.mov(Width::w64, to, gpr(from));
    } else {
      masm_.store(to, xmm(from), value.is_constant() ? 8 : size_bytes(value.kind));
    }
  }
}

/// The register that holds the value, or none.
Reg FuncCompiler::register_of(const Value& value) const {
  if (value.place == Place::reg) return value.reg;
  if (value.place != Place::local) return no_reg;
  const Local& local = locals_[value.bits];
  if (local.pin != no_reg) return (valid_pins_ & bit(local.pin)) != 0 ? local.pin : no_reg;
  return local.cache;
}

/// Arguments in registers; keeps the scratch register.
void FuncCompiler::place_register_args(const FuncType& type) {
  struct Load {
    const Value* value;
    Reg dst;
  };
  Moves moves;
  std::array<Load, std::tuple_size_v<Moves>> loads;
  size_t move_count = 0;
  size_t load_count = 0;
  CallLayout layout(argument_gprs.size(), argument_xmms.size());
  const size_t first = stack_.size() - type.params.size();
  for (size_t i = 0; i < type.params.size(); ++i) {
    const Value& value = stack_[first + i];
    const ValuePlace place = layout.next(type.params[i].kind());
    if (!place.in_register) continue;
    const Reg dst = place.reg_class == RegClass::general ? reg_of(argument_gprs[place.index])
                                                         : reg_of(argument_xmms[place.index]);
    const Reg src = register_of(value);
    if (src == no_reg) {
      loads[load_count++] = {&value, dst};
    } else if (src != dst) {
      moves[move_count++] = {dst, src};
    }
  }
  parallel_move(std::span(moves).first(move_count));
  for (const Load& load : std::span(loads).first(load_count)) {
    const Value& value = *load.value;
    if (value.place == Place::local) {
      load_reg(load.dst, local_mem(locals_[value.bits]), value.kind);
    } else if (value.is_constant() && class_of(load.dst) == RegClass::general) {
      masm_.set(gpr(load.dst), value.bits);  // no flags are waited for
    } else {
      move_to_reg(value, load.dst);
    }
  }
}

void FuncCompiler::pop_args(const FuncType& type) {
  for (size_t i = 0; i < type.params.size(); ++i) pop();
  locked_ = 0;
}

/// After a call.
void FuncCompiler::push_results(const FuncType& type) {
  clobber_caller_saved();
  if (type.results.size() == 1) {
    const ValKind kind = type.results[0].kind();
    return push_reg(kind, codegen::class_of(kind) == RegClass::general ? reg_of(result_gprs[0])
                                                                       : reg_of(result_xmms[0]));
  }
  CallLayout layout(result_gprs.size(), result_xmms.size());
  for (const ValType type_of_result : type.results) {
    const ValKind kind = type_of_result.kind();
    const ValuePlace place = layout.next(kind);
    push_slot(kind);
    const uint32_t home = stack_.back().home;
    if (!place.in_register) {
      add_transfer({home, place.index, slots_of(kind)});
    } else if (place.reg_class == RegClass::general) {
      store_reg(slot_mem(home), reg_of(result_gprs[place.index]), kind);
    } else {
      store_reg(slot_mem(home), reg_of(result_xmms[place.index]), kind);
    }
  }
  copy_transfers(Direction::from_transfer, transfer_counter);
}

/// Where the context knows a function's code; changes the scratch register.
Mem FuncCompiler::code_slot(uint32_t defined) {
  masm_.mov(Width::w64, scratch, Mem(context_register, offsetof(abi::VmContext, code_ptrs)));
  return Mem(scratch, static_cast<int32_t>(defined * sizeof(void*)));
}

void FuncCompiler::call(const Instr& instr) {
  const FuncIdx callee(instr.index);
  const FuncType& type = module_.func_type(callee);
  prepare_call(type.params.size());
  place_transfer_args(type);
  place_register_args(type);
  pop_args(type);
  if (module_.is_imported(callee)) {
    masm_.mov(Width::w64, scratch,
              Mem(context_register, static_cast<int32_t>(layout_.imported_func(callee))));
    masm_.call({TargetKind::foreign, module_.funcs[callee].value});
  } else if (calls_ == Calls::by_slots) {
    masm_.call(code_slot(callee.value - module_.imported_funcs));
    masm_.note_call();
  } else {
    masm_.call({TargetKind::func, callee.value - module_.imported_funcs});
  }
  push_results(type);
}

/// Loads the FuncRecord of a table's element into the scratch register, checked to be of the type.
/// Pops nothing.
void FuncCompiler::load_table_func(uint32_t table, TypeIdx type, Value& index) {
  const Gpr position = in_gpr(index);
  masm_.mov(Width::w64, scratch,
            Mem(context_register, static_cast<int32_t>(layout_.table(syntax::TableIdx(table)))));
  masm_.cmp(Width::w64, position, Mem(scratch, offsetof(abi::TableRecord, size)));
  masm_.trap_if(Condition::above_equal, TrapCode::undefined_element);
  masm_.mov(Width::w64, scratch, Mem(scratch, offsetof(abi::TableRecord, elements)));
  masm_.mov(Width::w64, scratch, Mem(scratch, position, Scale::x8));
  masm_.test(Width::w64, scratch, scratch);
  masm_.trap_if(Condition::equal, TrapCode::uninitialized_element);
  const syntax::SubType& sub_type = module_.types[type];
  const Gpr id = is_own(index) ? position : alloc_gpr();
  masm_.mov(Width::w32, id, Mem(context_register, static_cast<int32_t>(layout_.type_id(type))));
  masm_.cmp(Width::w32, Mem(scratch, offsetof(FuncRecord, type)), id);
  if (sub_type.is_final) {
    masm_.trap_if(Condition::not_equal, TrapCode::indirect_call_type_mismatch);
    return;
  }
  // The element's type may be a subtype of the one that was asked for.
  ColdCode& cold = add_cold(ColdCode::Kind::check_type);
  cold.type = type;
  masm_.jcc(Condition::not_equal, cold.entry);
  masm_.bind(cold.back);
}

/// Calls the FuncRecord in the scratch register, with its arguments in place.
void FuncCompiler::call_record(TypeIdx type) {
  masm_.cmp(Width::w64, context_register, Mem(scratch, offsetof(FuncRecord, context)));
  ColdCode& cold = add_cold(ColdCode::Kind::foreign_call);
  cold.type = type;
  masm_.jcc(Condition::not_equal, cold.entry);
  masm_.call(Mem(scratch, offsetof(FuncRecord, code)));
  masm_.note_call();
  masm_.bind(cold.back);
}

void FuncCompiler::call_indirect(const Instr& instr) {
  const TypeIdx type_index(instr.index);
  const FuncType& type = *module_.types[type_index].func();
  Value index = pop();
  prepare_call(type.params.size());
  place_transfer_args(type);
  load_table_func(instr.index2, type_index, index);
  locked_ = 0;
  place_register_args(type);
  pop_args(type);
  call_record(type_index);
  push_results(type);
}

void FuncCompiler::call_ref(const Instr& instr) {
  const TypeIdx type_index(instr.index);
  const FuncType& type = *module_.types[type_index].func();
  Value callee = pop();
  prepare_call(type.params.size());
  place_transfer_args(type);
  const Gpr record = in_gpr(callee);
  masm_.test(Width::w64, record, record);
  masm_.trap_if(Condition::equal, TrapCode::null_function_reference);
  masm_.move(scratch, record);
  locked_ = 0;
  place_register_args(type);
  pop_args(type);
  call_record(type_index);
  push_results(type);
}

/// Calls in our place: arguments are where the convention has them before the frame goes.
void FuncCompiler::tail_call(const Instr& instr) {
  const bool is_direct = instr.op == Op::return_call;
  const TypeIdx type_index = is_direct ? module_.funcs[FuncIdx(instr.index)] : TypeIdx(instr.index);
  const FuncType& type = *module_.types[type_index].func();
  Value callee;
  if (!is_direct) callee = pop();
  load_pins();
  place_transfer_args(type);
  if (instr.op == Op::return_call_indirect) {
    load_table_func(instr.index2, type_index, callee);
  } else if (instr.op == Op::return_call_ref) {
    const Gpr record = in_gpr(callee);
    masm_.test(Width::w64, record, record);
    masm_.trap_if(Condition::equal, TrapCode::null_function_reference);
    masm_.move(scratch, record);
  } else if (module_.is_imported(FuncIdx(instr.index))) {
    masm_.mov(
        Width::w64, scratch,
        Mem(context_register, static_cast<int32_t>(layout_.imported_func(FuncIdx(instr.index)))));
  }
  if (options_.listeners) listen(ColdCode::Kind::listen_tail, alloc_gpr());
  locked_ = 0;
  place_register_args(type);
  restore_callee_saved();
  if (is_direct && !module_.is_imported(FuncIdx(instr.index))) {
    const uint32_t defined = instr.index - module_.imported_funcs;
    if (calls_ == Calls::by_slots) {
      masm_.jmp(code_slot(defined));
    } else {
      masm_.jmp({TargetKind::func, defined});
    }
  } else {
    masm_.jmp({TargetKind::tail_foreign, type_index.value});
  }
  stop_here();
}

// Builtins.

void FuncCompiler::call_builtin(abi::BuiltinId id, std::initializer_list<BuiltinArg> args,
                                size_t operands) {
  settle_top(operands);
  save_pins();
  size_t next = 0;
  for (const BuiltinArg& arg : args) {
    const Gpr dst = builtin_argument_gprs[next++];
    switch (arg.kind) {
      case BuiltinArg::Kind::immediate: masm_.set(dst, arg.value); break;
      case BuiltinArg::Kind::operand: {
        const Value& value = stack_[stack_.size() - 1 - arg.value];
        load_reg(reg_of(dst), slot_mem(value.home),
                 value.kind == ValKind::i32 ? ValKind::i32 : ValKind::i64);
        break;
      }
      case BuiltinArg::Kind::address:
        masm_.lea(Width::w64, dst, slot_mem(stack_[stack_.size() - 1 - arg.value].home));
        break;
    }
  }
  masm_.call_builtin(id);
  for (size_t i = 0; i < operands; ++i) pop();
  locked_ = 0;
  clobber_caller_saved();
}

}  // namespace waxwing::baseline
