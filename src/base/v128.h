// A 128-bit vector as the layers pass it: 16 bytes, read as lanes of any scalar type. [spec 4.2.1]
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace waxwing::base {

/// Lane 0 is in the lowest bytes. Aligned like a frame slot, not like a vector register.
struct alignas(8) V128 {
  std::array<uint8_t, 16> bytes;

  /// The lanes as `T`: lanes<float>() gives four. A copy of the bits; NaNs are not quieted.
  template <typename T>
  constexpr std::array<T, 16 / sizeof(T)> lanes() const {
    return std::bit_cast<std::array<T, 16 / sizeof(T)>>(bytes);
  }

  template <typename T, size_t N>
    requires(sizeof(T) * N == 16)
  static constexpr V128 from_lanes(const std::array<T, N>& lanes) {
    return V128{std::bit_cast<std::array<uint8_t, 16>>(lanes)};
  }

  constexpr bool operator==(const V128&) const = default;
};

static_assert(sizeof(V128) == 16);

}  // namespace waxwing::base
