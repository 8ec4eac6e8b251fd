// Values at the border between the host and Wasm.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "waxwing/error.h"
#include "waxwing/export.h"
#include "waxwing/types.h"

namespace waxwing {

class Func;
class Store;

namespace detail {
struct Access;
struct StoreCore;
struct RefCell;

/// One address for each type, which is how a host's value is known again without RTTI.
template <typename T>
inline char type_tag = 0;  // not constant: those that are alike may be made one

/// A host's value behind an externref.
struct HostValueBlock {
  const void* tag = nullptr;                         // &type_tag<T>
  void (*destroy)(HostValueBlock* block) = nullptr;  // frees the block
};
template <typename T>
struct HostValueOf : HostValueBlock {
  T value;
  explicit HostValueOf(T given) : value(std::move(given)) {
    tag = &type_tag<T>;
    destroy = [](HostValueBlock* block) { delete static_cast<HostValueOf*>(block); };
  }
};
}  // namespace detail

/// 128 bits, the first lane in the first byte.
struct V128 {
  std::array<uint8_t, 16> bytes = {};

  template <typename T, size_t count>
    requires(std::is_arithmetic_v<T> && sizeof(T) * count == 16)
  static constexpr V128 from_lanes(const std::array<T, count>& lanes) {
    return {std::bit_cast<std::array<uint8_t, 16>>(lanes)};
  }
  /// `value.lanes<float>()[2]`
  template <typename T>
    requires std::is_arithmetic_v<T>
  constexpr std::array<T, 16 / sizeof(T)> lanes() const {
    return std::bit_cast<std::array<T, 16 / sizeof(T)>>(bytes);
  }
  constexpr bool operator==(const V128&) const = default;
};

/// What a reference refers to.
enum class RefKind : uint8_t { null, func, host, i31, struct_, array, exception };

/// A reference, or null. What it refers to lives as long as there are references to it and its
/// store is open. Copying costs some nanoseconds. Used, copied and destroyed by the thread that
/// uses the store.
class WAXWING_API Ref {
 public:
  Ref() noexcept = default;  // null
  Ref(const Ref& other) noexcept;
  Ref(Ref&& other) noexcept;
  Ref& operator=(const Ref& other) noexcept;
  Ref& operator=(Ref&& other) noexcept;
  ~Ref();
  /// A reference to a function, of type funcref.
  Ref(const Func& func);

  /// A value of the host's, which Wasm can keep and hand back but not look into; destroyed some
  /// time after nobody refers to it any more, at the latest with the store. Its destructor must not
  /// use the store. A reference inside of it is one of the host's: what they refer to in a circle
  /// lives as long as the store. Fails with `out_of_memory` where the store's heap is full.
  template <typename T>
  static Result<Ref> host(Store& store, T value) {
    return make_host(store, new detail::HostValueOf<T>(std::move(value)));
  }
  /// The low 31 bits of `value`.
  static Ref i31(int32_t value) noexcept;

  /// `null` also where the store is closed.
  RefKind kind() const noexcept;
  bool is_null() const noexcept { return kind() == RefKind::null; }
  /// The function, or nothing where it is none.
  std::optional<Func> func() const;
  /// The host's value, or null where it is none of that type. Good while this reference is, and the
  /// store open.
  template <typename T>
  T* host() const noexcept {
    detail::HostValueBlock* const block = host_block();
    if (!block || block->tag != &detail::type_tag<T>) return nullptr;
    return &static_cast<detail::HostValueOf<T>*>(block)->value;
  }
  /// Sign-extended, or nothing where it is none.
  std::optional<int32_t> i31() const noexcept;
  /// Its most general type as far as that is known: funcref, externref, (ref i31), ...
  ValType type() const noexcept;

  /// Whether both refer to the same thing.
  bool operator==(const Ref& other) const noexcept;

 private:
  friend struct detail::Access;
  static Result<Ref> make_host(Store& store, detail::HostValueBlock* block);
  detail::HostValueBlock* host_block() const noexcept;

  uint64_t bits_ = 0;
  detail::RefCell* cell_ = nullptr;  // keeps an object of the heap; null where there is none
};

/// These say in typed signatures which type of reference is meant.
class FuncRef : public Ref {
 public:
  FuncRef() = default;
  template <std::same_as<Ref> R>
  FuncRef(R ref) : Ref(std::move(ref)) {}
  FuncRef(const Func& func) : Ref(func) {}
};
class ExternRef : public Ref {
 public:
  ExternRef() = default;
  template <std::same_as<Ref> R>
  ExternRef(R ref) : Ref(std::move(ref)) {}
};
class AnyRef : public Ref {
 public:
  AnyRef() = default;
  template <std::same_as<Ref> R>
  AnyRef(R ref) : Ref(std::move(ref)) {}
};

/// A value of any type.
class WAXWING_API Value {
 public:
  Value() = default;  // i32 0
  template <std::integral T>
    requires(sizeof(T) == 4)
  Value(T value) : value_(static_cast<int32_t>(value)) {}
  template <std::integral T>
    requires(sizeof(T) == 8)
  Value(T value) : value_(static_cast<int64_t>(value)) {}
  Value(float value) : value_(value) {}
  Value(double value) : value_(value) {}
  Value(V128 value) : value_(value) {}
  Value(Ref ref) : value_(std::move(ref)) {}
  Value(const Func& func) : value_(Ref(func)) {}

  ValKind kind() const noexcept { return ValKind(value_.index()); }
  ValType type() const noexcept;

  /// The number in C++'s type, or nothing where the value is of another type.
  std::optional<int32_t> i32() const noexcept { return get<int32_t>(); }
  std::optional<int64_t> i64() const noexcept { return get<int64_t>(); }
  std::optional<float> f32() const noexcept { return get<float>(); }
  std::optional<double> f64() const noexcept { return get<double>(); }
  std::optional<V128> v128() const noexcept { return get<V128>(); }
  std::optional<Ref> ref() const noexcept { return get<Ref>(); }

  /// As the text format writes constants: "42", "-1.5", "nan:0x200000", "null", "ref.func".
  std::string to_string() const;

 private:
  template <typename T>
  std::optional<T> get() const noexcept {
    if (const T* const value = std::get_if<T>(&value_)) return *value;
    return std::nullopt;
  }

  std::variant<int32_t, int64_t, float, double, V128, Ref> value_;  // in the order of ValKind
};

}  // namespace waxwing
