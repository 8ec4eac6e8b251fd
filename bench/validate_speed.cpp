// Measures in one process, on one thread, what loading a module costs: decoding, validation, and
// the interpreter's translation of all functions (which a run does only for those that it calls).
// Times are processor times, so that other people's load does not count.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "binary/module_decoder.h"
#include "interp/translator.h"
#include "validate/module_validator.h"

namespace {

using namespace waxwing;

constexpr auto features = syntax::FeatureSet::defaults();
constexpr int least_rounds = 5;
constexpr double least_seconds = 1.5;

struct Round {
  double decode_s, validate_s, translate_s;
  size_t code_bytes, cell_count;
};

double processor_seconds() {
  return static_cast<double>(std::clock()) / static_cast<double>(CLOCKS_PER_SEC);
}

double seconds_since(double start) { return processor_seconds() - start; }

base::Result<Round> measure_once(const std::shared_ptr<const std::vector<uint8_t>>& bytes) {
  Round round{};
  double start = processor_seconds();
  syntax::Module decoded = TRY(binary::decode(bytes, features));
  round.decode_s = seconds_since(start);
  start = processor_seconds();
  TRY(validate::validate(decoded, features));
  round.validate_s = seconds_since(start);
  const runtime::CompiledModule compiled(std::move(decoded),
                                         std::make_shared<runtime::TypeRegistry>());
  const syntax::Module& module = compiled.module;
  for (const syntax::FuncBody& body : module.bodies) round.code_bytes += body.code_size;
  start = processor_seconds();
  for (uint32_t i = module.imported_funcs; i < module.funcs.size(); i++) {
    round.cell_count += interp::translate(compiled, syntax::FuncIdx(i)).cells.size();
  }
  round.translate_s = seconds_since(start);
  return round;
}

void print_median(const char* stage, std::vector<double> times, double size_mb) {
  std::ranges::nth_element(times, times.begin() + static_cast<ptrdiff_t>(times.size() / 2));
  const double median = times[times.size() / 2];
  std::printf("%-22s %10.2f ms %10.1f MB/s\n", stage, median * 1e3, size_mb / median);
}

int measure_module(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "%s: cannot be read\n", path);
    return 1;
  }
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(
      std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  const double size_mb = static_cast<double>(bytes->size()) / 1e6;
  std::vector<double> decode, validate, both, translate;
  size_t code_bytes = 0, cell_count = 0;
  const double start = processor_seconds();
  while (decode.size() < least_rounds || seconds_since(start) < least_seconds) {
    const base::Result<Round> round = measure_once(bytes);
    if (!round) {
      std::fprintf(stderr, "%s: %s\n", path, round.error().message().c_str());
      return 1;
    }
    decode.push_back(round->decode_s);
    validate.push_back(round->validate_s);
    both.push_back(round->decode_s + round->validate_s);
    translate.push_back(round->translate_s);
    code_bytes = round->code_bytes;
    cell_count = round->cell_count;
  }
  std::printf("%s: %.2f MB, %.2f of it code; translated %.2f MB; medians of %zu rounds\n", path,
              size_mb, static_cast<double>(code_bytes) / 1e6,
              static_cast<double>(cell_count * sizeof(interp::Cell)) / 1e6, decode.size());
  print_median("decode", decode, size_mb);
  print_median("validate", validate, size_mb);
  print_median("decode and validate", both, size_mb);
  print_median("translate everything", translate, size_mb);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: validate_speed MODULE...\n");
    return 2;
  }
  int failures = 0;
  for (int i = 1; i < argc; i++) failures += measure_module(argv[i]);
  return failures != 0;
}
