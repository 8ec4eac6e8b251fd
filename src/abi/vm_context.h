// What generated code reads of an instance: one contiguous block, reached through one register. A
// header is followed by arrays whose places follow from the module (vm_layout.h). Runtime and
// compilers meet here and nowhere else.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace waxwing::abi {

struct VmContext;

/// A cell of frames, arguments and results, as runtime::Slot has it.
using Slot = uint64_t;

/// What generated code reads of a function object. A reference to a function is its address.
struct FuncRecord {
  uint32_t type = 0;   // engine-wide type id
  uint32_t index = 0;  // in the module of `context`'s instance; meaningless for a host function
  VmContext* context = nullptr;  // of its instance; null for a host function
  const void* code = nullptr;  // by the register convention (codegen/call_layout.h); null: call it
                               // through `thunk` or, without one, through `call_func`
  /// Of a host function whose type fits (abi/direct_call.h), or null: C++ that takes its arguments
  /// where the register convention has them.
  const void* thunk = nullptr;
  void* host_data = nullptr;  // for `thunk`
};

/// What generated code reads of a table. `elements` moves when it grows.
struct TableRecord {
  uint64_t* elements = nullptr;  // runtime::Ref
  uint64_t size = 0;
};

/// What generated code reads of a memory. `base` never changes.
struct MemoryRecord {
  uint8_t* base = nullptr;
  std::atomic<uint64_t> size_bytes = 0;  // only grows
};

/// What code with counters adds up of a function, for a tier that compiles it again. One thread
/// writes, any may read.
struct FuncCounters {
  std::atomic<uint64_t> entries = 0;       // calls of it
  std::atomic<uint64_t> loop_headers = 0;  // beginnings of iterations of its loops, all together
};

/// The state of a store's calls into generated code. Frames of Wasm code lie on a stack of the
/// store's own, which grows down; all else runs on the thread's stack.
struct ExecutionState {
  /// The thread's stack pointer in the entry stub of the innermost activation: leaving it restores
  /// this, and calls from Wasm to the runtime run below it.
  uint8_t* native_sp = nullptr;
  /// Where free Wasm stack begins: below the frame record {caller's frame pointer, return address}
  /// of the innermost exit from Wasm code, at which this points; or the stack's upper end. Aligned
  /// to 16.
  uint8_t* exit_sp = nullptr;
  /// What a builtin that can fail returns, besides its status; with Status::leave the EntryOutcome.
  uint64_t result = 0;
  /// Where Status::resume goes on: a handler of exceptions, which finds the exception in `result`.
  const void* resume_pc = nullptr;
  uint8_t* resume_sp = nullptr;
  uint8_t* resume_fp = nullptr;
  /// Arguments and results beyond the registers; room for max_transfer_slots. A callee takes its
  /// arguments before it does anything else, a caller its results.
  Slot* transfer = nullptr;
  /// References that are overwritten outside of stacks must be shaded first.
  bool is_marking = false;
  /// How what was called directly failed: an EntryOutcome, or 0. Written by CodeStubs::leave, by
  /// thunks of host functions and by `begin_call`; whoever sees it clears it.
  uint32_t failure = 0;
  /// What is left for code that counts (binary/fuel.h). Code subtracts before it works; where that
  /// borrows, it calls BuiltinId::refuel, which finds what is missing here, negated.
  uint64_t fuel = 0;
  /// Whether code that was made to tells of its calls, by BuiltinId::listen_enter and listen_exit.
  uint32_t listening = 0;
  /// What begins and ends calls, in CodeStubs::enter_direct and in the runtime. Calls that run,
  /// each inside of the one before; the store's thread writes it.
  alignas(8) std::atomic<uint32_t> call_depth = 0;
  /// Not 0: the last call left something that is cleared before the next one.
  uint32_t has_remains = 0;
  /// The number of the call that runs or, if none does, of the next one. Raised when one ends.
  std::atomic<uint64_t> current_call = 1;
  /// Not 0: whoever ends the outermost call, after raising its number, asks `end_call`.
  std::atomic<uint32_t> attention = 0;
  /// The thread's stack pointer where the outermost call began.
  uintptr_t native_high = 0;
  /// From the thread pointer to a byte, 0 in threads that `begin_call` has not made ready.
  intptr_t thread_ready = 0;
  /// Does what the stub does not where a thread is not ready, there are remains, or others run.
  /// False: `failure` says that the call cannot begin.
  bool (*begin_call)(VmContext*) = nullptr;
  void (*end_call)(VmContext*) = nullptr;
};

/// Of 1000 arguments or results, two each at most.
inline constexpr uint32_t max_transfer_slots = 2000;

/// How a builtin that can fail ended.
enum class Status : uint32_t {
  ok,      // the value is in ExecutionState::result
  leave,   // the activation ends: a trap or an exception that nobody in it catches; the store knows
           // it, and ExecutionState::result is the EntryOutcome
  resume,  // go on at ExecutionState::resume_pc with its stack and frame pointer
};

/// How an activation ended, in the order of runtime::Outcome.
enum class EntryOutcome : uint32_t { returned, trapped, threw };

struct VmContext {
  /// The lowest stack pointer that a function may begin with. Any thread may write `stop` here,
  /// which stops the guest at the next prologue or loop header.
  std::atomic<uintptr_t> stack_limit = 0;
  uint8_t* memory0_base = nullptr;
  ExecutionState* state = nullptr;
  /// By defined function: where it is called. A data slot, so that code is replaced without being
  /// changed.
  const std::atomic<const void*>* code_ptrs = nullptr;
  /// By BuiltinId.
  const void* const* builtins = nullptr;
  void* instance = nullptr;  // runtime::Instance
  void* store = nullptr;     // runtime::Store

  /// A limit below which every stack pointer lies.
  static constexpr uintptr_t stop = UINTPTR_MAX;
};

/// Below VmContext::stack_limit there is this much more stack, for frames that do not ask: a frame
/// of at most `unchecked_frame_bytes` compares rsp before it makes room, a larger one asks for the
/// rest.
inline constexpr uint32_t unchecked_frame_bytes = 4096;
inline constexpr uint32_t stack_headroom_bytes = 32768;

/// Behind the 4 GiB that a guarded memory's index reaches, this much faults too: the largest offset
/// plus size of an access that needs no check.
inline constexpr uint64_t guard_bytes = uint64_t{64} << 20;
inline constexpr uint32_t max_access_bytes = 16;

// Generated code has these numbers in it; a cached image is valid as long as they hold.
static_assert(offsetof(FuncRecord, type) == 0);
static_assert(offsetof(FuncRecord, index) == 4);
static_assert(offsetof(FuncRecord, context) == 8);
static_assert(offsetof(FuncRecord, code) == 16);
static_assert(offsetof(FuncRecord, thunk) == 24);
static_assert(offsetof(FuncRecord, host_data) == 32);
static_assert(offsetof(TableRecord, elements) == 0);
static_assert(offsetof(TableRecord, size) == 8);
static_assert(offsetof(FuncCounters, entries) == 0);
static_assert(offsetof(FuncCounters, loop_headers) == 8);
static_assert(offsetof(MemoryRecord, base) == 0);
static_assert(offsetof(MemoryRecord, size_bytes) == 8);
static_assert(offsetof(ExecutionState, native_sp) == 0);
static_assert(offsetof(ExecutionState, exit_sp) == 8);
static_assert(offsetof(ExecutionState, result) == 16);
static_assert(offsetof(ExecutionState, resume_pc) == 24);
static_assert(offsetof(ExecutionState, resume_sp) == 32);
static_assert(offsetof(ExecutionState, resume_fp) == 40);
static_assert(offsetof(ExecutionState, transfer) == 48);
static_assert(offsetof(ExecutionState, is_marking) == 56);
static_assert(offsetof(ExecutionState, failure) == 60);
static_assert(offsetof(ExecutionState, fuel) == 64);
static_assert(offsetof(ExecutionState, listening) == 72);
static_assert(offsetof(ExecutionState, call_depth) == 80);
static_assert(offsetof(ExecutionState, has_remains) == 84);
static_assert(offsetof(ExecutionState, current_call) == 88);
static_assert(offsetof(ExecutionState, attention) == 96);
static_assert(offsetof(ExecutionState, native_high) == 104);
static_assert(offsetof(ExecutionState, thread_ready) == 112);
static_assert(offsetof(ExecutionState, begin_call) == 120);
static_assert(offsetof(ExecutionState, end_call) == 128);
static_assert(offsetof(VmContext, stack_limit) == 0);
static_assert(offsetof(VmContext, memory0_base) == 8);
static_assert(offsetof(VmContext, state) == 16);
static_assert(offsetof(VmContext, code_ptrs) == 24);
static_assert(offsetof(VmContext, builtins) == 32);
static_assert(sizeof(std::atomic<uintptr_t>) == 8 && sizeof(std::atomic<uint64_t>) == 8);

}  // namespace waxwing::abi
