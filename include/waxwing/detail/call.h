// How typed calls reach the library: numbers in registers where both sides have them alike, else in
// slots of 8 bytes. Programs use typed_func.h and host_func.h instead.
#pragma once

#include <atomic>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

#include "waxwing/error.h"
#include "waxwing/export.h"
#include "waxwing/types.h"
#include "waxwing/value.h"

namespace waxwing::detail {

/// A cell of arguments and results: i32 zero-extended, f32 in the low half, v128 in two.
using Slot = uint64_t;

/// Numbers that Wasm has, enumerations as large whose type is fixed (others cannot hold any
/// number), and bool: an i32, of which 0 is false.
template <typename T>
concept Number = ((std::integral<T> || (std::is_enum_v<T> && requires { T{0}; })) &&
                  (sizeof(T) == 4 || sizeof(T) == 8)) ||
                 std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, bool>;
template <typename T>
concept Reference = std::same_as<T, Ref> || std::same_as<T, ExternRef> ||
                    std::same_as<T, FuncRef> || std::same_as<T, AnyRef>;
/// Values that mean the same to the guest: no pointers, and no bool, of which most bytes are none.
/// (A structure should have no pointers in it either, nor padding, which would show what the host
/// had there.)
template <typename T>
inline constexpr bool is_view = false;
template <typename T, size_t count>
inline constexpr bool is_view<std::span<T, count>> = true;
template <typename T>
inline constexpr bool is_view<std::basic_string_view<T>> = true;
template <typename T>
concept Plain = std::is_trivially_copyable_v<T> && !std::is_pointer_v<T> &&
                !std::is_member_pointer_v<T> && !std::is_null_pointer_v<T> && !std::is_array_v<T> &&
                !std::same_as<std::remove_cv_t<T>, bool> && !is_view<std::remove_cv_t<T>>;

/// What one Wasm value can be in a typed signature.
template <typename T>
concept Scalar = Number<T> || Reference<T> || std::same_as<T, V128>;

template <Scalar T>
constexpr ValType type_of() {
  if constexpr (std::same_as<T, V128>)
    return ValKind::v128;
  else if constexpr (std::same_as<T, FuncRef>)
    return funcref;
  else if constexpr (std::same_as<T, AnyRef>)
    return anyref;
  else if constexpr (Reference<T>)
    return externref;
  else if constexpr (std::floating_point<T>)
    return sizeof(T) == 4 ? ValKind::f32 : ValKind::f64;
  else
    return sizeof(T) == 8 ? ValKind::i64 : ValKind::i32;
}

template <Scalar T>
inline constexpr size_t slot_count = std::same_as<T, V128> ? 2 : 1;

/// Numbers travel in registers: these as themselves, all others as 64 bits.
template <typename T>
using Word = std::conditional_t<std::floating_point<T>, T, uint64_t>;

template <Number T>
constexpr Word<T> to_word(T value) {
  if constexpr (std::floating_point<T>)
    return value;
  else if constexpr (sizeof(T) == 8)
    return static_cast<uint64_t>(value);
  else
    return static_cast<uint32_t>(value);
}
template <Number T>
constexpr T from_word(Word<T> word) {
  if constexpr (std::same_as<T, bool>)
    return static_cast<uint32_t>(word) != 0;
  else
    return static_cast<T>(word);
}
template <Number T>
constexpr Slot to_slot(T value) {
  if constexpr (std::same_as<T, float>)
    return std::bit_cast<uint32_t>(value);
  else if constexpr (std::same_as<T, double>)
    return std::bit_cast<uint64_t>(value);
  else
    return to_word(value);
}
template <Number T>
constexpr T from_slot(Slot slot) {
  if constexpr (std::same_as<T, float>)
    return std::bit_cast<float>(static_cast<uint32_t>(slot));
  else if constexpr (std::same_as<T, double>)
    return std::bit_cast<double>(slot);
  else
    return from_word<T>(slot);
}
template <typename W>
constexpr Slot word_to_slot(W word) {
  if constexpr (std::same_as<W, float>)
    return std::bit_cast<uint32_t>(word);
  else if constexpr (std::same_as<W, double>)
    return std::bit_cast<uint64_t>(word);
  else
    return word;
}

/// Whether C++'s arguments of these types are in the registers where Wasm code has them.
template <Scalar... Args>
constexpr bool are_direct() {
  if constexpr ((Number<Args> && ...)) {
    constexpr size_t floats = (size_t{0} + ... + (std::floating_point<Args> ? 1 : 0));
    return floats <= 8 && sizeof...(Args) - floats <= 4;
  } else {
    return false;
  }
}

struct StoreCore;
/// What a host function is called in.
struct HostContext;

/// Where a function is called by slots alone.
inline constexpr bool never_callable = false;

/// A function that was looked up. Where `is_callable` says so, `enter` makes a direct call; then
/// `failure` is 0 unless it failed.
struct CallTarget {
  const void* enter = nullptr;
  void* context = nullptr;
  const std::atomic<const void*>* code = nullptr;
  void* func = nullptr;
  const bool* is_callable = &never_callable;
  const uint32_t* failure = nullptr;
};

/// Fails with `wrong_type` where the function has other parameters or results.
WAXWING_API Result<CallTarget> find_target(StoreCore& store, void* func,
                                           std::span<const ValType> params,
                                           std::span<const ValType> results);
/// After a direct call that failed or in which the store was closed. False: it failed, and
/// `take_failure` tells how.
WAXWING_API bool settle_call(StoreCore* store) noexcept;
/// A call by slots. False: it failed, and `take_failure` tells how.
WAXWING_API bool call_slots(StoreCore* store, void* func, Slot* slots) noexcept;
WAXWING_API Error take_failure(StoreCore* store);

/// A reference as a slot of that type, which is abstract; fails with `wrong_store` where it is not
/// of that store, and with `wrong_type`. It must outlive the slot's use.
WAXWING_API Result<Slot> ref_to_slot(StoreCore& store, const Ref& ref, ValType type);
WAXWING_API Ref ref_from_slot(const std::shared_ptr<StoreCore>& store, Slot slot, ValType type);

/// The error, unless a host function threw: what it threw is thrown on, where that can be.
inline std::unexpected<Error> raise(Error error) {
#if defined(__cpp_exceptions)
  if (error.exception()) std::rethrow_exception(error.exception());
#endif
  return std::unexpected(std::move(error));
}

}  // namespace waxwing::detail
