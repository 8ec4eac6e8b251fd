// What libFuzzer gives, read a little at a time; behind its end there are zeros.
#pragma once

#include <cstdint>
#include <span>

namespace waxwing::fuzz {

class Input {
 public:
  explicit Input(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  uint8_t byte() {
    if (bytes_.empty()) return 0;
    const uint8_t value = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return value;
  }
  bool flag() { return byte() % 2 != 0; }
  uint64_t number(int size_bytes) {
    uint64_t value = 0;
    for (int i = 0; i < size_bytes; ++i) value = value << 8 | byte();
    return value;
  }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace waxwing::fuzz
