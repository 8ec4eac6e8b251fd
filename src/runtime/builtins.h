// The functions of the runtime that generated code calls: their contracts are in abi/builtins.def.
// Each runs on the thread's stack while ExecutionState::exit_sp says where Wasm code called it.
#pragma once

#include <string>

#include "abi/builtins.h"
#include "abi/vm_context.h"
#include "runtime/instance.h"
#include "runtime/stop_word.h"

namespace waxwing::runtime {

inline Instance& instance_of(const abi::VmContext& context) {
  return *static_cast<Instance*>(context.instance);
}
inline Store& store_of(const abi::VmContext& context) {
  return *static_cast<Store*>(context.store);
}

/// What a fallible builtin returns with its value.
inline abi::Status succeed(abi::VmContext& context, uint64_t value = 0) {
  context.state->result = value;
  return abi::Status::ok;
}
/// What a fallible builtin returns where it traps: the store has the trap then, with the frames of
/// the running activation.
abi::Status trap(abi::VmContext& context, syntax::TrapCode code, std::string detail = {});
/// The same where the store has the trap already, or was asked to stop.
abi::Status trap_pending(abi::VmContext& context);
/// What a fallible builtin without a value returns; `interrupted` stands for whatever reason the
/// store has.
inline abi::Status finish(abi::VmContext& context, syntax::TrapCode code) {
  if (code == syntax::TrapCode::none) [[likely]]
    return abi::Status::ok;
  return code == syntax::TrapCode::interrupted ? trap_pending(context) : trap(context, code);
}

/// What long work looks at.
inline StopWord stop_word(const abi::VmContext& context) {
  return &store_of(context).stack().limit;
}

/// The parts of an argument `a:b`; the low one of any 32-bit argument.
constexpr uint32_t low_half(uint64_t argument) { return static_cast<uint32_t>(argument); }
constexpr uint32_t high_half(uint64_t argument) { return static_cast<uint32_t>(argument >> 32); }

/// By abi::BuiltinId; what VmContext::builtins points to.
extern const void* const builtin_functions[abi::builtin_count];
/// The same for stores with checkpoints, which are told of calls.
extern const void* const builtin_functions_with_checkpoints[abi::builtin_count];

/// A function that Wasm code called has ended like this.
abi::Status end_call(abi::VmContext& context, Outcome outcome);

}  // namespace waxwing::runtime

namespace waxwing::runtime::builtins {

using abi::Status;
using abi::VmContext;

// Calls, traps, exceptions.
Status call_func(VmContext* context, uint64_t func, Slot* slots);
Status end_thunk(VmContext* context);
Status raise_trap(VmContext* context, uint64_t trap_code);
Status check_prologue(VmContext* context);
Status check_loop(VmContext* context);
Status refuel(VmContext* context);
uint64_t listen_enter(VmContext* context, const Slot* args);
uint64_t listen_exit(VmContext* context, const Slot* results);
Status throw_tag(VmContext* context, uint64_t tag, const Slot* slots);
Status throw_reference(VmContext* context, uint64_t ref);
Status compile_func(VmContext* context, uint64_t func);
uint64_t is_subtype(VmContext* context, uint64_t sub, uint64_t super);

// Memories and tables.
uint64_t memory_grow(VmContext* context, uint64_t memory, uint64_t delta);
Status memory_fill(VmContext* context, uint64_t memory, uint64_t to, uint64_t value,
                   uint64_t length);
Status memory_copy(VmContext* context, uint64_t memories, uint64_t to, uint64_t from,
                   uint64_t length);
Status memory_init(VmContext* context, uint64_t memory_and_data, uint64_t to, uint64_t from,
                   uint64_t length);
uint64_t data_drop(VmContext* context, uint64_t data);
Status table_set(VmContext* context, uint64_t table, uint64_t index, uint64_t ref);
uint64_t table_grow(VmContext* context, uint64_t table, uint64_t delta, uint64_t ref);
Status table_fill(VmContext* context, uint64_t table, uint64_t to, uint64_t ref, uint64_t length);
Status table_copy(VmContext* context, uint64_t tables, uint64_t to, uint64_t from, uint64_t length);
Status table_init(VmContext* context, uint64_t table_and_elem, uint64_t to, uint64_t from,
                  uint64_t length);
uint64_t elem_drop(VmContext* context, uint64_t elem);
Status memory_atomic_wait32(VmContext* context, uint64_t memory, uint64_t index, uint64_t offset,
                            uint64_t expected, uint64_t timeout);
Status memory_atomic_wait64(VmContext* context, uint64_t memory, uint64_t index, uint64_t offset,
                            uint64_t expected, uint64_t timeout);
Status memory_atomic_notify(VmContext* context, uint64_t memory, uint64_t index, uint64_t offset,
                            uint64_t count);

// References and the heap.
uint64_t ref_func(VmContext* context, uint64_t func);
uint64_t shade(VmContext* context, uint64_t ref);
uint64_t ref_test(VmContext* context, uint64_t ref, uint64_t heap_type, uint64_t is_null_in);
Status struct_new(VmContext* context, uint64_t type, const Slot* slots);
Status struct_new_default(VmContext* context, uint64_t type);
Status array_new(VmContext* context, uint64_t type, const Slot* slots, uint64_t length);
Status array_new_default(VmContext* context, uint64_t type, uint64_t length);
Status array_new_fixed(VmContext* context, uint64_t type, const Slot* slots, uint64_t length);
Status array_new_data(VmContext* context, uint64_t type_and_data, uint64_t offset, uint64_t length);
Status array_new_elem(VmContext* context, uint64_t type_and_elem, uint64_t offset, uint64_t length);
Status array_fill(VmContext* context, uint64_t type, uint64_t array, uint64_t index,
                  const Slot* slots, uint64_t length);
Status array_copy(VmContext* context, uint64_t to_array, uint64_t to, uint64_t from_array,
                  uint64_t from, uint64_t length);
Status array_init_data(VmContext* context, uint64_t type_and_data, uint64_t array, uint64_t to,
                       uint64_t from, uint64_t length);
Status array_init_elem(VmContext* context, uint64_t type_and_elem, uint64_t array, uint64_t to,
                       uint64_t from, uint64_t length);

}  // namespace waxwing::runtime::builtins
