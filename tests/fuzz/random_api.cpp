// waxwing_random_api SECONDS [FIRST_SEED]: the public API under random use, for so long. Prints how
// many sequences that were; each has a seed, printed when it ends badly.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "api_world.h"

namespace {

uint64_t current_seed = 0;

void tell_seed() {
  std::fprintf(stderr, "seed %llu\n", static_cast<unsigned long long>(current_seed));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: waxwing_random_api SECONDS [FIRST_SEED]\n");
    return 2;
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(argv[1]));
  const uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  std::set_terminate([] {
    tell_seed();
    std::abort();
  });
  for (current_seed = first; std::chrono::steady_clock::now() < end; ++current_seed) {
    std::mt19937_64 random(current_seed);
    std::vector<uint8_t> input(random() % 600);
    for (uint8_t& byte : input) byte = static_cast<uint8_t>(random());
    std::printf("\rseed %llu", static_cast<unsigned long long>(current_seed));
    waxwing::fuzz::drive_api(input);
  }
  std::printf("\r%llu sequences\n", static_cast<unsigned long long>(current_seed - first));
  return current_seed == first ? 1 : 0;
}
