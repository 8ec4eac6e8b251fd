// Which parts of the language are switched on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace waxwing::syntax {

enum class Feature : uint8_t {
#define FEATURE(ID, DEFAULT, TEXT, WHAT) ID,
#include "syntax/features.def"
};

/// A set of features; a small value.
class FeatureSet {
 public:
  constexpr FeatureSet() = default;
  constexpr FeatureSet(std::initializer_list<Feature> features) {
    for (Feature feature : features) set(feature, true);
  }

  /// What is on by default: WebAssembly 3.0 and threads.
  static constexpr FeatureSet defaults();
  static constexpr FeatureSet all();

  constexpr bool has(Feature feature) const { return bits_ >> uint32_t(feature) & 1; }
  constexpr bool has_all(FeatureSet others) const { return (others.bits_ & ~bits_) == 0; }
  constexpr void set(Feature feature, bool on) {
    const uint32_t bit = 1u << uint32_t(feature);
    bits_ = on ? bits_ | bit : bits_ & ~bit;
  }
  constexpr uint32_t bits() const { return bits_; }
  static constexpr FeatureSet from_bits(uint32_t bits) {
    FeatureSet set;
    set.bits_ = bits & all().bits_;
    return set;
  }
  constexpr bool operator==(const FeatureSet&) const = default;

 private:
  uint32_t bits_ = 0;
};

struct FeatureInfo {
  Feature id;
  bool on_by_default;
  std::string_view text;
  std::string_view what;
};

inline constexpr bool on = true;
inline constexpr bool off = false;
inline constexpr FeatureInfo feature_table[] = {
#define FEATURE(ID, DEFAULT, TEXT, WHAT) {Feature::ID, DEFAULT, TEXT, WHAT},
#include "syntax/features.def"
};

constexpr FeatureSet FeatureSet::defaults() {
  FeatureSet set;
  for (const FeatureInfo& info : feature_table) set.set(info.id, info.on_by_default);
  return set;
}

constexpr FeatureSet FeatureSet::all() {
  FeatureSet set;
  for (const FeatureInfo& info : feature_table) set.set(info.id, true);
  return set;
}

constexpr const FeatureInfo& feature_info(Feature feature) {
  return feature_table[size_t(feature)];
}

}  // namespace waxwing::syntax
