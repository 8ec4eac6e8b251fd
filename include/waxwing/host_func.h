// Functions of C++ as Wasm functions: any callable, with guest memory behind its parameters checked
// before its body runs.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "waxwing/checkpoint.h"
#include "waxwing/detail/function.h"
#include "waxwing/store.h"
#include "waxwing/typed_func.h"

namespace waxwing {

/// Who calls a host function: to be taken as its first parameter, `Caller&`, and not to be kept.
class WAXWING_API Caller {
 public:
  explicit Caller(detail::HostContext* context) : context_(context) {}

  /// The store of the call; not its owner.
  Store& store();
  /// The instance whose code calls; nothing where the host calls the function itself.
  std::optional<Instance> instance() const;
  /// The first memory of that instance; `not_found` where there is none.
  Result<Memory> memory() const;
  /// Whether the running call shall end: what takes long returns then, with whatever.
  bool is_stopped() const noexcept;

  /// This call, for a later host function to have it return again. Fails with `unsupported` without
  /// `Config::checkpoints`, `invalid_argument` where no Wasm code calls, `resource_limit` where the
  /// store has too many, `out_of_memory`. [checkpoint.h]
  Result<Checkpoint> checkpoint() const;
  /// What a host function returns to end itself, and the Wasm code that called it, and go on where
  /// the checkpoint's call returns, as often as it likes: with these results, and locals and
  /// operands as they were then. Memories, tables, globals and fuel stay as they are now; with
  /// `Config::fuel`, as much is used as the functions that go on have bytes and locals. Where it
  /// cannot be, the error that it returns says why: `invalid_argument` where what the host had
  /// called had returned since, or where the host functions of other calls lie between,
  /// `wrong_type` for the results, `wrong_store`, `store_closed`. Frames of the host end in order,
  /// by returns.
  std::unexpected<Error> restore(const Checkpoint& checkpoint,
                                 std::span<const Value> results = {}) const;
  std::unexpected<Error> restore(const Checkpoint& checkpoint,
                                 std::initializer_list<Value> results) const {
    return restore(checkpoint, std::span<const Value>(results.begin(), results.size()));
  }

 private:
  detail::HostContext* context_;
  std::optional<Store> store_;
};

/// A parameter that is the address of one T in the caller's memory. The address was checked before
/// the function's body runs: that it lies in the memory, and is a multiple of T's alignment.
template <detail::Plain T>
class GuestPtr {
 public:
  GuestPtr() = default;
  GuestPtr(T* host, uint32_t address) : host_(host), address_(address) {}

  T& operator*() const { return *host_; }
  T* operator->() const { return host_; }
  T* get() const { return host_; }
  uint32_t address() const { return address_; }

 private:
  T* host_ = nullptr;
  uint32_t address_ = 0;
};

namespace detail {

/// What host functions are kept in: the callable follows.
struct HostBlock {
  bool (*call)(HostBlock* block, HostContext* context, Slot* slots) = nullptr;
};

/// These record why the running call fails, for a host function to return then.
WAXWING_API void fail_call(HostContext* context, const Error& error) noexcept;
WAXWING_API void fail_call(HostContext* context, std::exception_ptr exception,
                           const char* what) noexcept;
/// `count` values of that size at `address` of the caller's memory; null where they are not in it,
/// or the address is no multiple of `alignment`: then the call has failed.
WAXWING_API void* guest_range(HostContext* context, uint32_t address, uint64_t count,
                              std::pair<size_t, size_t> size_and_alignment) noexcept;
WAXWING_API Ref ref_from_host_slot(HostContext* context, Slot slot, ValType type);
/// False where the reference is another store's or of another type: then the call has failed.
WAXWING_API bool ref_to_host_slot(HostContext* context, const Ref& ref, ValType type,
                                  Slot& slot) noexcept;

/// How a parameter is made of slots. `Types` are those that Wasm code sees.
template <typename T>
struct Param;

template <Scalar T>
struct Param<T> {
  using Types = std::tuple<T>;
  static bool read(HostContext* context, const Slot* slots, T& value) {
    if constexpr (std::same_as<T, V128>)
      std::memcpy(value.bytes.data(), slots, 16);
    else if constexpr (Reference<T>)
      value = T(ref_from_host_slot(context, *slots, type_of<T>()));
    else
      value = from_slot<T>(*slots);
    return true;
  }
};

template <Plain T>
struct Param<std::span<T>> {
  using Types = std::tuple<uint32_t, uint32_t>;
  static bool read(HostContext* context, const Slot* slots, std::span<T>& value) {
    const auto count = static_cast<uint32_t>(slots[1]);
    void* const first =
        guest_range(context, static_cast<uint32_t>(slots[0]), count, {sizeof(T), alignof(T)});
    if (first) value = std::span<T>(static_cast<T*>(first), count);
    return first != nullptr;
  }
};

template <>
struct Param<std::string_view> {
  using Types = std::tuple<uint32_t, uint32_t>;
  static bool read(HostContext* context, const Slot* slots, std::string_view& value) {
    std::span<const char> text;
    if (!Param<std::span<const char>>::read(context, slots, text)) return false;
    value = std::string_view(text.data(), text.size());
    return true;
  }
};

template <>
struct Param<std::string> {
  using Types = std::tuple<uint32_t, uint32_t>;
  static bool read(HostContext* context, const Slot* slots, std::string& value) {
    std::string_view text;
    if (!Param<std::string_view>::read(context, slots, text)) return false;
    value = text;
    return true;
  }
};

template <typename T>
struct Param<GuestPtr<T>> {
  using Types = std::tuple<uint32_t>;
  static bool read(HostContext* context, const Slot* slots, GuestPtr<T>& value) {
    const auto address = static_cast<uint32_t>(slots[0]);
    void* const host = guest_range(context, address, 1, {sizeof(T), alignof(T)});
    value = GuestPtr<T>(static_cast<T*>(host), address);
    return host != nullptr;
  }
};

template <typename T>
concept HostParam = requires { typename Param<T>::Types; };

/// What a host function can return.
template <typename T>
inline constexpr bool is_result = std::is_void_v<T> || Scalar<T>;
template <Scalar... T>
inline constexpr bool is_result<std::tuple<T...>> = true;
template <typename T>
inline constexpr bool is_result<Result<T>> = is_result<T>;

/// A value or a constant reference; what is written to another reference would be lost.
template <typename T>
concept HostArgument =
    HostParam<std::remove_cvref_t<T>> &&
    (!std::is_lvalue_reference_v<T> || std::is_const_v<std::remove_reference_t<T>>);

/// What a host function's return type means: `Types` are Wasm's results.
template <typename R>
struct HostResult {
  using Types = typename Results<R>::Types;
  static constexpr bool can_fail = false;
};
template <typename R>
struct HostResult<Result<R>> {
  using Types = typename Results<R>::Types;
  static constexpr bool can_fail = true;
};

template <Scalar T>
bool write_slot(HostContext* context, const T& value, Slot* slot) {
  if constexpr (std::same_as<T, V128>)
    std::memcpy(slot, value.bytes.data(), 16);
  else if constexpr (Reference<T>)
    return ref_to_host_slot(context, value, type_of<T>(), *slot);
  else
    *slot = to_slot(value);
  return true;
}
template <Scalar... T>
bool write_slots(HostContext* context, const std::tuple<T...>& values, Slot* slots) {
  return std::apply(
      [&](const T&... value) {
        return (write_slot(context, value, std::exchange(slots, slots + slot_count<T>)) && ...);
      },
      values);
}

/// Runs `body`; what it throws becomes the failure of the call.
template <typename Body>
bool guarded(HostContext* context, Body&& body) noexcept {
#if defined(__cpp_exceptions)
  try {
    return body();
  } catch (const std::exception& exception) {
    fail_call(context, std::current_exception(), exception.what());
    return false;
  } catch (...) {
    fail_call(context, std::current_exception(), "what is no std::exception");
    return false;
  }
#else
  (void)context;
  return body();
#endif
}

template <typename Callable, bool takes_caller, typename R, typename... P>
struct HostBody : HostBlock {
  Callable callable;

  explicit HostBody(Callable given) : callable(std::move(given)) { call = &by_slots; }

  using ParamTypes = decltype(std::tuple_cat(std::declval<typename Param<P>::Types>()...));
  using ResultTypes = typename HostResult<R>::Types;

  R run(HostContext* context, std::tuple<P...>& params) {
    return std::apply(
        [&](P&... param) -> R {
          if constexpr (takes_caller) {
            Caller caller(context);
            return callable(caller, std::move(param)...);
          } else {
            return callable(std::move(param)...);
          }
        },
        params);
  }

  static bool read(HostContext* context, const Slot* slots, std::tuple<P...>& params) {
    return std::apply(
        [&](P&... param) {
          return (Param<P>::read(
                      context,
                      std::exchange(slots, slots + TypeList<typename Param<P>::Types>::slots),
                      param) &&
                  ...);
        },
        params);
  }

  /// Reads the parameters, runs the callable, gives its result, where it has one, to `take`. False:
  /// the call has failed.
  template <typename Take>
  bool perform(HostContext* context, const Slot* slots, Take&& take) noexcept {
    return guarded(context, [&] {
      std::tuple<P...> params;
      if (!read(context, slots, params)) return false;
      if constexpr (HostResult<R>::can_fail) {
        R result = run(context, params);
        if (!result) {
          fail_call(context, std::move(result).error());
          return false;
        }
        if constexpr (std::is_void_v<typename R::value_type>)
          return true;
        else
          return take(*result);
      } else if constexpr (std::is_void_v<R>) {
        run(context, params);
        return true;
      } else {
        return take(run(context, params));
      }
    });
  }

  static bool by_slots(HostBlock* block, HostContext* context, Slot* slots) {
    return static_cast<HostBody*>(block)->perform(context, slots, [&](const auto& result) {
      if constexpr (requires { std::tuple_size<std::remove_cvref_t<decltype(result)>>::value; })
        return write_slots(context, result, slots);
      else
        return write_slot(context, result, slots);
    });
  }
};

/// The same with arguments and result in registers, where they fit: see abi::DirectThunk.
template <typename Body, typename Params, typename ResultTypes>
struct HostThunk {
  static constexpr void (*thunk)() = nullptr;
};
template <typename Body, Number... P>
  requires(are_direct<P...>())
struct HostThunk<Body, std::tuple<P...>, std::tuple<>> {
  static void enter(HostContext* context, HostBlock* block, Word<P>... words) noexcept {
    const Slot slots[] = {word_to_slot(words)..., 0};
    static_cast<Body*>(block)->perform(context, slots, [](const auto&) { return true; });
  }
  static inline void (*const thunk)() = reinterpret_cast<void (*)()>(&enter);
};
template <typename Body, Number... P, Number R>
  requires(are_direct<P...>())
struct HostThunk<Body, std::tuple<P...>, std::tuple<R>> {
  static Word<R> enter(HostContext* context, HostBlock* block, Word<P>... words) noexcept {
    const Slot slots[] = {word_to_slot(words)..., 0};
    Word<R> word = {};
    static_cast<Body*>(block)->perform(context, slots, [&](const auto& result) {
      if constexpr (std::same_as<std::remove_cvref_t<decltype(result)>, std::tuple<R>>)
        word = to_word(std::get<0>(result));
      else
        word = to_word<R>(result);
      return true;
    });
    return word;
  }
  static inline void (*const thunk)() = reinterpret_cast<void (*)()>(&enter);
};

/// What a host function is made of whose type is known at run time only.
using HostBodyFunction =
    std::function<Result<>(Caller& caller, std::span<const Value> args, std::span<Value> results)>;
using HostSlotsFunction = std::function<Result<>(Caller& caller, Slot* slots)>;

WAXWING_API std::vector<Value> read_values(HostContext* context, std::span<const ValType> types,
                                           const Slot* slots);
/// False where one is not of its type: then the call has failed.
WAXWING_API bool write_values(HostContext* context, std::span<const ValType> types,
                              std::span<const Value> values, Slot* slots);

// These are templates, of one function type each, so that programs without such functions do not
// wait for the compiler to make them.
template <typename Function>
struct DynamicBody;
template <typename Item>
struct DynamicBody<std::function<Result<>(Caller&, std::span<const Item>, std::span<Item>)>>
    : HostBlock {
  using Function = std::function<Result<>(Caller&, std::span<const Item>, std::span<Item>)>;
  FuncType type;
  Function body;

  DynamicBody(FuncType given_type, Function given)
      : type(std::move(given_type)), body(std::move(given)) {
    call = &by_slots;
  }

  static bool by_slots(HostBlock* block, HostContext* context, Slot* slots) {
    auto& self = *static_cast<DynamicBody*>(block);
    return guarded(context, [&] {
      Caller caller(context);
      const std::vector<Item> args = read_values(context, self.type.params, slots);
      std::vector<Item> results(self.type.results.size());
      if (auto done = self.body(caller, args, results); !done) {
        fail_call(context, std::move(done).error());
        return false;
      }
      return write_values(context, self.type.results, results, slots);
    });
  }
};

template <typename Function>
struct SlotsBody : HostBlock {
  Function body;
  std::vector<size_t> narrow;  // slots of results of 32 bits

  SlotsBody(const FuncType& type, Function given) : body(std::move(given)) {
    call = &by_slots;
    size_t slot = 0;
    for (const ValType result : type.results) {
      if (result == ValKind::i32 || result == ValKind::f32) narrow.push_back(slot);
      slot += result == ValKind::v128 ? 2 : 1;
    }
  }

  static bool by_slots(HostBlock* block, HostContext* context, Slot* slots) {
    return guarded(context, [&] {
      const auto& self = *static_cast<SlotsBody*>(block);
      Caller caller(context);
      auto done = self.body(caller, slots);
      if (!done) [[unlikely]] {
        fail_call(context, std::move(done).error());
        return false;
      }
      for (const size_t slot : self.narrow) slots[slot] = static_cast<uint32_t>(slots[slot]);
      return true;
    });
  }
};

/// R(P...) of something to call, without its Caller&.
template <typename T>
struct CallableTypes;
template <typename T>
  requires requires { &T::operator(); }
struct CallableTypes<T> : CallableTypes<decltype(&T::operator())> {};
template <typename R, typename... A>
struct CallableTypes<R(A...)> {
  template <typename Callable>
  using Body = HostBody<Callable, false, std::remove_cvref_t<R>, std::remove_cvref_t<A>...>;
  static constexpr bool is_fit = (HostArgument<A> && ...) && is_result<std::remove_cvref_t<R>>;
};
template <typename R, typename... A>
struct CallableTypes<R(Caller&, A...)> {
  template <typename Callable>
  using Body = HostBody<Callable, true, std::remove_cvref_t<R>, std::remove_cvref_t<A>...>;
  static constexpr bool is_fit = (HostArgument<A> && ...) && is_result<std::remove_cvref_t<R>>;
};
template <typename R, typename... A>
struct CallableTypes<R (*)(A...)> : CallableTypes<R(A...)> {};
template <typename R, typename... A>
struct CallableTypes<R (*)(A...) noexcept> : CallableTypes<R(A...)> {};
template <typename R, typename C, typename... A>
struct CallableTypes<R (C::*)(A...)> : CallableTypes<R(A...)> {};
template <typename R, typename C, typename... A>
struct CallableTypes<R (C::*)(A...) const> : CallableTypes<R(A...)> {};
template <typename R, typename C, typename... A>
struct CallableTypes<R (C::*)(A...) noexcept> : CallableTypes<R(A...)> {};
template <typename R, typename C, typename... A>
struct CallableTypes<R (C::*)(A...) const noexcept> : CallableTypes<R(A...)> {};
template <typename R, typename C, typename... A>
struct CallableTypes<R (C::*)(A...)&> : CallableTypes<R(A...)> {};
template <typename R, typename C, typename... A>
struct CallableTypes<R (C::*)(A...) const&> : CallableTypes<R(A...)> {};

}  // namespace detail

/// A function object, lambda or function pointer with one signature, whose parameters and result
/// HostFunc knows.
template <typename T>
concept HostCallable = requires { detail::CallableTypes<T>::is_fit; };

/// A host function, of no store yet: it can be put into any number of them. Copies share the
/// callable, which threads that use several such stores call at once.
class WAXWING_API HostFunc {
 public:
  /// From anything to call. Parameters: `Caller&` first, if wanted; numbers (integers and
  /// enumerations of 32 and 64 bits, float, double, bool), V128, ExternRef, FuncRef, AnyRef, one
  /// Wasm value each; `std::span<T>`, `std::span<const T>` of plain values and `std::string_view`:
  /// an address and a count of elements, two i32; `GuestPtr<T>`: one i32. What does not lie in the
  /// caller's memory, or is not aligned, is a trap before the body runs. Results: nothing, one of
  /// the values, a std::tuple of them, or a `Result` of one of these, whose Error is a trap: an
  /// error that is a trap already is that trap, without its frames. What the callable throws ends
  /// the Wasm code that called it and is thrown on from the host's call; a thread must not be
  /// cancelled in it. Other threads may write to what lies in a shared memory at any time.
  template <HostCallable Callable>
  HostFunc(Callable callable) : HostFunc(make(std::move(callable))) {}

  /// Of a type that is known at run time only. `body` writes the results, as many as the type has;
  /// those of a wrong type are a trap. What it throws: as above.
  using Body = detail::HostBodyFunction;
  template <typename Block = detail::DynamicBody<Body>>
  HostFunc(FuncType type, Body body)
      : type_(type),
        block_(body ? std::make_shared<Block>(std::move(type), std::move(body)) : nullptr) {}

  /// The same by slots, as Func::call_unchecked has them: `body` finds the arguments in them and
  /// leaves the results there. Nothing is allocated. Fails with `wrong_type` for a type with
  /// references.
  template <typename Block = detail::SlotsBody<detail::HostSlotsFunction>>
  static Result<HostFunc> by_slots(FuncType type, detail::HostSlotsFunction body) {
    bool has_refs = false;
    for (const ValType param : type.params) has_refs |= param.is_ref();
    for (const ValType result : type.results) has_refs |= result.is_ref();
    if (has_refs) {
      return std::unexpected(Error(ErrorCode::wrong_type,
                                   "host functions by slots take and return no references; give "
                                   "HostFunc a body with values"));
    }
    auto block = std::make_shared<Block>(type, std::move(body));
    return HostFunc(std::move(type), std::move(block), nullptr);
  }

  const FuncType& type() const { return type_; }

 private:
  friend struct detail::Access;
  HostFunc(FuncType type, std::shared_ptr<detail::HostBlock> block, void (*thunk)())
      : type_(std::move(type)), block_(std::move(block)), thunk_(thunk) {}

  template <typename Callable>
  static HostFunc make(Callable callable) {
    using Types = detail::CallableTypes<Callable>;
    static_assert(Types::is_fit,
                  "a parameter or the result of this host function is of no type that Wasm has");
    using HostBody = typename Types::template Body<Callable>;
    using Params = detail::TypeList<typename HostBody::ParamTypes>;
    using ResultList = detail::TypeList<typename HostBody::ResultTypes>;
    FuncType type{{Params::types.begin(), Params::types.end()},
                  {ResultList::types.begin(), ResultList::types.end()}};
    if constexpr (requires { callable == nullptr; }) {
      if (callable == nullptr) return HostFunc(std::move(type), nullptr, nullptr);
    }
    using Thunk =
        detail::HostThunk<HostBody, typename HostBody::ParamTypes, typename HostBody::ResultTypes>;
    return HostFunc(std::move(type), std::make_shared<HostBody>(std::move(callable)), Thunk::thunk);
  }

  FuncType type_;
  std::shared_ptr<detail::HostBlock> block_;
  void (*thunk_)() = nullptr;
};

/// A host function as a function of a store, which keeps it. Fails with `invalid_argument` where it
/// is made of an empty std::function or a null pointer, or names a type that the engine lacks.
WAXWING_API Result<Func> make_func(Store& store, const HostFunc& func);

}  // namespace waxwing
