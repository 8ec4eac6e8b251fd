// Tests of a reference's type, and the branches and casts by them: the exact type is compared in
// line, supertypes are the runtime's. [spec 4.6.3, 4.6.8]
#include <bit>

#include "base/check.h"
#include "baseline/func_compiler.h"

namespace waxwing::baseline {

using abi::BuiltinId;
using codegen::x64::builtin_argument_gprs;
using codegen::x64::context_register;
using codegen::x64::scratch;
using syntax::AbstractHeap;
using syntax::HeapType;
using syntax::TrapCode;

namespace {

/// How much must be looked at to know whether a reference that is not null is of a type.
enum class Look : uint8_t {
  nothing_is,     // null alone can be
  everything_is,  // the top of a hierarchy
  at_bits,        // i31
  at_object,      // its kind
  at_type,        // the type in the first word of a function or an object
};

Look look_for(HeapType heap) {
  if (heap.is_index()) return Look::at_type;
  switch (heap.abstract()) {
    case AbstractHeap::func:
    case AbstractHeap::extern_:
    case AbstractHeap::any:
    case AbstractHeap::exn: return Look::everything_is;
    case AbstractHeap::i31: return Look::at_bits;
    case AbstractHeap::eq:
    case AbstractHeap::struct_:
    case AbstractHeap::array: return Look::at_object;
    case AbstractHeap::none:
    case AbstractHeap::nofunc:
    case AbstractHeap::noextern:
    case AbstractHeap::noexn:
    case AbstractHeap::bottom: return Look::nothing_is;
  }
  UNREACHABLE();
}

Value flags_of(Condition condition) {
  return {.place = Place::flags, .kind = ValKind::i32, .condition = condition};
}

}  // namespace

/// The flags say `equal` where the object or function has exactly that type.
void FuncCompiler::test_type_word(Gpr ref, syntax::TypeIdx type) {
  masm_.mov(Width::w32, scratch,
            Mem(context_register, static_cast<int32_t>(layout_.type_id(type))));
  if (!module_.types[type].func())
    masm_.add(Width::w32, scratch, static_cast<int32_t>(abi::first_type_header));
  masm_.cmp(Width::w32, Mem(ref), scratch);
}

Value FuncCompiler::test_ref(Gpr ref, const RefTest& test) {
  const Look look = look_for(test.heap);
  if (look == Look::nothing_is || look == Look::everything_is) {
    // A stack pointer is never null: what is known needs flags, too.
    const bool depends_on_null = (look == Look::nothing_is) == test.is_null_in;
    const Gpr tested = depends_on_null ? ref : Gpr::rsp;
    masm_.test(Width::w64, tested, tested);
    return flags_of(look == Look::nothing_is ? Condition::equal : Condition::not_equal);
  }
  // From here on `equal` means that it is of the type, wherever the answer is found.
  Label known;
  if (test.may_be_null && test.is_null_in) {
    masm_.test(Width::w64, ref, ref);
    masm_.jcc_short(Condition::equal, known);
  } else if (test.may_be_null) {
    masm_.cmp(Width::w64, ref, 1);  // below it is null alone, and `equal` is not so
    masm_.jcc_short(Condition::below, known);
  }
  if (look == Look::at_bits || test.heap == HeapType(AbstractHeap::eq)) {
    masm_.lea(Width::w32, scratch, Mem(ref, 1));
    masm_.test(Width::w32, scratch, 1);
    if (look == Look::at_bits) {
      masm_.bind(known);
      return flags_of(Condition::equal);
    }
    masm_.jcc_short(Condition::equal, known);
  } else if (test.may_be_tagged &&
             !(test.heap.is_index() && module_.types[test.heap.index()].func())) {
    masm_.test(Width::w32, ref, static_cast<int32_t>(abi::object_alignment - 1));
    masm_.jcc_short(Condition::not_equal, known);
  }
  if (look == Look::at_object) {
    ColdCode& cold = add_cold(ColdCode::Kind::test_ref);
    masm_.jmp(cold.entry);
    end_test_out_of_line(ref, test, cold);
  } else {
    test_type_word(ref, test.heap.index());
    if (!module_.types[test.heap.index()].is_final) {
      ColdCode& cold = add_cold(ColdCode::Kind::test_ref);
      masm_.jcc(Condition::not_equal, cold.entry);
      end_test_out_of_line(ref, test, cold);
    }
  }
  masm_.bind(known);
  return flags_of(Condition::equal);
}

/// Here the code out of line comes back, with all registers as they are.
void FuncCompiler::end_test_out_of_line(Gpr ref, const RefTest& test, ColdCode& cold) {
  cold.heap = test.heap;
  cold.ref = ref;
  cold.live = (held_ | cached_ | locked_ | valid_pins_) & (allocatable_ | pinned_) & ~saved_regs_;
  masm_.bind(cold.back);
}

/// Asks the runtime from below the frame. Null is known before.
void FuncCompiler::emit_test_ref(ColdCode& cold) {
  const int general = std::popcount(cold.live & general_regs);
  const int vector = std::popcount(cold.live & ~general_regs);
  const int32_t bytes = (general + 1) / 2 * 16 + vector * 16;
  const auto each_live = [&](auto visit) {
    int32_t offset = 0;
    for (RegSet left = cold.live & ~general_regs; left != 0; left &= left - 1, offset += 16)
      visit(static_cast<Reg>(std::countr_zero(left)), Mem(Gpr::rsp, offset), ValKind::v128);
    for (RegSet left = cold.live & general_regs; left != 0; left &= left - 1, offset += 8)
      visit(static_cast<Reg>(std::countr_zero(left)), Mem(Gpr::rsp, offset), ValKind::i64);
  };
  if (bytes != 0) masm_.sub(Width::w64, Gpr::rsp, bytes);
  each_live([this](Reg reg, const Mem& to, ValKind kind) { store_reg(to, reg, kind); });
  masm_.move(builtin_argument_gprs[0], cold.ref);
  masm_.mov_imm(builtin_argument_gprs[1], cold.heap.bits());
  masm_.set(builtin_argument_gprs[2], 0);
  masm_.call_builtin(BuiltinId::ref_test);
  masm_.move(scratch, codegen::x64::builtin_result_gpr);
  each_live([this](Reg reg, const Mem& from, ValKind kind) { load_reg(reg, from, kind); });
  if (bytes != 0) masm_.add(Width::w64, Gpr::rsp, bytes);
  masm_.cmp(Width::w32, scratch, 1);
  masm_.jmp(cold.back);
}

void FuncCompiler::push_ref_back(const Value& ref) {
  if (is_own(ref)) {
    push_reg(ValKind::ref, ref.reg);
  } else {
    push_local(static_cast<uint32_t>(ref.bits));
  }
}

void FuncCompiler::ref_test(HeapType type, bool is_null_in) {
  Value ref = pop();
  const Value flags = test_ref(in_gpr(ref), {.heap = type, .is_null_in = is_null_in});
  if (next_takes_flags()) return push_flags(flags.condition);
  const Reg result = result_reg(RegClass::general, nullptr);
  move_to_reg(flags, result);
  push_reg(ValKind::i32, result);
}

void FuncCompiler::ref_cast(HeapType type, bool is_null_in) {
  Value ref = pop();
  const Value flags = test_ref(in_gpr(ref), {.heap = type, .is_null_in = is_null_in});
  masm_.trap_if(assembler::x64::inverse(flags.condition), TrapCode::cast_failure);
  push_ref_back(ref);
}

// Branches.

void FuncCompiler::branch_on_null(const Instr& instr) {
  const bool on_null = instr.op == Op::br_on_null;
  Value ref = pop();
  const Gpr reg = in_gpr(ref);
  // Where null branches it is no operand of the label's.
  if (!on_null) push_ref_back(ref);
  masm_.test(Width::w64, reg, reg);
  branch_on(flags_of(on_null ? Condition::equal : Condition::not_equal), label(instr.index));
  if (on_null) {
    push_ref_back(ref);
  } else {
    pop();
  }
}

void FuncCompiler::branch_on_cast(const Instr& instr) {
  Value ref = pop();
  const Gpr reg = in_gpr(ref);
  push_ref_back(ref);
  const bool is_object = instr.heap.is_index() || instr.heap == HeapType(AbstractHeap::struct_) ||
                         instr.heap == HeapType(AbstractHeap::array);
  const Value flags = test_ref(reg, {.heap = instr.heap2,
                                     .is_null_in = instr.to_nullable,
                                     .may_be_null = instr.from_nullable,
                                     .may_be_tagged = !is_object});
  branch_on(instr.op == Op::br_on_cast ? flags : inverted(flags), label(instr.index));
}

}  // namespace waxwing::baseline
