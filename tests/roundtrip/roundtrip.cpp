// wasm -> text -> wasm of many modules: nothing may be lost, and printing again gives the same
// text.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "binary/module_decoder.h"
#include "roundtrip/compare_modules.h"
#include "text/assembler.h"
#include "text/printer.h"
#include "text/source_location.h"

namespace {

using namespace waxwing;

struct Counts {
  size_t modules = 0;
  size_t identical = 0;  // byte for byte
  size_t skipped = 0;    // no modules, or malformed
  size_t failed = 0;
};

std::vector<uint8_t> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

base::Result<syntax::Module> decode(std::vector<uint8_t> bytes) {
  return binary::decode(std::make_shared<const std::vector<uint8_t>>(std::move(bytes)),
                        syntax::FeatureSet::all(), binary::TypeIndices::as_written);
}

/// What is wrong with the way of `module` through text of `style`, or "".
std::string round_trip(const syntax::Module& module, text::CodeStyle style, bool& is_identical) {
  const auto printed = text::print(module, {.style = style});
  if (!printed) return "does not print: " + printed.error().message();
  auto bytes = text::assemble(*printed);
  if (!bytes) return "does not assemble: " + text::render_error("text", *printed, bytes.error());
  is_identical = *bytes == *module.bytes;
  const auto again = decode(std::move(*bytes));
  if (!again) return "does not decode: " + again.error().message();
  if (std::string difference = tests::difference(module, *again); !difference.empty()) {
    return "is another module: " + difference;
  }
  const auto printed_again = text::print(*again, {.style = style});
  if (!printed_again) return "does not print again: " + printed_again.error().message();
  if (*printed_again == *printed) return {};
  const auto [first, second] = std::ranges::mismatch(*printed, *printed_again);
  return "prints differently: " +
         text::render_error("text", *printed,
                            {base::ErrorCode::io_error, uint64_t(first - printed->begin()), {}});
}

void check(const std::filesystem::path& path, Counts& counts) {
  const auto module = decode(read_file(path));
  if (!module) {
    ++counts.skipped;
    return;
  }
  ++counts.modules;
  bool is_identical = false;
  for (const auto style : {text::CodeStyle::flat, text::CodeStyle::folded}) {
    const std::string wrong = round_trip(*module, style, is_identical);
    if (wrong.empty()) continue;
    ++counts.failed;
    std::printf("%s (%s) %s\n", path.c_str(), style == text::CodeStyle::flat ? "flat" : "folded",
                wrong.c_str());
    return;
  }
  if (is_identical) ++counts.identical;
}

/// `path` itself, or all modules in the folder.
std::vector<std::filesystem::path> modules_of(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           path, std::filesystem::directory_options::follow_directory_symlink)) {
    if (entry.path().extension() == ".wasm") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

/// waxwing_roundtrip [--shared] PATH...: files, and folders with all .wasm files in them; with
/// --shared below WAXWING_SHARED_DIR, and skipped where that is not set.
int main(int argc, char** argv) {
  std::filesystem::path base;
  int first = 1;
  if (argc > 1 && std::string_view(argv[1]) == "--shared") {
    const char* shared = std::getenv("WAXWING_SHARED_DIR");
    if (shared == nullptr) {
      std::puts("skipped: WAXWING_SHARED_DIR is not set (README, \"Official suites\")");
      return 77;
    }
    base = shared;
    first = 2;
  }
  Counts counts;
  for (int i = first; i < argc; ++i) {
    for (const auto& file : modules_of(base / argv[i])) check(file, counts);
  }
  std::printf("%zu modules, %zu byte for byte, %zu failed, %zu that do not decode\n",
              counts.modules, counts.identical, counts.failed, counts.skipped);
  return counts.failed == 0 && counts.modules != 0 ? 0 : 1;
}
