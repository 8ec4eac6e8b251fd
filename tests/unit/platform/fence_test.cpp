// Two threads that each write and then read what the other writes: one of them at least sees it.
#include "platform/fence.h"

#include <gtest/gtest.h>
#include <thread>

namespace waxwing::platform {
namespace {

TEST(fence, one_of_two_sides_sees_the_other) {
  constexpr int rounds = 500;
  const bool has_heavy = has_heavy_fence();
  std::atomic<int> light = 0;
  std::atomic<int> heavy = 0;
  std::atomic<int> heavy_saw = 0;
  std::atomic<int> round = 0;
  std::atomic<int> finished = 0;
  std::thread other([&] {
    for (int i = 1; i <= rounds; ++i) {
      for (int spins = 0; round.load() != i; ++spins) {
        if (spins > 1000) std::this_thread::yield();
      }
      heavy.store(i, std::memory_order_relaxed);
      heavy_fence();
      heavy_saw.store(light.load(std::memory_order_relaxed));
      finished.store(i);
    }
  });
  int missed = 0;
  for (int i = 1; i <= rounds; ++i) {
    round.store(i);
    for (int spin = i % 100; spin > 0; --spin) std::atomic_signal_fence(std::memory_order_seq_cst);
    light.store(i, std::memory_order_relaxed);
    has_heavy ? light_fence() : std::atomic_thread_fence(std::memory_order_seq_cst);
    const int light_saw = heavy.load(std::memory_order_relaxed);
    while (finished.load() != i) std::this_thread::yield();
    missed += light_saw != i && heavy_saw.load() != i;
  }
  other.join();
  EXPECT_EQ(missed, 0);
}

}  // namespace
}  // namespace waxwing::platform
