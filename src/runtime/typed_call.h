// Calls from the host with C++'s types, checked once: machine code gets its arguments in the
// registers in which C++ has them. [abi/direct_call.h]
#pragma once

#include <atomic>
#include <expected>
#include <span>

#include "runtime/host_value.h"
#include "runtime/store.h"

namespace waxwing::runtime {

/// A function and, where it is machine code that can be called directly, how.
struct CallTarget {
  Store* store = nullptr;
  Func* func = nullptr;
  const void* enter = nullptr;  // CodeStubs::enter_direct; null: by the array ABI
  abi::VmContext* context = nullptr;
  const std::atomic<const void*>* code = nullptr;  // where its code is now

  /// Fails with `wrong_type` where the function has other parameters or results. All references
  /// are of one kind.
  static base::Result<CallTarget> find(Store& store, Func& func,
                                       std::span<const syntax::ValKind> params,
                                       std::span<const syntax::ValKind> results);
};

template <typename Signature>
class TypedCall;

/// A function as something to call: `TypedCall<uint32_t(uint32_t, double)>`. A small value, good as
/// long as its store; it changes only the store, whose thread calls it. Does what Store::call does.
template <HostResult Result, HostValue... Args>
class TypedCall<Result(Args...)> {
 public:
  /// Fails with `wrong_type` where the function has another type. `func` is the store's.
  static base::Result<TypedCall> make(Store& store, Func& func) {
    using Kinds = HostKinds<Result, Args...>;
    return TypedCall(TRY(CallTarget::find(store, func, Kinds::params, Kinds::results)));
  }

  /// The result, or how the call failed: `Store::take_failure` tells more. References are not
  /// checked: each is of its parameter's type, and the caller keeps those it needs longer in
  /// `Roots`. Allocates nothing.
  std::expected<Result, Outcome> operator()(Args... args) const {
    if constexpr (are_direct<Args...>()) {
      if (target_.enter) [[likely]]
        return call_directly(args...);
    }
    return call_by_slots(args...);
  }

 private:
  explicit TypedCall(const CallTarget& target) : target_(target) {}

  std::expected<Result, Outcome> call_directly(Args... args) const {
    Store& store = *target_.store;
    if constexpr (std::is_void_v<Result>) {
      enter(args...);
      if (store.execution_state().failure != 0) [[unlikely]]
        return std::unexpected(store.fail_direct_call());
      return {};
    } else {
      const Word<Result> result = enter(args...);
      if (store.execution_state().failure != 0) [[unlikely]]
        return std::unexpected(store.fail_direct_call());
      return from_word<Result>(result);
    }
  }

  // Not instrumented: what it calls has no type that the sanitizer knows.
#if defined(__clang__)
  [[clang::no_sanitize("function")]]
#endif
  Word<Result> enter(Args... args) const {
    const auto entry = reinterpret_cast<abi::DirectEntry<Word<Result>, Word<Args>...>>(
        reinterpret_cast<uintptr_t>(target_.enter));
    return entry(target_.context, target_.code->load(std::memory_order_acquire),
                 to_word<Args>(args)...);
  }

  std::expected<Result, Outcome> call_by_slots(Args... args) const {
    // One more, for a result.
    Slot slots[sizeof...(Args) + 1] = {to_slot(to_word<Args>(args))...};
    const Outcome outcome = target_.store->call(*target_.func, slots);
    if (outcome != Outcome::returned) return std::unexpected(outcome);
    if constexpr (std::is_void_v<Result>)
      return {};
    else
      return from_word<Result>(slot_to_word<Word<Result>>(slots[0]));
  }

  CallTarget target_;
};

}  // namespace waxwing::runtime
