// What each LOAD, STORE and ATOMIC row of opcodes.def does at an address that is in bounds.
// [spec 4.6.8, threads proposal]
#pragma once

#include <atomic>
#include <cstring>
#include <type_traits>

#include "base/v128.h"

namespace waxwing::interp::access {

using base::V128;

template <typename T>
[[gnu::always_inline]] inline T read(const uint8_t* address) {
  T value;
  std::memcpy(&value, address, sizeof value);
  return value;
}

/// Reads a `Stored` and widens it to a `Result`: sign-extended where `Stored` is signed.
template <typename Stored, typename ResultType>
struct Load {
  using Result = ResultType;
  static constexpr size_t size = sizeof(Stored);
  [[gnu::always_inline]] static Result apply(const uint8_t* address) {
    if constexpr (std::is_same_v<Stored, Result>) {
      return read<Stored>(address);
    } else {
      using Signed = std::make_signed_t<Result>;
      return static_cast<Result>(static_cast<Signed>(read<Stored>(address)));
    }
  }
};

/// Reads lanes of half the width and widens each.
template <typename Narrow, typename Wide>
struct LoadExtend {
  using Result = V128;
  static constexpr size_t size = 8;
  [[gnu::always_inline]] static V128 apply(const uint8_t* address) {
    const auto narrow = read<std::array<Narrow, 8 / sizeof(Narrow)>>(address);
    std::array<Wide, 8 / sizeof(Narrow)> wide{};
    for (size_t i = 0; i < wide.size(); ++i) {
      wide[i] = narrow[i];  // NOLINT(bugprone-signed-char-misuse): it is to be sign-extended
    }
    return V128::from_lanes(wide);
  }
};

template <typename Lane>
struct LoadSplat {
  using Result = V128;
  static constexpr size_t size = sizeof(Lane);
  [[gnu::always_inline]] static V128 apply(const uint8_t* address) {
    std::array<Lane, 16 / sizeof(Lane)> lanes;
    lanes.fill(read<Lane>(address));
    return V128::from_lanes(lanes);
  }
};

template <typename Lane>
struct LoadZero {
  using Result = V128;
  static constexpr size_t size = sizeof(Lane);
  [[gnu::always_inline]] static V128 apply(const uint8_t* address) {
    return V128::from_lanes(std::array<Lane, 16 / sizeof(Lane)>{read<Lane>(address)});
  }
};

template <typename Lane>
struct LoadLane {
  using Result = V128;
  static constexpr size_t size = sizeof(Lane);
  [[gnu::always_inline]] static V128 apply(const uint8_t* address, V128 vector, size_t lane) {
    auto lanes = vector.lanes<Lane>();
    lanes[lane % lanes.size()] = read<Lane>(address);
    return V128::from_lanes(lanes);
  }
};

/// Writes the low bytes of a `Value` as a `Stored`.
template <typename ValueType, typename Stored>
struct Store {
  using Value = ValueType;
  static constexpr size_t size = sizeof(Stored);
  [[gnu::always_inline]] static void apply(uint8_t* address, Value value) {
    if constexpr (std::is_same_v<Stored, Value>) {
      std::memcpy(address, &value, size);
    } else {
      const Stored stored = static_cast<Stored>(value);
      std::memcpy(address, &stored, size);
    }
  }
};

template <typename Lane>
struct StoreLane {
  using Value = V128;
  static constexpr size_t size = sizeof(Lane);
  [[gnu::always_inline]] static void apply(uint8_t* address, V128 vector, size_t lane) {
    const auto lanes = vector.lanes<Lane>();
    std::memcpy(address, &lanes[lane % lanes.size()], size);
  }
};

// Named like the rows.
// NOLINTBEGIN(readability-identifier-naming)
using i32_load = Load<uint32_t, uint32_t>;
using i64_load = Load<uint64_t, uint64_t>;
using f32_load = Load<float, float>;
using f64_load = Load<double, double>;
using i32_load8_s = Load<int8_t, uint32_t>;
using i32_load8_u = Load<uint8_t, uint32_t>;
using i32_load16_s = Load<int16_t, uint32_t>;
using i32_load16_u = Load<uint16_t, uint32_t>;
using i64_load8_s = Load<int8_t, uint64_t>;
using i64_load8_u = Load<uint8_t, uint64_t>;
using i64_load16_s = Load<int16_t, uint64_t>;
using i64_load16_u = Load<uint16_t, uint64_t>;
using i64_load32_s = Load<int32_t, uint64_t>;
using i64_load32_u = Load<uint32_t, uint64_t>;
using v128_load = Load<V128, V128>;
using v128_load8x8_s = LoadExtend<int8_t, int16_t>;
using v128_load8x8_u = LoadExtend<uint8_t, uint16_t>;
using v128_load16x4_s = LoadExtend<int16_t, int32_t>;
using v128_load16x4_u = LoadExtend<uint16_t, uint32_t>;
using v128_load32x2_s = LoadExtend<int32_t, int64_t>;
using v128_load32x2_u = LoadExtend<uint32_t, uint64_t>;
using v128_load8_splat = LoadSplat<uint8_t>;
using v128_load16_splat = LoadSplat<uint16_t>;
using v128_load32_splat = LoadSplat<uint32_t>;
using v128_load64_splat = LoadSplat<uint64_t>;
using v128_load32_zero = LoadZero<uint32_t>;
using v128_load64_zero = LoadZero<uint64_t>;
using v128_load8_lane = LoadLane<uint8_t>;
using v128_load16_lane = LoadLane<uint16_t>;
using v128_load32_lane = LoadLane<uint32_t>;
using v128_load64_lane = LoadLane<uint64_t>;

using i32_store = Store<uint32_t, uint32_t>;
using i64_store = Store<uint64_t, uint64_t>;
using f32_store = Store<float, float>;
using f64_store = Store<double, double>;
using i32_store8 = Store<uint32_t, uint8_t>;
using i32_store16 = Store<uint32_t, uint16_t>;
using i64_store8 = Store<uint64_t, uint8_t>;
using i64_store16 = Store<uint64_t, uint16_t>;
using i64_store32 = Store<uint64_t, uint32_t>;
using v128_store = Store<V128, V128>;
using v128_store8_lane = StoreLane<uint8_t>;
using v128_store16_lane = StoreLane<uint16_t>;
using v128_store32_lane = StoreLane<uint32_t>;
using v128_store64_lane = StoreLane<uint64_t>;
// NOLINTEND(readability-identifier-naming)

/// Sequentially consistent accesses to aligned addresses. `Cell` is what lies in memory, `Value`
/// what the guest sees.
template <typename Value, typename Cell>
struct AtomicLoad {
  static constexpr size_t size = sizeof(Cell);
  static constexpr size_t operands = 0;
  static Value apply(uint8_t* address, Value, Value) {
    return std::atomic_ref<Cell>(*reinterpret_cast<Cell*>(address)).load();
  }
};

template <typename Value, typename Cell>
struct AtomicStore {
  static constexpr size_t size = sizeof(Cell);
  static constexpr size_t operands = 1;
  static constexpr bool has_result = false;
  static Value apply(uint8_t* address, Value value, Value) {
    std::atomic_ref<Cell>(*reinterpret_cast<Cell*>(address)).store(static_cast<Cell>(value));
    return 0;
  }
};

enum class Rmw : uint8_t { add, sub, and_, or_, xor_, xchg };

template <typename Value, typename Cell, Rmw rmw>
struct AtomicRmw {
  static constexpr size_t size = sizeof(Cell);
  static constexpr size_t operands = 1;
  static Value apply(uint8_t* address, Value value, Value) {
    const std::atomic_ref<Cell> cell(*reinterpret_cast<Cell*>(address));
    const Cell operand = static_cast<Cell>(value);
    if constexpr (rmw == Rmw::add) return cell.fetch_add(operand);
    if constexpr (rmw == Rmw::sub) return cell.fetch_sub(operand);
    if constexpr (rmw == Rmw::and_) return cell.fetch_and(operand);
    if constexpr (rmw == Rmw::or_) return cell.fetch_or(operand);
    if constexpr (rmw == Rmw::xor_) return cell.fetch_xor(operand);
    if constexpr (rmw == Rmw::xchg) return cell.exchange(operand);
  }
};

template <typename Value, typename Cell>
struct AtomicCmpxchg {
  static constexpr size_t size = sizeof(Cell);
  static constexpr size_t operands = 2;
  static Value apply(uint8_t* address, Value expected, Value replacement) {
    // Only the low bits of a narrow exchange's expected value count. [threads proposal]
    Cell found = static_cast<Cell>(expected);
    const std::atomic_ref<Cell> cell(*reinterpret_cast<Cell*>(address));
    cell.compare_exchange_strong(found, static_cast<Cell>(replacement));
    return found;
  }
};

// NOLINTBEGIN(readability-identifier-naming)
using i32_atomic_load = AtomicLoad<uint32_t, uint32_t>;
using i64_atomic_load = AtomicLoad<uint64_t, uint64_t>;
using i32_atomic_load8_u = AtomicLoad<uint32_t, uint8_t>;
using i32_atomic_load16_u = AtomicLoad<uint32_t, uint16_t>;
using i64_atomic_load8_u = AtomicLoad<uint64_t, uint8_t>;
using i64_atomic_load16_u = AtomicLoad<uint64_t, uint16_t>;
using i64_atomic_load32_u = AtomicLoad<uint64_t, uint32_t>;
using i32_atomic_store = AtomicStore<uint32_t, uint32_t>;
using i64_atomic_store = AtomicStore<uint64_t, uint64_t>;
using i32_atomic_store8 = AtomicStore<uint32_t, uint8_t>;
using i32_atomic_store16 = AtomicStore<uint32_t, uint16_t>;
using i64_atomic_store8 = AtomicStore<uint64_t, uint8_t>;
using i64_atomic_store16 = AtomicStore<uint64_t, uint16_t>;
using i64_atomic_store32 = AtomicStore<uint64_t, uint32_t>;
using i32_atomic_rmw_add = AtomicRmw<uint32_t, uint32_t, Rmw::add>;
using i64_atomic_rmw_add = AtomicRmw<uint64_t, uint64_t, Rmw::add>;
using i32_atomic_rmw8_add_u = AtomicRmw<uint32_t, uint8_t, Rmw::add>;
using i32_atomic_rmw16_add_u = AtomicRmw<uint32_t, uint16_t, Rmw::add>;
using i64_atomic_rmw8_add_u = AtomicRmw<uint64_t, uint8_t, Rmw::add>;
using i64_atomic_rmw16_add_u = AtomicRmw<uint64_t, uint16_t, Rmw::add>;
using i64_atomic_rmw32_add_u = AtomicRmw<uint64_t, uint32_t, Rmw::add>;
using i32_atomic_rmw_sub = AtomicRmw<uint32_t, uint32_t, Rmw::sub>;
using i64_atomic_rmw_sub = AtomicRmw<uint64_t, uint64_t, Rmw::sub>;
using i32_atomic_rmw8_sub_u = AtomicRmw<uint32_t, uint8_t, Rmw::sub>;
using i32_atomic_rmw16_sub_u = AtomicRmw<uint32_t, uint16_t, Rmw::sub>;
using i64_atomic_rmw8_sub_u = AtomicRmw<uint64_t, uint8_t, Rmw::sub>;
using i64_atomic_rmw16_sub_u = AtomicRmw<uint64_t, uint16_t, Rmw::sub>;
using i64_atomic_rmw32_sub_u = AtomicRmw<uint64_t, uint32_t, Rmw::sub>;
using i32_atomic_rmw_and = AtomicRmw<uint32_t, uint32_t, Rmw::and_>;
using i64_atomic_rmw_and = AtomicRmw<uint64_t, uint64_t, Rmw::and_>;
using i32_atomic_rmw8_and_u = AtomicRmw<uint32_t, uint8_t, Rmw::and_>;
using i32_atomic_rmw16_and_u = AtomicRmw<uint32_t, uint16_t, Rmw::and_>;
using i64_atomic_rmw8_and_u = AtomicRmw<uint64_t, uint8_t, Rmw::and_>;
using i64_atomic_rmw16_and_u = AtomicRmw<uint64_t, uint16_t, Rmw::and_>;
using i64_atomic_rmw32_and_u = AtomicRmw<uint64_t, uint32_t, Rmw::and_>;
using i32_atomic_rmw_or = AtomicRmw<uint32_t, uint32_t, Rmw::or_>;
using i64_atomic_rmw_or = AtomicRmw<uint64_t, uint64_t, Rmw::or_>;
using i32_atomic_rmw8_or_u = AtomicRmw<uint32_t, uint8_t, Rmw::or_>;
using i32_atomic_rmw16_or_u = AtomicRmw<uint32_t, uint16_t, Rmw::or_>;
using i64_atomic_rmw8_or_u = AtomicRmw<uint64_t, uint8_t, Rmw::or_>;
using i64_atomic_rmw16_or_u = AtomicRmw<uint64_t, uint16_t, Rmw::or_>;
using i64_atomic_rmw32_or_u = AtomicRmw<uint64_t, uint32_t, Rmw::or_>;
using i32_atomic_rmw_xor = AtomicRmw<uint32_t, uint32_t, Rmw::xor_>;
using i64_atomic_rmw_xor = AtomicRmw<uint64_t, uint64_t, Rmw::xor_>;
using i32_atomic_rmw8_xor_u = AtomicRmw<uint32_t, uint8_t, Rmw::xor_>;
using i32_atomic_rmw16_xor_u = AtomicRmw<uint32_t, uint16_t, Rmw::xor_>;
using i64_atomic_rmw8_xor_u = AtomicRmw<uint64_t, uint8_t, Rmw::xor_>;
using i64_atomic_rmw16_xor_u = AtomicRmw<uint64_t, uint16_t, Rmw::xor_>;
using i64_atomic_rmw32_xor_u = AtomicRmw<uint64_t, uint32_t, Rmw::xor_>;
using i32_atomic_rmw_xchg = AtomicRmw<uint32_t, uint32_t, Rmw::xchg>;
using i64_atomic_rmw_xchg = AtomicRmw<uint64_t, uint64_t, Rmw::xchg>;
using i32_atomic_rmw8_xchg_u = AtomicRmw<uint32_t, uint8_t, Rmw::xchg>;
using i32_atomic_rmw16_xchg_u = AtomicRmw<uint32_t, uint16_t, Rmw::xchg>;
using i64_atomic_rmw8_xchg_u = AtomicRmw<uint64_t, uint8_t, Rmw::xchg>;
using i64_atomic_rmw16_xchg_u = AtomicRmw<uint64_t, uint16_t, Rmw::xchg>;
using i64_atomic_rmw32_xchg_u = AtomicRmw<uint64_t, uint32_t, Rmw::xchg>;
using i32_atomic_rmw_cmpxchg = AtomicCmpxchg<uint32_t, uint32_t>;
using i64_atomic_rmw_cmpxchg = AtomicCmpxchg<uint64_t, uint64_t>;
using i32_atomic_rmw8_cmpxchg_u = AtomicCmpxchg<uint32_t, uint8_t>;
using i32_atomic_rmw16_cmpxchg_u = AtomicCmpxchg<uint32_t, uint16_t>;
using i64_atomic_rmw8_cmpxchg_u = AtomicCmpxchg<uint64_t, uint8_t>;
using i64_atomic_rmw16_cmpxchg_u = AtomicCmpxchg<uint64_t, uint16_t>;
using i64_atomic_rmw32_cmpxchg_u = AtomicCmpxchg<uint64_t, uint32_t>;
// NOLINTEND(readability-identifier-naming)

}  // namespace waxwing::interp::access
