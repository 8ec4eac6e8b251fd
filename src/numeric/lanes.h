// Vectors as lanes: one lambda says what an instruction does to a lane, and is applied to whole
// vector registers at run time (GNU vector extensions) and lane by lane where constants are
// evaluated. [spec 4.3.5]
#pragma once

#include <limits>
#include <type_traits>

#include "numeric/results.h"

namespace waxwing::numeric {

template <typename T>
struct VectorOf {
  using Type [[gnu::vector_size(16)]] = T;
};

/// 16 bytes of T as the compiler's own vector type.
template <typename T>
using Vector = typename VectorOf<T>::Type;

template <typename T>
inline constexpr size_t lane_count = 16 / sizeof(T);

template <typename T>
using Lanes = std::array<T, lane_count<T>>;

template <typename T>
inline Vector<T> to_vector(V128 v) {
  return __builtin_bit_cast(Vector<T>, v);
}

template <typename V>
inline V128 from_vector(V vector) {
  return __builtin_bit_cast(V128, vector);
}

/// What a lane is widened to before arithmetic, so that no intermediate result overflows a promoted
/// int.
template <typename T>
struct WideLane {
  using Type = T;
};
template <>
struct WideLane<uint8_t> {
  using Type = uint32_t;
};
template <>
struct WideLane<uint16_t> {
  using Type = uint32_t;
};
template <>
struct WideLane<int8_t> {
  using Type = int32_t;
};
template <>
struct WideLane<int16_t> {
  using Type = int32_t;
};

/// Applies `f` to each lane of type T of `operands`; lanes of the result have type R.
template <typename R, typename T, typename F, typename... V>
constexpr V128 each_lane(F f, V... operands) {
  static_assert(sizeof(R) == sizeof(T));
  using Wide = typename WideLane<T>::Type;
  Lanes<R> result{};
  for (size_t i = 0; i < lane_count<T>; ++i) {
    result[i] = static_cast<R>(f(Wide{operands.template lanes<T>()[i]}...));
  }
  return V128::from_lanes(result);
}

/// Applies `f`, which takes lanes or vectors alike, to lanes of type T.
template <typename T, typename F, typename... V>
constexpr V128 map_lanes(F f, V... operands) {
  if consteval {
    return each_lane<T, T>(f, operands...);
  } else {
    return from_vector(f(to_vector<T>(operands)...));
  }
}

/// An unsigned lane as wide as T.
template <typename T>
using LaneBits =
    std::conditional_t<sizeof(T) == 1, uint8_t,
                       std::conditional_t<sizeof(T) == 2, uint16_t,
                                          std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>>;

/// A lane of ones where `f` holds, of zeros where it does not.
template <typename T, typename F>
constexpr V128 compare_lanes(F f, V128 a, V128 b) {
  if consteval {
    const auto mask = [f](auto x, auto y) {
      return f(x, y) ? std::numeric_limits<LaneBits<T>>::max() : LaneBits<T>{0};
    };
    return each_lane<LaneBits<T>, T>(mask, a, b);
  } else {
    return from_vector(f(to_vector<T>(a), to_vector<T>(b)));
  }
}

/// Builds a vector from `f(i)` for each lane i.
template <typename T, typename F>
constexpr V128 generate_lanes(F f) {
  Lanes<T> result{};
  for (size_t i = 0; i < lane_count<T>; ++i) result[i] = static_cast<T>(f(i));
  return V128::from_lanes(result);
}

// What happens to a lane, or to a vector of lanes.
namespace lane {

inline constexpr auto add = [](auto x, auto y) { return x + y; };
inline constexpr auto sub = [](auto x, auto y) { return x - y; };
inline constexpr auto mul = [](auto x, auto y) { return x * y; };
inline constexpr auto neg = [](auto x) { return decltype(x){} - x; };
inline constexpr auto min = [](auto x, auto y) { return x < y ? x : y; };
inline constexpr auto max = [](auto x, auto y) { return x > y ? x : y; };

inline constexpr auto eq = [](auto x, auto y) { return x == y; };
inline constexpr auto ne = [](auto x, auto y) { return x != y; };
inline constexpr auto lt = [](auto x, auto y) { return x < y; };
inline constexpr auto gt = [](auto x, auto y) { return x > y; };
inline constexpr auto le = [](auto x, auto y) { return x <= y; };
inline constexpr auto ge = [](auto x, auto y) { return x >= y; };

}  // namespace lane
}  // namespace waxwing::numeric
