// Spans of bytes, and unaligned little-endian access to them.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace waxwing::base {

static_assert(std::endian::native == std::endian::little, "Waxwing runs on little-endian hosts");

using ByteSpan = std::span<const uint8_t>;

/// Reads a `T` from `source`, which needs no alignment. REQUIRES: sizeof(T) readable bytes.
template <typename T>
  requires std::is_trivially_copyable_v<T>
inline T load_le(const void* source) {
  T value;
  std::memcpy(&value, source, sizeof value);
  return value;
}

/// Writes `value` to `target`, which needs no alignment. REQUIRES: sizeof(T) writable bytes.
template <typename T>
  requires std::is_trivially_copyable_v<T>
inline void store_le(void* target, T value) {
  std::memcpy(target, &value, sizeof value);
}

inline std::string_view as_text(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline ByteSpan as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace waxwing::base
