// C++'s numbers and references as Wasm's values: in registers, in slots, by kind.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include "abi/direct_call.h"
#include "runtime/slot.h"
#include "syntax/types.h"

namespace waxwing::runtime {

/// Integers of 32 and 64 bits, signed or not, float, double, Ref.
template <typename T>
concept HostValue = (std::integral<T> && (sizeof(T) == 4 || sizeof(T) == 8)) ||
                    std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, Ref>;

template <typename T>
concept HostResult = HostValue<T> || std::is_void_v<T>;

template <HostValue T>
constexpr syntax::ValKind kind_of() {
  using syntax::ValKind;
  if constexpr (std::same_as<T, Ref>) return ValKind::ref;
  if constexpr (std::floating_point<T>) return sizeof(T) == 4 ? ValKind::f32 : ValKind::f64;
  return sizeof(T) == 4 ? ValKind::i32 : ValKind::i64;
}

/// Whether C++'s arguments of these types, and a result, are where Wasm code has them.
template <HostValue... Args>
constexpr bool are_direct() {
  abi::DirectArguments arguments;
  (arguments.add(kind_of<Args>()), ...);
  return arguments.fit();
}

template <typename T>
struct WordOf {
  using Type = std::conditional_t<std::floating_point<T>, T, uint64_t>;
};
template <>
struct WordOf<void> {
  using Type = void;
};
/// What a value is in a register: see abi::DirectEntry.
template <HostResult T>
using Word = typename WordOf<T>::Type;

template <HostValue T>
constexpr Word<T> to_word(T value) {
  if constexpr (std::same_as<T, Ref>)
    return value.bits();
  else if constexpr (std::floating_point<T>)
    return value;
  else
    return static_cast<std::make_unsigned_t<T>>(value);
}
/// Of an i32 the low half counts.
template <HostValue T>
constexpr T from_word(Word<T> word) {
  if constexpr (std::same_as<T, Ref>)
    return Ref::from_bits(word);
  else
    return static_cast<T>(word);
}

template <typename W>
constexpr W slot_to_word(Slot slot) {
  if constexpr (std::same_as<W, float>)
    return slot_f32(slot);
  else if constexpr (std::same_as<W, double>)
    return slot_f64(slot);
  else
    return slot;
}

/// A function type in C++'s words.
template <HostResult Result, HostValue... Args>
struct HostKinds {
  static constexpr std::array<syntax::ValKind, sizeof...(Args)> params = {kind_of<Args>()...};
  static constexpr auto results = [] {
    if constexpr (std::is_void_v<Result>)
      return std::array<syntax::ValKind, 0>();
    else
      return std::array<syntax::ValKind, 1>{kind_of<Result>()};
  }();
};

}  // namespace waxwing::runtime
