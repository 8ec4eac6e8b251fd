// One function from its body to its code object, and the instructions that neither branch nor call.
#include "baseline/func_compiler.h"

#include <array>

#include "abi/frame.h"
#include "base/check.h"
#include "binary/fuel.h"
#include "codegen/linker.h"
#include "codegen/x64/float_emitter.h"
#include "codegen/x64/pure_emitter.h"
#include "codegen/x64/vector_emitter.h"
#include "numeric/fold.h"
#include "numeric/nans.h"

namespace waxwing::baseline {

using codegen::x64::context_register;
using codegen::x64::PureInstr;
using codegen::x64::scratch;
using syntax::ImmediateKind;

FuncCompiler::FuncCompiler(const syntax::Module& module, const Options& options, Calls calls)
    : module_(module),
      options_(options),
      calls_(calls),
      layout_(module),
      is_memory0_guarded_(!module.memories.empty() && is_guarded(0)),
      masm_(options.features) {}

base::Result<> FuncCompiler::compile(syntax::FuncIdx func, codegen::CodeObject& object) {
  func_ = func;
  type_ = &module_.func_type(func);
  body_ = &module_.body(func);
  stack_.clear();
  next_home_ = 0;
  blocks_.clear();
  cold_.clear();
  tries_.clear();
  clauses_.clear();
  handlers_.clear();
  landing_pads_.clear();
  open_try_bodies_ = 0;
  flushed_ = 0;
  dead_ = false;
  dead_depth_ = 0;
  next_loop_ = 0;
  held_ = locked_ = cached_ = 0;
  flags_of_.reg = no_reg;
  has_handlers_ = module_.hints.funcs.empty() ||
                  module_.hints.funcs[func.value - module_.imported_funcs].has_handlers;
  masm_.set_body_offset(0);
  lay_out_frame();

  binary::InstrReader reader(module_, syntax::FeatureSet::all(), module_.code(*body_),
                             body_->offset);
  reader_ = &reader;
  emit_prologue();
  if (options_.listeners) listen(ColdCode::Kind::listen_enter, scratch);
  if (options_.fuel) charge(binary::entry_cost(module_, *body_));
  Block& whole = blocks_.emplace_back();
  whole.type = type_;
  whole.saved_pins = pinned_;
  Instr instr;
  while (!blocks_.empty()) {
    TRY(base::go_on(options_.stop));
    if (masm_.position() > options_.max_code_bytes) [[unlikely]]
      return std::unexpected(codegen::code_is_too_large(options_.max_code_bytes));
    // What costs fuel is seen instruction by instruction.
    if (!options_.fuel) compile_short_forms(instr);
    if (!reader.next(instr)) break;
    next_ = reader.unread().data();
    masm_.set_body_offset(instr.code_offset);
    if (options_.fuel && !dead_) charge_length(instr.op);
    if (dead_) {
      skip_dead(instr);
    } else {
      compile_instr(instr);
      locked_ = 0;
    }
    if (options_.fuel && !dead_ && !blocks_.empty() && binary::ends_run(instr.op))
      charge(binary::run_cost(module_, reader.unread()));
  }
  CHECK(blocks_.empty());
  emit_cold_code();
  put_handlers();
  TRY(masm_.finish(object));
  object.frame_bytes = frame_bytes_;
  return {};
}

void FuncCompiler::unreachable() {
  masm_.trap(syntax::TrapCode::unreachable);
  stop_here();
}

void FuncCompiler::unsupported() {
  masm_.trap(syntax::TrapCode::unsupported);
  stop_here();
}

void FuncCompiler::v128_const(const Instr& instr) {
  const Reg reg = result_reg(RegClass::vector, nullptr);
  masm_.set(xmm(reg), instr.value);
  push_reg(ValKind::v128, reg);
}

// Numeric instructions.

/// Computes the instruction now where all its operands are known. It does not, where it would trap.
bool FuncCompiler::fold(const Instr& instr) {
  const syntax::OpInfo& info = op_info(instr.op);
  const size_t count = info.signature.param_count;
  if (info.immediate != ImmediateKind::none || info.signature.result_count != 1 || count == 0)
    return false;
  if (info.signature.results[0] == syntax::OperandType::v128) return false;
  std::array<base::V128, syntax::Signature::max_params> operands;
  for (size_t i = 0; i < count; ++i) {
    const Value& value = stack_[stack_.size() - count + i];
    if (!value.is_constant()) return false;
    operands[i] = numeric::fold_operand(value.bits);
  }
  const std::optional<numeric::Folded> folded =
      numeric::fold(instr.op, std::span(operands).first(count));
  if (!folded || folded->trap != syntax::TrapCode::none) return false;
  for (size_t i = 0; i < count; ++i) pop();
  auto bits = base::load_le<uint64_t>(&folded->values[0]);
  if (options_.canonicalize_nans) bits = numeric::canonicalize_bits(instr.op, bits);
  push_constant(ValKind(static_cast<uint8_t>(info.signature.results[0])), bits);
  return true;
}

namespace {

/// What the flags of a comparison of floats say, in the compiler's words.
Parity parity_of(const codegen::x64::FloatCondition& flags) {
  switch (flags.parity) {
    case codegen::x64::FloatCondition::Parity::ignored: return Parity::ignored;
    case codegen::x64::FloatCondition::Parity::clear: return Parity::must_be_clear;
    case codegen::x64::FloatCondition::Parity::or_set: return Parity::may_be_set;
  }
  UNREACHABLE();
}

}  // namespace

/// Where the next machine instruction reads what the load before this instruction was to load. It
/// faults for that load.
Mem FuncCompiler::use_pending_load() {
  const uint32_t here = masm_.body_offset();
  masm_.set_body_offset(pending_offset_);
  masm_.note_fault(syntax::TrapCode::out_of_bounds_memory);
  masm_.set_body_offset(here);
  return pending_load_.src;
}

/// Where an operand lies that is read in place, by the next instruction that is emitted.
Mem FuncCompiler::place_of(const Value& value) {
  if (value.place == Place::memory) return use_pending_load();
  return value.place == Place::slot ? slot_mem(value.home) : local_mem(locals_[value.bits]);
}

void FuncCompiler::shift_vector(Op op, Value& value, const Value& count) {
  const Xmm source = in_xmm(value);
  const Reg result = result_reg(RegClass::vector, &value);
  codegen::x64::VectorEmitter(masm_).shift(op, xmm(result), source,
                                           static_cast<uint8_t>(count.bits));
  push_reg(ValKind::v128, result);
}

void FuncCompiler::compile_generic(const Instr& instr) {
  const syntax::OpInfo& info = op_info(instr.op);
  const size_t count = info.signature.param_count;
  PureInstr pure{.op = instr.op, .result = {}, .lane = instr.lane, .lanes = instr.value};
  std::array<Value, 3> operands;
  for (size_t i = count; i > 0; --i) operands[i - 1] = pop();
  Value& last = operands[count - 1];
  if (codegen::x64::is_vector_shift(instr.op) && last.is_constant())
    return shift_vector(instr.op, operands[0], last);
  // The last operand may be read where it lies.
  const bool in_place =
      codegen::x64::reads_memory(instr.op) && is_read_in_place(last) && !last.is_constant();
  for (size_t i = 0; i + (in_place ? 1 : 0) < count; ++i)
    pure.operands[i] = reg_ref(in_reg(operands[i]));
  if (codegen::x64::is_vector_test(instr.op) && next_takes_flags()) {
    return push_flags(codegen::x64::VectorEmitter(masm_).test_flags(instr.op, in_xmm(operands[0])));
  }
  const auto kind = ValKind(static_cast<uint8_t>(info.signature.results[0]));
  // A comparison of floats may be left to the branch behind it.
  const bool compares = count == 2 && kind == ValKind::i32 && operands[0].kind != ValKind::v128 &&
                        codegen::class_of(operands[0].kind) == RegClass::vector;
  if (compares) {
    codegen::x64::FloatEmitter emitter(masm_);
    const Xmm left = in_xmm(operands[0]);
    const codegen::x64::FloatCondition flags =
        in_place ? emitter.compare_flags(instr.op, left, place_of(last))
                 : emitter.compare_flags(instr.op, left, in_xmm(last));
    return push_condition(flags.condition, parity_of(flags));
  }
  const Reg result = result_reg(codegen::class_of(kind), count > 0 ? &operands[0] : nullptr);
  pure.result = reg_ref(result);
  if (in_place) {
    // Without AVX the result's register holds the left operand first: the access is one
    // instruction.
    if (count == 2 && !masm_.has_avx()) {
      move_reg(result, in_reg(operands[0]));
      pure.operands[0] = pure.result;
    }
    codegen::x64::emit_pure_from(masm_, pure, place_of(last));
  } else {
    codegen::x64::emit_pure(masm_, pure);
  }
  if (options_.canonicalize_nans) canonicalize(instr.op, result);
  push_reg(kind, result);
}

void FuncCompiler::canonicalize(Op op, Reg result) {
  const numeric::OpenNans open = numeric::open_nans(op);
  const bool is_f64 = open == numeric::OpenNans::f64;
  switch (open) {
    case numeric::OpenNans::none: return;
    case numeric::OpenNans::f32x4:
      return codegen::x64::VectorEmitter(masm_).f32x4_canonicalize(xmm(result));
    case numeric::OpenNans::f64x2:
      return codegen::x64::VectorEmitter(masm_).f64x2_canonicalize(xmm(result));
    case numeric::OpenNans::f32:
    case numeric::OpenNans::f64: break;
  }
  const Xmm reg = xmm(result);
  if (masm_.has_avx()) {
    is_f64 ? masm_.vucomisd(reg, reg) : masm_.vucomiss(reg, reg);
  } else {
    is_f64 ? masm_.ucomisd(reg, reg) : masm_.ucomiss(reg, reg);
  }
  ColdCode& cold = add_cold(ColdCode::Kind::canonical_nan);
  cold.nan = reg;
  cold.is_f64 = is_f64;
  masm_.jcc(Condition::parity, cold.entry);
  masm_.bind(cold.back);
}

// Parametric and variable instructions.

void FuncCompiler::select() {
  Value condition = pop();
  Value otherwise = pop();
  Value value = pop();
  const RegClass reg_class = codegen::class_of(value.kind);
  if (condition.is_constant()) {
    const Value& chosen = static_cast<uint32_t>(condition.bits) != 0 ? value : otherwise;
    Value copy = chosen;
    const Reg reg = in_reg(copy);
    Reg result = reg;
    if (!is_own(copy)) {
      result = result_reg(reg_class, nullptr);
      move_reg(result, reg);
    }
    push_reg(value.kind, result);
    return;
  }
  const Value flags = in_flags(condition);
  // Only moves from here on: the flags stay.
  const Reg other = in_reg(otherwise);
  Reg source = in_reg(value);
  Reg result = is_own(value) ? source : alloc(reg_class);
  move_reg(result, source);
  if (reg_class == RegClass::general && flags.parity() == Parity::ignored) {
    masm_.cmovcc(Width::w64, assembler::x64::inverse(flags.condition), gpr(result), gpr(other));
  } else {
    Label done;
    jump_if(flags, done);
    move_reg(result, other);
    masm_.bind(done);
  }
  push_reg(value.kind, result);
}

/// Where a global's value is; an imported one's address goes to the scratch register.
Mem FuncCompiler::global_mem(uint32_t index) {
  const syntax::GlobalIdx global(index);
  if (index >= module_.imported_globals) {
    return Mem(context_register, static_cast<int32_t>(layout_.global(global)));
  }
  masm_.mov(Width::w64, scratch,
            Mem(context_register, static_cast<int32_t>(layout_.imported_global(global))));
  return Mem(scratch);
}

void FuncCompiler::global_get(uint32_t index) {
  const ValKind kind = module_.globals[syntax::GlobalIdx(index)].type.value.kind();
  const Reg reg = result_reg(codegen::class_of(kind), nullptr);
  load_reg(reg, global_mem(index), kind);
  push_reg(kind, reg);
}

void FuncCompiler::global_set(uint32_t index) {
  const ValKind kind = module_.globals[syntax::GlobalIdx(index)].type.value.kind();
  Value value = pop();
  const Reg reg = in_reg(value);
  const Mem global = global_mem(index);
  if (kind == ValKind::ref) {
    const Reg address = alloc(RegClass::general);
    masm_.lea(Width::w64, gpr(address), global);
    const Mem cell(gpr(address));
    shade_if_marking(cell);
    store_reg(cell, reg, kind);
    return;
  }
  store_reg(global, reg, kind);
}

/// The reference at `old_value` is about to be overwritten. The address may not be in the scratch
/// register.
void FuncCompiler::shade_if_marking(const Mem& old_value) {
  masm_.mov(Width::w64, scratch, Mem(context_register, offsetof(abi::VmContext, state)));
  masm_.cmp(Width::w8, Mem(scratch, offsetof(abi::ExecutionState, is_marking)), 0);
  // The stub keeps all other registers, and takes its argument in the scratch register.
  masm_.mov(Width::w64, scratch, old_value);
  ColdCode& cold = add_cold(ColdCode::Kind::shade);
  masm_.jcc(Condition::not_equal, cold.entry);
  masm_.bind(cold.back);
}

// Fuel.

void FuncCompiler::charge(uint32_t cost) {
  if (cost == 0) return;
  masm_.mov(Width::w64, scratch, Mem(context_register, offsetof(abi::VmContext, state)));
  masm_.sub(Width::w64, Mem(scratch, offsetof(abi::ExecutionState, fuel)),
            static_cast<int32_t>(cost));
  refuel_if_borrowed();
}

void FuncCompiler::charge_length(Op op) {
  const binary::LengthUnit unit = binary::length_unit(op);
  if (unit == binary::LengthUnit::none) return;
  const Reg cost = alloc(RegClass::general);
  move_to_reg(stack_.back(), cost);
  const uint8_t shift = binary::length_shift(unit);
  if (shift != 0) masm_.shr(Width::w64, gpr(cost), shift);
  masm_.mov(Width::w64, scratch, Mem(context_register, offsetof(abi::VmContext, state)));
  masm_.sub(Width::w64, Mem(scratch, offsetof(abi::ExecutionState, fuel)), gpr(cost));
  refuel_if_borrowed();
  locked_ = 0;
}

void FuncCompiler::refuel_if_borrowed() {
  ColdCode& cold = add_cold(ColdCode::Kind::refuel);
  masm_.jcc(Condition::below, cold.entry);
  masm_.bind(cold.back);
}

// Code out of line.

FuncCompiler::ColdCode& FuncCompiler::add_cold(ColdCode::Kind kind) {
  ColdCode& cold = cold_.emplace_back();
  cold.kind = kind;
  cold.body_offset = masm_.body_offset();
  return cold;
}

void FuncCompiler::emit_cold_code() {
  for (ColdCode& cold : cold_) {
    masm_.set_body_offset(cold.body_offset);
    masm_.bind(cold.entry);
    switch (cold.kind) {
      case ColdCode::Kind::prologue:
        // The frame is not there yet: room for what the call pushes.
        masm_.sub(Width::w64, Gpr::rsp, 16);
        masm_.call_builtin(abi::BuiltinId::check_prologue);
        break;
      case ColdCode::Kind::poll:
        masm_.call_builtin(abi::BuiltinId::check_loop);
        masm_.jmp(cold.back);
        break;
      case ColdCode::Kind::refuel:
        masm_.call_builtin(abi::BuiltinId::refuel);
        masm_.jmp(cold.back);
        break;
      case ColdCode::Kind::listen_enter:
      case ColdCode::Kind::listen_exit:
      case ColdCode::Kind::listen_tail: emit_listen(cold); break;
      case ColdCode::Kind::canonical_nan:
        masm_.set(cold.nan, numeric::fold_operand(
                                cold.is_f64 ? numeric::to_bits(numeric::canonical_nan<double>())
                                            : numeric::to_bits(numeric::canonical_nan<float>())));
        masm_.jmp(cold.back);
        break;
      case ColdCode::Kind::shade:
        masm_.call_builtin(abi::BuiltinId::shade);
        masm_.jmp(cold.back);
        break;
      case ColdCode::Kind::foreign_call:
        masm_.call({codegen::TargetKind::foreign, cold.type.value});
        masm_.jmp(cold.back);
        break;
      case ColdCode::Kind::check_type:
        masm_.call({codegen::TargetKind::check_type, cold.type.value});
        masm_.jmp(cold.back);
        break;
      case ColdCode::Kind::test_ref: emit_test_ref(cold); break;
    }
  }
}

}  // namespace waxwing::baseline
