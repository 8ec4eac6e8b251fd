// waxwing_generate: random valid modules, run by the interpreter and as machine code in several
// ways; all must do the same. A difference is told with its seed, and written as a small module.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "fuzz/crash_report.h"
#include "generate/generate.h"
#include "generate/transcript.h"
#include "trace/engine_config.h"

namespace {

using namespace waxwing;
using tests::Shape;
using tests::Transcript;
using Bytes = std::shared_ptr<const std::vector<uint8_t>>;
using Clock = std::chrono::steady_clock;

constexpr uint64_t modules_an_engine = 500;  // types are kept as long as their engine
constexpr size_t max_told = 5;

struct Options {
  uint64_t count = 10'000;
  uint64_t seed = 0;
  double seconds = 0;  // stops then; 0 for never
  uint32_t budget = 120;
  std::vector<std::string> codegen;  // "sse4.1", or several with commas; "all" for no settings
  bool counts_fuel = false;
  std::string write;
  bool dumps = false;
};

struct Way {
  std::string name;
  engine::Config config;
  std::unique_ptr<engine::Engine> engine;
};

class Comparison {
 public:
  explicit Comparison(const Options& options) : options_(options) {}
  bool add_ways();
  int run();

 private:
  void renew_engines();
  /// The first way, but the interpreter, that does something else; its transcript is `other`.
  const Way* differs(const Shape& shape, Transcript& expected, Transcript& other);
  Shape reduce(Shape shape, const Way* way);
  void tell(const Shape& shape, const Way& way);
  void write_module(const Shape& shape, const std::string& name);

  const Options& options_;
  std::vector<Way> ways_;
  uint64_t calls_ = 0, traps_ = 0, throws_ = 0, bytes_ = 0;
};

bool Comparison::add_ways() {
  std::vector<std::string> names = options_.codegen;
  if (names.empty()) names = {"all", "sse4.1", "registers=4", "explicit-bounds"};
  ways_.push_back({"interpreter", *tests::engine_config({"interpreter"}), nullptr});
  for (const std::string& name : names) {
    std::vector<std::string_view> words{"baseline"};
    std::string_view rest = name == "all" ? std::string_view() : name;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find(','), rest.size());
      words.push_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    auto config = tests::engine_config(words);
    if (!config) {
      std::fprintf(stderr, "waxwing_generate: there is no --codegen %s\n", name.c_str());
      return false;
    }
    ways_.push_back({name, *config, nullptr});
  }
  for (Way& way : ways_) {
    way.config.features = syntax::FeatureSet::all();
    way.config.codegen.fuel = options_.counts_fuel;
  }
  return true;
}

void Comparison::renew_engines() {
  for (Way& way : ways_) way.engine = std::make_unique<engine::Engine>(way.config);
}

const Way* Comparison::differs(const Shape& shape, Transcript& expected, Transcript& other) {
  const Bytes bytes = std::make_shared<const std::vector<uint8_t>>(tests::generate_module(shape));
  bytes_ += bytes->size();
  expected = tests::run_module(*ways_[0].engine, bytes, shape.seed);
  if (!expected.is_valid) return ways_.data();
  for (size_t i = 1; i < ways_.size(); ++i) {
    other = tests::run_module(*ways_[i].engine, bytes, shape.seed);
    if (!other.is_valid || other.lines != expected.lines) return &ways_[i];
  }
  return nullptr;
}

/// Cuts functions short, one after the other, as long as there is a difference.
Shape Comparison::reduce(Shape shape, const Way* way) {
  Transcript expected, other;
  const bool is_valid = way != ways_.data();
  const auto still = [&](const Shape& smaller) {
    const Way* found = differs(smaller, expected, other);
    return found && (found != ways_.data()) == is_valid;
  };
  for (uint32_t budget : {5u, 10u, 20u, 40u, 80u}) {
    Shape smaller = shape;
    smaller.budget = budget;
    if (budget >= shape.budget || !still(smaller)) continue;
    shape = smaller;
    break;
  }
  shape.max_statements.assign(tests::defined_funcs(shape), 16);
  for (uint32_t& count : shape.max_statements) {
    const uint32_t before = count;
    for (count = 0; count < before && !still(shape);) ++count;
  }
  return shape;
}

void Comparison::write_module(const Shape& shape, const std::string& name) {
  const std::string folder = options_.write.empty() ? "." : options_.write;
  const std::string path = folder + "/" + name + ".wasm";
  const std::vector<uint8_t> bytes = tests::generate_module(shape);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(bytes.size()));
  std::printf("  written to %s (%zu bytes)\n", path.c_str(), bytes.size());
}

void Comparison::tell(const Shape& shape, const Way& way) {
  Transcript expected, other;
  std::printf("seed %llu: a difference, in %s\n", shape.seed + 0ull, way.name.c_str());
  const Shape smaller = reduce(shape, &way);
  const Way* found = differs(smaller, expected, other);
  if (!found) found = differs(shape, expected, other);
  if (found == ways_.data()) {
    std::printf("  %s\n", expected.lines.back().c_str());
  } else {
    std::string call;
    const size_t common = std::min(expected.lines.size(), other.lines.size());
    size_t i = 0;
    for (; i < common && expected.lines[i] == other.lines[i]; ++i) {
      if (expected.lines[i].starts_with("call")) call = expected.lines[i];
    }
    const auto line = [i](const Transcript& from) {
      return i < from.lines.size() ? from.lines[i].c_str() : "(nothing)";
    };
    std::printf("  after: %s\n  interpreter: %s\n  %s: %s\n", call.c_str(), line(expected),
                found ? found->name.c_str() : "?", line(other));
  }
  const std::string name = "generated_" + std::to_string(shape.seed);
  write_module(shape, name);
  write_module(smaller, name + "_small");
  std::fflush(stdout);
}

int Comparison::run() {
  if (!add_ways()) return 2;
  const auto begin = Clock::now();
  size_t told = 0;
  uint64_t done = 0;
  for (; done < options_.count; ++done) {
    if (done % modules_an_engine == 0) renew_engines();
    if (options_.seconds > 0 &&
        Clock::now() - begin > std::chrono::duration<double>(options_.seconds))
      break;
    const Shape shape{options_.seed + done, options_.budget, {}};
    tests::current_number = shape.seed;
    Transcript expected, other;
    const Way* way = differs(shape, expected, other);
    for (const std::string& line : expected.lines) {
      if (options_.dumps) std::printf("%s\n", line.c_str());
      calls_ += line.starts_with("call");
      traps_ += line.starts_with("  traps");
      throws_ += line.starts_with("  throws");
    }
    if (way) tell(shape, *way);
    told += way != nullptr;
    if (told == max_told) break;
  }
  std::printf(
      "%llu modules from seed %llu in %zu ways, %llu bytes: %llu calls, of which %llu trapped and "
      "%llu threw; %zu differences\n",
      done + 0ull, options_.seed + 0ull, ways_.size(), bytes_ + 0ull, calls_ + 0ull, traps_ + 0ull,
      throws_ + 0ull, told);
  return told == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Runs random valid modules in all engines and compares what they do.");
  app.add_option("--count", options.count, "modules");
  app.add_option("--seed", options.seed, "of the first one; each other's is one more");
  app.add_option("--seconds", options.seconds, "stops then");
  app.add_option("--budget", options.budget, "how large functions are");
  app.add_option("--codegen", options.codegen,
                 "all, sse4.1, registers=4, explicit-bounds, or several with commas; repeatable");
  app.add_flag("--fuel", options.counts_fuel, "counts fuel, which must be the same everywhere");
  app.add_option("--write", options.write, "where modules go that show a difference");
  app.add_flag("--dump", options.dumps, "prints what the interpreter saw");
  CLI11_PARSE(app, argc, argv);
  // The handler of faults that engines install comes first, and hands on what is not a guest's.
  tests::report_crashes("waxwing_generate: it happened at --seed ");
  return Comparison(options).run();
}
