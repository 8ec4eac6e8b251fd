// Calls out of machine code where a store has checkpoints: what a call can be returned from again
// is the activation's part of the Wasm stack and the registers that C++ keeps.
// [runtime/checkpoint.h]
#include "abi/frame.h"
#include "platform/kept_registers.h"
#include "runtime/builtins.h"
#include "runtime/checkpoint.h"
#include "runtime/native_frames.h"

namespace waxwing::runtime {
namespace {

/// Of the words: the frame record of the stub that makes the call, at which exit_sp points.
constexpr size_t kept_frame_pointer = 5;

/// What machine code of the innermost activation has on the stack.
std::span<Slot> stack_of(const abi::ExecutionState& state) {
  auto* const begin = reinterpret_cast<Slot*>(state.exit_sp);
  auto* const end = *reinterpret_cast<Slot* const*>(state.native_sp + abi::entry_stack_high);
  return {begin, end};
}

uint64_t body_bytes(Store& store, std::span<const uint64_t> /*state*/) {
  const std::span<const Slot> stack = stack_of(store.execution_state());
  const auto end = reinterpret_cast<uintptr_t>(stack.data() + stack.size());
  NativeFrames frames(store.execution_state());
  NativeFrame frame;
  uint64_t sum = 0;
  while (frames.next(frame) && reinterpret_cast<uintptr_t>(frame.frame_pointer) < end)
    sum += cost_to_go_on(frame.instance->module(), frame.func_index());
  return sum;
}

}  // namespace

// Here, so that who needs the table has what the platform's function calls: linkers that read each
// archive once would not go back for it.
const void* const builtin_functions_with_checkpoints[abi::builtin_count] = {
#define BUILTIN(NAME, KIND, ARGUMENTS)                       \
  abi::BuiltinId::NAME == abi::BuiltinId::call_func          \
      ? reinterpret_cast<const void*>(&waxwing_call_keeping) \
      : reinterpret_cast<const void*>(&builtins::NAME),
#include "abi/builtins.def"
};

}  // namespace waxwing::runtime

/// builtins::call_func, as the stub with the frame record at exit_sp called it.
uint32_t waxwing_called_keeping(void* vm_context, uint64_t argument, void* slots, uint64_t* kept) {
  using namespace waxwing;
  using namespace waxwing::runtime;
  auto& context = *static_cast<abi::VmContext*>(vm_context);
  Store& store = store_of(context);
  abi::ExecutionState& state = store.execution_state();
  Func& func = *Ref::from_bits(argument).func();
  auto* const values = static_cast<Slot*>(slots);
  ForeignCall call(store, func,
                   {.slots = values,
                    .stack = stack_of(state),
                    .state = {kept, platform::kept_words},
                    .body_bytes = &body_bytes});
  Outcome outcome = store.call(func, values, &instance_of(context));
  if (outcome == Outcome::trapped && call.resume()) {
    outcome = Outcome::returned;
    state.exit_sp = reinterpret_cast<uint8_t*>(kept[kept_frame_pointer]);
  }
  return static_cast<uint32_t>(end_call(context, outcome));
}
