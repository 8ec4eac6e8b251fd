// waxwing_random_api SECONDS [FIRST_SEED]: the public API under random use, for so long. Prints how
// many sequences that were; a crash tells the number of its own.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "api_world.h"
#include "fuzz/crash_report.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: waxwing_random_api SECONDS [FIRST_SEED]\n");
    return 2;
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(argv[1]));
  const uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  waxwing::tests::report_crashes("waxwing_random_api 1 ");
  uint64_t seed = first;
  for (; std::chrono::steady_clock::now() < end; ++seed) {
    waxwing::tests::current_number = seed;
    std::mt19937_64 random(seed);
    std::vector<uint8_t> input(random() % 600);
    for (uint8_t& byte : input) byte = static_cast<uint8_t>(random());
    waxwing::fuzz::drive_api(input);
  }
  std::printf("%llu sequences\n", static_cast<unsigned long long>(seed - first));
  return seed == first ? 1 : 0;
}
