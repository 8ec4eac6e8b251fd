// A shop whose discounts are plugins, which anybody may write. Each has a store of its own with a
// bound on its memory, each call has a bound on its time, and whatever a plugin does, the shop says
// what it did and goes on. Run it in this folder, as `plugins [directory]`.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>
#include <waxwing/waxwing.h>

namespace {

using namespace std::chrono_literals;
using waxwing::Result;

/// Of every call of a plugin; a good one needs a microsecond.
const waxwing::CallOptions patience{.timeout = 500ms};
const waxwing::StoreLimits limits{
    .memory_bytes = 1 << 20, .table_elements = 1000, .stack_bytes = 256 << 10};

/// A plugin that was loaded: what it is asked, and the store that it lives in.
struct Plugin {
  std::string name;
  waxwing::Store store;
  waxwing::TypedFunc<int64_t(int64_t)> price;
};

Result<waxwing::Module> compile(const waxwing::Engine& engine, const std::filesystem::path& path) {
  if (path.extension() != ".wat") return engine.compile_file(path.string());
  std::ifstream file(path);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto bytes = waxwing::wat_to_wasm(text);
  if (!bytes) return std::unexpected(bytes.error());
  return engine.compile(*bytes);
}

Result<Plugin> load(const waxwing::Engine& engine, const waxwing::Linker& linker,
                    const std::filesystem::path& path) {
  const auto module = compile(engine, path);
  if (!module) return std::unexpected(module.error());
  auto store = waxwing::Store::create(engine, limits);
  if (!store) return std::unexpected(store.error());
  // Its start function is the plugin's code too, hence the bound on time.
  const auto instance = linker.instantiate(*store, *module, patience);
  if (!instance) return std::unexpected(instance.error());
  auto price = instance->func<int64_t(int64_t)>("price");
  if (!price) return std::unexpected(price.error());
  return Plugin{path.stem().string(), *std::move(store), *std::move(price)};
}

/// One line that says what went wrong: a trap's message has the stack below it.
std::string first_line(const waxwing::Error& error) {
  return error.message().substr(0, error.message().find('\n'));
}

std::vector<std::filesystem::path> files_in(const std::string& directory) {
  std::vector<std::filesystem::path> paths;
  std::error_code failed;
  for (std::filesystem::directory_iterator i(directory, failed), end; !failed && i != end;
       i.increment(failed))
    if (i->path().extension() == ".wat" || i->path().extension() == ".wasm")
      paths.push_back(i->path());
  if (failed) std::fprintf(stderr, "%s: %s\n", directory.c_str(), failed.message().c_str());
  std::ranges::sort(paths);
  return paths;
}

}  // namespace

int main(int argc, char** argv) {
  const waxwing::Engine engine;
  // All that plugins may do: say something.
  waxwing::Linker linker;
  const auto defined = linker.func("shop", "say", [](std::string_view text) {
    std::printf("  (a plugin says: %.*s)\n", static_cast<int>(text.size()), text.data());
  });
  if (!defined) return 1;

  std::vector<Plugin> plugins;
  for (const auto& path : files_in(argc > 1 ? argv[1] : "plugins")) {
    auto plugin = load(engine, linker, path);
    if (plugin)
      plugins.push_back(*std::move(plugin));
    else
      std::printf("%s is not loaded: %s\n", path.stem().c_str(),
                  first_line(plugin.error()).c_str());
  }

  for (const int64_t cents : {1999, 0}) {
    std::printf("A price of %d cents:\n", static_cast<int>(cents));
    for (const Plugin& plugin : plugins) {
      const Result<int64_t> price = plugin.price(patience, cents);
      if (price)
        std::printf("  %s makes it %d\n", plugin.name.c_str(), static_cast<int>(*price));
      else
        std::printf("  %s failed: %s\n", plugin.name.c_str(), first_line(price.error()).c_str());
    }
  }
}
