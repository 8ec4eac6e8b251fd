// From slots to typed functions and back, generically: arguments in order, then a pointer for each
// result, and the error number as the result of the call.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "runtime/func.h"
#include "wasi/functions.h"

namespace waxwing::wasi {

/// A type in the words of functions.def, built while compiling.
struct TypeText {
  std::array<char, 96> chars{};
  size_t size = 0;

  constexpr void add(std::string_view words) {
    if (size != 0 && !words.empty()) chars[size++] = ' ';
    for (const char c : words) chars[size++] = c;
  }
  constexpr std::string_view view() const { return {chars.data(), size}; }
};

/// How a parameter of type T lies in slots.
template <typename T>
struct Parameter;

template <>
struct Parameter<uint32_t> {
  static constexpr size_t slots = 1;
  static constexpr std::string_view text = "i32";
  static uint32_t get(const runtime::Slot* slot) { return runtime::slot_i32(*slot); }
};
template <>
struct Parameter<uint64_t> {
  static constexpr size_t slots = 1;
  static constexpr std::string_view text = "i64";
  static uint64_t get(const runtime::Slot* slot) { return *slot; }
};
template <>
struct Parameter<int64_t> {
  static constexpr size_t slots = 1;
  static constexpr std::string_view text = "i64";
  static int64_t get(const runtime::Slot* slot) { return static_cast<int64_t>(*slot); }
};
template <>
struct Parameter<GuestBytes> {
  static constexpr size_t slots = 2;
  static constexpr std::string_view text = "i32 i32";
  static GuestBytes get(const runtime::Slot* slot) {
    return {runtime::slot_i32(slot[0]), runtime::slot_i32(slot[1])};
  }
};
template <>
struct Parameter<Lookup> {
  static constexpr size_t slots = 4;
  static constexpr std::string_view text = "i32 i32 i32 i32";
  static Lookup get(const runtime::Slot* slot) {
    return {runtime::slot_i32(slot[0]), runtime::slot_i32(slot[1]),
            Parameter<GuestBytes>::get(slot + 2)};
  }
};
template <>
struct Parameter<RightsPair> {
  static constexpr size_t slots = 2;
  static constexpr std::string_view text = "i64 i64";
  static RightsPair get(const runtime::Slot* slot) { return {slot[0], slot[1]}; }
};
template <>
struct Parameter<GuestTimes> {
  static constexpr size_t slots = 3;
  static constexpr std::string_view text = "i64 i64 i32";
  static GuestTimes get(const runtime::Slot* slot) {
    return {slot[0], slot[1], runtime::slot_i32(slot[2])};
  }
};
template <>
struct Parameter<GuestVector> {
  static constexpr size_t slots = 2;
  static constexpr std::string_view text = "i32 i32";
  static GuestVector get(const runtime::Slot* slot) {
    return {runtime::slot_i32(slot[0]), runtime::slot_i32(slot[1])};
  }
};

/// How a result of type T is stored: `sizes` tells the bytes behind each of its pointers, and
/// `put` fills them. REQUIRES of `put`: the bytes are within the memory.
template <typename T>
struct ResultLayout;

template <>
struct ResultLayout<void> {
  static constexpr std::array<uint32_t, 0> sizes{};
};
template <>
struct ResultLayout<uint32_t> {
  static constexpr std::array<uint32_t, 1> sizes{4};
  static void put(uint8_t* const* targets, uint32_t value) { base::store_le(targets[0], value); }
};
template <>
struct ResultLayout<uint64_t> {
  static constexpr std::array<uint32_t, 1> sizes{8};
  static void put(uint8_t* const* targets, uint64_t value) { base::store_le(targets[0], value); }
};
template <>
struct ResultLayout<StringSizes> {
  static constexpr std::array<uint32_t, 2> sizes{4, 4};
  static void put(uint8_t* const* targets, const StringSizes& value) {
    base::store_le(targets[0], value.count);
    base::store_le(targets[1], value.size_bytes);
  }
};
template <>
struct ResultLayout<Received> {
  static constexpr std::array<uint32_t, 2> sizes{4, 2};
  static void put(uint8_t* const* targets, const Received& value) {
    base::store_le(targets[0], value.size_bytes);
    base::store_le(targets[1], value.flags);
  }
};
template <>
struct ResultLayout<Prestat> {
  static constexpr std::array<uint32_t, 1> sizes{layout::prestat::size};
  static void put(uint8_t* const* targets, const Prestat& value);
};
template <>
struct ResultLayout<FdStat> {
  static constexpr std::array<uint32_t, 1> sizes{layout::fdstat::size};
  static void put(uint8_t* const* targets, const FdStat& value);
};
template <>
struct ResultLayout<platform::FileStat> {
  static constexpr std::array<uint32_t, 1> sizes{layout::filestat::size};
  static void put(uint8_t* const* targets, const platform::FileStat& value);
};
template <>
struct ResultLayout<FileStat0> {
  static constexpr std::array<uint32_t, 1> sizes{layout::filestat_0::size};
  static void put(uint8_t* const* targets, const FileStat0& value);
};

/// A typed function as a host function of a store; its data is the Context.
template <auto function>
struct Marshalled;

template <typename Result, typename... Params, WasiResult<Result> (*function)(Call&, Params...)>
struct Marshalled<function> {
  static constexpr size_t result_count = ResultLayout<Result>::sizes.size();

  static constexpr TypeText type() {
    TypeText text;
    (text.add(Parameter<Params>::text), ...);
    for (size_t i = 0; i < result_count; ++i) text.add("i32");
    text.add("-> i32");
    return text;
  }

  static runtime::Outcome call(void* data, runtime::Caller& caller, runtime::Slot* slots) {
    Call call{.context = *static_cast<Context*>(data),
              .memory = GuestMemory::of(caller.instance),
              .store = caller.store};
    const Errno error = call_typed(call, slots, std::index_sequence_for<Params...>());
    if (call.outcome == runtime::Outcome::returned) slots[0] = static_cast<uint32_t>(error);
    return call.outcome;
  }

 private:
  /// Where each parameter begins, and behind them the pointers.
  static constexpr std::array<size_t, sizeof...(Params) + 1> offsets() {
    std::array<size_t, sizeof...(Params) + 1> result{};
    size_t i = 0;
    ((result[i + 1] = result[i] + Parameter<Params>::slots, ++i), ...);
    return result;
  }

  template <size_t... I>
  static Errno call_typed(Call& call, const runtime::Slot* slots, std::index_sequence<I...>) {
    constexpr auto at = offsets();
    uint8_t* targets[result_count + 1];
    for (size_t i = 0; i < result_count; ++i) {
      // Before the function acts: what it did could not be told otherwise.
      const WasiResult<std::span<uint8_t>> target = call.memory.bytes(
          runtime::slot_i32(slots[at[sizeof...(Params)] + i]), ResultLayout<Result>::sizes[i]);
      if (!target) return target.error();
      targets[i] = target->data();
    }
    const WasiResult<Result> result = function(call, Parameter<Params>::get(slots + at[I])...);
    if (!result) return result.error();
    if constexpr (result_count != 0) ResultLayout<Result>::put(targets, *result);
    return Errno::success;
  }
};

/// A function without a result.
template <void (*function)(Call&, uint32_t)>
struct Marshalled<function> {
  static constexpr TypeText type() {
    TypeText text;
    text.add("i32 ->");
    return text;
  }

  static runtime::Outcome call(void* data, runtime::Caller& caller, runtime::Slot* slots) {
    Call call{.context = *static_cast<Context*>(data),
              .memory = GuestMemory::of(caller.instance),
              .store = caller.store};
    function(call, runtime::slot_i32(slots[0]));
    return call.outcome;
  }
};

}  // namespace waxwing::wasi
