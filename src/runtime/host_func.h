// Host functions made of C++ callables: the thunk that machine code calls with its arguments in
// registers, and the same by the array ABI for all other callers. [abi/direct_call.h]
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <utility>

#include "runtime/host_value.h"
#include "runtime/instance.h"

namespace waxwing::runtime {

/// Calls a thunk by the array ABI.
template <typename Result, typename... Words>
Outcome call_thunk(Result (*thunk)(abi::VmContext*, void*, Words...), void* data, Caller& caller,
                   Slot* slots) {
  abi::VmContext& context =
      caller.instance ? caller.instance->context() : caller.store.host_context();
  const auto call = [&]<size_t... I>(std::index_sequence<I...>) {
    return thunk(&context, data, slot_to_word<Words>(slots[I])...);
  };
  constexpr auto indices = std::index_sequence_for<Words...>();
  if constexpr (std::is_void_v<Result>) {
    call(indices);
  } else {
    const Result result = call(indices);
    if (context.state->failure == 0) [[likely]]
      slots[0] = to_slot(result);
  }
  return context.state->failure == 0 ? Outcome::returned : caller.store.take_direct_failure();
}

/// The HostCode of a thunk.
template <auto thunk>
Outcome code_of_thunk(void* data, Caller& caller, Slot* slots) {
  return call_thunk(thunk, data, caller, slots);
}

template <typename Signature>
struct HostFuncMaker;

template <HostResult Result, HostValue... Args>
struct HostFuncMaker<Result(Args...)> {
  template <typename Callable>
  static decltype(auto) call(Callable& callable, abi::VmContext& context, Args... args) {
    if constexpr (std::is_invocable_v<Callable&, Caller&, Args...>) {
      Caller caller{*static_cast<Store*>(context.store), static_cast<Instance*>(context.instance)};
      return std::invoke(callable, caller, args...);
    } else {
      return std::invoke(callable, args...);
    }
  }

  template <typename Callable>
  static Word<Result> thunk(abi::VmContext* context, void* data, Word<Args>... words) {
    auto& callable = *static_cast<Callable*>(data);
    using Returned = decltype(call(callable, *context, from_word<Args>(words)...));
    if constexpr (std::is_same_v<Returned, std::expected<Result, Outcome>>) {
      const Returned returned = call(callable, *context, from_word<Args>(words)...);
      if (!returned) [[unlikely]] {
        context->state->failure = static_cast<uint32_t>(returned.error());
        return Word<Result>();
      }
      if constexpr (!std::is_void_v<Result>) return to_word<Result>(*returned);
    } else if constexpr (std::is_void_v<Result>) {
      call(callable, *context, from_word<Args>(words)...);
    } else {
      return to_word<Result>(call(callable, *context, from_word<Args>(words)...));
    }
  }

  template <typename Callable>
  static HostFunc make(Callable callable) {
    constexpr auto to_type = [](syntax::ValKind kind) {
      return kind == syntax::ValKind::ref ? syntax::externref : syntax::ValType(kind);
    };
    HostFunc func;
    using Kinds = HostKinds<Result, Args...>;
    for (const syntax::ValKind kind : Kinds::params) func.type.params.push_back(to_type(kind));
    for (const syntax::ValKind kind : Kinds::results) func.type.results.push_back(to_type(kind));
    auto owner = std::make_shared<Callable>(std::move(callable));
    func.code = &code_of_thunk<&thunk<Callable>>;
    func.data = owner.get();
    func.owner = std::move(owner);
    if constexpr (are_direct<Args...>()) func.thunk = reinterpret_cast<HostThunk>(&thunk<Callable>);
    return func;
  }
};

/// A host function of that signature (`double(uint32_t, Ref)`) from what is called with these
/// arguments, or with a Caller& before them. It returns the result, or
/// std::expected<Result, Outcome>, whose error is `trapped` after Store::set_trap, or `threw` with
/// Store::pending_exception. It must not throw. References are externref; who wants other types
/// changes `type`, and only there. It never keeps the Caller.
template <typename Signature, typename Callable>
HostFunc make_host_func(Callable callable) {
  return HostFuncMaker<Signature>::make(std::move(callable));
}

}  // namespace waxwing::runtime
