// compile_speed interpreter|baseline MODULE ROUNDS [THREADS]: from bytes to code that can be
// called. Prints a line "round WALL_MS CPU_MS" a round, then the medians of the stages and sizes,
// "NAME VALUE" a line, as the programs in peers/ do. The interpreter's code is made at calls; here,
// of all functions.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string_view>
#include <vector>

#include "baseline/baseline.h"
#include "binary/module_decoder.h"
#include "interp/translator.h"
#include "platform/clock.h"
#include "runtime/native_code.h"
#include "validate/module_validator.h"

namespace {

using namespace waxwing;
using Bytes = std::shared_ptr<const std::vector<uint8_t>>;

constexpr auto features = syntax::FeatureSet::defaults();
enum Stage { decode_stage, validate_stage, compile_stage, load_stage, stage_count };

struct Options {
  bool interprets = false;
  uint32_t threads = 1;
  codegen::x64::CpuFeatures cpu;
};

struct Sizes {
  size_t code_section = 0, functions = 0, code = 0;
};

/// The time of each stage, in ns: the processor's of one thread, so that other people's load does
/// not count, else the wall's.
class Stopwatch {
 public:
  explicit Stopwatch(platform::Clock clock) : clock_(clock) {}

  void end(Stage stage) {
    const uint64_t now = platform::clock_ns(clock_);
    times_[stage] = now - last_;
    last_ = now;
  }
  uint64_t at(int stage) const { return times_[stage]; }

 private:
  platform::Clock clock_;
  uint64_t last_ = platform::clock_ns(clock_);
  uint64_t times_[stage_count] = {};
};

size_t translate_all(const runtime::CompiledModule& compiled) {
  size_t bytes = 0;
  for (uint32_t i = compiled.module.imported_funcs; i < compiled.module.funcs.size(); i++)
    bytes += interp::translate(compiled, syntax::FuncIdx(i)).cells.size() * sizeof(interp::Cell);
  return bytes;
}

base::Result<Sizes> compile(const Bytes& bytes, const Options& options, Stopwatch& watch) {
  Sizes sizes;
  syntax::Module module = TRY(binary::decode(bytes, features));
  watch.end(decode_stage);
  TRY(validate::validate(module, features));
  watch.end(validate_stage);
  for (const syntax::FuncBody& body : module.bodies) sizes.code_section += body.code_size;
  sizes.functions = module.bodies.size();
  if (options.interprets) {
    sizes.code = translate_all(
        runtime::CompiledModule(std::move(module), std::make_shared<runtime::TypeRegistry>()));
    watch.end(compile_stage);
  } else {
    abi::CodeImage image =
        TRY(baseline::compile(module, {.features = options.cpu, .threads = options.threads}));
    watch.end(compile_stage);
    sizes.code = image.text.size();
    TRY(runtime::NativeCode::load(std::move(image), module, runtime::FaultHandling::install));
  }
  watch.end(load_stage);
  return sizes;
}

double median_ms(std::vector<uint64_t> times) {
  const auto middle = times.begin() + static_cast<ptrdiff_t>(times.size() / 2);
  std::ranges::nth_element(times, middle);
  return static_cast<double>(*middle) / 1e6;
}

int measure(const char* path, int rounds, const Options& options) {
  std::ifstream file(path, std::ios::binary);
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(
      std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  std::vector<uint64_t> times[stage_count];
  Sizes sizes;
  for (int i = 0; i < rounds; ++i) {
    const uint64_t wall = platform::monotonic_ns(), cpu = platform::process_cpu_ns();
    Stopwatch watch(options.threads == 1 ? platform::Clock::thread_cpu
                                         : platform::Clock::monotonic);
    const base::Result<Sizes> round = compile(bytes, options, watch);
    if (!round) {
      std::fprintf(stderr, "%s: %s\n", path, round.error().message().c_str());
      return 1;
    }
    std::printf("round %.3f %.3f\n", static_cast<double>(platform::monotonic_ns() - wall) / 1e6,
                static_cast<double>(platform::process_cpu_ns() - cpu) / 1e6);
    for (int stage = 0; stage < stage_count; ++stage) times[stage].push_back(watch.at(stage));
    sizes = *round;
  }
  std::printf("decode_ms %.3f\nvalidate_ms %.3f\ncompile_ms %.3f\nload_ms %.3f\n",
              median_ms(times[decode_stage]), median_ms(times[validate_stage]),
              median_ms(times[compile_stage]), median_ms(times[load_stage]));
  std::printf("module_bytes %zu\ncode_section_bytes %zu\nfunctions %zu\ncode_bytes %zu\n",
              bytes->size(), sizes.code_section, sizes.functions, sizes.code);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 0;
  const int threads = argc > 4 ? std::atoi(argv[4]) : 1;
  if (rounds < 1 || threads < 1) {
    std::fprintf(stderr, "usage: compile_speed interpreter|baseline MODULE ROUNDS [THREADS]\n");
    return 2;
  }
  Options options;
  options.interprets = std::string_view(argv[1]) == "interpreter";
  options.threads = static_cast<uint32_t>(threads);
  if (!options.interprets) {
    const auto cpu = codegen::x64::CpuFeatures::from_host();
    if (!cpu) {
      std::fprintf(stderr, "%s\n", cpu.error().message().c_str());
      return 1;
    }
    options.cpu = *cpu;
  }
  return measure(argv[2], rounds, options);
}
