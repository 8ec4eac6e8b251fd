// image_speed MODULE DIRECTORY ROUNDS: what loading a compiled module from its image in a file
// costs. Compiles MODULE, puts the image into DIRECTORY, and prints the medians of the stages in
// us, "NAME VALUE" a line, with all verified and with the metadata alone, and the sizes in bytes.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "baseline/baseline.h"
#include "binary/module_decoder.h"
#include "cache/directory_store.h"
#include "image/image.h"
#include "platform/clock.h"
#include "runtime/native_code.h"
#include "validate/module_validator.h"

namespace {

using namespace waxwing;

enum Stage { get_stage, open_stage, load_stage, drop_stage, stage_count };
constexpr const char* stage_names[] = {"get", "open", "load", "drop"};

base::Result<std::vector<uint8_t>> make_image(const char* path) {
  std::ifstream file(path, std::ios::binary);
  auto bytes = std::make_shared<const std::vector<uint8_t>>(std::istreambuf_iterator<char>(file),
                                                            std::istreambuf_iterator<char>());
  constexpr auto features = syntax::FeatureSet::defaults();
  syntax::Module module = TRY(binary::decode(bytes, features));
  TRY(validate::validate(module, features));
  const baseline::Options options = {.features = TRY(codegen::x64::CpuFeatures::from_host()),
                                     .threads = 2};
  const abi::CodeImage code = TRY(baseline::compile(module, options));
  const uint64_t start = platform::clock_ns(platform::Clock::monotonic);
  auto image = image::write(
      {.module = module, .code = &code, .compat = "", .module_digest = cache::sha256(*bytes)});
  std::printf("write_us %.0f\n",
              double(platform::clock_ns(platform::Clock::monotonic) - start) / 1e3);
  return image;
}

/// The time of each stage in us; false where one fails.
bool load_once(cache::CacheStore& store, const cache::Digest& key, image::Verify verify,
               double (&us)[stage_count]) {
  uint64_t last = platform::clock_ns(platform::Clock::monotonic);
  const auto end = [&](Stage stage) {
    const uint64_t now = platform::clock_ns(platform::Clock::monotonic);
    us[stage] = double(now - last) / 1e3;
    last = now;
  };
  {
    auto blob = store.get(key);
    if (!blob || !*blob) return false;
    end(get_stage);
    auto image = image::Image::open(*blob, {.verify = verify});
    if (!image) return false;
    end(open_stage);
    const auto code = runtime::NativeCode::load({.tables = image->tables,
                                                 .owner = image->module.owner,
                                                 .text = image->text,
                                                 .file = blob->file(),
                                                 .file_offset = image->text_offset},
                                                image->module, runtime::FaultHandling::install);
    if (!code) return false;
    end(load_stage);
  }
  end(drop_stage);
  return true;
}

bool measure(cache::CacheStore& store, const cache::Digest& key, int rounds, image::Verify verify) {
  std::vector<double> times[stage_count];
  for (int i = 0; i < rounds; ++i) {
    double us[stage_count];
    if (!load_once(store, key, verify, us)) return false;
    for (int stage = 0; stage < stage_count; ++stage) times[stage].push_back(us[stage]);
  }
  for (int stage = 0; stage < stage_count; ++stage) {
    std::ranges::sort(times[stage]);
    std::printf("%s_%s_us %.1f (least %.1f)\n",
                verify == image::Verify::everything ? "all" : "metadata", stage_names[stage],
                times[stage][times[stage].size() / 2], times[stage].front());
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::fprintf(stderr, "usage: image_speed MODULE DIRECTORY ROUNDS\n"), 2;
  auto bytes = make_image(argv[1]);
  if (!bytes) return std::fprintf(stderr, "%s\n", bytes.error().message().c_str()), 1;
  const auto summary = image::Summary::read(*bytes);
  if (!summary) return 1;
  std::printf("file_bytes %zu\ntext_bytes %llu\ncontent_bytes %llu\nmemory_bytes %llu\n",
              bytes->size(), static_cast<unsigned long long>(summary->text_bytes),
              static_cast<unsigned long long>(summary->content_bytes),
              static_cast<unsigned long long>(summary->memory_bytes));
  const auto store = cache::DirectoryStore::open({.path = argv[2], .generation = "bench"});
  if (!store) return std::fprintf(stderr, "%s\n", store.error().message().c_str()), 1;
  const cache::Digest key = cache::sha256(*bytes);
  if (!(*store)->put(key, cache::Blob::own(*std::move(bytes)))) return 1;
  const int rounds = std::atoi(argv[3]);
  for (const auto verify : {image::Verify::metadata, image::Verify::everything}) {
    if (rounds < 1 || !measure(**store, key, rounds, verify)) return 1;
  }
  return 0;
}
