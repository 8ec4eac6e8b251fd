// Builtins of calls, traps and exceptions, and the table of all of them. [spec 4.6.10, 4.6.11]
#include "runtime/builtins.h"

#include <type_traits>
#include <utility>

#include "runtime/listener.h"
#include "runtime/native_frames.h"

namespace waxwing::runtime {
namespace {

using syntax::TrapCode;

abi::Status leave_trapped(abi::VmContext& context) {
  context.state->result = static_cast<uint64_t>(abi::EntryOutcome::trapped);
  return abi::Status::leave;
}

/// The registers that a builtin's arguments take, in words of builtins.def.
constexpr size_t count_arguments(std::string_view words) {
  size_t count = words.empty() ? 0 : 1;
  for (const char c : words) count += c == ' ';
  return count;
}

template <abi::BuiltinKind kind, typename Result, typename... Arguments>
constexpr bool has_signature(Result (*)(abi::VmContext*, Arguments...), std::string_view words) {
  using Expected = std::conditional_t<kind == abi::BuiltinKind::plain, uint64_t, abi::Status>;
  return std::is_same_v<Result, Expected> && sizeof...(Arguments) == count_arguments(words) &&
         ((sizeof(Arguments) == sizeof(uint64_t)) && ...);
}

#define BUILTIN(NAME, KIND, ARGUMENTS)                                             \
  static_assert(has_signature<abi::BuiltinKind::KIND>(&builtins::NAME, ARGUMENTS), \
                "the declaration of " #NAME " does not agree with builtins.def");
#include "abi/builtins.def"

}  // namespace

const void* const builtin_functions[abi::builtin_count] = {
#define BUILTIN(NAME, KIND, ARGUMENTS) reinterpret_cast<const void*>(&builtins::NAME),
#include "abi/builtins.def"
};

abi::Status trap(abi::VmContext& context, TrapCode code, std::string detail) {
  static_cast<void>(store_of(context).set_trap(code, std::move(detail)));
  add_frames(store_of(context));
  return leave_trapped(context);
}

abi::Status trap_pending(abi::VmContext& context) {
  Store& store = store_of(context);
  if (!store.has_trap() && !store.check_interrupt())
    static_cast<void>(store.set_trap(TrapCode::interrupted));
  add_frames(store);
  return leave_trapped(context);
}

abi::Status end_call(abi::VmContext& context, Outcome outcome) {
  Store& store = store_of(context);
  switch (outcome) {
    case Outcome::returned: return succeed(context);
    case Outcome::trapped: return trap_pending(context);
    case Outcome::threw: break;
  }
  if (Exception* exception = std::exchange(store.pending_exception, nullptr))
    return unwind(store, exception);
  return trap(context, TrapCode::host_error, "it threw no exception");
}

namespace builtins {

Status call_func(VmContext* context, uint64_t func, Slot* slots) {
  Store& store = store_of(*context);
  return end_call(*context,
                  store.call(*Ref::from_bits(func).func(), slots, &instance_of(*context)));
}

Status end_thunk(VmContext* context) {
  return end_call(*context, store_of(*context).take_direct_failure());
}

Status raise_trap(VmContext* context, uint64_t trap_code) {
  return trap(*context, static_cast<TrapCode>(trap_code));
}

// The function that asks is not entered yet: the trap is its caller's.
Status check_prologue(VmContext* context) {
  Store& store = store_of(*context);
  if (!store.check_interrupt()) static_cast<void>(store.set_trap(TrapCode::call_stack_exhausted));
  add_frames(store, 1);
  return leave_trapped(*context);
}

Status check_loop(VmContext* context) {
  return store_of(*context).check_interrupt() ? trap_pending(*context) : succeed(*context);
}

Status refuel(VmContext* context) {
  return store_of(*context).refuel() ? succeed(*context) : trap_pending(*context);
}

uint64_t listen_enter(VmContext* context, const Slot* args) {
  NativeFrames frames(*context->state);
  NativeFrame frame;
  if (!frames.next(frame)) return 0;
  store_of(*context).listened()->enter({.instance = frame.instance,
                                        .func = frame.func_index(),
                                        .frame = ListenedCall::Frame::native,
                                        .address = frame.frame_pointer},
                                       args);
  return 0;
}

uint64_t listen_exit(VmContext* context, const Slot* results) {
  NativeFrames frames(*context->state);
  NativeFrame frame;
  if (frames.next(frame))
    store_of(*context).listened()->exit(ListenedCall::Frame::native, frame.frame_pointer, results);
  return 0;
}

Status throw_tag(VmContext* context, uint64_t tag, const Slot* slots) {
  Store& store = store_of(*context);
  Exception* exception = store.new_exception(*instance_of(*context).data.tags[tag], slots);
  return exception ? unwind(store, exception) : trap(*context, TrapCode::heap_exhausted);
}

Status throw_reference(VmContext* context, uint64_t ref) {
  Exception* exception = Ref::from_bits(ref).exception();
  if (!exception) return trap(*context, TrapCode::null_exception_reference);
  return unwind(store_of(*context), exception);
}

Status compile_func(VmContext* context, uint64_t func) {
  Instance& instance = instance_of(*context);
  const NativeCode& code = *instance.compiled().code->native_entries().code;
  const auto defined = static_cast<uint32_t>(func);
  const auto made = code.compile(defined);
  if (!made) return trap(*context, TrapCode::host_error, made.error().message());
  instance.note_code(syntax::FuncIdx(instance.module().imported_funcs + defined), *made);
  return succeed(*context, reinterpret_cast<uint64_t>(*made));
}

uint64_t is_subtype(VmContext* context, uint64_t sub, uint64_t super) {
  const TypeRegistry& types = store_of(*context).types();
  return types.is_subtype(TypeId(static_cast<uint32_t>(sub)), TypeId(static_cast<uint32_t>(super)));
}

}  // namespace builtins
}  // namespace waxwing::runtime
