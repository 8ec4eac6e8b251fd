// A host in C++: a plugin that calls back and traps.
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <waxwing/version.h>
#include <waxwing/waxwing.h>

namespace {

waxwing::Result<> run(const char* path) {
  std::ifstream file(path);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto bytes = waxwing::wat_to_wasm(text);
  if (!bytes) return std::unexpected(bytes.error());

  const waxwing::Engine engine;
  const auto module = engine.compile(*bytes);
  if (!module) return std::unexpected(module.error());
  auto store = waxwing::Store::create(engine);
  if (!store) return std::unexpected(store.error());

  waxwing::Linker linker;
  int64_t heard = 0;
  const auto defined = linker.func("host", "hear", [&](int64_t value) { heard = value; });
  if (!defined) return defined;
  const auto plugin = linker.instantiate(*store, *module);
  if (!plugin) return std::unexpected(plugin.error());

  const auto cube = plugin->func<int64_t(int64_t)>("cube");
  if (!cube) return std::unexpected(cube.error());
  const auto result = (*cube)(3);
  if (!result) return std::unexpected(result.error());
  std::printf("cube(3) = %lld, heard %lld\n", static_cast<long long>(*result),
              static_cast<long long>(heard));

  const auto fail = plugin->func<void()>("fail");
  if (!fail) return std::unexpected(fail.error());
  const auto failed = (*fail)();
  std::printf("%s\n",
              failed ? "did not fail" : waxwing::to_string(failed.error().trap()->code).data());
  return {};
}

/// A host's own store of compiled modules is a class that derives from one of the library.
class Forgetful : public waxwing::CacheStore {
 public:
  std::optional<std::vector<uint8_t>> get(const Key&) override { return std::nullopt; }
  bool put(const Key&, std::span<const uint8_t>) override { return false; }
  void remove(const Key&) override {}
};

}  // namespace

int main(int, char** argv) {
  const Forgetful forgetful;
  std::printf("Waxwing %s\n", waxwing_version());
  const auto done = run(argv[1]);
  if (!done) std::printf("%s\n", done.error().message().c_str());
  return done ? 0 : 1;
}
