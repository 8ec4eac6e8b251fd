// See stubs.h. Frames: abi/frame.h. A stub keeps rsp a multiple of 16 where it calls.
#include "codegen/x64/stubs.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <utility>
#include <vector>

#include "abi/direct_call.h"
#include "abi/frame.h"
#include "abi/vm_context.h"
#include "abi/vm_layout.h"
#include "codegen/x64/bulk_moves.h"
#include "codegen/x64/call_moves.h"
#include "codegen/x64/macro_assembler.h"
#include "codegen/x64/registers.h"
#include "codegen/x64/stub_frames.h"

namespace waxwing::codegen::x64 {

using abi::BuiltinId;
using abi::BuiltinKind;
using abi::CodeStubs;
using abi::ExecutionState;
using abi::FuncRecord;
using abi::VmContext;
using syntax::TypeIdx;

namespace {

constexpr uint32_t stub_alignment = 16;
constexpr uint8_t int3 = 0xcc;

Mem field(Gpr base, size_t offset) { return Mem(base, static_cast<int32_t>(offset)); }
Mem of_context(size_t offset) { return field(context_register, offset); }

class Writer {
 public:
  Writer(const syntax::Module& module, const StubRequest& request, const CpuFeatures& features)
      : module_(module),
        request_(request),
        masm_(features),
        layout_(module),
        builtin_labels_(abi::builtin_count),
        foreign_labels_(module.types.size()) {}

  base::Result<StubCode> write() {
    write_enters();
    code_.stubs.leave = begin();
    write_leave();
    code_.stubs.restore = begin();
    write_restore();
    code_.stubs.restore_end = position();
    code_.stubs.fault = begin();
    write_fault();
    begin();
    write_failure();
    begin();
    write_thunk_failure();
    write_foreigns();
    write_type_checks();
    write_traps();
    write_builtins();
    if (request_.lazy_funcs != 0) write_func_entries();
    masm_.buffer().align(stub_alignment, int3);
    masm_.bind(funcs_begin_);
    CodeObject object;
    TRY(masm_.finish(object));
    code_.text = std::move(object.text);
    code_.padding = int3;
    return std::move(code_);
  }

 private:
  uint32_t position() { return masm_.buffer().position(); }
  uint32_t begin() {
    masm_.buffer().align(stub_alignment, int3);
    return position();
  }
  const syntax::FuncType& func_type(size_t type) const {
    return *module_.types[TypeIdx(static_cast<uint32_t>(type))].func();
  }
  Label& builtin(BuiltinId id) { return builtin_labels_[static_cast<size_t>(id)]; }

  void write_enters() {
    code_.stubs.enter_direct = begin();
    write_enter_direct();
    code_.stubs.enter.assign(module_.types.size(), CodeStubs::none);
    for (size_t type = 0; type < request_.enter.size(); ++type) {
      if (!request_.enter[type]) continue;
      code_.stubs.enter[type] = begin();
      write_enter(func_type(type));
    }
    code_.stubs.enter_end = position();
  }

  // Makes the frame on the thread's stack, whose frame pointer is the first on the Wasm stack, and
  // goes over to that one. The ExecutionState is in `entry_state`.
  void begin_entry() {
    masm_.push(Gpr::rbp);
    masm_.mov(Width::w64, Gpr::rbp, Gpr::rsp);
    masm_.push(c_argument0);
    for (const Gpr saved : saved_by_entry) masm_.push(saved);
    masm_.mov(Width::w64, entry_frame, Gpr::rbp);
    masm_.mov(Width::w64, context_register, c_argument0);
    masm_.push(field(entry_state, offsetof(ExecutionState, native_sp)));
    masm_.push(field(entry_state, offsetof(ExecutionState, exit_sp)));
    masm_.mov(Width::w64, field(entry_state, offsetof(ExecutionState, native_sp)), Gpr::rsp);
    masm_.mov(Width::w64, Gpr::rsp, field(entry_state, offsetof(ExecutionState, exit_sp)));
    masm_.mov(Width::w64, memory_base_register, of_context(offsetof(VmContext, memory0_base)));
  }

  // The exit's stack pointer is as it was, unless the call left Wasm code. Where it is, it is not
  // written again: the next entry takes its stack from there, and would wait for this one's.
  void end_entry() {
    Label is_same;
    masm_.mov(Width::w64, Gpr::rbp, entry_frame);
    masm_.mov(Width::w64, entry_state, of_context(offsetof(VmContext, state)));
    masm_.cmp(Width::w64, Gpr::rsp, field(entry_state, offsetof(ExecutionState, exit_sp)));
    masm_.jcc_short(Condition::equal, is_same);
    masm_.mov(Width::w64, field(entry_state, offsetof(ExecutionState, exit_sp)), Gpr::rsp);
    masm_.bind(is_same);
  }

  // Where there is an activation outside of this one: else nobody looks at its stack pointer.
  void restore_outer_native_sp() {
    masm_.mov(Width::w64, scratch, Mem(Gpr::rbp, entry_native_sp));
    masm_.mov(Width::w64, field(entry_state, offsetof(ExecutionState, native_sp)), scratch);
  }

  // Arguments and result are where they have to be. What the usual call does not need is out of
  // line: to begin inside of another call, to clear what the last one left, to end when somebody
  // interrupts.
  void write_enter_direct() {
    Label slowly, begun, outermost, others, ended, attention;
    masm_.mov(Width::w64, entry_state, field(c_argument0, offsetof(VmContext, state)));
    masm_.mov(Width::w64, Gpr::rax, field(entry_state, offsetof(ExecutionState, thread_ready)));
    masm_.of_thread();
    masm_.cmp(Width::w8, Mem(Gpr::rax), 0);
    masm_.jcc(Condition::equal, slowly);
    static_assert(offsetof(ExecutionState, has_remains) ==
                  offsetof(ExecutionState, call_depth) + 4);
    masm_.cmp(Width::w64, field(entry_state, offsetof(ExecutionState, call_depth)), 0);
    masm_.jcc(Condition::not_equal, slowly);
    // Both words again, or whoever reads both next would wait for this to reach the cache.
    masm_.mov(Width::w64, field(entry_state, offsetof(ExecutionState, call_depth)), 1);
    masm_.mov(Width::w64, field(entry_state, offsetof(ExecutionState, native_high)), Gpr::rsp);
    masm_.bind(begun);
    begin_entry();
    masm_.call(c_argument1);
    end_entry();
    masm_.dec(Width::w64, field(entry_state, offsetof(ExecutionState, call_depth)));
    masm_.jcc(Condition::not_equal, others);
    masm_.bind(outermost);
    // In this order: see Store::interrupt.
    masm_.inc(Width::w64, field(entry_state, offsetof(ExecutionState, current_call)));
    masm_.cmp(Width::w32, field(entry_state, offsetof(ExecutionState, attention)), 0);
    masm_.jcc(Condition::not_equal, attention);
    masm_.bind(ended);
    return_from_enter({Gpr::r13, Gpr::r14, Gpr::r15});
    masm_.bind(others);
    masm_.cmp(Width::w32, field(entry_state, offsetof(ExecutionState, call_depth)), 0);
    masm_.jcc(Condition::equal, outermost);
    restore_outer_native_sp();
    masm_.jmp(ended);
    masm_.bind(slowly);
    write_slow_beginning(begun);
    masm_.bind(attention);
    write_slow_end(ended);
  }

  // Keeps the arguments, and returns where the call cannot begin.
  void write_slow_beginning(Label& begun) {
    constexpr Gpr arguments[] = {c_argument0, c_argument1, Gpr::rdx, Gpr::rcx, Gpr::r8, Gpr::r9};
    constexpr int32_t floats_bytes = abi::max_direct_floats * 8 + 8;
    static_assert((std::size(arguments) * 8 + floats_bytes + 8) % 16 == 0);
    Label refused;
    for (const Gpr reg : arguments) masm_.push(reg);
    masm_.lea(Width::w64, Gpr::rsp, Mem(Gpr::rsp, -floats_bytes));
    for (uint8_t i = 0; i < abi::max_direct_floats; ++i)
      masm_.store(Mem(Gpr::rsp, 8 * i), static_cast<Xmm>(i), 8);
    masm_.call(field(entry_state, offsetof(ExecutionState, begin_call)));
    for (uint8_t i = 0; i < abi::max_direct_floats; ++i)
      masm_.load(static_cast<Xmm>(i), Mem(Gpr::rsp, 8 * i), 8);
    masm_.lea(Width::w64, Gpr::rsp, Mem(Gpr::rsp, floats_bytes));
    for (size_t i = std::size(arguments); i > 0; --i) masm_.pop(arguments[i - 1]);
    masm_.mov(Width::w64, entry_state, field(c_argument0, offsetof(VmContext, state)));
    masm_.test(Width::w8, Gpr::rax, Gpr::rax);
    masm_.jcc(Condition::equal, refused);
    // What begin_call took for the stack's end lies below the frames of builtins.
    masm_.cmp(Width::w32, field(entry_state, offsetof(ExecutionState, call_depth)), 1);
    masm_.jcc(Condition::not_equal, begun);
    masm_.mov(Width::w64, field(entry_state, offsetof(ExecutionState, native_high)), Gpr::rsp);
    masm_.jmp(begun);
    masm_.bind(refused);
    masm_.ret();
  }

  // In the frame of `enter`, on the thread's stack: keeps the result.
  void write_slow_end(Label& ended) {
    masm_.lea(Width::w64, Gpr::rsp, Mem(Gpr::rbp, -entry_frame_bytes - 16));
    masm_.mov(Width::w64, Mem(Gpr::rsp), Gpr::rax);
    masm_.store(Mem(Gpr::rsp, 8), Xmm::xmm0, 8);
    masm_.mov(Width::w64, c_argument0, context_register);
    masm_.call(field(entry_state, offsetof(ExecutionState, end_call)));
    masm_.mov(Width::w64, Gpr::rax, Mem(Gpr::rsp));
    masm_.load(Xmm::xmm0, Mem(Gpr::rsp, 8), 8);
    masm_.jmp(ended);
  }

  void write_enter(const syntax::FuncType& type) {
    const ValueList arguments = ValueList::arguments(type.params);
    const ValueList results = ValueList::results(type.results);
    masm_.mov(Width::w64, entry_state, field(c_argument0, offsetof(VmContext, state)));
    begin_entry();
    masm_.mov(Width::w64, scratch, c_argument1);
    masm_.mov(Width::w64, entry_slots, c_argument2);
    const ValueList::Copy copy = {.array = entry_slots, .transfer = Gpr::rax};
    if (arguments.has_transfer()) load_transfer(copy.transfer);
    arguments.copy_to_transfer(masm_, copy);
    arguments.load_registers(masm_, entry_slots, 0);
    masm_.call(scratch);
    results.store_registers(masm_, entry_slots, 0, scratch);
    if (results.has_transfer()) load_transfer(copy.transfer);
    results.copy_from_transfer(masm_, copy);
    end_entry();
    restore_outer_native_sp();
    masm_.set(Gpr::rax, static_cast<uint64_t>(abi::EntryOutcome::returned));
    return_from_enter({Gpr::r12, Gpr::r13, Gpr::r14, Gpr::r15});
  }

  // Returns from `enter` what is in its result's registers; its frame pointer is in rbp. Functions
  // that return keep the caller's registers, so only those that have changed are restored.
  void return_from_enter(std::initializer_list<Gpr> changed) {
    for (const Gpr reg : changed) masm_.mov(Width::w64, reg, Mem(Gpr::rbp, entry_place(reg)));
    masm_.leave();
    masm_.ret();
  }

  void write_leave() {
    masm_.bind(leave_);
    masm_.mov(Width::w64, entry_state, of_context(offsetof(VmContext, state)));
    masm_.mov(Width::w64, Gpr::rsp, field(entry_state, offsetof(ExecutionState, native_sp)));
    masm_.lea(Width::w64, Gpr::rbp, Mem(Gpr::rsp, entry_frame_bytes));
    masm_.mov(Width::w32, Gpr::rax, field(entry_state, offsetof(ExecutionState, result)));
    masm_.mov(Width::w32, field(entry_state, offsetof(ExecutionState, failure)), Gpr::rax);
    masm_.mov(Width::w64, Gpr::rcx, Mem(Gpr::rbp, entry_native_sp));
    masm_.mov(Width::w64, Gpr::rdx, Mem(Gpr::rbp, entry_exit_sp));
    masm_.mov(Width::w64, field(entry_state, offsetof(ExecutionState, native_sp)), Gpr::rcx);
    masm_.mov(Width::w64, field(entry_state, offsetof(ExecutionState, exit_sp)), Gpr::rdx);
    return_from_enter({Gpr::rbx, Gpr::r12, Gpr::r13, Gpr::r14, Gpr::r15});
  }

  // The callee has returned here: above are the caller's context and the real return address.
  void write_restore() {
    masm_.bind(restore_);
    masm_.pop(context_register);
    masm_.mov(Width::w64, memory_base_register, of_context(offsetof(VmContext, memory0_base)));
    masm_.ret();
  }

  void write_fault() {
    masm_.add(Width::w64, c_argument0, 1);  // a walk subtracts it again
    masm_.and_(Width::w64, Gpr::rsp, -16);
    masm_.push(c_argument0);
    masm_.jmp(builtin(BuiltinId::raise_trap));  // the trap's code is in its argument already
  }

  // A builtin has failed: its Status is in eax.
  void write_failure() {
    masm_.bind(failure_);
    masm_.cmp(Width::w32, Gpr::rax, static_cast<int32_t>(abi::Status::resume));
    masm_.jcc(Condition::not_equal, leave_);
    masm_.mov(Width::w64, scratch, of_context(offsetof(VmContext, state)));
    masm_.mov(Width::w64, Gpr::rax, field(scratch, offsetof(ExecutionState, result)));
    masm_.mov(Width::w64, Gpr::rsp, field(scratch, offsetof(ExecutionState, resume_sp)));
    masm_.mov(Width::w64, Gpr::rbp, field(scratch, offsetof(ExecutionState, resume_fp)));
    masm_.mov(Width::w64, context_register, Mem(Gpr::rbp, abi::frame_context));
    masm_.mov(Width::w64, memory_base_register, of_context(offsetof(VmContext, memory0_base)));
    masm_.jmp(field(scratch, offsetof(ExecutionState, resume_pc)));
  }

  // A thunk has failed: the stack is still the thread's, and exit_sp right.
  void write_thunk_failure() {
    masm_.bind(thunk_failure_);
    masm_.mov(Width::w64, Gpr::rax, of_context(offsetof(VmContext, builtins)));
    masm_.mov(Width::w64, c_argument0, context_register);
    masm_.call(field(Gpr::rax, static_cast<size_t>(BuiltinId::end_thunk) * sizeof(void*)));
    masm_.jmp(failure_);
  }

  // Those that stubs call are always there.
  bool is_builtin_needed(BuiltinId id) const {
    return request_.builtins[static_cast<size_t>(id)] || id == BuiltinId::raise_trap ||
           id == BuiltinId::call_func;
  }

  void write_builtins() {
    code_.stubs.builtins.assign(abi::builtin_count, CodeStubs::none);
    for (size_t i = 0; i < abi::builtin_count; ++i) {
      const auto id = static_cast<BuiltinId>(i);
      if (!is_builtin_needed(id)) continue;
      code_.stubs.builtins[i] = begin();
      masm_.bind(builtin(id));
      write_builtin(id);
    }
  }

  void write_quick_path(BuiltinId id) {
    Label otherwise;
    const Mem record = of_context(layout_.memory(syntax::MemIdx(0u)));
    if (id == BuiltinId::memory_copy) {
      write_quick_copy(masm_, record, otherwise);
    } else {
      write_quick_fill(masm_, record, otherwise);
    }
    masm_.bind(otherwise);
  }

  void write_builtin(BuiltinId id) {
    if (keeps_registers(id)) return write_keeping_builtin(id);
    const bool is_bulk = id == BuiltinId::memory_copy || id == BuiltinId::memory_fill;
    if (is_bulk && !module_.memories.empty()) write_quick_path(id);
    masm_.push(Gpr::rbp);
    masm_.mov(Width::w64, Gpr::rbp, Gpr::rsp);
    masm_.mov(Width::w64, scratch, of_context(offsetof(VmContext, state)));
    masm_.mov(Width::w64, Gpr::rax, of_context(offsetof(VmContext, builtins)));
    masm_.mov(Width::w64, field(scratch, offsetof(ExecutionState, exit_sp)), Gpr::rbp);
    masm_.mov(Width::w64, Gpr::rsp, field(scratch, offsetof(ExecutionState, native_sp)));
    masm_.mov(Width::w64, c_argument0, context_register);
    masm_.call(field(Gpr::rax, static_cast<size_t>(id) * sizeof(void*)));
    if (abi::builtin_info(id).kind == BuiltinKind::fallible) {
      static_assert(static_cast<uint32_t>(abi::Status::ok) == 0);
      masm_.test(Width::w32, Gpr::rax, Gpr::rax);
      masm_.jcc(Condition::not_equal, failure_);
      masm_.mov(Width::w64, scratch, of_context(offsetof(VmContext, state)));
      masm_.mov(Width::w64, Gpr::rax, field(scratch, offsetof(ExecutionState, result)));
    }
    masm_.leave();
    masm_.ret();
  }

  // What functions call out of line between instructions that know nothing of it.
  static bool keeps_registers(BuiltinId id) {
    return id == BuiltinId::check_loop || id == BuiltinId::refuel || id == BuiltinId::shade ||
           id == BuiltinId::listen_enter || id == BuiltinId::listen_exit;
  }

  void for_each_caller_saved(auto general, auto vector) {
    int32_t offset = 0;
    for (const Gpr reg : caller_saved_gprs) general(Mem(Gpr::rbp, offset -= 8), reg);
    for (uint8_t i = 0; i < 16; ++i) vector(Mem(Gpr::rbp, offset -= 16), static_cast<Xmm>(i));
  }

  // A frame above which lies a word, and then the return address: it keeps all registers. Below it
  // a copy of the caller's frame record, as the runtime is to see it.
  void begin_keeping() {
    masm_.push(Gpr::rbp);
    masm_.mov(Width::w64, Gpr::rbp, Gpr::rsp);
    for_each_caller_saved([&](const Mem& to, Gpr reg) { masm_.mov(Width::w64, to, reg); },
                          [&](const Mem& to, Xmm reg) { masm_.store(to, reg, 16); });
    masm_.lea(Width::w64, Gpr::rsp, Mem(Gpr::rbp, -caller_saved_bytes));
    masm_.push(Mem(Gpr::rbp, kept_word + 8));
    masm_.push(Mem(Gpr::rbp));
  }

  // The flags tell whether eax is 0.
  void end_keeping() {
    masm_.test(Width::w32, Gpr::rax, Gpr::rax);
    for_each_caller_saved([&](const Mem& from, Gpr reg) { masm_.mov(Width::w64, reg, from); },
                          [&](const Mem& from, Xmm reg) { masm_.load(reg, from, 16); });
    masm_.leave();
    masm_.lea(Width::w64, Gpr::rsp, Mem(Gpr::rsp, 8));
  }

  // Calls the runtime from the frame that begin_keeping made.
  void call_keeping(BuiltinId id) {
    masm_.mov(Width::w64, scratch, of_context(offsetof(VmContext, state)));
    masm_.mov(Width::w64, Gpr::rax, of_context(offsetof(VmContext, builtins)));
    masm_.mov(Width::w64, field(scratch, offsetof(ExecutionState, exit_sp)), Gpr::rsp);
    masm_.mov(Width::w64, Gpr::rsp, field(scratch, offsetof(ExecutionState, native_sp)));
    masm_.mov(Width::w64, c_argument0, context_register);
    masm_.call(field(Gpr::rax, static_cast<size_t>(id) * sizeof(void*)));
  }

  // Its argument, if it has one, is in `scratch`.
  void write_keeping_builtin(BuiltinId id) {
    masm_.push(0);
    begin_keeping();
    masm_.mov(Width::w64, builtin_argument_gprs[0], scratch);
    call_keeping(id);
    if (abi::builtin_info(id).kind == BuiltinKind::fallible) {
      masm_.test(Width::w32, Gpr::rax, Gpr::rax);
      masm_.jcc(Condition::not_equal, failure_);
    }
    end_keeping();
    masm_.ret();
  }

  // Each says which type it is about, and one does the rest.
  void write_type_checks() {
    code_.stubs.check_type.assign(module_.types.size(), CodeStubs::none);
    Label check;
    for (uint32_t type = 0; type < module_.types.size(); ++type) {
      if (!request_.check_type[type]) continue;
      code_.stubs.check_type[type] = begin();
      masm_.push(static_cast<int32_t>(layout_.type_id(TypeIdx(type))));
      masm_.jmp(check);
    }
    begin();
    masm_.bind(check);
    begin_keeping();
    masm_.mov(Width::w32, builtin_argument_gprs[0], field(scratch, offsetof(FuncRecord, type)));
    masm_.mov(Width::w64, builtin_argument_gprs[1], Mem(Gpr::rbp, kept_word));
    masm_.mov(Width::w32, builtin_argument_gprs[1],
              Mem(context_register, builtin_argument_gprs[1], Scale::x1));
    call_keeping(BuiltinId::is_subtype);
    end_keeping();
    masm_.jcc(Condition::equal, type_mismatch_);
    masm_.ret();
    begin();
    masm_.bind(type_mismatch_);
    masm_.set(builtin_argument_gprs[0],
              static_cast<uint64_t>(syntax::TrapCode::indirect_call_type_mismatch));
    masm_.jmp(builtin(BuiltinId::raise_trap));
  }

  // The return address is the trapping function's: nothing is pushed.
  void write_traps() {
    code_.stubs.traps.assign(request_.traps.size(), CodeStubs::none);
    for (size_t trap = 0; trap < request_.traps.size(); ++trap) {
      if (!request_.traps[trap]) continue;
      code_.stubs.traps[trap] = begin();
      masm_.set(builtin_argument_gprs[0], trap);
      masm_.jmp(builtin(BuiltinId::raise_trap));
    }
  }

  void write_foreigns() {
    code_.stubs.foreign.assign(module_.types.size(), CodeStubs::none);
    code_.stubs.tail_foreign.assign(module_.types.size(), CodeStubs::none);
    for (size_t type = 0; type < module_.types.size(); ++type) {
      if (!request_.foreign[type] && !request_.tail_foreign[type]) continue;
      code_.stubs.foreign[type] = begin();
      write_foreign(type);
      if (!request_.tail_foreign[type]) continue;
      code_.stubs.tail_foreign[type] = begin();
      write_tail_foreign(type);
    }
  }

  // The frame keeps the caller's context and memory base. The FuncRecord is in `scratch`.
  void write_foreign(size_t type) {
    Label without_code;
    masm_.bind(foreign_labels_[type]);
    masm_.push(Gpr::rbp);
    masm_.mov(Width::w64, Gpr::rbp, Gpr::rsp);
    masm_.cmp(Width::w64, field(scratch, offsetof(FuncRecord, code)), 0);
    masm_.jcc(Condition::equal, without_code);
    masm_.push(context_register);
    masm_.push(memory_base_register);
    switch_context();
    masm_.call(field(scratch, offsetof(FuncRecord, code)));
    masm_.pop(memory_base_register);
    masm_.pop(context_register);
    masm_.pop(Gpr::rbp);
    masm_.ret();
    masm_.bind(without_code);
    Label by_slots;
    if (abi::is_direct(func_type(type))) {
      masm_.cmp(Width::w64, field(scratch, offsetof(FuncRecord, thunk)), 0);
      masm_.jcc(Condition::equal, by_slots);
      write_call_of_thunk();
    }
    masm_.bind(by_slots);
    masm_.push(context_register);
    masm_.push(memory_base_register);
    write_call_by_slots(func_type(type));
  }

  // In the frame of a foreign stub that is not more than a frame record yet: as builtins are
  // called. C++ keeps the registers that the caller wants kept.
  void write_call_of_thunk() {
    masm_.mov(Width::w64, Gpr::rax, of_context(offsetof(VmContext, state)));
    masm_.mov(Width::w64, c_argument0, context_register);
    masm_.mov(Width::w64, c_argument1, field(scratch, offsetof(FuncRecord, host_data)));
    masm_.mov(Width::w64, field(Gpr::rax, offsetof(ExecutionState, exit_sp)), Gpr::rbp);
    masm_.mov(Width::w64, Gpr::rsp, field(Gpr::rax, offsetof(ExecutionState, native_sp)));
    masm_.call(field(scratch, offsetof(FuncRecord, thunk)));
    masm_.mov(Width::w64, scratch, of_context(offsetof(VmContext, state)));
    masm_.cmp(Width::w32, field(scratch, offsetof(ExecutionState, failure)), 0);
    masm_.jcc(Condition::not_equal, thunk_failure_);
    masm_.leave();
    masm_.ret();
  }

  // To the instance of the FuncRecord in `scratch`.
  void switch_context() {
    masm_.mov(Width::w64, context_register, field(scratch, offsetof(FuncRecord, context)));
    masm_.mov(Width::w64, memory_base_register, of_context(offsetof(VmContext, memory0_base)));
  }

  // In the frame of a foreign stub: the array ABI, for functions without code of ours. At most
  // 16,000 bytes of the stack's headroom.
  void write_call_by_slots(const syntax::FuncType& type) {
    const ValueList arguments = ValueList::arguments(type.params);
    const ValueList results = ValueList::results(type.results);
    const uint32_t slots = std::max(arguments.slot_count(), results.slot_count());
    const auto array_bytes = static_cast<int32_t>((slots + 1) / 2 * 16);
    if (array_bytes != 0) masm_.sub(Width::w64, Gpr::rsp, array_bytes);
    const ValueList::Copy copy = {.array = Gpr::rsp, .transfer = Gpr::rax};
    arguments.store_registers(masm_, Gpr::rsp, 0, Gpr::rax);
    if (arguments.has_transfer()) load_transfer(copy.transfer);
    arguments.copy_from_transfer(masm_, copy);
    masm_.mov(Width::w64, builtin_argument_gprs[0], scratch);
    masm_.mov(Width::w64, builtin_argument_gprs[1], Gpr::rsp);
    masm_.call(builtin(BuiltinId::call_func));
    if (results.has_transfer()) load_transfer(copy.transfer);
    results.copy_to_transfer(masm_, copy);
    results.load_registers(masm_, Gpr::rsp, 0);
    if (array_bytes != 0) masm_.add(Width::w64, Gpr::rsp, array_bytes);
    masm_.pop(memory_base_register);
    masm_.pop(context_register);
    masm_.pop(Gpr::rbp);
    masm_.ret();
  }

  void load_transfer(Gpr target) {
    masm_.mov(Width::w64, target, of_context(offsetof(VmContext, state)));
    masm_.mov(Width::w64, target, field(target, offsetof(ExecutionState, transfer)));
  }

  // The caller's frame is gone, so the callee will return to whoever is at the return address. Only
  // functions of this image rely on the context that they find then, as stubs have their own; a
  // call from one of them was within the instance. So what has to be restored is our own context,
  // and it is done at most once however many tail calls follow.
  void write_tail_foreign(size_t type) {
    Label has_context;
    Label is_restored;
    masm_.cmp(Width::w64, field(scratch, offsetof(FuncRecord, code)), 0);
    masm_.jcc(Condition::equal, foreign_labels_[type]);
    masm_.cmp(Width::w64, context_register, field(scratch, offsetof(FuncRecord, context)));
    masm_.jcc_short(Condition::equal, has_context);
    masm_.lea(Width::w64, memory_base_register, Mem::at(funcs_begin_));
    masm_.cmp(Width::w64, memory_base_register, Mem(Gpr::rsp));
    masm_.jcc_short(Condition::above, is_restored);
    masm_.lea(Width::w64, memory_base_register, Mem::at(funcs_begin_));
    code_.text_end_references.push_back(position() - 4);
    masm_.cmp(Width::w64, memory_base_register, Mem(Gpr::rsp));
    masm_.jcc_short(Condition::below, is_restored);
    masm_.push(context_register);
    masm_.lea(Width::w64, memory_base_register, Mem::at(restore_));
    masm_.push(memory_base_register);
    masm_.bind(is_restored);
    switch_context();
    masm_.bind(has_context);
    masm_.jmp(field(scratch, offsetof(FuncRecord, code)));
  }

  // The index of a function without code is in `scratch`. Has it compiled, and goes there as the
  // caller did: to the runtime, the caller's frame is the innermost.
  void write_first_call() {
    masm_.push(Gpr::rbp);
    masm_.mov(Width::w64, Gpr::rbp, Gpr::rsp);
    for_each_caller_saved([&](const Mem& to, Gpr reg) { masm_.mov(Width::w64, to, reg); },
                          [&](const Mem& to, Xmm reg) { masm_.store(to, reg, 16); });
    masm_.mov(Width::w64, builtin_argument_gprs[0], scratch);
    masm_.mov(Width::w64, scratch, of_context(offsetof(VmContext, state)));
    masm_.mov(Width::w64, Gpr::rax, of_context(offsetof(VmContext, builtins)));
    masm_.mov(Width::w64, field(scratch, offsetof(ExecutionState, exit_sp)), Gpr::rbp);
    masm_.mov(Width::w64, Gpr::rsp, field(scratch, offsetof(ExecutionState, native_sp)));
    masm_.mov(Width::w64, c_argument0, context_register);
    masm_.call(field(Gpr::rax, static_cast<size_t>(BuiltinId::compile_func) * sizeof(void*)));
    masm_.test(Width::w32, Gpr::rax, Gpr::rax);
    masm_.jcc(Condition::not_equal, failure_);
    // What is saved lies below exit_sp: nothing ran on this stack since.
    for_each_caller_saved([&](const Mem& from, Gpr reg) { masm_.mov(Width::w64, reg, from); },
                          [&](const Mem& from, Xmm reg) { masm_.load(reg, from, 16); });
    masm_.leave();
    masm_.mov(Width::w64, scratch, of_context(offsetof(VmContext, state)));
    masm_.jmp(field(scratch, offsetof(ExecutionState, result)));
  }

  void write_func_entries() {
    Label first_call;
    begin();
    masm_.bind(first_call);
    write_first_call();
    code_.stubs.func_entries = begin();
    for (uint32_t func = 0; func < request_.lazy_funcs; ++func) {
      masm_.mov(Width::w64, scratch, of_context(offsetof(VmContext, code_ptrs)));
      masm_.jmp(field(scratch, func * sizeof(void*)));
      masm_.buffer().align(CodeStubs::first_call, int3);
      masm_.set(scratch, func);
      masm_.jmp(first_call);
      masm_.buffer().align(CodeStubs::first_call, int3);
    }
  }

  const syntax::Module& module_;
  const StubRequest& request_;
  MacroAssembler masm_;
  const abi::VmLayout layout_;
  StubCode code_;
  std::vector<Label> builtin_labels_;
  std::vector<Label> foreign_labels_;  // by type
  Label leave_;
  Label restore_;
  Label failure_;
  Label thunk_failure_;
  Label type_mismatch_;
  Label funcs_begin_;
};

}  // namespace

base::Result<StubCode> Stubs::write(const syntax::Module& module, const StubRequest& request) {
  return Writer(module, request, features_).write();
}

}  // namespace waxwing::codegen::x64
