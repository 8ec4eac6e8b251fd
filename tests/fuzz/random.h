// Numbers that follow from a seed, alike on every machine.
#pragma once

#include <cstdint>
#include <iterator>

namespace waxwing::tests {

/// SplitMix64. [Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators]
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    uint64_t x = state_ += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
  }
  /// Below `bound`, or 0 where that is 0.
  size_t below(size_t bound) { return bound == 0 ? 0 : next() % bound; }
  bool one_in(size_t count) { return below(count) == 0; }
  uint8_t byte() { return uint8_t(next()); }
  const auto& pick(const auto& items) { return items[below(std::size(items))]; }

 private:
  uint64_t state_;
};

}  // namespace waxwing::tests
