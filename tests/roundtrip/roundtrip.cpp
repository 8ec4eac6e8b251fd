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
#include "text/script.h"
#include "text/source_location.h"
#include "validate/module_validator.h"

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

/// Whether the module of `bytes` is valid: only then it must have a text.
bool is_valid(base::ByteSpan bytes) {
  auto module =
      binary::decode(std::make_shared<const std::vector<uint8_t>>(bytes.begin(), bytes.end()),
                     syntax::FeatureSet::all());
  return module && validate::validate(*module, syntax::FeatureSet::all());
}

/// What is wrong with the way of `module` through text of `style`, or "".
std::string round_trip(const syntax::Module& module, text::CodeStyle style, bool& is_identical) {
  const auto printed = text::print(module, {.style = style});
  if (!printed && !is_valid(module.bytes)) return {};
  if (!printed) return "does not print: " + printed.error().message();
  auto bytes = text::assemble(*printed);
  if (!bytes) return "does not assemble: " + text::render_error("text", *printed, bytes.error());
  is_identical = std::ranges::equal(*bytes, module.bytes);
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

/// With --seeds: where small modules are written instead of being checked.
std::filesystem::path seeds_folder;

void write_seed(std::span<const uint8_t> bytes) {
  constexpr size_t largest = 20'000;  // larger ones slow a fuzzer down more than they teach it
  if (bytes.size() > largest) return;
  const size_t name = std::hash<std::string_view>()(base::as_text(bytes));
  std::ofstream file(seeds_folder / std::to_string(name), std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(bytes.size()));
}

void check(const std::string& name, std::vector<uint8_t> bytes, Counts& counts) {
  if (!seeds_folder.empty()) {
    ++counts.modules;
    return write_seed(bytes);
  }
  const auto module = decode(std::move(bytes));
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
    std::printf("%s (%s) %s\n", name.c_str(), style == text::CodeStyle::flat ? "flat" : "folded",
                wrong.c_str());
    return;
  }
  if (is_identical) ++counts.identical;
}

/// All modules of `commands`, those that are not valid too; what is no module of bytes is skipped.
void check_commands(const std::string& name, std::string_view script,
                    const std::vector<text::Command>& commands, Counts& counts) {
  for (const text::Command& command : commands) {
    const text::ScriptModule* module = std::get_if<text::ScriptModule>(&command.what);
    if (const auto* fails = std::get_if<text::AssertModuleFails>(&command.what)) {
      module = &fails->module;
    }
    if (const auto* thread = std::get_if<text::ThreadCommand>(&command.what)) {
      check_commands(name, script, thread->commands, counts);
    }
    if (module == nullptr) continue;
    auto bytes = text::module_bytes(script, *module);
    if (!bytes) {
      ++counts.skipped;
      continue;
    }
    const size_t line = text::locate(script, command.offset).line;
    check(name + ":" + std::to_string(line), *std::move(bytes), counts);
  }
}

void check_file(const std::filesystem::path& path, Counts& counts) {
  std::vector<uint8_t> contents = read_file(path);
  if (path.extension() != ".wast") return check(path, std::move(contents), counts);
  const std::string_view script = base::as_text(contents);
  const auto commands = text::parse_script(script);
  if (!commands) {
    ++counts.failed;
    std::fputs(text::render_error(path.c_str(), script, commands.error()).c_str(), stdout);
    return;
  }
  check_commands(path, script, *commands, counts);
}

/// `path` itself, or all modules and scripts in the folder.
std::vector<std::filesystem::path> files_of(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           path, std::filesystem::directory_options::follow_directory_symlink)) {
    const auto extension = entry.path().extension();
    if (extension == ".wasm" || extension == ".wast") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

/// waxwing_roundtrip [--shared | --seeds FOLDER] PATH...: modules, scripts, and folders of them.
/// With
/// --shared they are below WAXWING_SHARED_DIR, and skipped where that is not set. With --seeds
/// small modules are only written into FOLDER, for fuzz_print.
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
  if (argc > 2 && std::string_view(argv[1]) == "--seeds") {
    seeds_folder = argv[2];
    first = 3;
  }
  Counts counts;
  for (int i = first; i < argc; ++i) {
    for (const auto& file : files_of(base / argv[i])) check_file(file, counts);
  }
  std::printf("%zu modules, %zu byte for byte, %zu failed, %zu that do not decode\n",
              counts.modules, counts.identical, counts.failed, counts.skipped);
  return counts.failed == 0 && counts.modules != 0 ? 0 : 1;
}
