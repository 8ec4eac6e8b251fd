// The cells of frames, arguments and results, and what a reference looks like in one.
#pragma once

#include <bit>
#include <cstdint>

#include "base/bytes.h"
#include "base/v128.h"

namespace waxwing::runtime {

/// One cell of 8 bytes. i32 lies zero-extended in it, f32 in its low half; a v128 takes two cells,
/// low half first.
using Slot = uint64_t;

/// The array ABI: arguments in order from slots[0], each `ValType::slot_count()` wide; results
/// replace them in the same way. The caller provides max(argument slots, result slots) cells.

inline uint32_t slot_i32(Slot slot) { return static_cast<uint32_t>(slot); }
inline float slot_f32(Slot slot) { return std::bit_cast<float>(static_cast<uint32_t>(slot)); }
inline double slot_f64(Slot slot) { return std::bit_cast<double>(slot); }
inline Slot to_slot(uint32_t value) { return value; }
inline Slot to_slot(uint64_t value) { return value; }
inline Slot to_slot(float value) { return std::bit_cast<uint32_t>(value); }
inline Slot to_slot(double value) { return std::bit_cast<uint64_t>(value); }
inline base::V128 slot_v128(const Slot* slots) { return base::load_le<base::V128>(slots); }
inline void store_v128(Slot* slots, base::V128 value) { base::store_le(slots, value); }

struct Func;
struct Exception;

/// A reference of any type in one cell. Null is 0; an i31 is its 31 bits above a 1, zero-extended;
/// a host's value carries the tag bits 10; all else is a pointer: to a function, an exception, or
/// an object of the heap (heap_object.h), whose address is a multiple of 16. A reference stays the
/// same when it goes from the any hierarchy to the extern hierarchy and back.
class Ref {
 public:
  constexpr Ref() = default;
  explicit Ref(Func* func) : bits_(reinterpret_cast<uint64_t>(func)) {}
  explicit Ref(Exception* exception) : bits_(reinterpret_cast<uint64_t>(exception)) {}
  static constexpr Ref from_bits(uint64_t bits) {
    Ref ref;
    ref.bits_ = bits;
    return ref;
  }
  /// An externref that holds `value`, of which the low 62 bits count.
  static constexpr Ref from_host(uint64_t value) { return from_bits(value << 2 | 2); }

  /// An i31ref to the low 31 bits.
  static constexpr Ref from_i31(uint32_t value) { return from_bits(uint32_t(value << 1 | 1)); }

  constexpr bool is_null() const { return bits_ == 0; }
  constexpr bool is_host() const { return (bits_ & 3) == 2; }
  constexpr bool is_i31() const { return (bits_ & 1) != 0; }
  /// Sign-extended. REQUIRES: is_i31()
  constexpr int32_t i31() const { return int32_t(uint32_t(bits_)) >> 1; }
  /// REQUIRES: is_host()
  constexpr uint64_t host() const { return bits_ >> 2; }
  /// REQUIRES: the reference is null or a function.
  Func* func() const { return reinterpret_cast<Func*>(bits_); }
  /// REQUIRES: the reference is null or an exception.
  Exception* exception() const { return reinterpret_cast<Exception*>(bits_); }
  constexpr uint64_t bits() const { return bits_; }

  constexpr bool operator==(const Ref&) const = default;

 private:
  uint64_t bits_ = 0;
};

}  // namespace waxwing::runtime
