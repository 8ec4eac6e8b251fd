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
  Value(T value) : Value(ValKind::i32, static_cast<uint32_t>(value)) {}
  template <std::integral T>
    requires(sizeof(T) == 8)
  Value(T value) : Value(ValKind::i64, static_cast<uint64_t>(value)) {}
  Value(float value) : Value(ValKind::f32, std::bit_cast<uint32_t>(value)) {}
  Value(double value) : Value(ValKind::f64, std::bit_cast<uint64_t>(value)) {}
  Value(V128 value) : kind_(ValKind::v128), bits_(value.lanes<uint64_t>()) {}
  Value(Ref ref) : kind_(ValKind::ref), ref_(std::move(ref)) {}
  Value(const Func& func) : Value(Ref(func)) {}

  ValKind kind() const noexcept { return kind_; }
  ValType type() const noexcept;

  /// The number in C++'s type, or nothing where the value is of another type.
  std::optional<int32_t> i32() const noexcept;
  std::optional<int64_t> i64() const noexcept;
  std::optional<float> f32() const noexcept;
  std::optional<double> f64() const noexcept;
  std::optional<V128> v128() const noexcept;
  std::optional<Ref> ref() const noexcept;

  /// As the text format writes constants: "42", "-1.5", "nan:0x200000", "null", "ref.func".
  std::string to_string() const;

 private:
  Value(ValKind kind, uint64_t bits) : kind_(kind), bits_{bits} {}

  // No std::variant: it would be a twelfth of the time that all of waxwing.h takes to compile.
  ValKind kind_ = ValKind::i32;
  std::array<uint64_t, 2> bits_ = {};  // of a number
  Ref ref_;
};

}  // namespace waxwing
