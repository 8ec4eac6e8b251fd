// Functions of Wasm as C++ functions.
#pragma once

#include <array>
#include <atomic>
#include <tuple>

#include "waxwing/store.h"

namespace waxwing {

namespace detail {

/// What `R` in `R(A...)` stands for: no result, one, or several as a tuple.
template <typename R>
struct Results {
  using Types = std::tuple<R>;
};
template <>
struct Results<void> {
  using Types = std::tuple<>;
};
template <Scalar... R>
struct Results<std::tuple<R...>> {
  using Types = std::tuple<R...>;
};

template <typename Tuple>
struct TypeList;
template <Scalar... T>
struct TypeList<std::tuple<T...>> {
  static constexpr std::array<ValType, sizeof...(T)> types = {type_of<T>()...};
  static constexpr size_t slots = (size_t{0} + ... + slot_count<T>);
  static constexpr bool has_references = (Reference<T> || ...);
};

/// Writes arguments into slots, one after the other.
class SlotWriter {
 public:
  SlotWriter(StoreCore& store, Slot* slots) : store_(store), next_(slots) {}

  template <Scalar T>
  void add(const T& value) {
    if constexpr (std::same_as<T, V128>) {
      std::memcpy(next_, value.bytes.data(), 16);
    } else if constexpr (Reference<T>) {
      const Result<Slot> slot = ref_to_slot(store_, value, type_of<T>());
      if (!slot)
        error_ = slot.error();
      else
        *next_ = *slot;
    } else {
      *next_ = to_slot(value);
    }
    next_ += slot_count<T>;
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  StoreCore& store_;
  Slot* next_;
  std::optional<Error> error_;
};

/// `store` may be null but for references.
template <Scalar T>
T read_slot(const std::shared_ptr<StoreCore>& store, const Slot* slot) {
  if constexpr (std::same_as<T, V128>) {
    V128 value;
    std::memcpy(value.bytes.data(), slot, 16);
    return value;
  } else if constexpr (Reference<T>) {
    return T(ref_from_slot(store, *slot, type_of<T>()));
  } else {
    return from_slot<T>(*slot);
  }
}

/// The slots' values as a tuple; slot numbers are added up at compile time.
template <typename Tuple>
struct TupleReader;
template <Scalar... T>
struct TupleReader<std::tuple<T...>> {
  static std::tuple<T...> read(const std::shared_ptr<StoreCore>& store, const Slot* slots) {
    // Braces: from left to right.
    return std::tuple<T...>{read_slot<T>(store, std::exchange(slots, slots + slot_count<T>))...};
  }
};

/// Watches one call's time and stop token while it lives.
class WAXWING_API CallScope {
 public:
  CallScope(StoreCore& store, const CallOptions& options);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;
  /// Why the call must not begin, or nothing.
  std::optional<Error> error() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace detail

template <typename Signature>
class TypedFunc;

/// A function whose type was checked once: `TypedFunc<double(int32_t, float)>`. Arguments are
/// integers and enumerations of 32 and 64 bits, float, double, bool, V128, ExternRef, FuncRef,
/// AnyRef; the result is one of these, void, or a std::tuple of them. Copies are alike.
///
/// What a program includes of this library must be compiled with exceptions everywhere or nowhere.
template <typename R, detail::Scalar... Args>
class TypedFunc<R(Args...)> {
  using ResultTypes = detail::Results<R>::Types;

 public:
  /// Errors: `trapped`, `exited`, `interrupted`, `store_closed`, `wrong_store` of references;
  /// rethrows what a host function threw. Allocates nothing where all are numbers.
  [[gnu::always_inline]] Result<R> operator()(Args... args) const {
    if constexpr (is_direct) {
      if (*target_.is_callable) [[likely]]
        return enter(detail::to_word(args)...);
    }
    return call_by_slots(args...);
  }
  /// The same for at most so long.
  Result<R> operator()(const CallOptions& options, Args... args) const {
    const TypedFunc self = *this;  // this one may be gone when the call returns
    const detail::CallScope scope(*self.store_, options);
    if (auto error = scope.error()) return std::unexpected(*std::move(error));
    return self(args...);
  }

 private:
  friend class Func;
  TypedFunc(std::shared_ptr<detail::StoreCore> store, const detail::CallTarget& target)
      : store_(std::move(store)), target_(target) {}

  static constexpr bool has_number_result =
      std::is_void_v<R> || requires { requires detail::Number<R>; };
  static constexpr bool is_direct = has_number_result && detail::are_direct<Args...>();

  template <typename... Words>
  [[gnu::always_inline]] Result<R> enter(Words... words) const {
    using Return = std::conditional_t<std::is_void_v<R>, void, detail::Word<R>>;
    const auto entry = reinterpret_cast<Return (*)(void*, const void*, Words...)>(
        reinterpret_cast<uintptr_t>(target_.enter));
    const void* const code = target_.code->load(std::memory_order_acquire);
    // This function may be gone when it returns.
    detail::StoreCore* const store = store_.get();
    const bool* const is_callable = target_.is_callable;
    const uint32_t* const failure = target_.failure;
    const auto succeeded = [=] {
      return (*failure == 0 && *is_callable) || detail::settle_call(store);
    };
    if constexpr (std::is_void_v<R>) {
      call_entry(entry, target_.context, code, words...);
      if (succeeded()) [[likely]]
        return {};
    } else {
      const Return word = call_entry(entry, target_.context, code, words...);
      if (succeeded()) [[likely]]
        return detail::from_word<R>(word);
    }
    return failed(store);
  }
  [[gnu::cold, gnu::noinline]] static Result<R> failed(detail::StoreCore* store) {
    return detail::raise(detail::take_failure(store));
  }

  // Not instrumented: what it calls has no type that the sanitizer knows.
  template <typename Entry, typename... Words>
#if defined(__clang__)
  [[clang::no_sanitize("function")]]
#endif
  static auto call_entry(Entry entry, void* context, const void* code, Words... words) {
    return entry(context, code, words...);
  }

  [[gnu::noinline]] Result<R> call_by_slots(const Args&... args) const {
    constexpr size_t args_count = detail::TypeList<std::tuple<Args...>>::slots;
    constexpr size_t results_count = detail::TypeList<ResultTypes>::slots;
    constexpr size_t larger = args_count > results_count ? args_count : results_count;
    constexpr size_t count = larger != 0 ? larger : 1;
    detail::StoreCore* const store = store_.get();  // this may be gone when it returns
    std::shared_ptr<detail::StoreCore> kept;        // for references, which keep it themselves
    if constexpr (detail::TypeList<ResultTypes>::has_references) kept = store_;
    detail::Slot slots[count];
    detail::SlotWriter writer(*store, slots);
    (writer.add(args), ...);
    if (writer.error()) return std::unexpected(*writer.error());
    if (!detail::call_slots(store, target_.func, slots)) [[unlikely]]
      return failed(store);
    if constexpr (std::is_void_v<R>)
      return {};
    else if constexpr (requires { requires detail::Scalar<R>; })
      return detail::read_slot<R>(kept, slots);
    else
      return detail::TupleReader<R>::read(kept, slots);
  }

  std::shared_ptr<detail::StoreCore> store_;
  detail::CallTarget target_;
};

namespace detail {
template <typename Signature>
struct SignatureTypes;
template <typename R, Scalar... Args>
struct SignatureTypes<R(Args...)> {
  using Params = TypeList<std::tuple<Args...>>;
  using ResultList = TypeList<typename Results<R>::Types>;
};
}  // namespace detail

template <typename Signature>
Result<TypedFunc<Signature>> Func::typed() const {
  using Types = detail::SignatureTypes<Signature>;
  auto target =
      detail::find_target(*store_, object_, Types::Params::types, Types::ResultList::types);
  if (!target) return std::unexpected(std::move(target).error());
  return TypedFunc<Signature>(store_, *target);
}

}  // namespace waxwing
