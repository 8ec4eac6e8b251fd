// cache_speed interpreter|baseline all|metadata FOLDER|- MODULE ROUNDS: what a module costs in one
// more engine of a process, by a cache in FOLDER that is opened anew each time, or by one in memory
// (-). Prints a line "first ENGINE_US MODULE_US CPU_US", then one "again ..." a round, as the
// programs in peers/ do; then the medians of looking the module up by its digest, and of hashing
// it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cache/digest.h"
#include "cache/directory_store.h"
#include "engine/compilation_cache.h"
#include "engine/engine.h"
#include "platform/clock.h"

namespace {

using namespace waxwing;
using Bytes = std::shared_ptr<const std::vector<uint8_t>>;
using Cache = std::shared_ptr<engine::CompilationCache>;

struct Options {
  engine::Tier tier;
  image::Verify verify;
  std::string folder;  // empty: in memory
};

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "cache_speed: %s\n", why.c_str());
  std::exit(1);
}

double us_since(uint64_t start) {
  return static_cast<double>(platform::monotonic_ns() - start) / 1e3;
}

Cache open_cache(const Options& options) {
  std::shared_ptr<cache::CacheStore> store;
  if (!options.folder.empty()) {
    auto opened = cache::DirectoryStore::open({.path = options.folder, .generation = "bench"});
    if (!opened) fail(opened.error().message());
    store = *std::move(opened);
  }
  engine::CacheOptions wanted;
  wanted.verify = options.verify;
  return std::make_shared<engine::CompilationCache>(std::move(store), std::move(wanted));
}

engine::Engine new_engine(const Options& options, const Cache& cache) {
  engine::Config config;
  config.tier = options.tier;
  config.cache = cache;
  return engine::Engine(config);
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

void measure(const Options& options, const Bytes& bytes, int rounds) {
  const Cache shared = options.folder.empty() ? open_cache(options) : nullptr;
  const cache::Digest digest = cache::sha256(*bytes);
  std::vector<double> finding, hashing;
  // Somebody uses the module all the time, where it is shared.
  std::vector<std::shared_ptr<const runtime::CompiledModule>> in_use;
  for (int i = 0; i <= rounds; ++i) {
    const uint64_t start = platform::monotonic_ns();
    const engine::Engine engine = new_engine(options, shared ? shared : open_cache(options));
    const double making = us_since(start);
    const uint64_t wall = platform::monotonic_ns(), cpu = platform::process_cpu_ns();
    auto compiled = engine.compile(bytes);
    const double getting = us_since(wall);
    if (!compiled) fail(compiled.error().message());
    std::printf("%s %.3f %.3f %.3f\n", i ? "again" : "first", making, getting,
                static_cast<double>(platform::process_cpu_ns() - cpu) / 1e3);
    if (shared) in_use.push_back(*std::move(compiled));

    const engine::Engine other = new_engine(options, shared ? shared : open_cache(options));
    const uint64_t begin = platform::monotonic_ns();
    const auto found = other.find(digest);
    finding.push_back(us_since(begin));
    if (!found || !*found) fail("the module is not in the cache");
    const uint64_t before = platform::monotonic_ns();
    if (cache::sha256(*bytes) != digest) fail("a digest differs");
    hashing.push_back(us_since(before));
  }
  std::printf("find_us %.3f\nhash_us %.3f\n", median(finding), median(hashing));
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc == 6 ? std::atoi(argv[5]) : 0;
  if (rounds < 1) {
    std::fprintf(stderr,
                 "usage: cache_speed interpreter|baseline all|metadata FOLDER|- MODULE ROUNDS\n");
    return 2;
  }
  const auto is = [&](int index, std::string_view text) { return text == argv[index]; };
  std::ifstream file(argv[4], std::ios::binary);
  measure({.tier = is(1, "interpreter") ? engine::Tier::interpreter : engine::Tier::baseline,
           .verify = is(2, "metadata") ? image::Verify::metadata : image::Verify::everything,
           .folder = is(3, "-") ? "" : argv[3]},
          std::make_shared<const std::vector<uint8_t>>(std::istreambuf_iterator<char>(file),
                                                       std::istreambuf_iterator<char>()),
          rounds);
  return 0;
}
