// The host's own clocks and randomness.
#include "wasi/sources.h"

#include <limits>

#include "platform/random.h"

namespace waxwing::wasi {
namespace {

class HostClocks final : public Clocks {
 public:
  uint64_t time_ns(platform::Clock clock) override { return platform::clock_ns(clock); }
  uint64_t resolution_ns(platform::Clock clock) override {
    return platform::clock_resolution_ns(clock);
  }
  uint64_t deadline_ns(uint64_t timeout_ns) override {
    const uint64_t now_ns = platform::monotonic_ns();
    constexpr uint64_t never = std::numeric_limits<uint64_t>::max();
    return timeout_ns > never - now_ns ? never : now_ns + timeout_ns;
  }
};

class HostRandom final : public RandomSource {
 public:
  bool fill(std::span<uint8_t> bytes) override { return platform::fill_random(bytes).has_value(); }
};

}  // namespace

std::shared_ptr<Clocks> host_clocks() { return std::make_shared<HostClocks>(); }
std::shared_ptr<RandomSource> host_random() { return std::make_shared<HostRandom>(); }

}  // namespace waxwing::wasi
