// Which of the instructions that are not in every x86-64 the code may use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "assembler/x64/features.h"
#include "base/result.h"

namespace waxwing::codegen::x64 {

using assembler::x64::Feature;

constexpr uint64_t feature_bit(Feature feature) {
  return uint64_t{1} << static_cast<unsigned>(feature);
}

/// A set of features; those of x86-64-v2, which we need (docs/decisions.md), are in all sets.
class CpuFeatures {
 public:
  constexpr CpuFeatures() = default;

  /// What this processor has and its operating system supports. Fails with `unsupported` where that
  /// is less than the minimum, or the processor is no x86-64. The first call takes up to 1 ms in a
  /// virtual machine.
  static base::Result<CpuFeatures> from_host();

  constexpr bool has(Feature feature) const { return (bits_ & feature_bit(feature)) != 0; }
  constexpr void add(Feature feature) { bits_ |= feature_bit(feature); }
  constexpr void remove(Feature feature) { bits_ = (bits_ & ~feature_bit(feature)) | minimum; }
  constexpr uint64_t bits() const { return bits_; }

  constexpr bool has_all(const CpuFeatures& others) const { return (others.bits_ & ~bits_) == 0; }
  /// The names of those beyond the minimum, with spaces between, in a fixed order.
  std::string text() const;
  /// The set that `text` wrote; none for any other text.
  static std::optional<CpuFeatures> from_text(std::string_view text);

  constexpr bool operator==(const CpuFeatures&) const = default;

 private:
  static constexpr uint64_t minimum = feature_bit(Feature::base) | feature_bit(Feature::cx16) |
                                      feature_bit(Feature::popcnt) | feature_bit(Feature::sse3) |
                                      feature_bit(Feature::ssse3) | feature_bit(Feature::sse4_1) |
                                      feature_bit(Feature::sse4_2);

  uint64_t bits_ = minimum;
};

}  // namespace waxwing::codegen::x64
