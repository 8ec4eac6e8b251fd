// The host's own clocks and randomness, and such as are the same in each run.
#include "wasi/sources.h"

#include <algorithm>
#include <array>
#include <limits>
#include <thread>

#include "platform/random.h"

namespace waxwing::wasi {
namespace {

class HostClocks final : public Clocks {
 public:
  uint64_t time_ns(platform::Clock clock) override { return platform::clock_ns(clock); }
  uint64_t resolution_ns(platform::Clock clock) override {
    return platform::clock_resolution_ns(clock);
  }
  uint64_t processors() const override { return std::max(1u, std::thread::hardware_concurrency()); }
  uint64_t deadline_ns(uint64_t timeout_ns) override {
    const uint64_t now_ns = platform::monotonic_ns();
    constexpr uint64_t never = std::numeric_limits<uint64_t>::max();
    return timeout_ns > never - now_ns ? never : now_ns + timeout_ns;
  }
  void yield() override { std::this_thread::yield(); }
};

class HostRandom final : public RandomSource {
 public:
  bool fill(std::span<uint8_t> bytes) override { return platform::fill_random(bytes).has_value(); }
};

class CountingClocks final : public Clocks {
 public:
  uint64_t time_ns(platform::Clock clock) override {
    constexpr uint64_t step_ns = 1'000'000;
    uint64_t& read_ns = read_ns_[size_t(clock)];
    read_ns += step_ns;
    const bool is_realtime = clock == platform::Clock::realtime;
    return (is_realtime ? counting_begin_ns : 0) + waited_ns_ + read_ns - step_ns;
  }
  uint64_t resolution_ns(platform::Clock clock) override {
    return clock == platform::Clock::realtime ? 1000 : 1;
  }
  uint64_t deadline_ns(uint64_t timeout_ns) override {
    constexpr uint64_t longest_ns = uint64_t{1} << 62;  // of all waits together
    waited_ns_ += std::min(timeout_ns, longest_ns - std::min(waited_ns_, longest_ns));
    return 0;
  }
  void yield() override { std::this_thread::yield(); }

 private:
  std::array<uint64_t, 4> read_ns_ = {};  // by Clock
  uint64_t waited_ns_ = 0;
};

class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}

  bool fill(std::span<uint8_t> bytes) override {
    for (uint8_t& byte : bytes) {
      if (left_ == 0) refill();
      byte = static_cast<uint8_t>(word_);
      word_ >>= 8;
      --left_;
    }
    return true;
  }

 private:
  void refill() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t z = state_;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    word_ = z ^ z >> 31;
    left_ = 8;
  }

  uint64_t state_;
  uint64_t word_ = 0;
  unsigned left_ = 0;  // bytes of word_
};

}  // namespace

std::shared_ptr<Clocks> counting_clocks() { return std::make_shared<CountingClocks>(); }
std::shared_ptr<RandomSource> seeded_random(uint64_t seed) {
  return std::make_shared<SeededRandom>(seed);
}
std::shared_ptr<Clocks> host_clocks() { return std::make_shared<HostClocks>(); }
std::shared_ptr<RandomSource> host_random() { return std::make_shared<HostRandom>(); }

}  // namespace waxwing::wasi
